"""Where a training stands, written and read: the next step is the same, bit for bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tuneset.training.tiny.language_model import WINDOW, AdamW, gradients, new_parameters
from tuneset.training.tiny.training_state import TrainingState, load, save

PIECES = 20


def step(state: TrainingState) -> None:
    windows = state.random.integers(0, PIECES, (32, WINDOW))
    _, by = gradients(state.parameters, windows, windows[:, 0])
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
