"""Tables keep examples and messages together; a stage that loses a row is caught."""

import polars as pl
import pytest

from tests.builders import chat, row_id, tables_of
from tuneset import model, stage_table
from tuneset.drop_reasons import REASONS
from tuneset.example_tables import to_examples
from tuneset.model import EXAMPLES_SCHEMA, MESSAGES_SCHEMA, REJECTS_SCHEMA, Finding, StageResult, Tables
from tuneset.rules.registry import BY_CODE


def test_empty_tables_have_every_column() -> None:
    tables = Tables.empty()
    assert (tables.examples.schema, tables.messages.schema) == (EXAMPLES_SCHEMA, MESSAGES_SCHEMA)
    assert (tables.examples.height, tables.messages.height) == (0, 0)


def test_only_what_is_kept_goes_on_with_its_messages_and_in_its_order() -> None:
    examples = [chat(str(number), "yes", system="s") for number in range(4)]
    kept = tables_of(examples).keep(pl.Series([True, False, False, True]))
    assert to_examples(kept) == [examples[0], examples[3]]
    assert kept.messages.height == 6


def test_nobody_kept_leaves_no_message() -> None:
    kept = tables_of([chat("a", "b")]).keep(pl.Series([False]))
    assert (kept.examples.height, kept.messages.height) == (0, 0)


def test_rows_that_vanish_or_multiply_are_caught() -> None:
    tables = tables_of([chat("a", "b"), chat("c", "d")])
    rejects = model.reject_frame(tables.examples.head(1), "clean", "CLN001", "why")
    result = StageResult(tables, rejects, {})
    assert result.check_conservation("clean", 3) is result
    with pytest.raises(AssertionError, match=r"^clean: 4 rows in, 2 out, 1 dropped$"):
        result.check_conservation("clean", 4)
    with pytest.raises(AssertionError, match=r"^clean: 2 rows in, 2 out, 1 dropped$"):
        result.check_conservation("clean", 2)


def test_a_reject_names_its_place_stage_code_and_reason() -> None:
    rejects = model.reject_frame(tables_of([chat("a", "b")], first_line=7).examples, "clean", "CLN001", "why")
    assert rejects.schema == REJECTS_SCHEMA
    assert rejects.rows(named=True) == [
        {
            "row_id": row_id(7),
            "source": "raw.jsonl",
            "line": 7,
            "item": 0,
            "stage": "clean",
            "code": "CLN001",
            "detail": "why",
            "kept_row_id": None,
            "derived_from": None,
            "answer": None,
        }
    ]


def test_a_rejects_code_and_reason_may_come_from_its_row_and_its_representative_is_taken_along() -> None:
    examples = tables_of([chat("a", "b"), chat("c", "d")]).examples.with_columns(kept_row_id=pl.lit(row_id(9)))
    line = pl.col("line")
    rejects = model.reject_frame(examples, "dedup", model.sentence("C{}", line), model.sentence("line {}", line))
    assert rejects.select("code", "detail", "kept_row_id").rows() == [
        ("C1", "line 1", row_id(9)),
        ("C2", "line 2", row_id(9)),
    ]


def test_a_sentence_says_what_polars_own_says() -> None:
    values = pl.DataFrame({"n": [1, None, -5], "x": [0.5, 1e20, 33.3], "s": ["x", "{}", "y"], "b": [True, False, None]})
    for column in values.columns:
        own = pl.format("a {} b {}{}", pl.col(column), pl.lit(0.25), "s").alias("said")  # noqa: TID251  to compare with
        assert values.select(model.sentence("a {} b {}{}", pl.col(column), 0.25, values["s"])).equals(
            values.select(own)
        )
    with pytest.raises(ValueError, match="argument"):
        model.sentence("{} and {}", 1)


def test_no_rejects_have_the_same_columns() -> None:
    assert model.no_rejects().schema == REJECTS_SCHEMA
    assert model.no_rejects().is_empty()


def test_findings_are_in_the_order_of_their_lines() -> None:
    first = Finding(2, 1, "TXT003", "warning", "$.messages[0]", "found", "do")
    assert min(Finding(10, 1, "CNV001", "error", "", "", ""), first) is first


def test_no_two_reasons_share_a_code_or_a_name_and_none_is_that_of_a_rule() -> None:
    assert len({reason.name for reason in REASONS.values()}) == len(REASONS)
    assert [code for code, reason in REASONS.items() if code != reason.code] == []
    # An export is no stage: it reads a dataset that is finished, and keeps an account of its own.
    assert {reason.stage for reason in REASONS.values()} <= {*stage_table.names(), "export"}
    shared = set(REASONS) & set(BY_CODE)
    assert {code: BY_CODE[code].name for code in shared} == {code: REASONS[code].name for code in shared}
