"""Whatever the sets: none differs from itself, counts conserve, and B against A is A against B in a mirror."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.amounts import drawn
from tests.execution.comparison.sets import Row, counts, found, write_set

WORDS = ("storks", "cranes", "herons build nests", "")
ROWS = st.lists(
    st.builds(
        Row,
        st.sampled_from(["Who are you?", "Which birds are large?", "which  birds are large?"]),
        st.sampled_from(WORDS),
        st.sampled_from(["train", "train", "validation", "DUP001"]),
    ),
    min_size=1,
    max_size=7,
)


def kept(raw: list[Row]) -> int:
    return sum(row.outcome in ("train", "validation") for row in raw)


@pytest.mark.slow
@given(ROWS, ROWS, st.booleans())
@settings(max_examples=drawn(25), deadline=None)
def test_a_difference_conserves_rows_and_has_a_mirror(first: list[Row], second: list[Row], ledgers: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        a, b = write_set(work / "a", first), write_set(work / "b", second)
        if not ledgers:
            (b / "ledger.parquet").unlink()
        forth, back = found(a, b, work), found(b, a, work)
        assert kept(second) == kept(first) + forth.added.height - forth.gone.height
        assert forth.pairs.height == kept(first) - forth.gone.height
        assert forth.pairs["a"].is_unique().all()
        assert forth.pairs["b"].is_unique().all()
        mirrored = back.pairs.select(a="b", b="a", kind="kind", side_a="side_b", side_b="side_a").sort("a")
        assert mirrored.equals(forth.pairs.sort("a"))
        assert back.added.equals(forth.gone)
        assert back.gone.equals(forth.added)


@given(ROWS)
@settings(max_examples=10, deadline=None)
def test_no_set_differs_from_itself(raw: list[Row]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        one = write_set(Path(folder) / "a", raw)
        assert set(counts(found(one, one, Path(folder))).values()) == {0}


def test_lines_that_came_on_top_change_nothing_of_the_rows_below(tmp_path: Path) -> None:
    raw = [Row(f"Question number {n}?", f"Answer number {n}.") for n in range(20)]
    for place, (start, new) in enumerate(itertools.product((0, 7, 20), (1, 3))):
        added = [Row(f"New {n}?", f"Brand new {n}.") for n in range(new)]
        a = write_set(tmp_path / f"a{place}", raw)
        b = write_set(tmp_path / f"b{place}", [*raw[:start], *added, *raw[start:]], source="renamed.jsonl")
        difference = found(a, b, tmp_path)
        assert counts(difference) == {"added": new, "gone": 0, "moved": 0, "changed": 0}
        assert difference.added["code"].to_list() == ["no-raw-row"] * new


def test_the_same_value_in_another_spelling_is_the_same(tmp_path: Path) -> None:
    one, other = tmp_path / "one.jsonl", tmp_path / "other.jsonl"
    one.write_bytes(b'{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}],"n":1}\n\n')
    other.write_bytes(b'{ "n": 1, "messages": [{"content":"a","role":"user"},{"role":"assistant","content":"b"}]}\r\n')
    difference = found(one, other, tmp_path)
    assert counts(difference) == dict.fromkeys(("added", "gone", "moved", "changed"), 0)
    assert difference.pairs.select("a", "b").rows() == [(0, 0)]
    assert isinstance(difference.pairs, pl.DataFrame)
