"""What `auto` stands for, and that what is asked for explicitly is done."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tuneset.targets.cost import default_epochs
from tuneset.training.plan import MIN_AUTO_BATCH
from tuneset.training.tiny.training_plan import POSITIONS, make_plan
from tuneset.training.trainer import MAX_BATCH


@given(st.integers(1, 10**6), st.integers(1, 50), st.integers(1, MAX_BATCH), st.floats(0.01, 10))
def test_explicit_values_are_taken_as_they_are(examples: int, epochs: int, batch: int, rate: float) -> None:
    plan = make_plan(examples, epochs, batch, rate)
    assert plan.hyperparameters() == {"n_epochs": epochs, "batch_size": batch, "learning_rate_multiplier": rate}
    assert (plan.steps_per_epoch - 1) * batch < examples <= plan.steps_per_epoch * batch
    assert plan.steps == epochs * plan.steps_per_epoch


@given(st.integers(1, 10**6))
def test_auto_stays_within_the_bounds_of_the_protocol(examples: int) -> None:
    plan = make_plan(examples, "auto", "auto", "auto")
    assert plan.n_epochs == default_epochs(examples)
    assert MIN_AUTO_BATCH <= plan.batch_size <= MAX_BATCH
    assert plan.learning_rate_multiplier == 2.0


@given(st.integers(10, 10**5))
def test_a_job_learns_no_more_positions_than_there_is_time_for(examples: int) -> None:
    plan = make_plan(examples, "auto", "auto", "auto")
    assert plan.n_epochs * examples * plan.positions_per_example <= POSITIONS


def test_the_plans_of_some_sizes() -> None:
    found = {size: make_plan(size, "auto", "auto", "auto") for size in (10, 500, 5_000, 50_000)}
    assert {size: (plan.n_epochs, plan.batch_size, plan.steps) for size, plan in found.items()} == {
        10: (10, 4, 30),
        500: (3, 4, 375),
        5_000: (3, 15, 1002),
        50_000: (1, 50, 1000),
    }
