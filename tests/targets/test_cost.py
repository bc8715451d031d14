"""Epochs by the cookbook's rule, and a price only where one is known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.profile import Model, load_profile, profile_names
from tuneset.targets import cost


def priced(usd: float | None) -> Model:
    model = load_profile("openai").models["gpt-4o-mini-2024-07-18"]
    price = model.training_usd_per_million_tokens.model_copy(update={"value": usd})
    return model.model_copy(update={"training_usd_per_million_tokens": price})


def cookbook_epochs(examples: int) -> int:
    """The rule as the cookbook's notebook has it."""
    epochs = 3
    if examples * 3 < 100:
        epochs = min(25, 100 // examples)
    elif examples * 3 > 25000:
        epochs = max(1, 25000 // examples)
    return epochs


@pytest.mark.parametrize(
    ("examples", "epochs"),
    [(0, 1), (1, 25), (4, 25), (5, 20), (10, 10), (33, 3), (34, 3), (8333, 3), (8334, 2), (12501, 1), (10**6, 1)],
)
def test_auto_epochs_at_each_turning_point(examples: int, epochs: int) -> None:
    assert cost.default_epochs(examples) == epochs


@given(st.integers(1, 100_000))
def test_auto_epochs_are_those_of_the_cookbook(examples: int) -> None:
    assert cost.default_epochs(examples) == cookbook_epochs(examples)


def test_an_unknown_price_is_no_price_of_zero() -> None:
    unknown = cost.Estimate(epochs=3, billable_tokens=3000, usd_per_million_tokens=None, usd=None)
    assert cost.estimate(1000, 100, "auto", None) == unknown
    assert cost.estimate(1000, 100, "auto", priced(None)) == unknown
    assert cost.estimate(1000, 100, "auto", priced(0)).usd == 0


def test_every_epoch_is_billed() -> None:
    estimate = cost.estimate(1_000_000, 100, 4, priced(25.0))
    assert estimate == cost.Estimate(epochs=4, billable_tokens=4_000_000, usd_per_million_tokens=25.0, usd=100.0)
    assert cost.estimate(1_000_000, 10, "auto", priced(25.0)).usd == 250.0


def test_usd_are_rounded_to_a_hundredth_of_a_cent() -> None:
    assert cost.estimate(1239, 100, 1, priced(3.0)).usd == 0.0037


def test_models_are_compared_where_they_cost_money_and_can_be_trained() -> None:
    profile = load_profile("openai")
    trainable = {
        f"openai/{name}"
        for name, model in profile.models.items()
        if model.training_usd_per_million_tokens.value and not (model.shutdown and model.shutdown <= profile.as_of)
    }
    prices = cost.compare(1_000_000, 1000, 1)
    assert {name for name in prices if name.startswith("openai/")} == trainable
    assert "openai/gpt-4.1-nano-2025-04-14" not in prices  # ended on 2026-10-23, before the profile was written
    assert not any(name.startswith("local/") for name in prices)
    assert prices["openai/gpt-4.1-2025-04-14"] == 25.0
    assert {name.split("/")[0] for name in prices} <= set(profile_names())


def test_nothing_to_train_costs_nothing_anywhere() -> None:
    assert cost.compare(0, 0, "auto") == {}
