"""All rules of `tuneset check`, by code and by name. Nothing here looks at data."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

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
    text,
    tool_calls,
    tool_definitions,
    vision,
)
from tuneset.rules.rule import FAMILIES, Rule

_FAMILY_ORDER = {family: position for position, family in enumerate(FAMILIES)}

RULES: tuple[Rule, ...] = tuple(
    sorted(
        (
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
            *dataset.RULES,
            *model.RULES,
            *private_data.RULES,
        ),
        key=lambda rule: (_FAMILY_ORDER[rule.family], rule.code),
    )
)
"""Every rule, in the order of the families and then of the codes."""

BY_CODE: Mapping[str, Rule] = {rule.code: rule for rule in RULES}


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
    for rule in RULES:
        if code_or_name.upper() == rule.code or code_or_name == rule.name:
            return rule
    known = [name for rule in RULES for name in (rule.code, rule.name)]
    near = difflib.get_close_matches(code_or_name, known, n=1, cutoff=0.4)
    hint = f"did you mean {near[0]}?" if near else "list them with `tuneset rules`"
    raise UsageError(f"unknown rule {code_or_name}", allowed="a code or name of `tuneset rules`", hint=hint)
