"""An issue: a violation within one example, and the words in which its place and value are shown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from tuneset.rules.secret_forms import may_hold_secret

SHOWN_CHARACTERS = 40
"""How much of a row's value a finding shows."""
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_TYPE_NAMES = {dict: "an object", list: "an array", type(None): "null", bool: "a boolean", int: "a number"}

Path = Sequence[str | int]


class Issue(NamedTuple):
    """What is wrong within one example; a finding without its severity, file, line and example number.

    The severity is the context's to say (`Context.severity`).

    Args:
        code: the rule's stable code.
        path: JSON path, such as `$.messages[1].weight`.
        message: what was found and what is allowed.
        hint: what to do.
        parts: the steps of the path, by which `--fix` finds the value.
    """

    code: str
    path: str
    message: str
    hint: str
    parts: tuple[str | int, ...] = ()


def issue(code: str, path: Path | None, message: str, hint: str = "") -> Issue:
    """An issue at a path; without a path it means the whole line.

    >>> issue("CNV004", ("messages",), "all weights are 0").path
    '$.messages'
    """
    shown = "" if path is None else json_path(path)
    return Issue(code, shown, message, hint, tuple(path or ()))


def json_path(parts: Path) -> str:
    """A place in a document as a JSON path.

    >>> json_path(("messages", 1, "tool calls"))
    "$.messages[1]['tool calls']"
    """
    return "$" + "".join(_step(part) for part in parts)


def _step(part: str | int) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    if len(part) > SHOWN_CHARACTERS:
        part = part[: SHOWN_CHARACTERS - 1] + "…"
    if _PLAIN_KEY.fullmatch(part):
        return f".{part}"
    quoted = part.encode("unicode_escape").decode().replace("'", "\\'")
    return f"['{quoted}']"


def show(value: Any) -> str:  # noqa: ANN401  any JSON value
    r"""A row's value as a finding shows it: cut short, on one line, and never a secret.

    >>> show("Hi\nthere"), show(0.5), show([1, 2]), show("key sk-" + "a1B2" * 8)
    ('"Hi\\nthere"', '0.5', 'an array', 'a text with a secret')
    """
    if isinstance(value, str):
        if may_hold_secret(value[:4096]):
            return "a text with a secret"
        cut = value if len(value) <= SHOWN_CHARACTERS else value[: SHOWN_CHARACTERS - 1] + "…"
        escaped = cut.replace("\\", "\\\\").replace('"', '\\"')
        return '"' + "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in escaped) + '"'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        text = repr(value) if abs(value) < 10**SHOWN_CHARACTERS else "a number"
        return text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…"
    return _TYPE_NAMES[type(value)]


def kind(value: Any) -> str:  # noqa: ANN401  any JSON value
    """The JSON type of a value, in words.

    >>> kind(0.5), kind("x"), kind(None)
    ('a number', 'a string', 'null')
    """
    return "a string" if isinstance(value, str) else _TYPE_NAMES.get(type(value), "a number")
