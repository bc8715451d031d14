"""Further tables for the report: private data, contamination, what cleaning changed. Never read by a stage."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from tuneset import artifacts
from tuneset.execution import shard_store
from tuneset.execution.stores.location import Location
from tuneset.stages import review


def write(cleaned: Location, reviewed: Location, deduplicated: Location, target: Path) -> None:
    """Write `private.parquet`, `review.parquet`, `contamination.parquet` and `clean_trace.md`.

    The last three where they were asked for.

    What an earlier run left of them is removed.
    """
    for folder, name in ((cleaned, "private"), (reviewed, "review"), (deduplicated, "contamination")):
        path = target / f"{name}.parquet"
        path.unlink(missing_ok=True)
        parts = [f"{shard}.{name}" for shard in shard_store.shards(folder)]
        parts = [part for part in parts if (folder / part).is_file()]
        if parts:
            shard_store.put_together(folder, parts, path)
    trace = target / "clean_trace.md"
    trace.unlink(missing_ok=True)
    if any((cleaned / f"{name}.trace").is_file() for name in shard_store.shards(cleaned)):
        with artifacts.writing(trace) as handle:
            handle.write(b"# What cleaning changed\n\nOld lines begin with `-`, new ones with `+`.\n")
            for name in shard_store.shards(cleaned):
                for entry in trace_entries(shard_store.read_frame(cleaned / f"{name}.trace")):
                    handle.write(entry.encode())


def review_account(reviewed: Location, decided: review.Decided) -> tuple[dict[str, int], list[str]]:
    """How many rows were decided on, and what of the review was not applied, also as sentences.

    `stale` rows have other content than was looked at; `absent` decisions are about rows that never came to the review.
    """
    table = shard_store.read_report_table(reviewed, "review")
    found = table if table is not None else pl.DataFrame(schema=review.REVIEW_SCHEMA)
    applied = found.filter(~pl.col("stale"))
    counts = {name: int((applied["decision"] == name).sum()) for name in ("drop", "edit", "keep")}
    met = set(found["marked_row_id"]) | set(found["row_id"])
    counts |= {"stale": int(found["stale"].sum()), "absent": len(set(decided.by_row) - met)}
    said = {
        "stale": "decisions of the review are not applied: the rows have changed since (review.parquet)",
        "absent": "decisions of the review are about rows that are not here any more, or were dropped before",
    }
    return counts, [f"{counts[name]:,} {words}" for name, words in said.items() if counts[name]]


def trace_entries(trace: pl.DataFrame) -> Iterator[str]:
    """Each change as a heading with its place and step, and the lines that differ, old above new."""
    for row in trace.iter_rows(named=True):
        shown = "\n".join(f"{sign} {_visible(line)}" for sign, line in _differing_lines(row["before"], row["after"]))
        place = f"{row['source']}:{row['line']}"
        place += f", example {row['item'] + 1}" if row["item"] else ""
        place += f", {row['branch']} message {row['turn'] + 1}" if row["branch"] else ""
        place += f", {row['column']}" if row["column"] != "content" else ""
        yield f"\n## {place}: {row['step'].replace('_', ' ')}\n\n```diff\n{shown}\n```\n"


def _differing_lines(before: str | None, after: str | None) -> Iterator[tuple[str, str]]:
    r"""The lines that differ, old above new. Lines end at `\n` alone, so that a changed line end is a difference.

    >>> list(_differing_lines("a\nb\r\nc", "a\nb\nc"))
    [('-', 'b\r'), ('+', 'b')]
    """
    old, new = ([] if text is None else text.split("\n") for text in (before, after))
    for tag, start, end, new_start, new_end in difflib.SequenceMatcher(None, old, new).get_opcodes():
        if tag != "equal":
            yield from (("-", line) for line in old[start:end])
            yield from (("+", line) for line in new[new_start:new_end])


def _visible(line: str) -> str:
    r"""A line in which what cannot be seen shows: control characters, and white space at the end.

    >>> _visible("a\x00 \t")
    'a\\x00·→'
    """
    shown = "".join(char if char.isprintable() or char == "\t" else repr(char)[1:-1] for char in line)
    bare = shown.rstrip(" \t")
    return bare + shown[len(bare) :].replace(" ", "·").replace("\t", "→")
