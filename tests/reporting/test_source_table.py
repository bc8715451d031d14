"""The table of raw files fits a terminal, whatever their paths."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tuneset.reporting import source_table

WIDTH = 71


def entry(source: str, read: int = 1809, dropped: int = 35, container: str = "jsonl") -> dict[str, Any]:
    return {
        "source": source, "container": container, "shapes": {"question_answer": read}, "read": read,
        "kept": read - dropped, "dropped": dropped, "parts": 0, "main_reason": "DUP001" if dropped else None,
    }  # fmt: skip


def test_short_paths_stay_a_table_of_one_line_a_file() -> None:
    assert source_table.text([entry("a.csv", 9, 1, "csv")], 12, 80) == [
        "file   container  shape            read  kept  dropped  most for",
        "a.csv  csv        question_answer     9     8        1  DUP001 exact-duplicate",
    ]


def test_long_paths_are_cut_at_the_front_and_the_rest_goes_below() -> None:
    long = "data/raw/support/2025-export/tickets-and-answers/conversations-of-the-help-desk.jsonl"
    assert source_table.text([entry("data/raw/b.csv", 9, 0, "csv"), entry(long)], 12, WIDTH) == [
        "file                                               read   kept  dropped",
        "data/raw/b.csv                                        9      9        0",
        "  csv, question_answer",
        ".../conversations-of-the-help-desk.jsonl          1,809  1,774       35",
        "  jsonl, question_answer; most for DUP001 exact-duplicate",
    ]


PATHS = st.text("abc/. -", min_size=1, max_size=200)


@given(st.lists(st.builds(entry, PATHS, st.integers(35, 10**9)), min_size=1, max_size=6))
def test_no_line_is_longer_than_the_terminal_and_no_file_is_left_out(sources: list[dict[str, Any]]) -> None:
    lines = source_table.text(sources, 12, WIDTH)
    assert max(map(len, lines)) <= WIDTH
    assert sum("question_answer" in line for line in lines) == len(sources)
