"""Where a training stands between two steps, and how it is written to disk and read again, bit for bit.

It holds all that the next step depends on; what is learned, and from what, is the business of the lessons.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np

from tuneset.artifacts import replacing
from tuneset.training.tiny.arrays import Ids, Parameters
from tuneset.training.tiny.checkpoint_file import FORMAT, check_format
from tuneset.training.tiny.optimiser import AdamW

_MODEL, _MEAN, _SQUARE, _KEPT = "model/", "mean/", "square/", "kept/"


@dataclasses.dataclass
class TrainingState:
    """A training between two steps.

    Args:
        step: how many steps are done.
        order: the examples of the current epoch, in the order in which they are seen.
        parameters: the model.
        optimiser: its moving averages.
        random: where everything drawn by chance comes from.
    """

    step: int
    order: Ids
    parameters: Parameters
    optimiser: AdamW
    random: np.random.Generator


def save(path: Path, state: TrainingState, kept: Parameters) -> None:
    """Write a state, and beside it what the lessons want to be kept; whole or not at all."""
    arrays: dict[str, Any] = {
        "format": np.int64(FORMAT),
        "step": np.int64(state.step),
        "optimiser_steps": np.int64(state.optimiser.steps),
        "order": state.order,
        # Its numbers have 128 bits, which no array holds.
        "random": np.array(json.dumps(state.random.bit_generator.state)),
    }
    groups = {
        _MODEL: state.parameters,
        _MEAN: state.optimiser.means,
        _SQUARE: state.optimiser.squares,
        _KEPT: kept,
    }
    for prefix, group in groups.items():
        arrays |= {prefix + name: values for name, values in group.items()}
    with replacing(path) as temporary, temporary.open("wb") as handle:
        np.savez(handle, **arrays)


def load(path: Path) -> tuple[TrainingState, Parameters]:
    """Read what `save` has written. Raises CannotTrainError where another version of this trainer has."""
    with np.load(path, allow_pickle=False) as arrays:
        check_format(arrays["format"] if "format" in arrays.files else np.array(1))
        groups: dict[str, Parameters] = {}
        for prefix in (_MODEL, _MEAN, _SQUARE, _KEPT):
            names = [name for name in arrays.files if name.startswith(prefix)]
            groups[prefix] = {name.removeprefix(prefix): arrays[name] for name in names}
        optimiser = AdamW(groups[_MODEL])
        optimiser.means, optimiser.squares = groups[_MEAN], groups[_SQUARE]
        optimiser.steps = int(arrays["optimiser_steps"])
        random = np.random.default_rng()
        random.bit_generator.state = json.loads(str(arrays["random"]))
        state = TrainingState(int(arrays["step"]), arrays["order"], groups[_MODEL], optimiser, random)
    return state, groups[_KEPT]
