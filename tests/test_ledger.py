"""The ledger: one outcome a row, and one row's story found by the place that a user types."""

from pathlib import Path

import polars as pl
import pytest

from tests.builders import chat, row_id, tables_of
from tuneset import ledger
from tuneset.errors import InputError, UsageError
from tuneset.ledger import LEDGER_SCHEMA, Place
from tuneset.model import no_rejects, reject_frame


def placed(lines: dict[int, str]) -> pl.DataFrame:
    """Kept rows of `raw.jsonl` by line, with their side."""
    examples = tables_of([chat("a", "b")] * 9).examples.filter(pl.col("line").is_in(list(lines)))
    return examples.select(
        *("row_id", "source", "line", "item"),
        pl.col("line").replace_strict(lines).alias("side"),
        pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("written_line"),
    )


def dropped(*lines: int, code: str = "CLN001", stage: str = "clean") -> pl.DataFrame:
    examples = tables_of([chat("a", "b")] * 9).examples.filter(pl.col("line").is_in(lines))
    return reject_frame(examples, stage, code, "why")


def of_sources(*sources: str) -> pl.DataFrame:
    """A ledger with one row on line 3 of each source."""
    rows = [
        (source, 3, row_id(number), "train", "split", None, None, None, 0, 1, 9, None, True, None, None)
        for number, source in enumerate(sources)
    ]
    return pl.DataFrame(rows, schema=LEDGER_SCHEMA, orient="row")


def test_two_outcomes_for_one_row_are_caught() -> None:
    with pytest.raises(AssertionError, match=r"^ledger: a row has more than one outcome$"):
        ledger.build(placed({1: "train"}), dropped(1))
    with pytest.raises(AssertionError, match=r"^ledger: a row has more than one outcome$"):
        ledger.build(placed({}), pl.concat([dropped(1), dropped(1, code="DUP001", stage="dedup")]))


def test_every_row_has_its_outcome_in_the_order_of_the_source() -> None:
    built = ledger.build(placed({3: "train", 1: "validation"}), dropped(2))
    assert built.schema == LEDGER_SCHEMA
    assert built.select("source", "line", "row_id", "outcome", "stage", "code", "detail", "item").rows() == [
        ("raw.jsonl", 1, row_id(1), "validation", "split", None, None, 0),
        ("raw.jsonl", 2, row_id(2), "dropped", "clean", "CLN001", "why", 0),
        ("raw.jsonl", 3, row_id(3), "train", "split", None, None, 0),
    ]


def test_a_ledger_of_nothing_has_its_columns() -> None:
    built = ledger.build(placed({}), no_rejects())
    assert (built.height, built.schema) == (0, LEDGER_SCHEMA)


@pytest.mark.parametrize(
    "place", ["chat.jsonl", ":3", "chat.jsonl:", "chat.jsonl:0", "chat.jsonl:-1", "chat.jsonl:x", "chat.jsonl:²", ""]
)
def test_what_is_no_place_is_refused(place: str) -> None:
    with pytest.raises(UsageError) as caught:
        ledger.parse_place(place)
    assert str(caught.value) == (
        f"{place}: is no place in a raw file\n  allowed: FILE:LINE, for example data/raw/chat.jsonl:17; "
        "FILE:LINE:EXAMPLE where a line holds several"
    )


def test_a_line_number_that_no_file_has_is_refused() -> None:
    with pytest.raises(UsageError, match="is no place in a raw file"):
        ledger.parse_place("chat.jsonl:" + "9" * 5000)


def test_the_last_colon_divides_file_and_line() -> None:
    assert ledger.parse_place("data/a:b.jsonl:17") == ("data/a:b.jsonl", 17, None)


def test_a_third_number_is_an_example_of_the_line() -> None:
    assert ledger.parse_place("a:b.jsonl:17:3") == ("a:b.jsonl", 17, 3)
    assert str(ledger.parse_place("a.json:1:3")) == "a.json:1:3"


@pytest.mark.parametrize("typed", ["data/raw/chat.jsonl", "./data/raw/chat.jsonl", "raw/chat.jsonl", "chat.jsonl"])
def test_a_file_is_found_by_its_path_and_by_the_end_of_it(typed: str) -> None:
    book = of_sources("data/raw/chat.jsonl", "data/raw/my-chat.jsonl")
    assert ledger.rows_at(book, Place(typed, 3))["source"].to_list() == ["data/raw/chat.jsonl"]


def test_a_whole_path_wins_over_the_end_of_another() -> None:
    book = of_sources("chat.jsonl", "data/chat.jsonl")
    assert ledger.rows_at(book, Place("chat.jsonl", 3))["source"].to_list() == ["chat.jsonl"]


def test_a_source_that_was_given_with_a_dot_is_found_as_it_was_typed() -> None:
    assert ledger.rows_at(of_sources("./raw/chat.jsonl"), Place("./raw/chat.jsonl", 3)).height == 1


def test_an_ambiguous_name_lists_what_it_may_mean() -> None:
    with pytest.raises(UsageError) as caught:
        ledger.rows_at(of_sources("b/chat.jsonl", "a/chat.jsonl"), Place("chat.jsonl", 3))
    assert str(caught.value) == "chat.jsonl: more than one file ends so\n  allowed: a/chat.jsonl, b/chat.jsonl"


def test_an_unknown_file_lists_the_known_ones() -> None:
    with pytest.raises(UsageError) as caught:
        ledger.rows_at(of_sources("b.csv", "a.csv"), Place("hat.jsonl", 3))
    assert str(caught.value) == "hat.jsonl: the ledger knows no such file\n  allowed: a.csv, b.csv"
    many = of_sources(*(f"{letter}.csv" for letter in "abcdef"))
    with pytest.raises(UsageError) as caught:
        ledger.rows_at(many, Place("x.csv", 3))
    assert caught.value.allowed == "a.csv, b.csv, c.csv, d.csv, e.csv, ..."


def test_a_line_without_a_row_names_the_lines_that_there_are() -> None:
    book = ledger.build(placed({2: "train", 8: "train"}), dropped(5))
    with pytest.raises(UsageError) as caught:
        ledger.rows_at(book, Place("raw.jsonl", 3))
    assert str(caught.value) == (
        "raw.jsonl:3: no row begins on this line; the row before it begins on line 2\n"
        "  allowed: lines 2 to 8; blank lines and lines within a row hold none"
    )


def test_all_examples_of_one_line_are_found() -> None:
    examples = tables_of([chat("a", "b")] * 3).examples.with_columns(line=pl.lit(4), item=pl.col("line") - 1)
    written = pl.Series("written_line", [7, 8, 9])
    book = ledger.build(examples.with_columns(written, side=pl.lit("train")), no_rejects())
    assert ledger.rows_at(book, Place("raw.jsonl", 4))["item"].to_list() == [0, 1, 2]
    assert ledger.rows_at(book, Place("raw.jsonl", 4, 2))["item"].to_list() == [1]
    assert ledger.row_written_at(book, "train", 9)["item"].to_list() == [2]
    with pytest.raises(UsageError, match=r"^raw\.jsonl:4: has no example 4\n  allowed: examples 1 to 3$"):
        ledger.rows_at(book, Place("raw.jsonl", 4, 4))
    with pytest.raises(UsageError, match=r"^train\.jsonl:10: there is no such line\n  allowed: lines 1 to 3$"):
        ledger.row_written_at(book, "train", 10)


def test_a_ledger_of_a_version_before_knows_no_written_lines(tmp_path: Path) -> None:
    of_sources("a").drop("written_line").write_parquet(tmp_path / "ledger.parquet")
    book = ledger.read(tmp_path / "ledger.parquet")
    assert book.schema == LEDGER_SCHEMA
    with pytest.raises(UsageError, match="the ledger of an older version does not know the lines of written files"):
        ledger.row_written_at(book, "train", 1)


def test_a_ledger_is_read_back(tmp_path: Path) -> None:
    book = ledger.build(placed({1: "train"}), dropped(2))
    book.write_parquet(tmp_path / "ledger.parquet")
    assert ledger.read(tmp_path / "ledger.parquet").equals(book)


def test_a_missing_ledger_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        ledger.read(tmp_path / "ledger.parquet")
    assert str(caught.value) == (
        f"{tmp_path / 'ledger.parquet'}: no ledger here\n"
        "  do: run `tuneset prepare` or `dvc repro` first, or name another folder"
    )


ANEW = "  do: run `tuneset prepare` or `dvc repro` again: the ledger is written anew"


def test_a_file_that_is_no_ledger_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.parquet"
    for data in (b"", b"PAR1", b"not a table at all"):
        path.write_bytes(data)
        with pytest.raises(InputError) as caught:
            ledger.read(path)
        assert str(caught.value) == f"{path}: is no readable Parquet file\n{ANEW}"
        with pytest.raises(InputError, match="is no readable Parquet file"):
            ledger.columns(path)
    of_sources("a").drop("detail").write_parquet(path)
    with pytest.raises(InputError) as caught:
        ledger.read(path)
    assert str(caught.value) == f"{path}: is no ledger, it has no column detail\n{ANEW}"
