"""What a caller asks for, as params, profile and model: the same choice in commands and in programs."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tuneset.errors import UsageError
from tuneset.params import DEFAULT_MODEL, Params, load_params, parse_params
from tuneset.profile import Profile, load_profile
from tuneset.rules.engine.check_context import Settings
from tuneset.targets.target import Target, find_target
from tuneset.terms import Severity

GivenParams = Params | Mapping[str, Any] | str | os.PathLike[str] | None
"""Params, or a document as params.yaml holds it, or the path of such a file; None for the defaults."""


def as_params(given: GivenParams) -> Params:
    """The params that are meant. A program that names none gets the defaults, whatever lies in the working folder.

    Raises UsageError that names each wrong key with the nearest known one.
    """
    if isinstance(given, Params):
        return given
    if given is None:
        return Params()
    if isinstance(given, str | os.PathLike):
        return load_params(Path(given))
    if not isinstance(given, Mapping):
        raise UsageError(f"params is of type {type(given).__name__}", allowed="a dict, a path, Params or None")
    return parse_params(dict(given), "params")


def choose_model(params: Params, profile: str | None, model: str | None) -> tuple[Profile, str]:
    """The profile, and the model that somebody has named; an empty name where nobody has.

    The model of params counts only with the profile of params, and only where it is another than the default.
    """
    chosen = load_profile(profile or params.endpoint.profile)
    if model is not None:
        return chosen, model
    own = params.tune.model if profile in (None, params.endpoint.profile) else ""
    return chosen, own if own != DEFAULT_MODEL and chosen.model(own) else ""


def _target(params: Params, profile: Profile, model: str, local: str | None) -> Target | None:
    """The target that is named by an option or by params; None where none is, or its files are not at hand."""
    own = params.target
    if local is None and own.model is None:
        return None
    found = find_target(
        model or profile.default_model,
        profile,
        local=local or own.model,
        template=None if local else own.template,
        recipe=own.recipe,
    )
    # Without what the profile knows of the model: settings are told apart by their hash, and a profile has none.
    return dataclasses.replace(found, entry=None) if found.place is not None else None


def rule_settings(
    params: Params,
    profile: str | None,
    model: str | None,
    ignore: Sequence[str],
    severity: Mapping[str, Severity],
    select: Sequence[str] = (),
    local: str | None = None,
) -> Settings:
    """What was asked for, put over params; `local` names a model whose files are at hand.

    Raises UsageError where it is neither here nor a model of the profile.
    """
    chosen, name = choose_model(params, profile, model)
    return Settings(
        format="sft",
        profile=chosen.name,
        model=name,
        ignore=(*params.validation.ignore, *ignore),
        severity=tuple({**params.validation.severity, **severity}.items()),
        select=tuple(select),
        target=_target(params, chosen, name, local),
        sequence_length=params.target.sequence_length,
    )
