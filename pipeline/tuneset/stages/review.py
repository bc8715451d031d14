"""review: what people decided about rows is done: dropped rows go, edited ones are replaced.

A decision holds for content, whatever row has it: a duplicate does not take a dropped row's place. It is made about
what cleaning left, and what it edits is validated like any other row. Where a row's content is another than was looked
at, the decision is stale: it is reported and not applied.
"""

from __future__ import annotations

import collections
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from tuneset.drop_reasons import REASONS, REVIEWED
from tuneset.errors import UsageError
from tuneset.example_tables import Example, to_examples, to_tables
from tuneset.json_text import TooDeepError
from tuneset.model import StageResult, Tables, no_rejects, reject_frame, sentence
from tuneset.review_marks import Decision, Mark, content_hash, decisions, settled

REVIEW_SCHEMA = pl.Schema(
    {
        "source": pl.String,
        "line": pl.Int64,
        "item": pl.Int64,
        "row_id": pl.String,
        "decision": pl.String,  # keep, drop or edit; of a stale one what it would have been
        "stale": pl.Boolean,
        "marked_row_id": pl.String,  # of the row that was looked at
        "by": pl.String,
        "at": pl.String,
    }
)


class Decided(NamedTuple):
    """The decisions of a file.

    Args:
        by_content: the last decision on each content.
        by_row: of each row id the last decision.
    """

    by_content: Mapping[str, Decision]
    by_row: Mapping[str, Mark]


class Reviewed(NamedTuple):
    """What is decided about the rows of some tables: for each row the decisions that it meets, in order."""

    met: Sequence[Sequence[Decision]]

    def last(self, row: int) -> Mark | None:
        """The decision that holds for a row."""
        return self.met[row][-1].mark if self.met[row] else None

    def example(self, row: int) -> Example | None:
        """The example that takes the place of a row."""
        edits = [one.mark.value for one in self.met[row] if one.mark.action == "edit"]
        return edits[-1] if edits else None


def decided(marks: Sequence[Mark]) -> Decided:
    """The decisions among marks."""
    by_content = decisions(marks)
    by_row = {one.mark.row_id: one.mark for one in sorted(by_content.values(), key=lambda one: one.number)}
    return Decided(by_content, by_row)


def review(tables: Tables, found: Decided) -> StageResult:
    """Apply decisions.

    Metrics: `decided.drop`, `decided.edit` and `decided.keep` rows for which it is that, `stale` rows whose last
    decision was about other content. Report table: `review` (REVIEW_SCHEMA), a row for each of these.
    Raises UsageError where an edit is no example of the format of its row.
    """
    rows_in = tables.examples.height
    if not found.by_content or not rows_in:
        return StageResult(tables, no_rejects(), {})
    reviewed = look_up(tables, found)
    after = edited(tables, reviewed)
    rows, counts, drops = [], collections.Counter[str](), []
    places = tables.examples.select("source", "line", "item", "row_id").rows()
    for number, place in enumerate(places):
        mark = reviewed.last(number)
        own = found.by_row.get(place[-1])
        if mark is not None:
            counts[f"decided.{_done(reviewed, number)}"] += 1
            rows.append((*place, _done(reviewed, number), False, mark.row_id, mark.by, mark.at))
        elif own is not None:
            counts["stale"] += 1
            rows.append((*place, own.action, True, own.row_id, own.by, own.at))
        drops.append(mark if mark is not None and mark.action == "drop" else None)
    goes = pl.Series([mark is not None for mark in drops], dtype=pl.Boolean)
    by = pl.Series("by", [mark.by for mark in drops if mark is not None], pl.String)
    gone = after.examples.filter(goes).with_columns(by)
    said = sentence("{}, by {}", REASONS[REVIEWED].summary, pl.col("by"))
    rejects = reject_frame(gone, "review", REVIEWED, said)
    report = {"review": pl.DataFrame(rows, schema=REVIEW_SCHEMA, orient="row")} if rows else {}
    kept = after.keep(~goes) if goes.any() else after
    return StageResult(kept, rejects, dict(sorted(counts.items())), report).check_conservation("review", rows_in)


def look_up(tables: Tables, found: Decided) -> Reviewed:
    """What is decided about each row, by its content."""
    return Reviewed([settled(content_hash(example), found.by_content) for example in to_examples(tables)])


def edited(tables: Tables, reviewed: Reviewed) -> Tables:
    """The tables with edited examples in the place of those that were looked at; nothing is dropped."""
    places = [row for row in range(len(reviewed.met)) if reviewed.example(row) is not None]
    if not places:
        return tables
    examples = tables.examples
    made = [_tables(examples.row(row, named=True), reviewed, row) for row in places]
    new = pl.concat([one.messages for one in made])
    changed = pl.concat([one.examples for one in made]).select("row_id", "tools", "extra")
    is_edited = pl.col("row_id").is_in(changed["row_id"].implode())
    messages = pl.concat([tables.messages.filter(~is_edited), new])
    order = examples.select("row_id").with_row_index("at")
    return Tables(
        examples.join(changed, on="row_id", how="left", suffix="_new", maintain_order="left")
        .with_columns(pl.when(is_edited).then(f"{name}_new").otherwise(name).alias(name) for name in ("tools", "extra"))
        .select(examples.columns),
        messages.join(order, on="row_id", how="left", maintain_order="left")
        .sort("at", maintain_order=True)
        .select(tables.messages.columns),
    )


def _tables(row: Mapping[str, Any], reviewed: Reviewed, number: int) -> Tables:
    """The tables of one edited example."""
    example = reviewed.example(number)
    assert example is not None
    try:
        return to_tables(
            [example],
            row_ids=[row["row_id"]],
            source=row["source"],
            lines=[row["line"]],
            items=[row["item"]],
            line_format=row["format"],
            metas=[None],
        )
    except (TooDeepError, KeyError, TypeError, AttributeError):
        mark = reviewed.met[number][-1].mark
        raise UsageError(
            f"the review's edit of row {mark.row_id}, set {mark.at}: no example of the format {row['format']}",
            hint="edit the row again with `tuneset view`, or remove the line from the file of the review",
        ) from None


def _done(reviewed: Reviewed, row: int) -> str:
    """What is done with a row: an edit that was found good is an edit."""
    mark = reviewed.last(row)
    assert mark is not None
    return "edit" if mark.action == "keep" and reviewed.example(row) is not None else mark.action
