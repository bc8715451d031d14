"""Why a row is not where it was: by the other ledger, however far its raw line has moved, and by the split."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.execution.comparison.sets import Row, executor, found, write_set
from tuneset.execution.comparison import reasons, rows
from tuneset.execution.comparison.given import take
from tuneset.params import Params

RAW = [Row(f"What is the number after {n}?", f"It is {n + 1}, as everybody knows.") for n in range(12)]
SPLIT = Params().split.model_dump(mode="json")


def moved(first: Path, second: Path, work: Path) -> list[reasons.Reason]:
    one, other = (rows.read(take(str(path), work, Params()), executor()) for path in (first, second))
    return reasons.moves(found(first, second, work).moved, one, other)


def test_a_row_that_was_dropped_has_the_code_of_its_own_raw_row(tmp_path: Path) -> None:
    a = write_set(tmp_path / "a", RAW)
    later = [Row("New?", "New, all of it."), *RAW]
    later[6] = later[6]._replace(outcome="CLN001")
    later[9] = later[9]._replace(outcome="DUP002")
    gone = found(a, write_set(tmp_path / "b", later), tmp_path).gone
    assert gone.rows() == [(5, "CLN001", "dropped by CLN001"), (8, "DUP002", "dropped by DUP002")]


def test_a_raw_row_that_is_missing_or_says_something_else_is_told_so(tmp_path: Path) -> None:
    a = write_set(tmp_path / "a", RAW)
    later = [*RAW[:4], *RAW[5:]]
    later[8] = Row("Storks?", "Large birds with long legs.")
    difference = found(a, write_set(tmp_path / "b", later), tmp_path)
    assert difference.gone.select("row", "code").rows() == [(4, "no-raw-row"), (9, "other-text")]
    assert difference.added.select("row", "code").rows() == [(8, "other-text")]


def test_without_a_ledger_nobody_knows(tmp_path: Path) -> None:
    a, b = write_set(tmp_path / "a", RAW), write_set(tmp_path / "b", RAW[1:])
    (b / "ledger.parquet").unlink()
    assert found(a, b, tmp_path).gone["code"].to_list() == ["no-ledger"]


def test_files_that_were_changed_after_the_ledger_are_compared_without_it(tmp_path: Path) -> None:
    a, b = write_set(tmp_path / "a", RAW), write_set(tmp_path / "b", RAW)
    (b / "train.jsonl").write_bytes(b"".join((b / "train.jsonl").read_bytes().splitlines(keepends=True)[1:]))
    assert found(a, b, tmp_path).gone["code"].to_list() == ["no-ledger"]


@pytest.mark.parametrize(
    ("split", "code", "detail"),
    [
        ({"salt": "other"}, "split-params", "split.salt: tuneset -> other"),
        ({"validation": 0.5, "salt": "x"}, "split-params", "split.salt: tuneset -> x, split.validation: 0.1 -> 0.5"),
    ],
)
def test_another_split_moves_rows(tmp_path: Path, split: dict[str, object], code: str, detail: str) -> None:
    other = [RAW[0]._replace(outcome="validation"), *RAW[1:]]
    a = write_set(tmp_path / "a", RAW, split=SPLIT)
    b = write_set(tmp_path / "b", other, split=SPLIT | split)
    assert moved(a, b, tmp_path) == [(code, detail)]


def test_with_one_split_the_group_says_why_a_row_moved(tmp_path: Path) -> None:
    # A row whose hash is for training stands in validation of the second set: something ties it there.
    other = [RAW[0]._replace(outcome="validation"), *RAW[1:]]
    a, b = (write_set(tmp_path / name, raw, split=SPLIT) for name, raw in (("a", RAW), ("b", other)))
    (reason,) = moved(a, b, tmp_path)
    assert reason.code == "tied"
    numbers = SPLIT | {"validation": 2}
    a, b = (write_set(tmp_path / name, raw, split=numbers) for name, raw in (("a", RAW), ("b", other)))
    assert [one.code for one in moved(a, b, tmp_path)] == ["by-number"]
    column = SPLIT | {"group_by": "customer"}
    a, b = (write_set(tmp_path / name, raw, split=column) for name, raw in (("a", RAW), ("b", other)))
    assert [one.code for one in moved(a, b, tmp_path)] == ["unknown"]
