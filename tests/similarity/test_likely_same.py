"""Of a form that was filled in with more things than are held against all, one copy of each is kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest

from tuneset.similarity.clusters import MOST_TOLD_ROUNDS, Edges, Telling, representatives
from tuneset.similarity.likely_same import likely_same
from tuneset.similarity.other_questions import line_sets
from tuneset.similarity.ragged import Positions, Texts
from tuneset.similarity.set_store import Similarities, write_sets
from tuneset.similarity.shingles import shingle_sets
from tuneset.similarity.told_apart import Said, said_sets, told_apart

FORMS = 3 * MOST_TOLD_ROUNDS
COPIES = {
    "a word more in the prompt": lambda n: (f"where is order {n} please", f"order {n} is on its way"),
    "a word more in the answer": lambda n: (f"where is order {n}", f"order {n} is now on its way"),
    "a word more in both": lambda n: (f"where is order {n} please", f"order {n} is now on its way"),
}


@pytest.mark.parametrize("copy", COPIES)
def test_of_each_filled_in_form_one_row_is_kept(copy: str, tmp_path: Path) -> None:
    rows = [(f"where is order {n}", f"order {n} is on its way") for n in range(FORMS)]
    rows += [COPIES[copy](n) for n in reversed(range(FORMS))]
    sets = [said_sets(Texts.whole(pl.Series(side))) for side in zip(*rows, strict=True)]
    why = Texts.whole(pl.Series(["why"] * len(sets[0].counts)))
    sets += [line_sets(why, 2), shingle_sets(why, 2)]
    said = Said(*write_sets([tmp_path / name for name in Said._fields], [sets]))
    labels = np.zeros(len(rows), np.int64)

    def alike(left: Positions, right: Positions) -> Similarities:
        return np.full(len(left), 0.9)

    def apart(left: Positions, right: Positions) -> npt.NDArray[np.bool_]:
        return told_apart(said, left, right, 0.8)

    def likely(some: Positions) -> tuple[Positions, Positions]:
        left, right = likely_same(said, some, labels[some])
        return some[left], some[right]

    nothing = np.zeros(0, np.int64)
    edges = Edges(nothing, nothing, np.zeros(0))
    kept, _ = representatives(labels, edges, alike, 0.8, Telling(apart, likely))
    assert kept.tolist() == [*range(FORMS), *reversed(range(FORMS))]


def test_rows_of_two_groups_are_no_pair(tmp_path: Path) -> None:
    sets = [said_sets(Texts.whole(pl.Series(["why", "why"]))), said_sets(Texts.whole(pl.Series(["so", "so"])))]
    why = Texts.whole(pl.Series(["why"] * len(sets[0].counts)))
    sets += [line_sets(why, 2), shingle_sets(why, 2)]
    said = Said(*write_sets([tmp_path / name for name in Said._fields], [sets]))
    for labels, pairs in (([0, 1], []), ([0, 0], [(0, 1)])):
        left, right = likely_same(said, np.arange(2), np.array(labels))
        assert list(zip(left.tolist(), right.tolist(), strict=True)) == pairs
