"""The model: its gradient is the derivative of its loss, and it learns what can be learned."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from tuneset.training.tiny.arrays import Floats, Parameters
from tuneset.training.tiny.attention import Memory
from tuneset.training.tiny.language_model import SEEN, WINDOW, Batch, evaluate, gradients, new_parameters
from tuneset.training.tiny.optimiser import AdamW

PIECES = 11
LENGTH = 20


def task(positions: int, seed: int = 1) -> Batch:
    """Pieces of chance, and the piece that follows: one more than the last of the window, around the circle."""
    random = np.random.default_rng(seed)
    seen = random.integers(0, PIECES, (positions, SEEN))
    row = np.arange(positions) // 3
    reach = np.sort(random.permuted(np.tile(np.arange(1, LENGTH + 1), (row[-1] + 1, 1)), axis=1)[:, :3]).ravel()
    memory = Memory(random.integers(0, PIECES, (row[-1] + 1, LENGTH)), row, reach[:positions])
    return Batch(seen, memory, (seen[:, WINDOW - 1] + 1) % PIECES)


def far_task(positions: int, seed: int = 1) -> Batch:
    """The piece that follows is the one of memory that comes after piece 0; the window is of chance."""
    batch = task(positions, seed)
    random = np.random.default_rng(seed)
    pieces = 1 + random.integers(0, PIECES - 1, batch.memory.pieces.shape)
    place = random.integers(0, LENGTH - 3, len(pieces))
    pieces[np.arange(len(pieces)), place] = 0
    memory = Memory(pieces, batch.memory.row, LENGTH - 2 + np.arange(positions) % 3)
    return Batch(batch.seen, memory, pieces[memory.row, place[memory.row] + 1])


def cut(batch: Batch, size: int) -> list[Batch]:
    """The same positions in several batches."""
    parts = [slice(start, start + size) for start in range(0, len(batch.targets), size)]
    memory = batch.memory
    return [
        Batch(
            batch.seen[part],
            Memory(memory.pieces[memory.row[part][0] :], memory.row[part] - memory.row[part][0], memory.reach[part]),
            batch.targets[part],
        )
        for part in parts
    ]


def trained(steps: int, of: Callable[..., Batch] = task) -> Parameters:
    parameters = new_parameters(PIECES, np.random.default_rng(7))
    optimiser = AdamW(parameters)
    for step in range(steps):
        _, by = gradients(parameters, [of(64, seed=step)])
        optimiser.step(parameters, by, 0.01)
    return parameters


def test_an_untrained_model_finds_every_piece_as_likely() -> None:
    found = evaluate(trained(0), [task(500)])
    assert found.loss == pytest.approx(math.log(PIECES), rel=1e-6)
    assert found.positions == 500


def test_the_gradient_is_the_derivative_of_the_loss() -> None:
    parameters = trained(20)
    batch = task(40)
    _, by = gradients(parameters, [batch])
    random = np.random.default_rng(3)
    for name, values in parameters.items():
        direction = random.standard_normal(values.shape).astype(np.float32)
        direction *= np.float32(3e-3) / np.linalg.norm(direction)
        losses = []
        for sign in (1, -1):
            moved = parameters | {name: values + np.float32(sign) * direction}
            losses.append(evaluate(moved, [batch]).loss)
        assert (losses[0] - losses[1]) / 2 == pytest.approx(float((by[name] * direction).sum()), rel=0.03, abs=2e-6)


@pytest.mark.parametrize("weights", [None, np.linspace(-1, 1, 100, dtype=np.float32)])
def test_the_gradient_does_not_depend_on_how_the_positions_are_cut(weights: Floats | None) -> None:
    parameters = trained(5)
    whole, by_whole = gradients(parameters, [task(100)], weights)
    parts, by_cut = gradients(parameters, cut(task(100), 7), weights)
    assert parts.loss == pytest.approx(whole.loss, rel=1e-5)
    assert parts.accuracy == whole.accuracy
    for name, values in by_whole.items():
        np.testing.assert_allclose(by_cut[name], values, atol=1e-5)


def test_a_weight_multiplies_the_loss_of_its_position() -> None:
    parameters = trained(5)
    first = np.arange(40) < 10
    _, by_weights = gradients(parameters, [task(40)], np.where(first, np.float32(4), np.float32(0)))
    _, by_first = gradients(parameters, cut(task(40), 10)[:1])
    for name, values in by_first.items():
        np.testing.assert_allclose(by_weights[name], values, atol=1e-6)


def test_what_was_measured_in_training_is_what_measuring_says() -> None:
    parameters = trained(5)
    found, _ = gradients(parameters, [task(64)])
    assert found.loss == pytest.approx(evaluate(parameters, [task(64)]).loss, rel=1e-6)
    assert found.accuracy == evaluate(parameters, [task(64)]).accuracy


def test_what_may_not_be_seen_changes_nothing() -> None:
    parameters, batch = trained(20), task(60)
    hidden = np.arange(LENGTH) >= batch.memory.reach[2::3, None]
    other = Memory(np.where(hidden, 0, batch.memory.pieces), batch.memory.row, batch.memory.reach)
    assert hidden.any()
    assert evaluate(parameters, [batch]) == evaluate(parameters, [Batch(batch.seen, other, batch.targets)])


def test_a_rule_that_can_be_learned_is_learned() -> None:
    found = evaluate(trained(150), [task(500, seed=1000)])
    assert found.accuracy == 1
    assert found.loss < 0.1


def test_a_piece_far_back_is_found_by_the_one_before_it() -> None:
    parameters = trained(100, far_task)
    assert evaluate(parameters, [far_task(500, seed=1000)]).accuracy > 0.95


def test_two_runs_give_the_same_bits() -> None:
    first, second = trained(10), trained(10)
    assert all(first[name].tobytes() == second[name].tobytes() for name in first)
