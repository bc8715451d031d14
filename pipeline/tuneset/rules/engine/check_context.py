"""How the context of a check is made: which rules hold and how severe each is, by registry, profile and user."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Collection, Mapping
from typing import cast

import jsonschema_rs

from tuneset.line_schemas import LineKeys, line_schema
from tuneset.profile import Profile, load_profile
from tuneset.rules.context import Context, ShapeValidator
from tuneset.rules.registry import ANYWHERE, BY_CODE, codes_of, find_rule, text_rules
from tuneset.rules.rule import FAMILIES
from tuneset.rules.text_rule import TextRules
from tuneset.targets.target import Target
from tuneset.terms import Format, Severity

EXAMPLE_FAMILIES = frozenset({"SHP", "CNV", "TOL", "VIS", "PRF", "RFT", "TXT"})
"""The families that judge one example by itself, and that no other stage of the pipeline is in charge of."""
CHECK_FAMILIES = EXAMPLE_FAMILIES | {"FIL", "JSN", "TOK", "DAT", "MDL", "EGR", "TGT"}
"""All families, as `tuneset check` takes them."""


@dataclasses.dataclass(frozen=True)
class Settings:
    """What `make_context` is given in each worker; values that can be sent to another process.

    Args:
        model: empty where nobody has named one.
        ignore: codes or names of rules that are off, or capitals of families.
        select: the same of the only rules that hold; empty where all do.
        severity: pairs of a rule's code or name and its severity.
        auto: whether the format was recognised and not asked for.
        families: the capitals of the families that are looked at.
        reasoning: whether reasoning is kept whatever the profile says.
        target: the model whose own files are at hand, for the rules on it.
        sequence_length: tokens of a sequence for it.
    """

    format: Format
    profile: str
    model: str
    ignore: tuple[str, ...] = ()
    severity: tuple[tuple[str, Severity], ...] = ()
    grader_columns: tuple[str, ...] = ()
    auto: bool = True
    families: frozenset[str] = CHECK_FAMILIES
    reasoning: bool = False
    select: tuple[str, ...] = ()
    target: Target | None = None
    sequence_length: int | None = None


@functools.lru_cache(maxsize=8)
def context_of(settings: Settings) -> Context:
    """The context that settings stand for, made once a process."""
    return make_context(
        settings.format,
        load_profile(settings.profile),
        settings.model,
        settings.ignore,
        dict(settings.severity),
        settings.families,
        settings.grader_columns,
        reasoning=settings.reasoning,
        select=settings.select,
        target=settings.target,
        sequence_length=settings.sequence_length,
    )


def make_context(
    format: Format,  # noqa: A002  the word of the command line
    profile: Profile,
    model: str,
    ignore: Collection[str] = (),
    severity: Mapping[str, Severity] | None = None,
    families: Collection[str] = EXAMPLE_FAMILIES,
    grader_columns: Collection[str] = (),
    *,
    reasoning: bool = False,
    select: Collection[str] = (),
    target: Target | None = None,
    sequence_length: int | None = None,
) -> Context:
    """Decide which rules hold: the registry's defaults, then the profile, then the user.

    Args:
        format: the format that every line is to have.
        profile: the provider whose limits and rules hold.
        model: the base model, or `ft:` model, that is to be trained; empty where nobody has named one.
        ignore: codes or names of rules to switch off, or capitals of families.
        severity: severities by code or name; this also switches an optional rule on.
        families: the capitals of the families that are looked at.
        grader_columns: columns that the grader of a reinforcement job refers to.
        reasoning: whether reasoning may stand in a message whatever the profile says.
        select: codes, names or families of the only rules that hold; empty where all do.
        target: the model whose own files are at hand; without one the rules of its family ask nothing.
        sequence_length: tokens of a sequence for it.

    Raises UsageError where a rule of `ignore` or `severity` is unknown.
    """
    holds = resolve_severity(profile, ignore, severity or {}, families, select)
    lines = profile.lines
    keys = LineKeys(reasoning or lines.reasoning, lines.weight_on, lines.sample_weight, lines.reinforcement_system)
    known = profile.model(model)
    return Context(
        format=format,
        profile=profile,
        model_name=model,
        model=known,
        max_tokens=known.max_example_tokens.value if known else None if model else profile.longest_example(),
        severity=holds,
        shape=cast("ShapeValidator", jsonschema_rs.Draft202012Validator(line_schema(format, keys))),
        text=TextRules((rule for rule in text_rules() if rule.code in holds), profile),
        grader_columns=tuple(sorted(grader_columns)),
        keys=keys,
        target=target,
        sequence_length=sequence_length or (known and target and _whole(known.max_example_tokens.value)) or None,
    )


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


def resolve_severity(
    profile: Profile,
    ignore: Collection[str],
    severity: Mapping[str, Severity],
    families: Collection[str],
    select: Collection[str] = (),
) -> dict[str, Severity]:
    """The severity of each rule that holds, by code. Raises UsageError where a rule's name is unknown.

    What one provider is known to refuse is a warning at another of which nobody says so (`Profile.unlisted`).
    """
    holds: dict[str, Severity] = {rule.code: rule.severity for rule in BY_CODE.values() if not rule.optional}
    if profile.unlisted == "warning":
        holds |= {code: "warning" for code, level in holds.items()
                  if level == "error" and code not in ANYWHERE and code[:3] not in ANYWHERE}  # fmt: skip
    for name, setting in profile.rules.items():
        if setting.severity == "off":
            holds.pop(find_rule(name).code, None)
        else:
            holds[find_rule(name).code] = setting.severity
    holds |= {find_rule(name).code: level for name, level in severity.items()}
    if select:
        named = {code for name in select for code in codes_of(name)}
        for name in set(select) - set(FAMILIES):  # who asks for one rule wants it, though it be optional
            rule = BY_CODE[codes_of(name)[0]]
            holds.setdefault(rule.code, rule.severity)
        holds = {code: level for code, level in holds.items() if code in named}
    for code in {code for name in ignore for code in codes_of(name)}:
        holds.pop(code, None)
    return {code: level for code, level in holds.items() if code[:3] in families}
