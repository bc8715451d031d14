"""How much is found of what others write, of which no pattern was made: no change may find less without being seen."""

import pytest

from tests.labelled_texts.independent import measured

# The least share that is found. One key in seven has a form too weak to be told without a name.
FLOORS = {"bare keys": 0.92, "named keys": 0.94, "passwords": 0.92, "phones": 0.95}
MOST_WRONG = 0.001  # of texts of code, logs, tables and clauses
FIGURES = measured()


@pytest.mark.parametrize("sort", FLOORS)
def test_recall_does_not_fall(sort: str) -> None:
    assert FIGURES[sort].found >= FLOORS[sort] * FIGURES[sort].wanted


def test_texts_without_anything_private_have_no_finds() -> None:
    assert FIGURES["clean texts"].found <= MOST_WRONG * FIGURES["clean texts"].wanted


def test_what_is_missed_and_what_is_wrong_are_told() -> None:
    told: list[str] = []
    figures = measured(told.append)
    missed = sum(figures[sort].wanted - figures[sort].found for sort in FLOORS)
    assert len(told) == missed + figures["clean texts"].found > 0
