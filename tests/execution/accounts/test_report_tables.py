"""The further tables: written where a stage left something, gone where it did not, and the trace as a page to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl
import pytest

from tuneset.cleaning.clean_trace import TRACE_SCHEMA
from tuneset.execution import shard_store
from tuneset.execution.accounts import report_tables
from tuneset.model import no_rejects
from tuneset.stages.clean import PRIVATE_SCHEMA
from tuneset.stages.decontaminate import CONTAMINATION_SCHEMA

EMAIL_HIT = ("raw.jsonl", 1, 0, "0" * 16, "email", "redact", 2)
PHONE_HIT = ("raw.jsonl", 9, 0, "1" * 16, "phone", "flag", 1)
MATCH = ("raw.jsonl", 3, 0, "2" * 16, "question", "eval.jsonl:7", 0.75)


def private(*rows: tuple[object, ...]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=PRIVATE_SCHEMA, orient="row")


def trace(*changes: tuple[object, ...], item: int = 0) -> pl.DataFrame:
    """A trace; each change as `branch, turn, column, step, before, after`."""
    return pl.DataFrame([("raw.jsonl", 4, item, *change) for change in changes], schema=TRACE_SCHEMA, orient="row")


def folder(path: Path, *shards: Mapping[str, pl.DataFrame]) -> Path:
    """A stage's folder with these tables, one mapping a shard."""
    shard_store.begin(path)
    names = [f"{number:016x}-00000" for number in range(len(shards))]
    for name, frames in zip(names, shards, strict=True):
        shard_store.write_shard(path, name, frames, brief=False)
    shard_store.complete(path, names, [shard_store.Done(dict.fromkeys(names, ""), {})])
    return path


def written(tmp_path: Path, *shards: Mapping[str, pl.DataFrame], matches: Sequence[pl.DataFrame] = ()) -> set[str]:
    """The names of what is written from these shards of clean and of dedup."""
    (tmp_path / "out").mkdir(exist_ok=True)
    cleaned = folder(tmp_path / "clean", *shards)
    reviewed = folder(tmp_path / "review")
    deduplicated = folder(tmp_path / "dedup", *({"contamination": frame} for frame in matches))
    report_tables.write(cleaned, reviewed, deduplicated, tmp_path / "out")
    return {path.name for path in (tmp_path / "out").iterdir()}


def test_what_no_stage_noted_is_not_written(tmp_path: Path) -> None:
    assert written(tmp_path) == set()


def test_the_tables_of_all_shards_are_put_together_in_their_order(tmp_path: Path) -> None:
    match = pl.DataFrame([MATCH], schema=CONTAMINATION_SCHEMA, orient="row")
    shards = [{"private": private(EMAIL_HIT)}, {"private": private()}, {"private": private(PHONE_HIT)}]
    assert written(tmp_path, *shards, matches=[match]) == {"private.parquet", "contamination.parquet"}
    assert pl.read_parquet(tmp_path / "out/private.parquet").rows() == [EMAIL_HIT, PHONE_HIT]
    assert pl.read_parquet(tmp_path / "out/contamination.parquet").rows() == [MATCH]


def test_what_an_earlier_run_left_is_removed(tmp_path: Path) -> None:
    match = pl.DataFrame([MATCH], schema=CONTAMINATION_SCHEMA, orient="row")
    rejects = no_rejects()  # they come with the outcome of a stage
    first = {
        "rejects": rejects,
        "private": private(EMAIL_HIT),
        "trace": trace(("prompt", 0, "content", "redact", "a", "b")),
    }
    assert written(tmp_path, first, matches=[match]) == {"private.parquet", "contamination.parquet", "clean_trace.md"}
    assert written(tmp_path, {"rejects": rejects, "private": private()}) == {"private.parquet"}
    assert pl.read_parquet(tmp_path / "out/private.parquet").schema == PRIVATE_SCHEMA


def test_the_page_of_changes_holds_those_of_all_shards(tmp_path: Path) -> None:
    shards = [
        {"trace": trace(("prompt", 0, "content", "unicode_nfc", "e\u0301", "\u00e9"))},
        {"trace": trace()},
        {"trace": trace(("prompt", 1, "content", "redact", "I am\nann@acme.org", "I am\n<EMAIL_1>"))},
    ]
    assert "clean_trace.md" in written(tmp_path, *shards)
    assert (tmp_path / "out/clean_trace.md").read_text(encoding="utf-8") == (
        "# What cleaning changed\n\nOld lines begin with `-`, new ones with `+`.\n"
        "\n## raw.jsonl:4, prompt message 1: unicode nfc\n\n```diff\n- e\u0301\n+ \u00e9\n```\n"
        "\n## raw.jsonl:4, prompt message 2: redact\n\n```diff\n- ann@acme.org\n+ <EMAIL_1>\n```\n"
    )


def entry(*change: object, item: int = 0) -> str:
    (shown,) = report_tables.trace_entries(trace(change, item=item))
    return shown


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("a\r\nb", "a\nb", "- a\\r\n+ a"),
        ("a\n", "a", "- "),
        ("", None, "- "),
        ("one\ntwo", None, "- one\n- two"),
        (None, "new", "+ new"),
        ("a \t\nb", "a\nb", "- a·→\n+ a"),
        ("a\x00\x0c\u2028b", "ab", "- a\\x00\\x0c\\u2028b\n+ ab"),
        ("same\nold\nsame", "same\nnew\nsame", "- old\n+ new"),
        ("```\nold\n```", "```\nnew\n```", "- old\n+ new"),
    ],
)
def test_every_difference_shows_and_nothing_but_the_difference(
    before: str | None, after: str | None, shown: str
) -> None:
    heading = "\n## raw.jsonl:4, prompt message 1: whitespace\n\n"
    assert entry("prompt", 0, "content", "whitespace", before, after) == f"{heading}```diff\n{shown}\n```\n"


def test_the_heading_says_where() -> None:
    change = ("redact", "a", "b")
    assert entry("preferred", 2, "tool_calls", *change).startswith(
        "\n## raw.jsonl:4, preferred message 3, tool_calls: r"
    )
    assert entry(None, None, "tools", *change).startswith("\n## raw.jsonl:4, tools: redact\n")
    assert entry("prompt", 0, "content", *change, item=2).startswith("\n## raw.jsonl:4, example 3, prompt message 1: ")


def test_a_long_text_in_which_every_line_differs_is_shown_whole() -> None:
    lines = [f"line {number}" for number in range(3000)]
    shown = entry("prompt", 0, "content", "line_endings", "\r\n".join(lines), "\n".join(lines))
    assert shown.count("\n- ") == shown.count("\n+ ") == 2999
