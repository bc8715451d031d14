"""The screen tells why rows were not read: each reason once, the most frequent first, and nothing where none is."""

from pathlib import Path

import polars as pl

from tuneset.reporting.unread_rows import SHOWN, told

Row = tuple[str, int, str, str | None, str | None]


def ledger(folder: Path, *rows: Row) -> Path:
    columns = {"source": pl.String, "line": pl.Int64, "stage": pl.String, "code": pl.String, "detail": pl.String}
    frame = pl.DataFrame(list(rows), columns, orient="row")
    items = pl.int_range(pl.len()).over("source", "line", order_by="detail")
    frame.with_columns(item=items).write_parquet(folder / "ledger.parquet")
    return folder / "ledger.parquet"


def test_rows_that_are_kept_that_belong_to_others_or_that_a_rule_drops_are_not_told(tmp_path: Path) -> None:
    rows: tuple[Row, ...] = (
        ("a", 1, "split", None, None),
        ("a", 2, "ingest", "ING002", "the row is part of the conversation that begins before it"),
        ("a", 3, "ingest", "LBL001", "status says that the call failed or has not ended"),
        ("a", 4, "validate", "CNV005", "no message is the assistant's"),
    )
    assert told(ledger(tmp_path, *rows)) == []


def test_each_reason_is_told_once_with_its_first_row(tmp_path: Path) -> None:
    rows: tuple[Row, ...] = (
        ("b", 1, "ingest", "ING003", "sort the rows by conversation"),
        ("a", 9, "ingest", "ING001", "try ingest.mapping"),
        ("a", 3, "ingest", "ING001", "try ingest.mapping"),
    )
    assert told(ledger(tmp_path, *rows)) == [
        "unread          2  ING001, as in a:3: try ingest.mapping",
        "                1  ING003, as in b:1: sort the rows by conversation",
    ]


def test_of_rows_that_stand_on_one_line_it_is_said_which_one(tmp_path: Path) -> None:
    rows: tuple[Row, ...] = (("a", 1, "ingest", "ING001", "keys b"), ("a", 1, "ingest", "ING001", "keys a"))
    assert told(ledger(tmp_path, *rows)) == [
        "unread          1  ING001, as in a:1: keys a",
        "                1  ING001, as in a:1 (row 2 of the line): keys b",
    ]


def test_of_many_reasons_the_rest_is_counted(tmp_path: Path) -> None:
    rows = [("a", line, "ingest", "ING001", f"keys {line}") for line in range(SHOWN + 2)]
    assert told(ledger(tmp_path, *rows))[SHOWN:] == ["         ... and 2 more reasons: in the ledger"]
