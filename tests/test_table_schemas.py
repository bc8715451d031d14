"""Bad tables are refused between stages, also as lazy frames and whatever the environment says."""

import dataclasses
import os
import subprocess
import sys
from typing import Any

import pandera.polars as pa
import polars as pl
import pytest
from pandera.config import ValidationDepth, config_context

from tests.builders import chat, pair, tables_of
from tuneset.errors import InputError
from tuneset.model import Tables
from tuneset.stages.dedup_keys import with_keys
from tuneset.stages.tokenize import Length, tokenize
from tuneset.table_columns import EXAMPLES, MESSAGES, ColumnDemand, TableDemand, check_tables, surely_keeps
from tuneset.table_schemas import faults, model_of
from tuneset.targets.target import Target

GOOD = tables_of([chat("q", "a", system="s"), chat("r", "b")])
SECRET = "sk-not-to-be-shown"


def with_examples(**columns: Any) -> Tables:  # noqa: ANN401  a polars expression or a literal
    return dataclasses.replace(GOOD, examples=GOOD.examples.with_columns(**columns))


def with_messages(**columns: Any) -> Tables:  # noqa: ANN401  a polars expression or a literal
    return dataclasses.replace(GOOD, messages=GOOD.messages.with_columns(**columns))


BAD = with_examples(line=pl.lit(0, pl.Int64))


def fault(tables: Tables) -> str:
    with pytest.raises(InputError) as caught:
        check_tables(tables, "data/work/clean/00000")
    assert caught.value.hint == "run the stage that wrote them again; tables are not made to be edited"
    head = "data/work/clean/00000: not the tables that stages pass on: "
    assert caught.value.message.startswith(head)
    return caught.value.message.removeprefix(head)


def test_the_tables_of_every_stage_pass() -> None:
    check_tables(GOOD, "x")
    check_tables(Tables.empty(), "x")
    check_tables(tables_of([pair("q", "a", "b")], line_format="dpo"), "x")
    check_tables(tokenize(with_keys(GOOD), Length(Target("o200k_base"), None, "drop")).tables, "x")


@pytest.mark.parametrize(
    ("tables", "text"),
    [
        (with_examples(row_id=pl.lit("0" * 16)), "examples.row_id: field_uniqueness"),
        (with_examples(row_id=pl.lit(SECRET)), "examples.row_id: field_uniqueness; examples.row_id: str_matches"),
        (with_examples(source=pl.lit("")), "examples.source: str_length(1, None)"),
        (with_examples(source=pl.lit(None, pl.String)), "examples.source: not_nullable"),
        (BAD, "examples.line: greater_than_or_equal_to(1)"),
        (with_examples(item=pl.lit(-1, pl.Int64)), "examples.item: greater_than_or_equal_to(0)"),
        (with_examples(format=pl.lit(SECRET)), "examples.format: isin(['sft', 'dpo', 'rft', 'kto'])"),
        (with_examples(line=pl.lit(SECRET)), "examples.line: dtype('Int64')"),
        (with_examples(tokens=pl.lit(-1, pl.Int64)), "examples.tokens: greater_than_or_equal_to(0)"),
        (with_messages(branch=pl.lit(SECRET)), "messages.branch: isin(['prompt', 'preferred', 'non_preferred'])"),
        (with_messages(turn=pl.lit(-1, pl.Int64)), "messages.turn: greater_than_or_equal_to(0)"),
        (with_messages(row_id=pl.lit("f" * 16)), "messages.row_id: is not among the examples"),
    ],
)
def test_a_broken_table_is_refused_by_column_and_check_without_its_values(tables: Tables, text: str) -> None:
    found = fault(tables)
    assert found.startswith(text)
    assert SECRET not in found


def test_sound_tables_never_reach_pandera(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pa.DataFrameSchema, "validate", lambda *_, **__: pytest.fail("was asked"))
    test_the_tables_of_every_stage_pass()


def test_pandera_agrees_on_the_tables_of_every_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tuneset.table_columns.surely_keeps", lambda *_: False)
    test_the_tables_of_every_stage_pass()


@pytest.mark.parametrize(
    ("column", "sound", "broken"),
    [
        (ColumnDemand(pl.String), ["a", ""], ["a", None]),
        (ColumnDemand(pl.String, nullable=True), ["a", None], [1, 2]),
        (ColumnDemand(pl.String, unique=True), ["a", "b"], ["a", "a"]),
        (ColumnDemand(pl.Int64, at_least=2), [2, 3], [2, 1]),
        (ColumnDemand(pl.String, filled=True), ["a", " "], ["a", ""]),
        (ColumnDemand(pl.String, one_of=("a", "b")), ["a", "a"], ["a", "c"]),
        (ColumnDemand(pl.String, pattern="^[ab]$"), ["a", "b"], ["a", "bb"]),
    ],
)
def test_the_fast_look_and_pandera_agree_on_each_demand(
    column: ColumnDemand, sound: list[object], broken: list[object]
) -> None:
    demand = TableDemand({"value": column})
    for values, keeps in ((broken, False), (sound, True)):
        frame = pl.DataFrame({"value": values})
        assert surely_keeps(frame, demand) is keeps
        assert (faults("t", demand, frame) == []) is keeps


def test_a_table_of_no_demand_keeps_it() -> None:
    assert surely_keeps(pl.DataFrame(), TableDemand({"tokens": ColumnDemand(pl.Int64, required=False)}))


def test_a_missing_and_a_foreign_column_are_refused() -> None:
    without_line = dataclasses.replace(GOOD, examples=GOOD.examples.drop("line"))
    assert fault(without_line) == "examples.line: column_in_dataframe"
    without_role = dataclasses.replace(GOOD, messages=GOOD.messages.drop("role"))
    assert fault(without_role) == "messages.role: column_in_dataframe"
    assert fault(with_messages(odd=pl.lit(1))) == "messages.odd: column_in_schema"
    check_tables(with_examples(odd=pl.lit(1)), "x")  # stages may add columns to examples


def test_all_faults_of_both_tables_are_told_at_once() -> None:
    broken = Tables(BAD.examples.with_columns(item=pl.lit(-1, pl.Int64)), GOOD.messages.with_columns(branch=pl.lit("")))
    found = fault(broken).split("; ")
    assert [text.split(":")[0] for text in found] == ["examples.line", "examples.item", "messages.branch"]


def lazy(tables: Tables) -> Tables:
    """The same tables as lazy frames, past the types."""
    return Tables(tables.examples.lazy(), tables.messages.lazy())  # type: ignore[arg-type]  # that is the point


def test_pandera_alone_lets_bad_data_in_a_lazy_frame_pass() -> None:
    model_of(EXAMPLES).validate(BAD.examples.lazy(), lazy=True)
    with config_context(validation_depth=ValidationDepth.SCHEMA_ONLY):
        model_of(EXAMPLES).validate(BAD.examples, lazy=True)


def test_our_check_refuses_bad_data_in_a_lazy_frame() -> None:
    assert fault(lazy(BAD)) == fault(BAD) == "examples.line: greater_than_or_equal_to(1)"
    assert fault(lazy(with_messages(turn=pl.lit(-1, pl.Int64)))) == "messages.turn: greater_than_or_equal_to(0)"


def test_our_check_refuses_bad_data_at_any_configured_depth() -> None:
    for depth in ValidationDepth:
        with config_context(validation_depth=depth):
            assert fault(BAD) == "examples.line: greater_than_or_equal_to(1)"
    with config_context(validation_enabled=False):
        assert fault(BAD) == "examples.line: greater_than_or_equal_to(1)"


def test_the_environment_cannot_switch_our_check_off() -> None:
    program = "from tests.test_table_schemas import BAD, check_tables; check_tables(BAD, 'x')"
    environment = {**os.environ, "PANDERA_VALIDATION_ENABLED": "False", "PANDERA_VALIDATION_DEPTH": "SCHEMA_ONLY"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert "InputError: x: not the tables that stages pass on: examples.line" in done.stderr


def test_the_models_have_every_column_of_the_tables() -> None:
    assert set(GOOD.examples.columns) <= set(model_of(EXAMPLES).columns)
    assert set(GOOD.messages.columns) == set(model_of(MESSAGES).columns)
