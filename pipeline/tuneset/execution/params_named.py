"""Whether what params name is there, before any row is read: functions, extras, rules, encodings, models, files.

Types and ranges of params are their classes' to judge. Raw columns are known once rows are read (`raw_columns.py`).
Nothing large is loaded here, and no row is looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from tuneset.cleaning.filtering.language import language_model
from tuneset.cleaning.filtering.patterns import require_patterns
from tuneset.cleaning.private_data import recognisers
from tuneset.cleaning.user_code import load_function
from tuneset.errors import InputError, TunesetError, UsageError
from tuneset.execution import evaluation_files, row_steps
from tuneset.execution.comparison import rates
from tuneset.params import Params
from tuneset.rules.engine.check_context import context_of
from tuneset.rules.repairs.registry import wanted
from tuneset.targets.local_models.model_files import read_model_files
from tuneset.targets.tokenizer import TOKENIZERS

Look = Callable[[Params], object]
"""Raises a TunesetError where something that params name is missing."""
_LANGUAGE_CODE = re.compile("[a-z]{2,3}")


def require(params: Params, stages: Iterable[str]) -> None:
    """Look for all that these stages are told to use.

    Raises UsageError or InputError; where several things are missing, one error that names them all.
    """
    missing: dict[str, TunesetError] = {}
    for look in dict.fromkeys(look for stage in stages for look in LOOKS.get(stage, ())):
        try:
            look(params)
        except (UsageError, InputError) as error:
            missing.setdefault(error.message, error)
    if len(missing) == 1:
        raise next(iter(missing.values()))
    if missing:
        told = ("  " + str(error).replace("\n", "\n  ") for error in missing.values())
        raise UsageError("\n".join([f"{len(missing)} things that params name cannot be used:", *told]))


def _profile(params: Params) -> object:
    return row_steps.profile(params)


def _map(params: Params) -> object:
    return params.clean.map and load_function(params.clean.map, "clean.map")


def _filter_function(params: Params) -> object:
    named = params.clean.filters.function
    return named and load_function(named, "clean.filters.function")


def _patterns(params: Params) -> None:
    require_patterns(params.clean.filters.patterns)


def _languages(params: Params) -> None:
    """The model of languages, and names that it can give: `English` is none, and would have every answer go."""
    named = params.clean.filters.languages
    odd = [name for name in named if not _LANGUAGE_CODE.fullmatch(name)]
    if odd:
        raise UsageError(
            f"clean.filters.languages: {odd[0]} is no code of a language", allowed="codes of ISO 639 such as en, de"
        )
    if named:
        language_model()


def _repairs(params: Params) -> object:
    return wanted(params.clean.repair)


def _detectors(params: Params) -> object:
    return recognisers.versions(params.clean.redact.detectors)


def _review(params: Params) -> object:
    """The file of decisions; without one a name that is mistyped would have none applied, in silence."""
    named = params.review.file
    if named is not None and not Path(named).exists():
        raise InputError(
            f"review.file: {named} does not exist",
            hint="`tuneset view` makes it with the first decision; until then leave review.file out of params",
        )
    return row_steps.decided(params)


def _rules(params: Params) -> object:
    return context_of(row_steps.rule_settings(params))


def _evaluation(params: Params) -> object:
    return evaluation_files.digest(params.dedup.evaluation)


def _target(params: Params) -> None:
    """The tokenizer by its name, or the model by its files; neither is loaded."""
    own = params.target
    if own.template is not None and own.model is None:
        raise UsageError(
            "target.template: no model is named whose template it could take the place of",
            hint="name the model's files as target.model, or leave target.template away",
        )
    encoding = params.tokenize.encoding
    if encoding is not None and encoding not in TOKENIZERS:
        raise UsageError(f"tokenize.encoding: {encoding} is no encoding", allowed=", ".join(sorted(TOKENIZERS)))
    place = row_steps.length(params).target.place
    if place is not None:
        read_model_files(Path(place.folder), Path(place.template) if place.template else None)


def _baseline(params: Params) -> object:
    return params.gate.baseline and rates.read_baseline(params.gate.baseline)


LOOKS: Mapping[str, tuple[Look, ...]] = {
    "clean": (_profile, _map, _filter_function, _patterns, _languages, _repairs, _detectors),
    "review": (_review,),
    "validate": (_rules,),
    "dedup": (_evaluation,),
    "tokenize": (_target,),
    "gate": (_baseline,),
}
"""What each stage is told to use."""
