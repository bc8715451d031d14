"""What a job at an endpoint was told, said again for another trainer: a recipe, and one sentence a value with its rule.

Nothing is translated without a word: what has no equal, what was left to the provider and what is lost are said too. No
request is made here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from tuneset.writing.recipe import Recipe

REFERENCE_RATE = 1e-4
"""The learning rate that a multiplier of 1 stands for: where a LoRA run usually begins. No provider publishes "
"its own."""
ABSOLUTE_BELOW = 0.001
"""A `learning_rate_multiplier` below this is a rate by itself, as Nebius takes it (its cookbook, 2026-08-20)."""


@dataclasses.dataclass(frozen=True)
class Translation:
    """One value of a job.

    Args:
        name: of the value in the job.
        was: the value there; None where it was left to the provider.
        becomes: what the recipe says; None where it has no equal.
        rule: why.
    """

    name: str
    was: Any
    becomes: Any
    rule: str


def translate(
    model: str | None,
    hyperparameters: Mapping[str, Any],
    *,
    seed: int | None = None,
    trained_tokens: int | None = None,
    rows: int = 0,
    base_model: str | None = None,
) -> tuple[Recipe, list[Translation]]:
    """The recipe of a job, and how each value came about.

    Args:
        model: the base model of the job.
        hyperparameters: as the endpoint tells them.
        seed: of the job.
        trained_tokens: tokens that were billed, over all epochs.
        rows: rows of the training file.
        base_model: the model that is trained now, where it was named.

    >>> recipe, told = translate("gpt-4.1-mini", {"n_epochs": 2, "learning_rate_multiplier": 2.0, "batch_size": "auto"})
    >>> recipe.epochs, recipe.learning_rate, recipe.batch_size
    (2, 0.0002, 8)
    """
    usual = Recipe()
    told = [_model(model, base_model)]
    epochs = _number(hyperparameters.get("n_epochs"))
    told.append(_same("n_epochs", epochs, usual.epochs))
    batch = _number(hyperparameters.get("batch_size"))
    told.append(_same("batch_size", batch, usual.batch_size))
    rate, by_rate = _rate(_number(hyperparameters.get("learning_rate_multiplier")), usual.learning_rate)
    told.append(by_rate)
    beta = _number(hyperparameters.get("beta"))
    if "beta" in hyperparameters:
        told.append(_same("beta", beta, usual.beta))
    told.append(Translation("seed", seed, seed if seed is not None else usual.seed, "as it was, of the order of rows"))
    recipe = Recipe(
        model=base_model,
        epochs=int(epochs) if epochs else usual.epochs,
        learning_rate=rate,
        batch_size=int(batch) if batch else usual.batch_size,
        beta=float(beta) if beta else usual.beta,
        seed=seed if seed is not None else usual.seed,
        learning_rate_multiplier=_number(hyperparameters.get("learning_rate_multiplier")),
    )
    if trained_tokens and rows and epochs:
        a_batch = round(trained_tokens / (rows * epochs) * recipe.batch_size)
        rule = "tokens an update, by what was billed; for trainers that count a batch in tokens or pack rows"
        told.append(Translation("batch_size in tokens", recipe.batch_size, a_batch, rule))
    known = {"n_epochs", "batch_size", "learning_rate_multiplier", "beta"}
    told += [
        Translation(name, value, None, "has no equal in a trainer's config; set it by hand where it matters")
        for name, value in sorted(hyperparameters.items())
        if name not in known
    ]
    return recipe, told


def for_endpoint(
    recipe: Recipe, told: list[Translation], rate_in: str | None
) -> tuple[dict[str, Any], list[Translation]]:
    """The settings of a job at another endpoint, as the section `tune` has them, and how each came about.

    What was left to the provider is left to the other one. `rate_in` is the param that takes an absolute learning rate
    there; None where the endpoint takes a multiplier of its own rate.

    >>> recipe, told = translate("m", {"learning_rate_multiplier": 2.0}, base_model="n")
    >>> for_endpoint(recipe, told, "extra_body.learning_rate")[0]["extra_body"]
    {'learning_rate': 0.0002}
    """
    tune: dict[str, Any] = {"model": recipe.model} if recipe.model else {}
    said = []
    for one in told:
        if one.name in _PARAMS and one.was is None:
            rule = "was left to the provider, and is left to this one"
            said.append(Translation(one.name, None, None, rule))
            continue
        if one.name in ("n_epochs", "batch_size"):
            tune[one.name] = int(one.was)
        if one.name in ("beta", "seed"):
            tune[one.name] = one.becomes
        said.append(_rate_at(one, recipe, tune, rate_in) if one.name == "learning_rate_multiplier" else one)
    return tune, said


_PARAMS = ("n_epochs", "batch_size", "learning_rate_multiplier", "beta")


def _rate_at(told: Translation, recipe: Recipe, tune: dict[str, Any], rate_in: str | None) -> Translation:
    """The learning rate where the endpoint takes it; put into `tune`."""
    if rate_in is not None:
        *parents, last = rate_in.split(".")
        section = tune
        for name in parents:
            section = section.setdefault(name, {})
        section[last] = recipe.learning_rate
        return dataclasses.replace(told, rule=f"{told.rule}; goes into tune.{rate_in}, which is absolute there")
    if told.was < ABSOLUTE_BELOW:
        tune["learning_rate_multiplier"] = float(f"{told.was / REFERENCE_RATE:.6g}")
        rule = f"a rate by itself, over {REFERENCE_RATE}: what 1 stands for at the other endpoint is nobody's to know"
        return dataclasses.replace(told, becomes=tune["learning_rate_multiplier"], rule=rule)
    tune["learning_rate_multiplier"] = told.was
    return dataclasses.replace(told, becomes=told.was, rule="as it was; each provider multiplies a rate of its own")


def _model(was: str | None, becomes: str | None) -> Translation:
    rule = "the weights are its provider's alone; name an open model that is to take its place"
    if becomes == was and was is not None:
        return Translation("model", was, becomes, "as it was")
    return Translation("model", was, becomes, rule if becomes is None else "named by you")


def _same(name: str, was: float | None, usual: float) -> Translation:
    if was is None:
        return Translation(name, None, usual, "was left to the provider; this is where a LoRA run usually begins")
    return Translation(name, was, was, "as it was")


def _rate(was: float | None, usual: float) -> tuple[float, Translation]:
    name = "learning_rate_multiplier"
    if was is None:
        return usual, Translation(
            name, None, usual, "was left to the provider; the rate where a LoRA run usually begins"
        )
    if was < ABSOLUTE_BELOW:
        return was, Translation(name, was, was, f"below {ABSOLUTE_BELOW}: taken for a rate by itself, as Nebius has it")
    rate = float(f"{was * REFERENCE_RATE:.6g}")
    rule = f"times {REFERENCE_RATE}: what 1 stands for is nobody's to know, so look at the first steps"
    return rate, Translation(name, was, rate, rule)


def _number(value: Any) -> float | None:  # noqa: ANN401  whatever an endpoint says
    """A number that an endpoint said, also as text; None where it left the choice to itself.

    >>> _number("auto"), _number("3"), _number(0.5)
    (None, 3, 0.5)
    """
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if not isinstance(value, int | float) or isinstance(value, bool) or value <= 0:
        return None
    return int(value) if float(value).is_integer() and value >= 1 else float(value)
