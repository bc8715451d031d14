"""All rules of `tuneset check`, by code and by name. Nothing here looks at data.

A new rule of a family that is here needs nothing; a new file of rules needs its line in `BY_CODE`. A text rule is
complete with that. A rule on messages or whole examples is found by the function of its family, which
`passes/exact.py` calls, and of which the fast passes must not say clean.

A test registers a rule of its own with `tests.rules.support.registered(rule)`: contexts that are made afterwards know
it, in this process. Worker processes read the registry afresh, so that such a test keeps its files small enough for one
process.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from tuneset.errors import UsageError
from tuneset.rules.families import (
    conversation,
    dataset,
    file,
    json_line,
    model,
    preference,
    private_data,
    reinforcement,
    shape,
    target,
    text,
    text_forms,
    tool_calls,
    tool_definitions,
    vision,
)
from tuneset.rules.rule import FAMILIES, Rule
from tuneset.rules.text_rule import TextRule

BY_CODE: dict[str, Rule] = {
    rule.code: rule
    for rule in (
        *file.RULES,
        *json_line.RULES,
        *shape.RULES,
        *conversation.RULES,
        *tool_definitions.RULES,
        *tool_calls.RULES,
        *vision.RULES,
        *preference.RULES,
        *reinforcement.RULES,
        *text.RULES,
        *text_forms.RULES,
        *dataset.RULES,
        *model.RULES,
        *target.RULES,
        *private_data.RULES,
    )
}
"""Every rule by its code. Whoever needs the rules asks here when it needs them, and keeps no list of its own."""

ANYWHERE = frozenset(
    {
        "FIL", "JSN",  # no reader gets at the example
        "SHP001", "SHP003", "SHP004", "SHP005", "SHP008", "CNV001", "PRF001", "PRF005",  # it is no line of a format
        "CNV005", "CNV008",  # there is nothing to learn
        "DAT", "TOK", "MDL", "VIS005", "VIS006", "VIS009", "TOL018", "PRF002",  # a number of the profile
        "VIS002", "EGR",  # a broken image and a secret are so everywhere
    }
)  # fmt: skip
"""Families and codes whose errors need no provider's word: the others are errors where a profile says so."""

_FAMILY_ORDER = {family: position for position, family in enumerate(FAMILIES)}


def listed() -> list[Rule]:
    """Every rule, in the order of the families and then of the codes, as people read them."""
    return sorted(BY_CODE.values(), key=lambda rule: (_FAMILY_ORDER[rule.family], rule.code))


def text_rules() -> Iterator[TextRule]:
    """Yield the rules on single texts, in the order of their findings."""
    return (rule for rule in BY_CODE.values() if isinstance(rule, TextRule))


def find_rule(code_or_name: str) -> Rule:
    """The rule with that code or name. Raises UsageError with the nearest known one.

    >>> find_rule("bad-json")
    Traceback (most recent call last):
    ...
    tuneset.errors.UsageError: unknown rule bad-json
      allowed: a code or name of `tuneset rules`
      do: did you mean invalid-json?
    >>> find_rule("jsn001").name
    'invalid-json'
    """
    for rule in BY_CODE.values():
        if code_or_name.upper() == rule.code or code_or_name == rule.name:
            return rule
    known = [name for rule in BY_CODE.values() for name in (rule.code, rule.name)]
    near = difflib.get_close_matches(code_or_name, known, n=1, cutoff=0.4)
    hint = f"did you mean {near[0]}?" if near else "list them with `tuneset rules`"
    raise UsageError(f"unknown rule {code_or_name}", allowed="a code or name of `tuneset rules`", hint=hint)


def codes_of(name: str) -> list[str]:
    """The codes that a user means: those of a family by its capitals, else of one rule by its code or name.

    Raises UsageError with the nearest known name.

    >>> codes_of("MDL"), codes_of("invalid-json")
    (['MDL001', 'MDL002', 'MDL003'], ['JSN001'])
    """
    if name.upper() in FAMILIES:
        return [code for code in BY_CODE if code.startswith(name.upper())]
    return [find_rule(name).code]
