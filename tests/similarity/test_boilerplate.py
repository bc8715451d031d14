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
    assert rest(f"first {INSTRUCTION} then", *rows) == words("first then")


@pytest.mark.parametrize("loosened", [1, 2])
def test_what_is_filled_into_a_form_stays_however_often_it_is_the_same(loosened: int) -> None:
    rows = [f"{INSTRUCTION} review the {thing} is {row}" for thing in ("lens", "lamp") for row in range(2 * LEAST_ROWS)]
    known = common([spans(units(*rows))], len(rows), loosened)
    assert left_out(units(rows[0]), known).values.tolist() == words("lens is 0")


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
        assert found.values[start:end].tolist() == left


@given(st.lists(st.lists(st.integers(0, 6), max_size=6), max_size=6))
def test_rows_of_a_value_are_the_texts_that_have_it(texts: list[list[int]]) -> None:
    values = [value for text in texts for value in text]
    starts = np.cumsum([0, *map(len, texts)])
    counted = [sum(value in text for text in texts) for value in values]
    assert _rows(Ragged(np.array(values, np.uint64), starts)).tolist() == counted
