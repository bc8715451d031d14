"""A job's settings in another trainer's words: none is translated, assumed or lost without a sentence on it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.writing.migration import translate
from tuneset.writing.recipe import TrainingRecipe


def rules(hyperparameters: dict[str, Any], **beside: Any) -> dict[str, str]:  # noqa: ANN401  those of `translate`
    return {one.name: one.rule for one in translate("gpt-4.1-mini", hyperparameters, **beside)[1]}


@pytest.mark.parametrize("left", [{}, {"n_epochs": "auto", "batch_size": None, "learning_rate_multiplier": "auto"}])
def test_what_was_left_to_the_provider_is_said_to_be_assumed(left: dict[str, Any]) -> None:
    recipe, told = translate("gpt-4.1-mini", left)
    assert (recipe.epochs, recipe.batch_size, recipe.learning_rate) == (3, 8, 1e-4)
    assert recipe.learning_rate_multiplier is None
    assert [one.name for one in told if "was left to the provider" in one.rule] == [
        "n_epochs",
        "batch_size",
        "learning_rate_multiplier",
    ]


def test_a_multiplier_becomes_a_rate_and_a_rate_stays_one() -> None:
    assert translate(None, {"learning_rate_multiplier": 1.8})[0].learning_rate == 1.8e-4
    assert translate(None, {"learning_rate_multiplier": 2e-5})[0].learning_rate == 2e-5
    assert "taken for a rate by itself" in rules({"learning_rate_multiplier": "0.00002"})["learning_rate_multiplier"]


def test_a_batch_of_examples_is_told_in_tokens_too() -> None:
    _, told = translate("m", {"n_epochs": 2, "batch_size": 4}, trained_tokens=2400, rows=12)
    found = next(one for one in told if one.name == "batch_size in tokens")
    assert (found.was, found.becomes) == (4, 400)
    assert "batch_size in tokens" not in rules({"n_epochs": 2, "batch_size": 4})
    _, told = translate("m", {"n_epochs": 2}, trained_tokens=2400, rows=12)
    assert next((one.was, one.becomes) for one in told if one.name == "batch_size in tokens") == (None, 800)


@pytest.mark.parametrize(("said", "taken"), [(2, 2), (2.0, 2), ("3", 3), (2.5, 2), (0.25, 1)])
def test_a_number_that_is_not_whole_is_said_to_become_one(said: float, taken: int) -> None:
    recipe, told = translate("m", {"n_epochs": said, "batch_size": said})
    assert (recipe.epochs, recipe.batch_size) == (taken, taken)
    of_it = [one for one in told if one.name in ("n_epochs", "batch_size")]
    assert [one.becomes for one in of_it] == [taken, taken]
    assert [one.rule == "as it was" for one in of_it] == [float(said) == taken] * 2


def test_a_seed_that_a_job_does_not_say_is_not_said_to_be_its_own() -> None:
    assert rules({}, seed=0)["seed"].startswith("as it was")
    assert "the job says none" in rules({})["seed"]


def test_a_model_has_no_equal_until_one_is_named() -> None:
    recipe, told = translate("gpt-4.1-mini", {})
    assert (recipe.model, told[0].becomes) == (None, None)
    assert translate("gpt-4.1-mini", {}, base_model="qwen")[0].model == "qwen"


NAMES = st.sampled_from(["n_epochs", "batch_size", "learning_rate_multiplier", "beta"]) | st.text(min_size=1)
VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.floats().map(str) | st.text()


@given(st.dictionaries(NAMES, VALUES))
def test_every_value_of_a_job_is_told_of(hyperparameters: dict[str, Any]) -> None:
    recipe, told = translate("m", hyperparameters)
    names = [one.name for one in told]
    assert set(hyperparameters) <= set(names)
    assert len(set(names)) == len(names) or {"model", "seed"} & set(hyperparameters)
    assert all(one.rule for one in told)
    assert recipe.epochs >= 1
    assert recipe.batch_size >= 1
    assert recipe.learning_rate > 0
    assert isinstance(recipe, TrainingRecipe)
