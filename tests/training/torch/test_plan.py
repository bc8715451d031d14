"""The plan of the small transformer: what is asked for is done, and `auto` is resolved."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tuneset.targets.cost import default_epochs
from tuneset.training.torch.plan import FINAL_RATE, make_plan
from tuneset.training.trainer import MAX_BATCH, Method, TrainingRequest


def asked(method: Method = "supervised", **more: object) -> TrainingRequest:
    usual = {"n_epochs": "auto", "batch_size": "auto", "learning_rate_multiplier": "auto"}
    files = {"trainer": "", "training": "", "validation": None, "encoding": "", "max_example_tokens": 1, "seed": 1}
    return TrainingRequest(method=method, **{**usual, **files, **more})  # type: ignore[arg-type]


@given(st.integers(1, 10**6), st.integers(1, 50), st.integers(1, MAX_BATCH), st.floats(0.01, 10), st.floats(0.01, 2))
def test_explicit_values_are_taken_as_they_are(size: int, epochs: int, batch: int, rate: float, beta: float) -> None:
    wanted = {"n_epochs": epochs, "batch_size": batch, "learning_rate_multiplier": rate, "beta": beta}
    plan = make_plan(asked("dpo", **wanted), size)
    assert plan.hyperparameters() == wanted
    assert (plan.steps_per_epoch - 1) * batch < size <= plan.steps_per_epoch * batch


def test_auto_is_resolved_by_the_number_of_examples() -> None:
    plans = [make_plan(asked(), size) for size in (10, 500, 5_000, 50_000)]
    assert [(plan.batch_size, plan.steps) for plan in plans] == [(4, 30), (4, 375), (15, 1002), (50, 1000)]
    assert plans[0].hyperparameters() == {
        "n_epochs": default_epochs(10), "batch_size": 4, "learning_rate_multiplier": 1.0
    }  # fmt: skip
    assert make_plan(asked("dpo"), 10).hyperparameters() == plans[0].hyperparameters() | {"beta": 0.1}


@given(st.integers(1, 3_000))
def test_the_rate_rises_then_falls_and_never_ends_at_nothing(size: int) -> None:
    plan = make_plan(asked(learning_rate_multiplier=2.0), size)
    rates = [plan.rate(step) for step in range(1, plan.steps + 1)]
    top = rates.index(max(rates))
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert FINAL_RATE * plan.highest_rate <= rates[-1] <= max(rates) <= plan.highest_rate
