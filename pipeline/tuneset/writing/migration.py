"""What a job at an endpoint was told, said again for another trainer: a recipe, and one sentence a value with its rule.

Nothing is translated without a word: what has no equal, what was left to the provider and what is lost are said too. No
request is made here. Where it goes on at another endpoint, `migration_there.py` says what becomes of it.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping
from typing import Any, NamedTuple

from tuneset.writing.recipe import TrainingRecipe

REFERENCE_RATE = 1e-4
"""The learning rate that a multiplier of 1 stands for: where a LoRA run usually begins. No provider publishes "
"its own."""
ABSOLUTE_BELOW = 0.001
"""A `learning_rate_multiplier` below this is a rate by itself, as Nebius takes it (its cookbook, 2026-08-20)."""

BATCH_IN_TOKENS = "batch_size in tokens"
"""What is told of a batch beside the rows that it has."""
TUNED = "ft:"
"""How the name of a model begins that a job made (OpenAI API specification, 2026-08-21)."""


class OwnSettings(NamedTuple):
    """What a job says beside model, files, seed and hyperparameters.

    Args:
        suffix: the part of the model's name that its owner chose.
        grader: the definition of what grades its answers.
        others: names of further settings that say something.
    """

    suffix: str | None = None
    grader: dict[str, Any] | None = None
    others: tuple[str, ...] = ()


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
) -> tuple[TrainingRecipe, list[Translation]]:
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
    usual = TrainingRecipe()
    told = [_model(model, base_model)]
    epochs = _whole("n_epochs", _number(hyperparameters.get("n_epochs")), usual.epochs)
    batch = _whole("batch_size", _number(hyperparameters.get("batch_size")), usual.batch_size)
    told += [epochs, batch]
    rate, by_rate = _rate(_number(hyperparameters.get("learning_rate_multiplier")), usual.learning_rate)
    told.append(by_rate)
    beta = _number(hyperparameters.get("beta"))
    if "beta" in hyperparameters:
        told.append(_same("beta", beta, usual.beta))
    rule = "as it was, of the order of rows" if seed is not None else "the job says none; this one is ours"
    told.append(Translation("seed", seed, seed if seed is not None else usual.seed, rule))
    recipe = TrainingRecipe(
        model=base_model,
        epochs=epochs.becomes,
        learning_rate=rate,
        batch_size=batch.becomes,
        beta=float(beta) if beta else usual.beta,
        seed=seed if seed is not None else usual.seed,
        learning_rate_multiplier=_number(hyperparameters.get("learning_rate_multiplier")),
    )
    if trained_tokens and rows and epochs.was:
        a_batch = round(trained_tokens / (rows * epochs.was) * recipe.batch_size)
        rule = "tokens an update, by what was billed; for trainers that count a batch in tokens or pack rows"
        told.append(Translation(BATCH_IN_TOKENS, batch.was, a_batch, rule))
    known = {"n_epochs", "batch_size", "learning_rate_multiplier", "beta"}
    told += [
        Translation(name, value, None, "has no equal in a trainer's config; set it by hand where it matters")
        for name, value in sorted(hyperparameters.items())
        if name not in known
    ]
    return recipe, told


def own_settings(document: Mapping[str, Any]) -> OwnSettings:
    """What the protocol's job says of itself beside its hyperparameters; of a job of another protocol nothing is known.

    Source: OpenAI API specification (FineTuningJob), 2026-08-21.

    >>> own_settings({"user_provided_suffix": "mine", "integrations": [{"type": "wandb"}]})
    OwnSettings(suffix='mine', grader=None, others=('integrations',))
    """
    method = document.get("method")
    method = method if isinstance(method, dict) else {}
    own = method.get(str(method.get("type")))
    own = own if isinstance(own, dict) else {}
    suffix, grader = document.get("user_provided_suffix"), own.get("grader")
    others = [name for name in ("integrations",) if document.get(name)]
    others += sorted(f"{method['type']}.{name}" for name in own.keys() - {"grader", "hyperparameters"} if own[name])
    return OwnSettings(
        suffix if isinstance(suffix, str) and suffix else None,
        grader if isinstance(grader, dict) else None,
        tuple(others),
    )


def for_trainer(own: OwnSettings, *, graded: bool) -> list[Translation]:
    """What becomes of these at a trainer of one's own; `graded` is whether its files have a reward script.

    >>> [one.becomes for one in for_trainer(OwnSettings("mine", {"type": "python"}), graded=True)]
    [None, 'grader.json']
    """
    told = [Translation("suffix", own.suffix, None, "a trainer names its model by a folder")] if own.suffix else []
    if own.grader is not None:
        kept = "as it was; what `reward.py` cannot run of it, it says" if graded else "this format has no reward"
        told.append(Translation("grader", own.grader.get("type"), "grader.json" if graded else None, kept))
    return [*told, *lost(own)]


def lost(own: OwnSettings) -> list[Translation]:
    """A sentence for each further setting, which nobody takes along."""
    return [
        Translation(name, "set", None, "is not taken along; set it by hand where it matters") for name in own.others
    ]


def _model(was: str | None, becomes: str | None) -> Translation:
    rule = "the weights are its provider's alone; name an open model that is to take its place"
    if becomes == was and was is not None:
        return Translation("model", was, becomes, "as it was")
    rule = rule if becomes is None else "named by you"
    if was is not None and was.startswith(TUNED):
        rule += "; it was itself tuned by an earlier job, whose rows are not among these: move that job too"
    return Translation("model", was, becomes, rule)


def _same(name: str, was: float | None, usual: float) -> Translation:
    if was is None:
        return Translation(name, None, usual, "was left to the provider; this is where a LoRA run usually begins")
    return Translation(name, was, was, "as it was")


def _whole(name: str, was: float | None, usual: int) -> Translation:
    """The same of what trainers take as a whole number.

    >>> _whole("n_epochs", 2.5, 3).becomes, _whole("n_epochs", 0.25, 3).becomes
    (2, 1)
    """
    told = _same(name, was, usual)
    if was is None or was == int(was):
        return told
    return dataclasses.replace(told, becomes=max(1, int(was)), rule="a trainer takes a whole number")


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
    """A number above 0 that an endpoint said, also as text; None where it left the choice to itself.

    >>> _number("auto"), _number("3"), _number(0.5), _number("nan")
    (None, 3, 0.5, None)
    """
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value <= sys.float_info.max:
        return None
    return int(value) if value == int(value) else float(value)
