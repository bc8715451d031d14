"""A job's settings as another endpoint of ours takes them, and one sentence a value with its rule.

What was left to the provider is left to the other one, and what the other one does not take is not written, so that the
params that come of it make a job. No request is made here.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from tuneset.profile import Profile
from tuneset.writing.migration import ABSOLUTE_BELOW, BATCH_IN_TOKENS, REFERENCE_RATE, OwnSettings, Translation, lost
from tuneset.writing.recipe import TrainingRecipe


@dataclasses.dataclass(frozen=True)
class Destination:
    """What an endpoint takes of the params of a job.

    Args:
        rate_in: the param below `tune` for an absolute learning rate; None where it takes a multiplier of its own rate.
        left_alone: params below `tune` that it does not take.
        most_suffix: characters of a suffix; None where no limit is known.
        suffix_without: characters that a suffix must not have.
        own_graders: types of graders of its own; where there are none, it takes those of the protocol.
    """

    rate_in: str | None = None
    left_alone: frozenset[str] = frozenset()
    most_suffix: float | None = None
    suffix_without: str = ""
    own_graders: tuple[str, ...] = ()


def destination_of(profile: Profile, model: str | None) -> Destination:
    """What a profile's endpoint takes of a job of a model."""
    endpoint = profile.endpoint
    open_models = endpoint.open_models
    rates = open_models if open_models is not None and open_models.mark in (model or "") else endpoint
    return Destination(
        rate_in=rates.rate_in,
        left_alone=frozenset(rates.left_alone),
        most_suffix=profile.limit("suffix_characters"),
        suffix_without=endpoint.suffix_without,
        own_graders=tuple(profile.own_graders),
    )


def for_endpoint(
    recipe: TrainingRecipe, told: list[Translation], there: Destination, own: OwnSettings | None = None
) -> tuple[dict[str, Any], list[Translation]]:
    """The settings of a job at another endpoint, as the section `tune` has them, and how each came about.

    >>> from tuneset.writing.migration import translate
    >>> recipe, told = translate("m", {"learning_rate_multiplier": 2.0}, base_model="n")
    >>> for_endpoint(recipe, told, Destination("extra_body.learning_rate"))[0]["extra_body"]
    {'learning_rate': 0.0002}
    """
    tune: dict[str, Any] = {"model": recipe.model} if recipe.model else {}
    said = []
    for one in told:
        if one.name == BATCH_IN_TOKENS and one.was is None:  # of a batch that is not written
            continue
        if one.name in _PARAMS and one.was is None:
            rule = "was left to the provider, and is left to this one"
            said.append(Translation(one.name, None, None, rule))
            continue
        if one.name in there.left_alone:
            said.append(Translation(one.name, one.was, None, "is not taken there"))
            continue
        if one.name in ("n_epochs", "batch_size", "beta", "seed"):
            tune[one.name] = one.becomes
        said.append(_rate_at(one, recipe, tune, there.rate_in) if one.name == "learning_rate_multiplier" else one)
    if own is not None:
        said += [*_suffix(own, tune, there), *_grader(own, tune, there), *lost(own)]
    return tune, said


_PARAMS = ("n_epochs", "batch_size", "learning_rate_multiplier", "beta")


def _suffix(own: OwnSettings, tune: dict[str, Any], there: Destination) -> list[Translation]:
    if own.suffix is None:
        return []
    if there.most_suffix is not None and len(own.suffix) > there.most_suffix:
        rule = f"takes at most {there.most_suffix:.0f} characters there; see tune.suffix"
        return [Translation("suffix", own.suffix, None, rule)]
    if any(character in own.suffix for character in there.suffix_without):
        return [
            Translation("suffix", own.suffix, None, f"has one of {there.suffix_without!r}, which it must not there")
        ]
    tune["suffix"] = own.suffix
    return [Translation("suffix", own.suffix, own.suffix, "as it was")]


def _grader(own: OwnSettings, tune: dict[str, Any], there: Destination) -> list[Translation]:
    if own.grader is None:
        return []
    kind = own.grader.get("type")
    if there.own_graders and kind not in there.own_graders:
        rule = f"graders there are of the type {', '.join(there.own_graders)}; see tune.reinforcement.grader"
        return [Translation("grader", kind, None, rule)]
    tune["reinforcement"] = {"grader": own.grader}
    return [Translation("grader", kind, kind, "as it was")]


def _rate_at(told: Translation, recipe: TrainingRecipe, tune: dict[str, Any], rate_in: str | None) -> Translation:
    """The learning rate where the endpoint takes it; put into `tune`."""
    if rate_in is not None:
        *parents, last = rate_in.split(".")
        section = tune
        for name in parents:
            section = section.setdefault(name, {})
        section[last] = recipe.learning_rate
        return dataclasses.replace(
            told, becomes=recipe.learning_rate, rule=f"{told.rule}; goes into tune.{rate_in}, which is absolute there"
        )
    if told.was < ABSOLUTE_BELOW:
        tune["learning_rate_multiplier"] = float(f"{told.was / REFERENCE_RATE:.6g}")
        rule = f"a rate by itself, over {REFERENCE_RATE}: what 1 stands for at the other endpoint is nobody's to know"
        return dataclasses.replace(told, becomes=tune["learning_rate_multiplier"], rule=rule)
    tune["learning_rate_multiplier"] = told.was
    return dataclasses.replace(told, becomes=told.was, rule="as it was; each provider multiplies a rate of its own")
