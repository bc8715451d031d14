"""Two versions of an example as a text diff: a line a paragraph, `-` before what was, `+` before what is."""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterator
from typing import Any

from tuneset.execution.comparison.lines import parsed, sorted_json

CONTEXT = 1  # paragraphs that stay, on either side of a change
MOST_PARAGRAPHS = 2000
"""Of an example; beyond that it is not compared further, as the time grows with the square."""


def text_diff(before: bytes, after: bytes) -> list[str]:
    r"""The diff of two lines of JSON.

    >>> line = b'{"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"%b"}]}'
    >>> print("\n".join(text_diff(line % b"Hello", line % b"Hello!")))
      user: Hi
    - assistant: Hello
    + assistant: Hello!
    """
    one, other = (list(_paragraphs(line))[:MOST_PARAGRAPHS] for line in (before, after))
    hunks = itertools.islice(difflib.unified_diff(one, other, n=CONTEXT, lineterm=""), 2, None)
    told = ["..." if line.startswith("@@") else f"{line[0]} {line[1:]}" for line in hunks]
    return told[1:]  # without the place of the first hunk


def _paragraphs(line: bytes) -> Iterator[str]:
    value = parsed(line)
    if not isinstance(value, dict):
        yield line.decode(errors="replace")
        return
    for path, messages in _lists(value):
        for message in messages:
            yield from _message(path, message)
    for key, rest in sorted(value.items()):
        left = {name: own for name, own in rest.items() if name != "messages"} if key == "input" else rest
        if key not in ("messages", "preferred_output", "non_preferred_output") and left:
            yield f"{key}: {sorted_json(left).decode()}"


def _lists(value: dict[str, Any]) -> Iterator[tuple[str, list[Any]]]:
    """The lists of messages of an example, each with what is said before its roles."""
    held = value.get("input")
    found = {
        "": value.get("messages") or (held.get("messages") if isinstance(held, dict) else None),
        "preferred ": value.get("preferred_output"),
        "non-preferred ": value.get("non_preferred_output"),
    }
    yield from ((path, messages) for path, messages in found.items() if isinstance(messages, list))


def _message(path: str, message: Any) -> Iterator[str]:  # noqa: ANN401  any JSON value
    if not isinstance(message, dict):
        yield f"{path}{sorted_json(message).decode()}"
        return
    role, content = message.get("role"), message.get("content")
    begin = f"{path}{role}"
    if isinstance(content, str):
        for part in content.split("\n"):
            yield f"{begin}: {part}"
            begin = " " * len(begin)
    elif content is not None:
        yield f"{begin}: {sorted_json(content).decode()}"
    for key, rest in sorted(message.items()):
        if key not in ("role", "content"):
            yield f"{path}{role} {key}: {sorted_json(rest).decode()}"
