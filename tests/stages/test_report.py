"""report: every row is in one number, and the numbers are those of the data."""

from collections.abc import Mapping
from typing import Any

import orjson
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.artifacts import json_bytes
from tuneset.kept_counts import Kept, counted, of_values
from tuneset.params import parse_params
from tuneset.profile import load_profile
from tuneset.source_counts import unused_columns
from tuneset.stage_table import names
from tuneset.stages import report, report_warnings

MODEL = load_profile("openai").models["gpt-4o-mini-2024-07-18"]
ROWS = [("train", 10, 40, "a"), ("train", 30, 120, "b"), ("validation", 20, 80, "c"), ("train", 5, 20, "d")]
STATS: Mapping[str, Mapping[str, int]] = {
    "ingest": {"rows_in": 10, "rows_out": 9, "dropped": 1, "dropped.JSN001": 1},
    "clean": {"rows_in": 9, "rows_out": 9, "dropped": 0, "changed.mojibake": 2},
    "validate": {"rows_in": 9, "rows_out": 6, "dropped": 3, "dropped.CNV001": 2, "dropped.JSN001": 1},
    "dedup": {"rows_in": 6, "rows_out": 4, "dropped": 2, "dropped.DUP001": 2},
    "tokenize": {"rows_in": 4, "rows_out": 4, "dropped": 0},
    "split": {"rows_in": 4, "rows_out": 4, "dropped": 0},
}


def kept(rows: list[tuple[str, int, int, str]]) -> Kept:
    names = {"side": pl.String, "tokens": pl.Int64, "characters": pl.Int64, "prompt_key": pl.String}
    return counted(pl.DataFrame(rows, schema=names, orient="row"))


def document(
    stats: Mapping[str, Mapping[str, int]] = STATS,
    rows: list[tuple[str, int, int, str]] = ROWS,
    *,
    columns: str = "warn",
    used: tuple[str, ...] = (),
    **changes: Any,  # noqa: ANN401  options of each its own type
) -> dict[str, Any]:
    params = parse_params({"ingest": {"columns": columns}}, "params")
    unused = unused_columns(stats["ingest"], used)
    options: dict[str, Any] = {
        "model": MODEL, "n_epochs": 3, "encoding": "o200k_base", "unused": unused,
        "warnings": report_warnings.warnings(stats, kept(rows), params, unused, used), **changes,
    }  # fmt: skip
    return report.metrics(stats, kept(rows), **options)


@pytest.mark.parametrize("read", [9, 11])
def test_a_row_that_is_in_no_number_is_caught(read: int) -> None:
    stats = {**STATS, "ingest": {**STATS["ingest"], "rows_in": read}}
    with pytest.raises(AssertionError, match=rf"^{read} rows read, 0 derived, 4 kept, 6 dropped$"):
        document(stats)


def test_rows_are_counted_by_where_they_went() -> None:
    assert document()["rows"] == {
        "read": 10,
        "train": 3,
        "validation": 1,
        "test": 0,
        "dropped": 6,
        "dropped_by_code": {"CNV001": 2, "DUP001": 2, "JSN001": 2},
        "drop_rate": 0.6,
    }


def test_tokens_are_those_of_each_side() -> None:
    tokens = document()["tokens"]
    assert (tokens["encoding"], tokens["train"], tokens["validation"]) == ("o200k_base", 45, 20)
    assert tokens["per_example"] == {
        "mean": 16.2, "p5": 5.0, "p25": 10.0, "p50": 20.0, "p75": 20.0, "p95": 30.0, "p99": 30.0, "max": 30.0,
    }  # fmt: skip
    assert document()["characters"]["per_example"]["max"] == 120


def test_only_training_tokens_cost_money() -> None:
    rows = [("train", 1_000_000, 1, "a"), ("validation", 9_000_000, 1, "b")]
    cost = document({"ingest": {"rows_in": 2}}, rows)["cost"]
    assert (cost["estimate_usd"], cost["epochs"], cost["billable_tokens"]) == (9.0, 3, 3_000_000)
    assert cost["usd_per_million_tokens"] == 3.0
    assert cost["elsewhere_usd"]["openai/gpt-4.1-2025-04-14"] == 75.0


def test_an_unknown_model_has_no_price() -> None:
    cost = document(model=None)["cost"]
    assert (cost["estimate_usd"], cost["usd_per_million_tokens"], cost["billable_tokens"]) == (None, None, 135)


def test_auto_epochs_depend_on_the_training_examples() -> None:
    assert document(n_epochs="auto")["cost"]["epochs"] == 25


def test_the_split_is_told_as_it_came_out() -> None:
    assert document()["split"] == {"groups": 4, "validation_share": 0.25, "test_share": 0.0}


def test_stages_stand_in_their_order_and_their_numbers_by_name() -> None:
    shuffled = {stage: dict(reversed(list(STATS[stage].items()))) for stage in reversed(list(STATS))}
    stages = document(shuffled)["stages"]
    assert list(stages) == [stage for stage in names() if stage in STATS]
    assert all(list(numbers) == sorted(numbers) for numbers in stages.values())
    assert json_bytes(document(shuffled)) == json_bytes(document())


UNUSED = {"ingest": {"rows_in": 4, 'unused:["a.jsonl","note"]': 3, 'unused:["b.jsonl","topic"]': 1}}


def test_columns_that_no_example_says_are_told_by_file_and_not_among_the_counts() -> None:
    made = document(UNUSED)
    assert made["columns"] == {"unused": {"a.jsonl": {"note": 3}, "b.jsonl": {"topic": 1}}}
    assert made["stages"]["ingest"] == {"rows_in": 4}
    assert made["warnings"][0] == (
        "a.jsonl: text that is in no example: column note (3 rows); "
        "say in ingest.mapping where it belongs, or set ingest.columns: keep"
    )


def test_columns_that_are_kept_or_used_otherwise_are_not_warned_of() -> None:
    assert not [text for text in document(UNUSED, columns="keep")["warnings"] if "a.jsonl" in text]
    assert document(UNUSED, used=("note",))["columns"] == {"unused": {"b.jsonl": {"topic": 1}}}


def test_many_files_with_unused_columns_are_told_in_a_few_lines() -> None:
    many = {f'unused:["{number}.jsonl","note"]': 1 for number in range(9)}
    warnings = document({"ingest": {"rows_in": 4, **many}})["warnings"]
    told = [text for text in warnings if "jsonl" in text or "more" in text]
    assert len(told) == report_warnings.SHOWN_FILES + 1
    assert told[-1] == "4 more files have such columns: columns.unused in metrics.json"


def test_the_document_is_json_with_a_version() -> None:
    assert orjson.loads(json_bytes(document()))["schema_version"] == 1


def test_nothing_kept_and_nothing_read_are_no_trouble() -> None:
    nothing = document({"ingest": {"rows_in": 0}}, [])
    assert nothing["rows"]["drop_rate"] == 0.0
    assert nothing["tokens"] == {
        "encoding": "o200k_base",
        "train": 0,
        "validation": 0,
        "test": 0,
        "per_example": {},
        "exact": True,
        "estimated_examples": 0,
        "estimated_because": {},
    }
    assert nothing["split"] == {"groups": 0, "validation_share": 0.0, "test_share": 0.0}
    assert nothing["cost"]["estimate_usd"] == 0.0
    assert nothing["warnings"] == []
    assert document({"ingest": {"rows_in": 2, "dropped.JSN001": 2}}, [])["rows"]["drop_rate"] == 1.0


def test_warnings_stand_in_the_document() -> None:
    assert document()["warnings"] == [
        (
            "dedup dropped 33% of the examples, more than dedup.warn_share allows (30%): "
            "is dedup.key the right one for this data?"
        )
    ]


def test_no_values_have_no_percentiles() -> None:
    assert report.percentiles(of_values(pl.Series([], dtype=pl.Int64))) == {}


@given(st.lists(st.integers(0, 10**6), min_size=1))
def test_percentiles_are_values_that_occur_and_never_fall(values: list[int]) -> None:
    summary = report.percentiles(of_values(pl.Series(values, dtype=pl.Int64)))
    ranks = [summary[f"p{p}"] for p in report.PERCENTILES]
    assert set(ranks) <= {float(value) for value in values}
    assert [*ranks, summary["max"]] == sorted([*ranks, summary["max"]])
    assert summary["max"] == max(values)
    assert summary["mean"] == pytest.approx(sum(values) / len(values), abs=0.051)


def test_the_percentiles_of_a_hundred_and_one_values_are_their_ranks() -> None:
    summary = report.percentiles(of_values(pl.Series(range(101))))
    assert {p: summary[f"p{p}"] for p in report.PERCENTILES} == {p: float(p) for p in report.PERCENTILES}


def test_nothing_has_no_histogram() -> None:
    empty = report.histogram(kept([]), "tokens")
    assert (empty.height, empty.columns) == (0, ["at_least", "below", "side", "examples"])


def test_a_histogram_has_every_bin_for_both_sides() -> None:
    rows = [("train", tokens, 1, "a") for tokens in (0, 1, 4, 7)] + [("validation", 8, 1, "b")]
    assert report.histogram(kept(rows), "tokens").rows() == [
        (1, 2, "train", 2),
        (1, 2, "validation", 0),
        (2, 4, "train", 0),
        (2, 4, "validation", 0),
        (4, 8, "train", 2),
        (4, 8, "validation", 0),
        (8, 16, "train", 0),
        (8, 16, "validation", 1),
    ]


@given(st.lists(st.tuples(st.sampled_from(["train", "validation"]), st.integers(0, 2**40)), min_size=1))
def test_a_histogram_holds_every_example_once_in_the_bin_of_its_size(rows: list[tuple[str, int]]) -> None:
    table = report.histogram(kept([(side, tokens, 1, "a") for side, tokens in rows]), "tokens")
    assert table["examples"].sum() == len(rows)
    for low, high, side, examples in table.rows():
        assert high == 2 * low
        assert examples == sum(s == side and low <= max(tokens, 1) < high for s, tokens in rows)
