"""The model: its gradient is the derivative of its loss, and it learns what can be learned."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tuneset.training.tiny import language_model
from tuneset.training.tiny.language_model import (
    WINDOW,
    AdamW,
    Floats,
    Ids,
    Parameters,
    evaluate,
    gradients,
    new_parameters,
)

PIECES = 11


def task(positions: int, seed: int = 1) -> tuple[Ids, Ids]:
    """Windows of chance, and the piece that follows: one more than the last, around the circle."""
    windows = np.random.default_rng(seed).integers(0, PIECES, (positions, WINDOW))
    return windows, (windows[:, -1] + 1) % PIECES


def trained(steps: int) -> Parameters:
    parameters = new_parameters(PIECES, np.random.default_rng(7))
    optimiser = AdamW(parameters)
    for step in range(steps):
        _, by = gradients(parameters, *task(64, seed=step))
        optimiser.step(parameters, by, 0.01)
    return parameters


def test_an_untrained_model_finds_every_piece_as_likely() -> None:
    found = evaluate(trained(0), *task(500))
    assert found.loss == pytest.approx(math.log(PIECES), rel=1e-6)
    assert found.positions == 500


def test_the_gradient_is_the_derivative_of_the_loss() -> None:
    parameters = trained(20)
    windows, targets = task(40)
    _, by = gradients(parameters, windows, targets)
    random = np.random.default_rng(3)
    for name, values in parameters.items():
        direction = random.standard_normal(values.shape).astype(np.float32)
        direction *= np.float32(3e-3) / np.linalg.norm(direction)
        losses = []
        for sign in (1, -1):
            moved = parameters | {name: values + np.float32(sign) * direction}
            losses.append(evaluate(moved, windows, targets).loss)
        assert (losses[0] - losses[1]) / 2 == pytest.approx(float((by[name] * direction).sum()), rel=0.03, abs=2e-6)


@pytest.mark.parametrize("weights", [None, np.linspace(-1, 1, 100, dtype=np.float32)])
def test_the_gradient_of_a_batch_does_not_depend_on_how_it_is_cut(
    monkeypatch: pytest.MonkeyPatch, weights: Floats | None
) -> None:
    parameters = trained(5)
    whole, by_whole = gradients(parameters, *task(100), weights)
    monkeypatch.setattr(language_model, "CHUNK", 7)
    cut, by_cut = gradients(parameters, *task(100), weights)
    assert cut.loss == pytest.approx(whole.loss, rel=1e-5)
    assert cut.accuracy == whole.accuracy
    for name, values in by_whole.items():
        np.testing.assert_allclose(by_cut[name], values, atol=1e-5)


def test_a_weight_multiplies_the_loss_of_its_position() -> None:
    parameters = trained(5)
    windows, targets = task(40)
    first = np.arange(40) < 10
    _, by_weights = gradients(parameters, windows, targets, np.where(first, np.float32(4), np.float32(0)))
    _, by_first = gradients(parameters, windows[first], targets[first])
    for name, values in by_first.items():
        np.testing.assert_allclose(by_weights[name], values, atol=1e-6)


def test_what_was_measured_in_training_is_what_measuring_says() -> None:
    parameters = trained(5)
    found, _ = gradients(parameters, *task(64))
    assert found == evaluate(parameters, *task(64))


def test_a_rule_that_can_be_learned_is_learned() -> None:
    found = evaluate(trained(150), *task(500, seed=1000))
    assert found.accuracy == 1
    assert found.loss < 0.1


def test_two_runs_give_the_same_bits() -> None:
    first, second = trained(10), trained(10)
    assert all(first[name].tobytes() == second[name].tobytes() for name in first)
