"""A column that params name and no row has is a usage error with the nearest name, found before anything is decided."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tuneset.errors import UsageError
from tuneset.execution import stage_runner
from tuneset.execution.executor import open_executor
from tuneset.execution.fused_run import prepare
from tuneset.execution.layout import Layout
from tuneset.execution.progress import no_progress
from tuneset.params import Params, parse_params


def raw(folder: Path, *columns: dict[str, Any]) -> Path:
    path = folder / "raw.jsonl"
    rows = (
        {
            "messages": [
                {"role": "user", "content": f"What is {number}?"},
                {"role": "assistant", "content": "A number."},
            ],
            **row,
        }
        for number, row in enumerate(columns)
    )
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def params(**sections: Any) -> Params:  # noqa: ANN401  any section
    return parse_params({"workers": 1, **sections}, "params")


NAMED = [
    ({"split": {"group_by": "custmer_id"}}, "split.group_by"),
    ({"split": {"stratify_by": "custmer_id"}}, "split.stratify_by"),
    ({"dedup": {"prefer": "custmer_id"}}, "dedup.prefer"),
    ({"clean": {"filters": {"score": {"column": "custmer_id", "at_least": 0}}}}, "clean.filters.score"),
]


@pytest.mark.parametrize(("sections", "key"), NAMED)
def test_a_name_that_matches_nothing_is_a_usage_error(tmp_path: Path, sections: dict[str, Any], key: str) -> None:
    path = raw(tmp_path, *[{"customer_id": number} for number in range(12)])
    with pytest.raises(UsageError) as caught:
        prepare([path], tmp_path / "out", params(**sections), no_progress)
    assert str(caught.value).startswith(f"{key}: no row has the column custmer_id; did you mean customer_id?")
    assert not (tmp_path / "out" / "train.jsonl").exists()


@pytest.mark.parametrize(("sections", "key"), NAMED)
def test_a_file_without_any_column_beside_its_messages_is_no_damage(
    tmp_path: Path, sections: dict[str, Any], key: str
) -> None:
    path = raw(tmp_path, *[{}] * 12)
    with pytest.raises(UsageError, match=f"{key}: no row has the column custmer_id"):
        prepare([path], tmp_path / "out", params(**sections), no_progress)
    (tmp_path / "more.jsonl").write_text(raw(tmp_path, *[{"custmer_id": 1}] * 12).read_text().replace("What", "Why"))
    raw(tmp_path, *[{}] * 12)
    both = [path, tmp_path / "more.jsonl"]
    assert prepare(both, tmp_path / "out", params(**sections), no_progress).metrics["rows"]["read"] == 24


def test_the_split_alone_finds_it_too(tmp_path: Path) -> None:
    path = raw(tmp_path, *[{"customer_id": number} for number in range(12)])
    layout, settings = Layout(tmp_path / "data"), params(ingest={"paths": [str(path)]})
    with open_executor(1, no_progress) as executor:
        for stage in ("ingest", "clean", "review", "validate", "dedup", "tokenize"):
            stage_runner.run_alone(stage, layout, settings, executor)
        with pytest.raises(UsageError, match="no row has the column zzz"):
            stage_runner.run_alone("split", layout, params(split={"group_by": "zzz"}), executor)


@pytest.mark.parametrize("name", ["conversation", "prompt", "messages"])
def test_what_is_no_column_needs_none(tmp_path: Path, name: str) -> None:
    path = raw(tmp_path, *[{}] * 12)
    settings = params(split={"group_by": name, "stratify_by": "source"}, dedup={"prefer": "length"})
    assert prepare([path], tmp_path / "out", settings, no_progress).metrics["rows"]["read"] == 12


def test_rows_that_lack_it_are_warned_of_with_their_share(tmp_path: Path) -> None:
    path = raw(tmp_path, *[{"customer_id": number} for number in range(9)], {}, {}, {"customer_id": None})
    settings = params(split={"group_by": "customer_id"}, dedup={"prefer": "customer_id", "near": {"enabled": False}})
    warnings = prepare([path], tmp_path / "out", settings, no_progress).metrics["warnings"]
    assert warnings == [
        "3 of 12 examples (25%) lack the column of dedup.prefer, and they are kept last",
        "3 of 12 examples (25%) lack the column of split.group_by, and each of them is a group of its own",
    ]


def score(column: str, at_least: float) -> Params:
    filters = {"score": {"column": column, "at_least": at_least}}
    return params(clean={"filters": filters}, dedup={"near": {"enabled": False}})


def test_rows_that_no_score_judges_are_warned_of_with_their_share(tmp_path: Path) -> None:
    path = raw(tmp_path, *[{"rating": number} for number in range(20)], {}, {"rating": "good"})
    warnings = prepare([path], tmp_path / "out", score("rating", 1), no_progress).metrics["warnings"]
    assert warnings == [
        "2 of 22 examples (9%) lack a number in the column of clean.filters.score, and are kept whatever their worth"
    ]


def test_a_score_for_which_all_rows_go_was_there(tmp_path: Path) -> None:
    path = raw(tmp_path, *[{"rating": 1}] * 12)
    assert prepare([path], tmp_path / "out", score("rating", 2), no_progress).metrics["rows"]["dropped"] == 12


def test_a_column_of_words_is_no_score(tmp_path: Path) -> None:
    path = raw(tmp_path, *[{"rating": "good"}] * 12)
    with pytest.raises(UsageError, match="none of 12 rows has a number in the column rating"):
        prepare([path], tmp_path / "out", score("rating", 2), no_progress)


def test_clean_alone_finds_that_no_row_has_a_score(tmp_path: Path) -> None:
    path = raw(tmp_path, *[{"rating": number} for number in range(12)])
    layout = Layout(tmp_path / "data")
    with open_executor(1, no_progress) as executor:
        stage_runner.run_alone("ingest", layout, params(ingest={"paths": [str(path)]}), executor)
        stage_runner.run_alone("clean", layout, score("rating", 1), executor)
        with pytest.raises(UsageError, match=r"no row has the column ratng; did you mean rating\?"):
            stage_runner.run_alone("clean", layout, score("ratng", 1), executor)


def test_a_pattern_of_preferred_files_that_fits_none_is_told(tmp_path: Path) -> None:
    path = raw(tmp_path, *[{}] * 12)
    fits = params(dedup={"prefer_sources": ["*/raw.jsonl"]})
    assert prepare([path], tmp_path / "out", fits, no_progress).metrics["rows"]["read"] == 12
    with pytest.raises(UsageError, match=r"dedup.prefer_sources: no file that was read fits \*/curated.jsonl"):
        prepare([path], tmp_path / "out", params(dedup={"prefer_sources": ["*/curated.jsonl"]}), no_progress)
