"""Finding and replacing inside a text: plain text, or JSON whose strings, keys and numbers are each looked at alone.

JSON is rewritten literal by literal: everything else, white space and the digits of other numbers included, stays as
it is, and what was JSON stays JSON. A string that is itself JSON, as the arguments of a tool call are, is taken apart
in the same way. Text between `data:...;base64,` and its end is left alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from tuneset.cleaning.private_data.find import find_private
from tuneset.cleaning.private_data.kinds import DEFAULT_REGIONS, EVERY, Detector, Span

Find = Callable[[str], list[Span]]
"""Yields what is to be replaced in a text."""
Replace = Callable[[Span], str | None]
"""What to write in place of a find; None leaves it as it is."""

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*|[}\]]')
_KEY_END = re.compile(r"\s*:")
_DEEPEST = 16  # JSON inside JSON inside ...
_MOST_ROUNDS = 50  # each round takes something out, so this only guards against a defect


def rewrite(
    text: str,
    regions: tuple[str, ...],
    replace: Replace,
    groups: int = EVERY,
    optional: tuple[Detector, ...] = (),
) -> str:
    """The text with every find replaced, until nothing is left to replace: a second call changes nothing.

    >>> rewrite('{"to": "ann@acme.org", "n": 1.50}', ("US",), lambda span: f"<{span.kind.upper()}_1>")
    '{"to": "<EMAIL_1>", "n": 1.50}'
    """
    # A detector of others may find one name a round.
    for _ in range(_MOST_ROUNDS + len(text) * bool(optional)):
        before, text = (
            text,
            _once(text, _finder(regions, groups, optional), replace, 0, _finder(regions, optional=optional)),
        )
        if text == before:
            return text
        groups = EVERY
    raise AssertionError("redaction does not come to rest")


def rewrite_once(text: str, find: Find, replace: Replace) -> str:
    """The text with everything replaced that `find` finds in it, or in the strings of its JSON.

    >>> rewrite_once('["ann", 1]', lambda text: [Span(0, 3, "name", "ann")] if text == "ann" else [], lambda _: "X")
    '["X", 1]'
    """
    return _once(text, find, replace, 0)


def _finder(regions: tuple[str, ...], groups: int = EVERY, optional: tuple[Detector, ...] = ()) -> Find:
    """The detectors as a finder. Inside JSON all of them look: `groups` speak of the text as it is written."""

    def find(text: str) -> list[Span]:
        return find_private(text, regions, groups, optional)

    return find


def find_in(text: str, key: str = "", groups: int = EVERY) -> list[Span]:
    """Whatever `rewrite` would replace in its first round, with places that count within the string that holds it.

    `key` is the JSON key that the text is the value of, where it was written as one; it is context, as in `rewrite`.

    >>> [span.kind for span in find_in('{"to": "ann@acme.org", "card": 4012888888881881}')]
    ['email', 'card']
    """
    found: list[Span] = []

    def keep(span: Span) -> None:
        found.append(span)

    if key:
        _string(text, key, _finder(DEFAULT_REGIONS), keep, 0, _finder(DEFAULT_REGIONS, groups))
    else:
        _once(text, _finder(DEFAULT_REGIONS, groups), keep, 0, _finder(DEFAULT_REGIONS))
    return found


def is_json(text: str) -> bool:
    """Whether the text is a JSON object or array.

    >>> is_json('{"a": 1}'), is_json("[see above]"), is_json("12")
    (True, False, False)
    """
    stripped = text.strip()
    if not (stripped.startswith(("{", "[")) and stripped.endswith(("}", "]"))):
        return False
    try:
        json.loads(stripped)
    except (ValueError, RecursionError):
        return False
    return True


def _once(text: str, find: Find, replace: Replace, depth: int, inside: Find | None = None) -> str:
    if depth < _DEEPEST and is_json(text):
        return _json(text, inside or find, replace, depth)
    return _plain(text, find, replace)


def _plain(text: str, find: Find, replace: Replace, offset: int = 0) -> str:
    """Replace the finds that begin at `offset` or later; what stands before is context alone and is cut off."""
    pieces, position = [], offset
    for span in find(text):
        if span.start >= offset and (new := replace(span)) is not None:
            pieces += [text[position : span.start], new]
            position = span.end
    return "".join([*pieces, text[position:]])


def _json(text: str, find: Find, replace: Replace, depth: int) -> str:
    pieces, position, key = [], 0, ""
    for token in _TOKEN.finditer(text):
        literal = token.group()
        if literal in ("}", "]"):
            key = ""
            continue
        if literal[0] == '"':
            value = json.loads(literal)
            is_key = _KEY_END.match(text, token.end()) is not None
            new = _string(value, "" if is_key else key, find, replace, depth)
            if is_key:
                key = value
            if new == value:
                continue
            written = json.dumps(new, ensure_ascii=literal.isascii())
        else:
            new = _number(literal, key, find, replace)
            if new == literal:
                continue
            written = json.dumps(new)
        pieces += [text[position : token.start()], written]
        position = token.end()
    return "".join([*pieces, text[position:]])


def _string(value: str, key: str, find: Find, replace: Replace, depth: int, plain: Find | None = None) -> str:
    if value.startswith("data:") and ";base64," in value[:100]:
        return value
    if depth < _DEEPEST and is_json(value):
        return _json(value, find, replace, depth + 1)
    context = f"{key}: " if key else ""
    return _plain(context + value, plain or find, replace, len(context))


def _number(literal: str, key: str, find: Find, replace: Replace) -> str:
    """A number is replaced whole or not at all, by a string."""
    if sum(character.isdigit() for character in literal) < 7:
        return literal
    context = f"{key}: "
    spans = find(context + literal)
    if len(spans) == 1 and spans[0].start == len(context) and spans[0].end == len(context + literal):
        return replace(spans[0]) or literal
    return literal
