"""The files of a training: a model with its vocabulary, and where a training stands, as numpy archives.

Their arrays are told in docs/training.md. Equal weights are equal bytes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import torch

from tuneset.artifacts import replacing
from tuneset.training.torch.optimiser import Optimiser
from tuneset.training.torch.transformer import Transformer
from tuneset.training.trainer import CannotTrainError

FORMAT = "transformer-1"
"""Which arrays there are, and what the model makes of them."""

_MODEL, _OPTIMISER, _KEPT = "model/", "optimiser/", "kept/"
_OTHER = "The weights of the model cannot be read by the trainer of its base model, in this version."


@dataclasses.dataclass(frozen=True)
class StoredModel:
    """A model in memory, and the pieces of its vocabulary beyond the 256 bytes."""

    model: Transformer
    merges: list[bytes]


@dataclasses.dataclass(frozen=True)
class TrainingState:
    """Where a training stands: after how many steps, and what its lessons want to be kept."""

    step: int
    kept: Mapping[str, Any]


def save_checkpoint(path: Path, model: Transformer, merges: Sequence[bytes]) -> None:
    """Keep the weights and the vocabulary of a step."""
    arrays: dict[str, Any] = _arrays(model.state_dict(), _MODEL)
    arrays["merges"] = np.frombuffer(b"".join(merges), np.uint8)
    arrays["merge_ends"] = np.cumsum([len(piece) for piece in merges], dtype=np.int64)
    _save(path, arrays)


def load_checkpoint(path: Path, device: Any) -> StoredModel:
    """Read what `save_checkpoint` has written. Raises CannotTrainError where it is none of this trainer's."""
    try:
        arrays = _load(path)
        pieces, ends = arrays["merges"].tobytes(), arrays["merge_ends"]
        model = Transformer(len(arrays[f"{_MODEL}embedding.weight"]))
        model.load_state_dict(_tensors(arrays, _MODEL))
    except (OSError, ValueError, KeyError, RuntimeError, EOFError, BadZipFile) as error:
        raise CannotTrainError("invalid_model", _OTHER, "model") from error
    begins = [0, *ends][:-1]  # none, where training data is too small for any piece
    merges = [pieces[begin:end] for begin, end in zip(begins, ends, strict=True)]
    return StoredModel(model.to(device), merges)


def save_standing(path: Path, model: Transformer, optimiser: Optimiser, standing: TrainingState) -> None:
    """Write where a training stands; whole or not at all."""
    arrays = _arrays(model.state_dict(), _MODEL)
    arrays |= _arrays(optimiser.state(), _OPTIMISER)
    arrays |= {_KEPT + name: values for name, values in standing.kept.items()}
    _save(path, arrays | {"step": np.int64(standing.step)})


def load_standing(path: Path, model: Transformer, optimiser: Optimiser) -> TrainingState:
    """Take back what `save_standing` has written. Raises CannotTrainError where another version has."""
    try:
        arrays = _load(path)
        model.load_state_dict(_tensors(arrays, _MODEL))
        step = int(arrays["step"])
        optimiser.go_on(_tensors(arrays, _OPTIMISER))
    except (ValueError, KeyError, RuntimeError) as error:
        raise CannotTrainError("invalid_model", _OTHER, None) from error
    kept = {name.removeprefix(_KEPT): values for name, values in arrays.items() if name.startswith(_KEPT)}
    return TrainingState(step, kept)


def _arrays(tensors: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    return {prefix + name: values.detach().cpu().numpy() for name, values in tensors.items()}


def _tensors(arrays: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    found = {name.removeprefix(prefix): values for name, values in arrays.items() if name.startswith(prefix)}
    return {name: torch.from_numpy(values) for name, values in found.items()}


def _save(path: Path, arrays: Mapping[str, Any]) -> None:
    with replacing(path) as temporary, temporary.open("wb") as handle:
        np.savez(handle, format=np.array(FORMAT), **arrays)


def _load(path: Path) -> dict[str, Any]:
    with path.open("rb") as handle, np.load(handle, allow_pickle=False) as arrays:
        found = {name: arrays[name] for name in arrays.files}
    if str(found.pop("format", "")) != FORMAT:
        raise ValueError(path.name)
    return found
