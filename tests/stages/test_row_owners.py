"""Of whom or what rows are, by their raw columns, and whether the split has parted them: told, and never by chance."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.amounts import drawn
from tuneset.execution.fused_run import prepare
from tuneset.execution.progress import no_progress
from tuneset.params import parse_params
from tuneset.stages import row_owners
from tuneset.stages.split import SIDE, SIDES

ROWS = st.lists(st.tuples(st.integers(0, 9), st.sampled_from(SIDES)), max_size=20)


def owned(rows: list[tuple[int, str]]) -> row_owners.Owned:
    column = pl.Series("owner.user_id", [value for value, _ in rows], pl.UInt64)
    return row_owners.owned(pl.DataFrame([column]), pl.Series([side for _, side in rows], dtype=SIDE))


@settings(max_examples=drawn(40))
@given(ROWS, ROWS, st.integers(1, 4))
def test_shards_together_are_counted_as_all_rows_at_once(
    one: list[tuple[int, str]], other: list[tuple[int, str]], most: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(row_owners, "MOST", most)
        parts = [
            row_owners.counts(row_owners.together(both)) for both in ([owned(one), owned(other)], [owned(one + other)])
        ]
    assert parts[0] == parts[1]


def test_a_value_of_one_row_or_one_side_is_not_parted_and_one_of_half_of_the_rows_tells_nothing() -> None:
    others = [(3, "train"), (3, "train"), (4, "test")]
    assert row_owners.counts(owned([(1, "train"), (2, "validation"), *others])) == {}
    assert row_owners.counts(owned([(1, "train"), (1, "test"), (1, "test"), *others])) == {}
    assert row_owners.counts(owned([(1, "train"), (1, "test"), *others])) == {
        "owner.user_id": 2, "owner.user_id.apart": 1
    }  # fmt: skip


@pytest.mark.parametrize(
    ("column", "group_by", "told"),
    [
        ("label", "conversation", None),
        ("session", "conversation", "split.group_by: session "),
        ("userId", "conversation", "split.group_by: userId "),
        ("userId", "userId", None),
        ("conversation_id", "conversation", "split.group_by: conversation_id "),
        ("conversation_id", "conversation_id", None),
        ("conversation", "conversation", "split.group_by: conversation_id, "),
        ("metadata.thread_id", "conversation", "split.group_by: metadata.thread_id "),
        ("metadata.thread_id", "metadata.thread_id", None),
    ],
)
def test_rows_of_one_person_or_conversation_on_several_sides_are_told_unless_the_split_is_by_them(
    tmp_path: Path, column: str, group_by: str, told: str | None
) -> None:
    """Rows of one exchange each, without a turn number: they stay examples of their own, whatever their id."""
    *holder, name = column.split(".")
    ids: list[dict[str, object]] = [{name: f"u{n % 5}"} for n in range(60)]
    held: list[dict[str, object]] = [{holder[0]: each} for each in ids] if holder else ids
    rows: list[dict[str, object]] = [
        {"question": f"w{n * n}?", "answer": f"v{n * 7919}.", **each} for n, each in enumerate(held)
    ]
    raw = tmp_path / "raw.jsonl"
    raw.write_text("".join(json.dumps(row) + "\n" for row in rows))
    params = parse_params({"workers": 1, "split": {"group_by": group_by, "validation": 0.3}}, "params")
    warnings = prepare([raw], tmp_path / "out", params, no_progress).metrics["warnings"]
    said = f"values of the raw column {column} that were looked at have rows on several sides: "
    found = [warning.partition(said)[2] for warning in warnings if said in warning]
    assert len(found) == (told is not None)
    assert told is None or told in found[0]
    if group_by == column and told is None:
        train = (tmp_path / "out" / "train.jsonl").read_text()
        kept = {number % 5 for number, row in enumerate(rows) if f'"{row["question"]}"' in train}
        assert 0 < len(train.splitlines()) == 12 * len(kept)
