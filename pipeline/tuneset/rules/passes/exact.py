"""One example against all rules that judge it by itself, exactly: what every fast pass is held to.

Raw bytes, whole files and what spans examples are not looked at here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tuneset.rules.accessors import Object, Step, all_messages, calls, texts
from tuneset.rules.context import Context
from tuneset.rules.families.conversation import conversation_issues
from tuneset.rules.families.preference import preference_issues
from tuneset.rules.families.private_data import COMMON_CODES, private_issues
from tuneset.rules.families.reinforcement import reinforcement_issues
from tuneset.rules.families.shape import shape_issues
from tuneset.rules.families.tool_calls import tool_issues
from tuneset.rules.families.vision import vision_issues
from tuneset.rules.issue import Issue, issue
from tuneset.rules.text_rule import TextLook, TextRule


def exact_issues(example: Object, context: Context) -> list[Issue]:
    """Every issue of one example but secrets and personal data."""
    return _decided(_all_issues(example, context), context)


def exact_private_issues(example: Object, context: Context) -> list[Issue]:
    """Secrets and personal data in one example."""
    return _decided(private_issues(example, context), context)


def looks_for_private_text(context: Context) -> bool:
    """Whether a rule on secrets or personal data holds that looks at each example."""
    return not context.severity.keys().isdisjoint(COMMON_CODES)


def _decided(issues: Iterable[Issue], context: Context) -> list[Issue]:
    """The issues of rules that hold, each once a place."""
    found: dict[tuple[str, str, str], Issue] = {}
    for one in issues:
        if context.on(one.code):
            # One text may hold several kinds of secrets, so that the message counts as well.
            key = (one.code, one.path, one.message if one.code in COMMON_CODES else "")
            found.setdefault(key, one)
    return list(found.values())


def _shape(example: Object, context: Context) -> Iterator[Issue]:
    return shape_issues(example, context.format, context.keys)


def _all_issues(example: Object, context: Context) -> Iterator[Issue]:
    shape = [] if context.shape.is_valid(example) else list(_shape(example, context))
    yield from shape
    if any(one.code in ("SHP001", "PRF005") for one in shape):
        return
    yield from conversation_issues(example, context)
    yield from tool_issues(example, context)
    yield from vision_issues(example, context)
    if context.format == "dpo":
        yield from preference_issues(example, context)
    if context.format == "rft":
        yield from reinforcement_issues(example, context)
    yield from _text_issues(example, context)


def _text_issues(example: Object, context: Context) -> Iterator[Issue]:
    """Yield what the text rules find in all messages, in the order that `TextRule` says."""
    first = [(rule, look) for rule, look in context.text.looks if rule.spares is not None]
    others = [(rule, look) for rule, look in context.text.looks if rule.spares is None]
    in_arguments = [(rule, look) for rule, look in context.text.looks if rule.in_arguments]
    for path, message in all_messages(example, context.format):
        asking = [(rule, look) for rule, look in first if rule.spares is not None and not rule.spares(message)]
        for looks in (asking, others):
            for place, text in texts(path, message):
                yield from _found(place, text, looks)
        for place, _, function in calls(path, message):
            if isinstance(function.get("arguments"), str):
                yield from _found((*place, "function", "arguments"), function["arguments"], in_arguments)


def _found(place: Step, text: str, looks: Iterable[tuple[TextRule, TextLook]]) -> Iterator[Issue]:
    for rule, look in looks:
        said = look.find(text)
        if said is not None:
            yield issue(rule.code, place, said, rule.hint)
