"""Boilerplate: what many rows share is left out of a text, and nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.similarity.boilerplate import LEAST_ROWS, SPAN, _rows, common, left_out, spans
from tuneset.similarity.ragged import Ragged
from tuneset.similarity.words import unit_hashes

INSTRUCTION = "decide whether the review of this product is a good or a bad one"


def units(*texts: str) -> Ragged:
    return unit_hashes([text.encode() for text in texts])


def rest(text: str, *rows: str) -> Any:  # noqa: ANN401  a list of numbers to numpy
    known = common([spans(units(*rows))], len(rows))
    return left_out(units(text), known).values.tolist()


def words(text: str) -> Any:  # noqa: ANN401  the same
    return units(text).values.tolist()


def set_apart_by(found: list[int], expected: list[int]) -> int | None:
    """The number by which these units are told from those of other texts, if they are these; 0 for none."""
    numbers = {one ^ other for one, other in zip(found, expected, strict=True)}
    return numbers.pop() if len(numbers) == 1 else None


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [f"{INSTRUCTION} number {row}" for row in range(LEAST_ROWS - 1)],  # copies are seldom so many
        [f"{number} {number + 1} " * 9 for number in range(50)],
        ["yes"] * 50,
    ],
)
def test_what_few_rows_share_stays(rows: list[str]) -> None:
    assert rest(f"{INSTRUCTION} number 3", *rows) == words(f"{INSTRUCTION} number 3")


def test_an_instruction_is_left_out_wherever_it_stands() -> None:
    rows = [f"{INSTRUCTION} {row} {row + 1}" for row in range(LEAST_ROWS)]
    for text in (f"first {INSTRUCTION} then", f"first then {INSTRUCTION}", f"{INSTRUCTION} first then"):
        assert set_apart_by(rest(text, *rows), words("first then")) is not None


@pytest.mark.parametrize("loosened", [1, 2])
def test_what_is_filled_into_a_form_stays_however_often_it_is_the_same(loosened: int) -> None:
    rows = [f"{INSTRUCTION} review the {thing} is {row}" for thing in ("lens", "lamp") for row in range(2 * LEAST_ROWS)]
    known = common([spans(units(*rows))], len(rows), loosened)
    assert set_apart_by(left_out(units(rows[0]), known).values.tolist(), words("lens is 0")) is not None


def passage(number: int) -> str:
    return " ".join(f"of{number} thing{number * word}" for word in range(1, 20))


def test_a_short_question_is_like_none_about_another_passage() -> None:
    rows = [f"{passage(number)} {row} is it" for number in range(1, 4) for row in range(2 * LEAST_ROWS)]
    known = common([spans(units(*rows))], len(rows))
    asked = ["who wrote it", "who wrote it at last"]
    one, longer, other = (
        left_out(units(text), known).values.tolist()
        for text in (f"{passage(1)} {asked[0]}", f"{passage(1)} {asked[1]}", f"{passage(2)} {asked[0]}")
    )
    assert set_apart_by(one, words(asked[0])) == set_apart_by(longer, words(asked[1])) != 0
    assert set_apart_by(other, words(asked[0])) not in (None, set_apart_by(one, words(asked[0])))
    assert not set(one) & set(other)


def test_a_long_text_is_like_others_whatever_is_left_out_of_both() -> None:
    rows = [f"{INSTRUCTION} number {row}" for row in range(LEAST_ROWS)]
    said = " ".join(f"word{number}" for number in range(40))
    assert rest(f"{said} {INSTRUCTION}", *rows) == words(said)


def test_a_text_of_nothing_else_is_compared_as_it_is() -> None:
    assert rest(INSTRUCTION, *[INSTRUCTION] * LEAST_ROWS) == words(INSTRUCTION)


def test_who_judges_another_sample_asks_for_less() -> None:
    found = [spans(units(*[f"{INSTRUCTION} {row}" for row in range(LEAST_ROWS // 2)]))]
    assert len(common(found, 8)) == 0
    assert len(common(found, 8, loosened=2)) > 0


TEXTS = st.lists(st.lists(st.integers(0, 3), max_size=12), max_size=5)


@given(TEXTS, st.lists(st.lists(st.integers(0, 3), min_size=SPAN, max_size=12), max_size=2))
def test_what_is_left_is_what_no_known_span_covers(texts: list[list[int]], known: list[list[int]]) -> None:
    def ragged(rows: list[list[int]]) -> Ragged:
        flat = np.array([value for row in rows for value in row], np.uint64)
        return Ragged(flat, np.cumsum([0, *map(len, rows)]))

    whole = {tuple(row[at : at + SPAN]) for row in known for at in range(len(row) - SPAN + 1)}
    found = left_out(ragged(texts), np.unique(spans(ragged(known)).whole.values))
    for text, start, end in zip(texts, found.starts[:-1].tolist(), found.starts[1:].tolist(), strict=True):
        covered = {at + step for at in range(len(text)) if tuple(text[at : at + SPAN]) in whole for step in range(SPAN)}
        left = [value for at, value in enumerate(text) if at not in covered] or text
        number = set_apart_by(found.values[start:end].tolist(), left)
        assert text == [] or (number != 0) == (len(left) < len(text) - len(left))


@given(st.lists(st.lists(st.integers(0, 6), max_size=6), max_size=6))
def test_rows_of_a_value_are_the_texts_that_have_it(texts: list[list[int]]) -> None:
    values = [value for text in texts for value in text]
    starts = np.cumsum([0, *map(len, texts)])
    counted = [sum(value in text for text in texts) for value in values]
    assert _rows(Ragged(np.array(values, np.uint64), starts)).tolist() == counted
