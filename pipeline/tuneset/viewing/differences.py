"""What differs between two texts, in pieces that stay, go and come."""

from __future__ import annotations

import difflib
import re
from typing import Any

_WORDS = re.compile(r"\s|\w+|[^\w\s]")
_MOST_WORDS = 4000
"""Longer texts are compared line by line: comparing takes the square of their number."""


def pieces(before: str | None, after: str | None) -> list[tuple[str, str]]:
    r"""Pieces of two texts in order, each with `=`, `-` or `+`.

    >>> pieces("a cat sat", "a dog sat")
    [('=', 'a '), ('-', 'cat'), ('+', 'dog'), ('=', ' sat')]
    """
    old, new = _cut(before or ""), _cut(after or "")
    if max(len(old), len(new)) > _MOST_WORDS:
        old, new = (before or "").splitlines(keepends=True), (after or "").splitlines(keepends=True)
    found: list[tuple[str, str]] = []
    for kind, start, end, new_start, new_end in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            found.append(("=", "".join(old[start:end])))
            continue
        found += [("-", "".join(old[start:end]))] if end > start else []
        found += [("+", "".join(new[new_start:new_end]))] if new_end > new_start else []
    return found


def _cut(text: str) -> list[str]:
    return _WORDS.findall(text)


def changes(trace: Any) -> list[dict[str, Any]]:  # noqa: ANN401  a frame of TRACE_SCHEMA
    """What each step of cleaning changed: step, branch, turn, column and the pieces."""
    return [
        {
            "step": row["step"],
            "branch": row["branch"],
            "turn": row["turn"],
            "column": row["column"],
            "removed": row["after"] is None,
            "pieces": pieces(row["before"], row["after"]),
        }
        for row in trace.iter_rows(named=True)
    ]
