"""What is asked for is obeyed, and what `auto` stands for is told."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.endpoint.api.job_body import DpoHyperparameters, Hyperparameters, ReinforcementHyperparameters
from tuneset.training.trainer import TrainingRequest
from tuneset.training.trl.plan import halves, make_plan

AUTO: dict[str, Any] = dict.fromkeys(("n_epochs", "batch_size", "learning_rate_multiplier"), "auto")


def request(**asked: Any) -> TrainingRequest:  # noqa: ANN401  any field of it
    usual = {"trainer": "", "method": "supervised", "training": "", "validation": None, "seed": 1, "encoding": ""}
    return TrainingRequest(**(usual | AUTO | {"max_example_tokens": 9} | asked))


def test_explicit_hyperparameters_are_taken_as_they_are() -> None:
    plan = make_plan(request(n_epochs=2, batch_size=7, learning_rate_multiplier=0.5), 20)
    assert plan.hyperparameters() == {"n_epochs": 2, "batch_size": 7, "learning_rate_multiplier": 0.5}
    assert plan.steps == 6
    assert plan.learning_rate == pytest.approx(1e-4)


@pytest.mark.parametrize(
    ("asked", "rate"),
    [({}, 2e-4), ({"tuning": "full"}, 2e-5), ({"method": "dpo"}, 1e-5), ({"method": "dpo", "tuning": "full"}, 1e-6)],
)
def test_the_rate_is_that_of_the_method_and_ten_times_as_high_for_an_adapter(
    asked: dict[str, Any], rate: float
) -> None:
    assert make_plan(request(**asked), 500).learning_rate == pytest.approx(rate)


@pytest.mark.parametrize(
    ("method", "body"),
    [
        ("supervised", Hyperparameters),
        ("dpo", DpoHyperparameters),
        ("kto", DpoHyperparameters),
        ("reinforcement", ReinforcementHyperparameters),
    ],
)
def test_nothing_of_a_job_that_was_left_to_the_trainer_stays_so(method: str, body: type[Hyperparameters]) -> None:
    asked = body().model_dump()
    resolved = make_plan(request(method=method), 20).hyperparameters()
    assert set(asked) - set(resolved) <= {"reasoning_effort"}
    assert "auto" not in {**asked, **resolved}.values()


def test_auto_is_resolved_and_told() -> None:
    assert make_plan(request(), 1_000).hyperparameters() == {
        "n_epochs": 3,
        "batch_size": 8,
        "learning_rate_multiplier": 1.0,
    }
    assert make_plan(request(method="dpo"), 1_000).hyperparameters()["beta"] == 0.1
    assert make_plan(request(method="dpo", beta=0.3), 1_000).hyperparameters()["beta"] == 0.3


@given(st.integers(1, 256))
def test_every_size_in_which_a_batch_is_taken_divides_it(batch: int) -> None:
    sizes = halves(batch)
    assert (sizes[0], sizes[-1]) == (batch, 1)
    assert all(batch % size == 0 for size in sizes)
    assert all(2 * after <= before for before, after in itertools.pairwise(sizes))


def test_reinforcement_tries_as_many_answers_as_its_multiplier_says_and_tells_it() -> None:
    plan = make_plan(request(method="reinforcement", compute_multiplier=0.5, n_epochs=2, batch_size=4), 10)
    assert (plan.answers, plan.steps, plan.steps_per_epoch) == (4, 4, 2)
    assert plan.hyperparameters() == {
        "n_epochs": 2,
        "batch_size": 4,
        "learning_rate_multiplier": 1.0,
        "compute_multiplier": 0.5,
        "eval_interval": 1,
        "eval_samples": 1,
    }
    assert make_plan(request(method="reinforcement", batch_size=64), 10).batch_size == 10
