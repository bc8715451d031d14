"""What a page or a terminal asks of the rows that are looked at, as documents: all, a page of rows, one row, marks.

Searches go on in threads; the last few are kept, so that paging asks nothing twice. No HTML here.
"""

from __future__ import annotations

import collections
import functools
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from tuneset.cleaning.private_data.kinds import Kind
from tuneset.drop_reasons import REASONS
from tuneset.errors import UsageError
from tuneset.execution.row_again import RowAgain, read_again
from tuneset.ledger import LEDGER_SCHEMA
from tuneset.params import Params
from tuneset.reporting.row_story import code_name
from tuneset.review_marks import Mark, content_hash, new_mark
from tuneset.rules.registry import BY_CODE
from tuneset.viewing import differences, dropped_texts
from tuneset.viewing.dataset_document import dataset_document
from tuneset.viewing.facts import RowFacts
from tuneset.viewing.filters import Wanted
from tuneset.viewing.marks import Marks, check_edit
from tuneset.viewing.one_row import RowJudge, document, findings
from tuneset.viewing.read_ahead import ReadAhead
from tuneset.viewing.rows import Rows, parsed
from tuneset.viewing.search import Search
from tuneset.viewing.texts import messages_of, said

PAGE_ROWS = 50
MOST_PAGE_ROWS = 500
_WITHIN_S = 0.5
"""So long a page waits for a search that goes on."""
_KEPT_SEARCHES = 3
_PREVIEW_CHARACTERS = 240
_MOST_ALIKE = 20


class Viewer:
    """The rows, what is known of them, and the marks on them.

    Args:
        rows: what is looked at.
        params: by which rows are judged; of a dataset those of its run.
        judge: rules and target.
        marks: what people have decided.
        scratch: a folder for what is read once more.
    """

    def __init__(self, rows: Rows, params: Params, judge: RowJudge, marks: Marks, scratch: Path) -> None:
        self.rows = rows
        self.marks = marks
        self.facts = RowFacts(rows)
        self._params = params
        self._judge = judge
        self._scratch = scratch
        self._searches: collections.OrderedDict[Wanted, Search] = collections.OrderedDict()
        self._lock = threading.Lock()
        self.reading = ReadAhead(rows, self.facts, self.read_dropped)

    def read_dropped(self, most_bytes: int = dropped_texts.FEW_BYTES) -> None:
        """Read the texts of dropped rows from the raw files, where these are at hand and no larger."""
        if self.rows.manifest:
            dropped_texts.read_if_possible(self.rows, self._params, self._scratch, most_bytes)

    # --- all of it -----------------------------------------------------------------------------------------------

    def dataset(self) -> dict[str, Any]:
        """What there is, and what can be asked for."""
        return dataset_document(self.rows, self.marks, self._judge)

    # --- rows ----------------------------------------------------------------------------------------------------

    def search(self, wanted: Wanted) -> Search:
        """The search for these rows, begun or gone on with; anew where texts or marks have changed what it finds."""
        with self._lock:
            found = self._searches.pop(wanted, None)
            if found is None or found.failure is not None or found.attached != self.rows.attached:
                found = Search(self.rows, self.facts, wanted, self.marks.rows_with)
            self._searches[wanted] = found
            while len(self._searches) > _KEPT_SEARCHES:
                self._searches.popitem(last=False)[1].stop()
            return found

    def page(
        self, wanted: Wanted, start: int = 0, count: int = PAGE_ROWS, within_s: float | None = _WITHIN_S
    ) -> dict[str, Any]:
        """Rows from `start` on: those that are found by now, how many there are, and whether that is all.

        Raises UsageError where so many are not given at once, and what the search raises.
        """
        if not start >= 0 or not 0 < count <= MOST_PAGE_ROWS:
            raise UsageError("rows that cannot be given", allowed=f"from 0 on, 1 to {MOST_PAGE_ROWS} at once")
        with self.reading.answer():
            search = self.search(wanted)
            places = search.page(start, count, within_s)
        unsearched = int((~self.rows.has_text()).sum()) if wanted.reads_text else 0
        return {
            "schema_version": 1,
            "start": start,
            "total": search.count,
            "complete": search.complete,
            "searched": round(search.searched, 4),
            "without_text": unsearched,
            "rows": [
                self._brief(row, line) for row, line in zip(places.tolist(), self.rows.lines(places), strict=True)
            ],
        }

    def all_rows(self, wanted: Wanted) -> Iterator[dict[str, Any]]:
        """Every row that is wanted, in full but for what is told by reading the raw file again."""
        for row in self.search(wanted).all().tolist():
            yield self.row(row)

    def _brief(self, row: int, line: bytes) -> dict[str, Any]:
        """A row as a list shows it."""
        example = parsed(line)
        found = list(messages_of(example))
        asked = next((said(message) for _, _, message in found if message.get("role") == "user"), "")
        answers = [said(message) for _, _, message in found if message.get("role") == "assistant"]
        return {
            **self._place(row),
            "asked": _shortened(asked or (said(found[0][2]) if found else line.decode("utf-8", "replace"))),
            "answered": _shortened(answers[-1] if answers else ""),
            "turns": len(found),
            "has_text": bool(line),
            "marks": self.marks.brief(self.rows.row_id(row)),
        }

    def _place(self, row: int) -> dict[str, Any]:
        """Where a row stands and what became of it."""
        one = self.rows.frame.row(row, named=True)
        code = one["code"]
        return {
            "row": row,
            "id": self.rows.row_id(row),
            "source": self.rows.sources[one["source"]],
            "line": one["line"],
            "item": one["item"],
            "side": one["side"],
            "stage": one["stage"],
            "code": code,
            "code_name": code_name(code) if code else None,
            "tokens": one["tokens"],
            "trained_tokens": one["trained_tokens"],
        }

    # --- one row -------------------------------------------------------------------------------------------------

    def row(self, row: int) -> dict[str, Any]:
        """One row in full. Raises UsageError where there is none of that number."""
        self._require(row)
        line = self._line(row)
        example = parsed(line)
        content = content_hash(example) if isinstance(example, dict) else ""
        row_id = self.rows.row_id(row)
        return {
            "schema_version": 1,
            **self._place(row),
            **self._story(row),
            **document(example, line, self._judge),
            "example": example if isinstance(example, dict) else None,
            "content": content,
            "has_text": bool(line),
            "written_line": self._written_line(row),
            "marks": self.marks.of(row_id, self._decided_content(row, content)),
        }

    def changes(self, row: int) -> dict[str, Any]:
        """What cleaning changed in a row, read once more; `known` is false where its raw file is not at hand."""
        self._require(row)
        again = self._again(row)
        if again is None:
            return {"schema_version": 1, "known": False, "counts": {}, "changes": []}
        return {
            "schema_version": 1,
            "known": True,
            "counts": dict(again.counts),
            "changes": differences.changes(again.texts),
            "redacted": redacted(again.counts),
        }

    def row_of(self, row_id: str) -> int:
        """The number of the row with an id. Raises UsageError where there is none."""
        try:
            row = self.rows.row_of(int(row_id, 16))
        except (ValueError, OverflowError):
            row = None
        if row is None:
            raise UsageError("there is no row of this id", allowed="the 16 hex digits of a row that is here")
        return row

    def _require(self, row: int) -> None:
        if not 0 <= row < len(self.rows):
            raise UsageError(f"there is no row {row}", allowed=f"0 to {len(self.rows) - 1}")

    def _line(self, row: int) -> bytes:
        """The text of a row; of a dropped one what is made of it again."""
        line = self.rows.lines(np.array([row]))[0]
        if line or not self.rows.manifest:
            return line
        again = self._again(row)
        return b"" if again is None or again.shown is None else again.shown.rstrip(b"\n")

    @functools.lru_cache(maxsize=8)  # noqa: B019  one viewer lives as long as its process
    def _again(self, row: int) -> RowAgain | None:
        if not self.rows.manifest:
            return None
        one = self._place(row)
        return read_again(
            one["source"], one["line"], one["item"], self.rows.manifest, gave_example=one["stage"] != "ingest"
        )

    def _written_line(self, row: int) -> int | None:
        is_written = self.rows.frame["side"][row] not in ("dropped", "row") and self.rows.frame["file"][row] >= 0
        return int(self.rows.frame["at"][row]) + 1 if is_written else None

    def _story(self, row: int) -> dict[str, Any]:
        """Why a row is where it is: detail and what to do; the row that is kept for it, and those it is kept for."""
        frame = self.rows.frame
        code, kept = frame["code"][row], frame["kept_id"][row]
        detail = None
        if self.rows.ledger is not None and code is not None:
            names = [name for name in ("row_id", "detail") if name in LEDGER_SCHEMA]
            one = pl.scan_parquet(self.rows.ledger).slice(row, 1).select(names).collect()
            detail = one["detail"][0] if one.height and one["row_id"][0] == self.rows.row_id(row) else None
        twin = None if kept is None else self.rows.row_of(kept)
        alike = frame.with_row_index("row").filter(pl.col("kept_id") == frame["id"][row])["row"].head(_MOST_ALIKE)
        remedy = REASONS[code].remedy if code in REASONS else BY_CODE[code].why if code in BY_CODE else None
        return {
            "detail": detail,
            "remedy": remedy,
            "kept": None if twin is None else self._place(twin),
            "differences": [] if twin is None else self._differences(row, twin),
            "alike": [self._place(other) for other in alike],
        }

    def _differences(self, row: int, twin: int) -> list[dict[str, Any]]:
        """What two rows say differently, message by message: branch, place and the pieces from the one to the other."""
        ours, theirs = (
            {(branch, place): said(message) for branch, place, message in messages_of(parsed(self._line(one)))}
            for one in (row, twin)
        )
        places = (
            [place for place in {**ours, **theirs} if ours.get(place) != theirs.get(place)] if ours and theirs else []
        )
        return [
            {"branch": at[0], "place": at[1], "pieces": differences.pieces(ours.get(at), theirs.get(at))}
            for at in places
        ]

    # --- marks ---------------------------------------------------------------------------------------------------

    def mark(self, rows: Sequence[int], action: str, value: Any) -> int:  # noqa: ANN401  as the action wants
        """Mark rows; gives how many. Rows without text are left out, since nothing was to be seen of them.

        Raises UsageError where the action, its value or a row is none, or an edit is of several rows.
        """
        for row in rows:
            self._require(row)
        if action == "edit":
            if len(rows) != 1:
                raise UsageError("an edit is of one row", allowed="one row")
            check_edit(value)
        made: list[Mark] = []
        for row in rows:
            example = parsed(self._line(row))
            if not isinstance(example, dict):
                continue
            content = self._decided_content(row, content_hash(example))
            made.append(new_mark(self.rows.row_id(row), content, action, value, self.marks.by))
        if not made and rows:
            raise UsageError("nothing is marked: the text of no such row is at hand")
        self.marks.add(made)
        self._again.cache_clear()  # rows read again have the edits of the review
        with self._lock:  # what depends on marks is looked for anew
            for wanted in [one for one in self._searches if "marked" in one.lists or "tagged" in one.lists]:
                self._searches.pop(wanted).stop()
        return len(made)

    def _decided_content(self, row: int, content: str) -> str:
        """The hash of a row as the stage `review` meets it: after cleaning, before it is shortened or dropped."""
        one = self.rows.frame["side"][row]
        shortens = self.rows.manifest.get("params", {}).get("tokenize", {}).get("over_length") == "truncate"
        if self.rows.manifest and (one == "dropped" or shortens):
            again = self._again(row)
            if again is not None and again.line is not None:
                example = parsed(again.line.rstrip(b"\n"))
                return content_hash(example) if isinstance(example, dict) else content
        return content

    def judged(self, example: Any) -> list[dict[str, Any]]:  # noqa: ANN401  any JSON value
        """What rules mind in an example that is being edited. Raises UsageError where it is none."""
        check_edit(example)
        return findings(example, self._judge.settings)


def redacted(counts: Mapping[str, int]) -> dict[Kind, int]:
    """How many values of each kind were found, by the counts of cleaning.

    >>> redacted({"private.email.found": 2, "changed.map": 1})
    {'email': 2}
    """
    return {name.split(".")[1]: count for name, count in counts.items() if name.startswith("private.")}


def _shortened(text: str) -> str:
    return text if len(text) <= _PREVIEW_CHARACTERS else text[:_PREVIEW_CHARACTERS] + "…"
