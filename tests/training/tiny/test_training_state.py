"""Where a training stands, written and read: the next step is the same, bit for bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.training.tiny.test_language_model import PIECES, task
from tuneset.training.tiny.checkpoint_file import load_checkpoint, save_checkpoint
from tuneset.training.tiny.language_model import gradients, new_parameters
from tuneset.training.tiny.optimiser import AdamW
from tuneset.training.tiny.training_state import TrainingState, load, save
from tuneset.training.trainer import CannotTrainError


def step(state: TrainingState) -> None:
    _, by = gradients(state.parameters, [task(32, int(state.random.integers(1000)))])
    state.optimiser.step(state.parameters, by, 0.01)
    state.step += 1


def test_what_is_read_goes_on_as_what_was_written(tmp_path: Path) -> None:
    random = np.random.default_rng(7)
    parameters = new_parameters(PIECES, random)
    first = TrainingState(0, np.arange(5), parameters, AdamW(parameters), random)
    step(first)
    save(tmp_path / "training_state.npz", first, {"reference": parameters["hidden_bias"]})
    second, kept = load(tmp_path / "training_state.npz")
    assert (second.step, second.order.tolist()) == (1, [0, 1, 2, 3, 4])
    assert kept["reference"].tobytes() == parameters["hidden_bias"].tobytes()
    for state in (first, second):
        step(state)
    assert set(second.parameters) == set(first.parameters)
    for name, values in first.parameters.items():
        assert second.parameters[name].tobytes() == values.tobytes()
    assert first.random.bit_generator.state == second.random.bit_generator.state


@pytest.mark.parametrize(("version", "told"), [(1, "an older"), (3, "a newer")])
def test_what_another_version_has_written_is_refused_and_says_so(tmp_path: Path, version: int, told: str) -> None:
    random = np.random.default_rng(7)
    parameters = new_parameters(PIECES, random)
    save_checkpoint(tmp_path / "checkpoint.npz", parameters, [b"ab"])
    save(tmp_path / "state.npz", TrainingState(0, np.arange(5), parameters, AdamW(parameters), random), {})
    assert load_checkpoint(tmp_path / "checkpoint.npz").merges == [b"ab"]
    for name, read in {"checkpoint.npz": load_checkpoint, "state.npz": load}.items():
        with np.load(tmp_path / name) as arrays:
            found = {key: arrays[key] for key in arrays.files if key != "format"}
        found |= {"format": np.array(version)} if version > 1 else {}
        np.savez(tmp_path / name, **found)
        with pytest.raises(CannotTrainError, match=f"made by {told} version of the trainer") as caught:
            read(tmp_path / name)
        assert (caught.value.code, caught.value.param) == ("invalid_model", "model")
