"""The marks of what is looked at: read from the file of the review, found by row, and appended to it."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tuneset import review_marks
from tuneset.errors import UsageError
from tuneset.review_marks import DECISIONS, Mark
from tuneset.viewing.rows import Rows


class Marks:
    """The marks of a file, the last of each kind by row id.

    Args:
        path: of the file, which need not be there.
        rows: what is looked at.
        by: the name of who sets marks here.
    """

    def __init__(self, path: Path, rows: Rows, by: str) -> None:
        self.path = path
        self.by = by
        self._rows = rows
        self._lock = threading.Lock()
        self._last: dict[str, dict[str, Mark]] = {}
        self._take(review_marks.read(path))

    def add(self, marks: Sequence[Mark]) -> None:
        """Append marks to the file."""
        with self._lock:
            review_marks.append(self.path, marks)
            self._take(marks)

    def of(self, row_id: str, content: str) -> Mapping[str, Any]:
        """What is marked of a row: `decision`, `tag`, `note`, by whom and when, and whether its content has changed.

        An edit that has been applied is no stale one: its row holds what it was to be.
        """
        last = self._last.get(row_id, {})
        found: dict[str, Any] = {}
        for kind, mark in last.items():
            applied = mark.action == "edit" and review_marks.content_hash(mark.value) == content
            found[kind] = {
                "action": mark.action,
                "value": mark.value,
                "by": mark.by,
                "at": mark.at,
                "applied": applied,
                "stale": bool(content) and mark.content != content and not applied,
            }
        return found

    def brief(self, row_id: str) -> Mapping[str, Any]:
        """What is marked of a row, in few words: the decision, tags, whether there is a note."""
        last = self._last.get(row_id, {})
        return {
            "decision": last["decision"].action if "decision" in last else None,
            "tags": last["tag"].value if "tag" in last else [],
            "note": "note" in last and bool(last["note"].value),
        }

    def rows_with(self, action: str, tag: str) -> npt.NDArray[np.int64]:
        """The rows whose last mark of a kind is this one; with a tag those that have it; `any` are all with a mark."""
        found = []
        for row_id, last in list(self._last.items()):
            if _has(last, action, tag):
                row = self._rows.row_of(int(row_id, 16))
                if row is not None:
                    found.append(row)
        return np.array(sorted(found), np.int64)

    def counts(self) -> dict[str, int]:
        """How many rows have each decision, how many a tag or note."""
        found: dict[str, int] = {}
        for last in list(self._last.values()):
            for kind, mark in last.items():
                name = mark.action if kind == "decision" else kind
                found[name] = found.get(name, 0) + 1
        return dict(sorted(found.items()))

    def tags(self) -> list[str]:
        """All tags that are set."""
        return sorted({tag for last in list(self._last.values()) if "tag" in last for tag in last["tag"].value})

    def _take(self, marks: Iterable[Mark]) -> None:
        for mark in marks:
            kind = "decision" if mark.action in DECISIONS else mark.action
            self._last.setdefault(mark.row_id, {})[kind] = mark


def _has(last: Mapping[str, Mark], action: str, tag: str) -> bool:
    if action == "any":
        return bool(last)
    if action in DECISIONS:
        return "decision" in last and last["decision"].action == action
    if action == "tag":
        return "tag" in last and (tag in last["tag"].value if tag else bool(last["tag"].value))
    return "note" in last and bool(last["note"].value)


def check_edit(example: Any) -> None:  # noqa: ANN401  any JSON value
    """Raise UsageError where a value is no example that may take a row's place."""
    holder = example.get("input") if isinstance(example, dict) and isinstance(example.get("input"), dict) else example
    lists = [holder.get("messages")] if isinstance(holder, dict) else [None]
    if isinstance(example, dict) and holder is not example:
        lists += [example.get("preferred_output"), example.get("non_preferred_output")]
    for found in lists:
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise UsageError("an edit that is no example", allowed='{"messages": [{"role": ..., "content": ...}, ...]}')
