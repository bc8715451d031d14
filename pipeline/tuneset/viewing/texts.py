"""What of an example is text to be searched, and what is counted of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_NAMES = frozenset({"role", "type", "id", "tool_call_id"})
"""Keys whose values are no text of the row."""
_MOST_NESTED = 64


def strings(value: Any, nested: int = 0) -> Iterator[str]:  # noqa: ANN401  any JSON value
    """Every text of an example, each by itself: what messages say, think and call, and what tools are.

    >>> list(strings({"messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}], "n": 1}))
    ['Hi']
    """
    if type(value) is str:
        yield value
    elif nested < _MOST_NESTED and isinstance(value, dict):
        for key, part in value.items():
            if key not in _NAMES:
                yield from strings(part, nested + 1)
    elif nested < _MOST_NESTED and isinstance(value, list):
        for part in value:
            yield from strings(part, nested + 1)


def messages_of(example: Any) -> Iterator[tuple[str, int, Mapping[str, Any]]]:  # noqa: ANN401  any JSON value
    """The messages of an example of any format: branch, place within it, message. Of what is none, nothing.

    >>> [branch for branch, _, _ in messages_of({"input": {"messages": [{}]}, "preferred_output": [{}]})]
    ['prompt', 'preferred']
    """
    if not isinstance(example, dict):
        return
    holder = example["input"] if isinstance(example.get("input"), dict) else example
    branches = (
        ("prompt", holder.get("messages")),
        ("preferred", example.get("preferred_output")),
        ("non_preferred", example.get("non_preferred_output")),
    )
    for branch, found in branches:
        for place, message in enumerate(found if isinstance(found, list) else ()):
            if isinstance(message, dict):
                yield branch, place, message


def said(message: Mapping[str, Any]) -> str:
    r"""The text of a message, its parts one below the other.

    >>> said({"content": [{"type": "text", "text": "a"}, {"type": "image_url"}, {"type": "text", "text": "b"}]})
    'a\nb'
    """
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else ()
    return "\n".join(part["text"] for part in parts if isinstance(part, dict) and isinstance(part.get("text"), str))
