"""What the checks of one file are to know: format, profile, model, and which rules hold with which severity."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Mapping
from typing import Protocol, cast

import jsonschema_rs

from tuneset.line_schemas import line_schema
from tuneset.profile import Model, Profile
from tuneset.rules.registry import RULES, find_rule
from tuneset.terms import Format, Severity

EXAMPLE_FAMILIES = frozenset({"SHP", "CNV", "TOL", "VIS", "PRF", "RFT", "TXT"})
"""The families that judge one example by itself, and that no other stage of the pipeline is in charge of."""
CHECK_FAMILIES = EXAMPLE_FAMILIES | {"FIL", "JSN", "TOK", "DAT", "MDL", "EGR"}
"""All families, as `tuneset check` takes them."""

VOCABULARY_TOKENS = ("<|endoftext|>", "<|endofprompt|>")
"""The special tokens of o200k_base (tiktoken 0.14), which hold where a profile names none of its own."""


class ShapeValidator(Protocol):
    """The one method that is used of a compiled JSON Schema."""

    def is_valid(self, instance: object) -> bool:
        """Whether the instance keeps the schema."""


@dataclasses.dataclass(frozen=True)
class Context:
    """Made once a file by `make_context`, then only read.

    Args:
        severity: the severity of each rule that holds, by code; a rule that is off is absent.
        model: None where the profile does not know the model.
        max_tokens: what an example of the model may have; of the default model where the model is unknown.
        shape: the compiled schema of the format.
        special_tokens: matches any special token that the profile names, or else one of o200k_base.
        special_starts: the first two characters of those tokens; text without any of them holds no token.
        grader_columns: columns that a grader refers to.
    """

    format: Format
    profile: Profile
    model_name: str
    model: Model | None
    max_tokens: float | None
    severity: Mapping[str, Severity]
    shape: ShapeValidator
    special_tokens: re.Pattern[str]
    special_starts: tuple[str, ...]
    grader_columns: tuple[str, ...]

    def on(self, code: str) -> bool:
        """Whether a rule holds."""
        return code in self.severity


def make_context(
    format: Format,  # noqa: A002  the word of the command line
    profile: Profile,
    model: str,
    ignore: Collection[str] = (),
    severity: Mapping[str, Severity] | None = None,
    families: Collection[str] = EXAMPLE_FAMILIES,
    grader_columns: Collection[str] = (),
) -> Context:
    """Decide which rules hold: the registry's defaults, then the profile, then the user.

    Args:
        format: the format that every line is to have.
        profile: the provider whose limits and rules hold.
        model: the base model, or `ft:` model, that is to be trained.
        ignore: codes or names of rules to switch off.
        severity: severities by code or name; this also switches an optional rule on.
        families: the capitals of the families that are looked at.
        grader_columns: columns that the grader of a reinforcement job refers to.

    Raises UsageError where a rule of `ignore` or `severity` is unknown.
    """
    special = profile.special_tokens or VOCABULARY_TOKENS
    known = profile.model(model)
    bounded = known or profile.model(profile.default_model)
    return Context(
        format=format,
        profile=profile,
        model_name=model,
        model=known,
        max_tokens=bounded.max_example_tokens.value if bounded else None,
        severity=resolve_severity(profile, ignore, severity or {}, families),
        shape=cast("ShapeValidator", jsonschema_rs.Draft202012Validator(line_schema(format))),
        special_tokens=_one_of(special),
        special_starts=tuple(sorted({token[:2] for token in special})),
        grader_columns=tuple(sorted(grader_columns)),
    )


def resolve_severity(
    profile: Profile, ignore: Collection[str], severity: Mapping[str, Severity], families: Collection[str]
) -> dict[str, Severity]:
    """The severity of each rule that holds, by code. Raises UsageError where a rule's name is unknown."""
    holds: dict[str, Severity] = {rule.code: rule.severity for rule in RULES if not rule.optional}
    for name, level in profile.rules.items():
        if level == "off":
            holds.pop(find_rule(name).code, None)
        else:
            holds[find_rule(name).code] = level
    holds |= {find_rule(name).code: level for name, level in severity.items()}
    for name in ignore:
        holds.pop(find_rule(name).code, None)
    return {code: level for code, level in holds.items() if code[:3] in families}


def _one_of(literals: Collection[str]) -> re.Pattern[str]:
    """A pattern for any of the literals, the longest first.

    >>> _one_of(["<|end|>", "[INST]"]).findall("[INST] <|end|>")
    ['[INST]', '<|end|>']
    """
    return re.compile("|".join(re.escape(literal) for literal in sorted(literals, key=len, reverse=True)))
