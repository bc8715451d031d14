"""Which alike texts say something else: the same whichever comes first, and never a text and itself."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.amounts import drawn
from tuneset.similarity.other_questions import line_sets
from tuneset.similarity.ragged import Texts
from tuneset.similarity.set_store import write_sets
from tuneset.similarity.shingles import shingle_sets
from tuneset.similarity.told_apart import Said, said_sets, told_apart

WORDS = st.lists(st.sampled_from(["it", "is", "not", "5", "seven", "7", "\u4e0d", "rain", "\n  ", "\n"]), max_size=6)
ROW = st.tuples(WORDS.map(" ".join), WORDS.map(" ".join))


def apart(rows: list[tuple[str, str]], pairs: list[tuple[int, int]], systems: Sequence[str] = ()) -> list[bool]:
    prompts, answers = (said_sets(Texts.whole(pl.Series(side, dtype=pl.String))) for side in zip(*rows, strict=True))
    with tempfile.TemporaryDirectory() as folder:
        lines = line_sets(Texts.whole(pl.Series([asked for asked, _ in rows], dtype=pl.String)), 2)
        told_of = shingle_sets(Texts.whole(pl.Series([*systems] or [""] * len(rows))), 2)
        stores = write_sets([Path(folder, name) for name in Said._fields], [[prompts, answers, lines, told_of]])
        left, right = (np.array(side) for side in zip(*pairs, strict=True))
        return [bool(one) for one in told_apart(Said(*stores), left, right, 0.8)]


@settings(max_examples=drawn(60))
@given(st.lists(ROW, min_size=2, max_size=2))
def test_it_is_symmetric_and_no_row_is_told_from_itself(rows: list[tuple[str, str]]) -> None:
    there, back, itself = apart(rows, [(0, 1), (1, 0), (0, 0)])
    assert there == back
    assert not itself


@settings(max_examples=drawn(60))
@given(ROW, WORDS.map(" ".join))
def test_a_number_written_out_and_words_more_in_one_prompt_tell_nothing(row: tuple[str, str], more: str) -> None:
    asked, told = row
    assert apart([row, (asked.replace("seven", "7"), told.replace("seven", "7"))], [(0, 1)]) == [False]
    assert apart([row, (f"{asked} snow {more}", told)], [(0, 1)]) == [False]


def test_each_of_the_four_ways_tells_rows_apart() -> None:
    rows = [
        ("when", "in 5 days"), ("when", "in 7 days"), ("when", "in seven days"), ("when", "in 7 long days of 24 hours"),
        ("may I", "you may go"), ("may I", "you may not go"), ("may I", "you may by all means go, not only today"),
        ("by rail", "rail it is"), ("by road", "road it is"), ("by road", "rail it is"),
        ("code", "if a:\n  b\nc"), ("code", "if a:\n  b\n  c"), ("code", "if a:\n\tb\nc"),
    ]  # fmt: skip
    told = [(0, 1), (0, 2), (0, 3), (4, 5), (7, 8), (10, 11)]
    same = [(1, 2), (1, 3), (4, 6), (8, 9), (10, 12)]
    assert apart(rows, told) == [True] * len(told)
    assert apart(rows, same) == [False] * len(same)


def test_other_spellings_of_the_same_tell_nothing() -> None:
    spelled = [
        ["you can not go", "you can't go", "you cannot go", "you cant go", "you can\u2019t go"],
        ["it is not so", "it isn't so", "It isnt so."],
        ["yes, you may go", "you may go"],
        ["1,200,000 it costs", "1200000 it costs", "1'200'000 it costs", "1\u202f200\u202f000 it costs"],
        ["a T-shirt it is", "a tee shirt it is"],
    ]
    for answers in spelled:
        rows = [("what", answer) for answer in answers]
        pairs = list(itertools.combinations(range(len(rows)), 2))
        assert apart(rows, pairs) == [False] * len(pairs), answers


def test_a_greeting_fills_no_form_but_where_it_is_what_is_asked_for() -> None:
    rows = [
        ("Hi, a way?", "Hi! This way."), ("Good morning, a way?", "Good morning! This way."),
        ("a word: hi", "it is hi"), ("a word: hello", "it is hello"),
    ]  # fmt: skip
    assert apart(rows, [(0, 1), (2, 3)]) == [False, True]


def test_a_word_that_agrees_tells_something_beside_another_word_alone() -> None:
    rows = [("so", "yes it is"), ("so", "hardly it is"), ("so", "no it is"), ("so", "it is")]
    assert apart(rows, [(0, 1), (0, 2), (2, 3), (0, 3), (1, 3)]) == [True, True, True, False, False]


def test_what_a_system_text_tells_of_tells_rows_apart() -> None:
    long = [" ".join(f"{name}{word}" for word in range(30)) for name in ("ghent", "liege")]
    answers = ("Yes.", "In this town it is as in all others, and nobody thinks that odd.")
    rows = [("Is it old?", answer) for answer in answers for _ in range(2)]
    short, said = (0, 1), (2, 3)
    assert apart(rows, [short, said], [long[0], long[1]] * 2) == [True, True]
    assert apart(rows, [short, said], ["Be brief.", "Be kind."] * 2) == [True, False]
    for same in ([long[0], f"{long[0]} today"], ["", long[1]], ["Be brief.", "be brief"]):
        assert apart(rows, [short, said], same * 2) == [False, False]


def test_a_number_that_is_asked_about_tells_short_answers_apart() -> None:
    long = "whatever it is, it has no other divisor than these two"
    asked = ["is 17 prime", "is 19 prime", "is seventeen prime", "is it prime"]
    for answer, told in (("yes", True), (long, False)):
        assert apart([(one, answer) for one in asked], [(0, 1), (0, 2), (0, 3)]) == [told, False, False]
