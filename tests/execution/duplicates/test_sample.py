"""The readable sample of near duplicates: the least alike groups first, cut to a size that a person reads."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from tests.builders import chat, row_id, tables_of
from tuneset.example_tables import Example
from tuneset.execution import shard_store
from tuneset.execution.duplicates import sample
from tuneset.execution.duplicates.decisions import LISTED_SCHEMA
from tuneset.execution.duplicates.sample import SHOWN_CHARACTERS, SHOWN_GROUPS, SHOWN_ROWS
from tuneset.params import NearParams


def groups(*rows: tuple[str, int, int, float]) -> pl.DataFrame:
    """Groups as `kind, kept line, line, similarity`; a group is named by the row that is kept."""
    numbers = [int(row_id(line), 16) for line in range(200)]
    listed = [
        (line - 1, kind, numbers[kept], numbers[line], numbers[kept], similarity)
        for kind, kept, line, similarity in rows
    ]
    return pl.DataFrame(listed, schema=LISTED_SCHEMA, orient="row")


def page_of(listed: pl.DataFrame, folder: Path, near: NearParams) -> str:
    """The page, with all shards that are there, of groups that are given in two parts."""
    even = listed["group"] % 2 == 0
    least = sample.merged([sample.least(part) for part in (listed.filter(even), listed.filter(~even))])
    assert least.shown.equals(sample.least(listed).shown)
    assert least[:4] == sample.least(listed)[:4]
    return sample.page(least, folder, [path.stem for path in sorted(folder.glob("*.examples"))], near)


def source(path: Path, *shards: list[Example]) -> Path:
    """The folder before dedup, with the examples of one raw file in these shards."""
    shard_store.begin(path)
    first, names = 1, {}
    for number, examples in enumerate(shards):
        tables = tables_of(examples, first_line=first)
        name = f"{number:016x}-00000"
        shard_store.write_shard(path, name, {"examples": tables.examples, "messages": tables.messages}, brief=False)
        names[name] = ""
        first += len(examples)
    shard_store.complete(path, (), [shard_store.Done(names, {})])
    return path


def test_without_near_duplicates_the_page_says_so_and_no_shard_is_read(tmp_path: Path) -> None:
    exact = groups(("exact", 1, 2, 1.0))
    assert page_of(exact, tmp_path / "nowhere", NearParams()) == (
        "# Near duplicates\n\n"
        "0 groups of 0 rows, compared by messages, threshold 0.8.\n"
        "The 0 groups with the least alike rows, 4 rows each; all: `duplicates.parquet`.\n"
    )


def test_a_group_shows_its_rows_with_place_likeness_and_text_over_all_shards(tmp_path: Path) -> None:
    folder = source(
        tmp_path, [chat("What is it?", "It is this."), chat("Other?", "Other.")], [chat("What's it?", "It is\nthis.")]
    )
    listed = groups(("near", 1, 1, 1.0), ("near", 1, 3, 0.8125), ("exact", 1, 2, 1.0))
    page = page_of(listed, folder, NearParams(key="answer", threshold=0.75))
    assert page == (
        "# Near duplicates\n\n"
        "1 groups of 2 rows, compared by answer, threshold 0.75.\n"
        "The 1 groups with the least alike rows, 4 rows each; all: `duplicates.parquet`.\n"
        "\n## 1. 2 rows, at least 81% alike\n"
        "\nraw.jsonl:1 (kept)\n\n    What is it?\n    It is this.\n"
        "\nraw.jsonl:3 (81.2% like the kept row)\n\n    What's it?\n    It is\n    this.\n"
    )


def test_the_least_alike_groups_come_first_and_only_so_many(tmp_path: Path) -> None:
    count = SHOWN_GROUPS + 5
    folder = source(tmp_path, [chat(f"Question {n}?", "Answer.") for n in range(2 * count)])
    rows = []
    for number in range(count):
        kept = 2 * number + 1
        rows += [("near", kept, kept, 1.0), ("near", kept, kept + 1, 1 - number / 100)]
    page = page_of(groups(*rows), folder, NearParams())
    headings = [line for line in page.splitlines() if line.startswith("## ")]
    assert len(headings) == SHOWN_GROUPS
    assert headings[0] == f"## 1. 2 rows, at least {100 - count + 1}% alike"
    assert headings == sorted(headings, key=lambda line: float(line.split()[-2].rstrip("%")))
    assert f"\nraw.jsonl:{2 * count - 1} (kept)\n" in page
    assert "\nraw.jsonl:1 (kept)\n" not in page


def test_rows_that_are_alike_and_say_something_else_are_counted_and_come_last(tmp_path: Path) -> None:
    folder = source(tmp_path, [chat(f"Order {n}?", "Sent.") for n in range(5)])
    apart = groups(
        ("near", 1, 1, 1.0), ("near", 2, 2, 1.0), ("near", 2, 3, 0.8), ("near", 4, 4, 1.0), ("near", 5, 5, 1.0)
    )
    named = apart["group"].gather([0, 0, 0, 3, 3])
    page = page_of(apart.with_columns(named), folder, NearParams())
    assert "In 2 of them several rows stand for themselves, 4 in all: " in page
    assert [line for line in page.splitlines() if line.startswith("## ")] == [
        "## 1. 3 rows, at least 80% alike",
        "## 2. 2 rows, each of which stands for itself",
    ]


def test_long_groups_and_long_texts_are_cut(tmp_path: Path) -> None:
    folder = source(tmp_path, [chat("q", "x" * 2 * SHOWN_CHARACTERS) for _ in range(SHOWN_ROWS + 3)])
    rows = [("near", 1, line, 1.0 if line == 1 else 0.9) for line in range(1, SHOWN_ROWS + 4)]
    page = page_of(groups(*rows), folder, NearParams())
    assert f"## 1. {SHOWN_ROWS + 3} rows, at least 90% alike" in page
    assert page.count("\nraw.jsonl:") == SHOWN_ROWS
    longest = max(len(line) for line in page.splitlines())
    assert longest == 4 + SHOWN_CHARACTERS - len("q\n") + len(" ...")


def test_a_text_cannot_pass_for_the_page(tmp_path: Path) -> None:
    folder = source(tmp_path, [chat("# Heading\n## 9. 9 rows", "```"), chat("# Heading", "```")])
    page = page_of(groups(("near", 1, 1, 1.0), ("near", 1, 2, 0.9)), folder, NearParams())
    assert [line for line in page.splitlines() if line.startswith("#")] == [
        "# Near duplicates",
        "## 1. 2 rows, at least 90% alike",
    ]
