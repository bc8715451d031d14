"""Two questions about one text are two; one question that is spelled or put otherwise is one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tuneset.similarity.other_questions import ask_otherwise, line_sets
from tuneset.similarity.ragged import Texts
from tuneset.similarity.set_store import write_sets

PASSAGE = "The lamp stands in the hall. It was made in Ghent, of brass and glass. Nobody remembers who bought it."

SAME = {
    "itself": ("Who made it?", "Who made it?"),
    "case and marks": ("Who made it?", "who made it"),
    "another order of lines": (f"Who made it?\n{PASSAGE}", "Who made it?"),
    "a typo in a long question": (
        "Can you tell me from this text alone who made it, and in which town, please?",
        "Can you tell me from this text alone who made it, and in which twon, please?",
    ),
    "words more": ("Who made it?", "Who made it? Answer with a name."),
    "words more in the same line": ("Who made it?", "Who made it in Ghent?"),
    "a number written out": ("Do three lamps stand there?", "Do 3 lamps stand there?"),
    "a greeting": ("Hi!\nWho made it?", "Good morning.\nWho made it?"),
}
OTHERS = {
    "short": ("Who made it?", "Who bought it?"),
    "of other words": ("Is it of brass?", "Was it ever lit?"),
    "one word of many": ("What is the name of the town it is from?", "What is the name of the street it is from?"),
    "in another script": ("\u8c01\u505a\u7684\uff1f", "\u5728\u54ea\u91cc\uff1f"),
    "in front": (f"Who made it?\n{PASSAGE}", f"Who sold it?\n{PASSAGE}"),
}


def otherwise(one: str, other: str, folder: Path) -> list[bool]:
    (lines,) = write_sets([folder / "lines"], [[line_sets(Texts.whole(pl.Series([one, other])), 2)]])
    left, right = np.array([0, 1, 0]), np.array([1, 0, 0])
    return [bool(apart) for apart in ask_otherwise(lines, left, right, 0.8)]


@pytest.mark.parametrize("name", SAME)
@pytest.mark.parametrize("between", ["\n\n", " "])
def test_one_question_is_one(name: str, between: str, tmp_path: Path) -> None:
    one, other = (f"{PASSAGE}{between}{asked}" for asked in SAME[name])
    assert otherwise(one, other, tmp_path) == [False, False, False]


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("between", ["\n\n", " "])
def test_two_questions_about_one_text_are_two(name: str, between: str, tmp_path: Path) -> None:
    one, other = (f"{PASSAGE}{between}{asked}" for asked in OTHERS[name])
    assert otherwise(one, other, tmp_path) == [True, True, False]


def test_without_a_line_in_common_nothing_is_told(tmp_path: Path) -> None:
    assert otherwise("Who made it?", "Who bought it?", tmp_path) == [False, False, False]


@pytest.mark.parametrize("cells", [("\t", " \t "), (" | ", " |  "), ("\n", " \n \n ")])
def test_white_space_around_a_line_says_nothing_however_much_there_is(cells: tuple[str, str]) -> None:
    few, much = (
        line_sets(Texts.whole(pl.Series([between.join(("Who made it?", "brass and glass", "Ghent"))])), 2)
        for between in (cells[0], cells[1].replace(" ", " " * 300_000))  # of which the square is a matter of hours
    )
    assert few.values.tolist() == much.values.tolist()
