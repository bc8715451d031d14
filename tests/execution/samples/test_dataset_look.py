"""What the report is told of the written files, and of the rows that were dropped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tuneset.execution.fused_run import prepare
from tuneset.execution.progress import no_progress
from tuneset.execution.samples import dropped_sample
from tuneset.params import parse_params

SECRET = "ask ann@acme.org, whose router is 3c:22:fb:1a:9b:7e"


def row(question: str, answer: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("look")
    rows = [row(f"What is {number} and {number}?", f"That makes {2 * number}.") for number in range(40)]
    rows += [row("Who answers?", SECRET), row("who ANSWERS?", SECRET)]
    lines = [json.dumps(one) for one in rows] + ['{"messages": [{"role": "user", "content": "a', "[1]"]
    raw = root / "raw.jsonl"
    raw.write_text("\n".join(lines) + "\n")
    params = parse_params({"clean": {"redact": {"email": "off"}}, "split": {"validation": 0.3}, "workers": 1}, "test")
    prepare([raw], root / "out", params, no_progress)
    return root / "out"


def read(folder: Path, name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / name).read_text())
    return document


def test_numbers_alone_are_in_the_distributions(folder: Path) -> None:
    text = (folder / "distributions.json").read_text()
    assert "ann@" not in text
    assert "That makes" not in text


def test_the_sides_have_the_counts_of_the_files(folder: Path) -> None:
    sides = read(folder, "distributions.json")["sides"]
    metrics = read(folder, "metrics.json")
    for side in ("train", "validation"):
        lines = (folder / f"{side}.jsonl").read_text().splitlines()
        assert sides[side]["examples"] == sides[side]["looked_at"] == len(lines) == metrics["rows"][side]
        assert sides[side]["messages"] == {"2": len(lines)}
        assert sides[side]["tokens"]["sum"] == metrics["tokens"][side]
        assert list(sides[side]["sources"].values()) == [len(lines)]
    assert "test" not in sides


def test_validation_is_held_against_training_and_so_is_a_part_of_training(folder: Path) -> None:
    found = read(folder, "distributions.json")["against_training"]["validation"]
    assert found["distances"]["messages"]["distance"] == 0
    assert 0.5 < found["coverage"]["words"] < 1
    assert 0.5 < found["coverage"]["training"]["words"] < 1


def test_samples_have_private_data_replaced_even_where_it_is_kept_in_the_dataset(folder: Path) -> None:
    assert SECRET in (folder / "train.jsonl").read_text() + (folder / "validation.jsonl").read_text()
    samples = read(folder, "samples.json")
    assert not [value for value in ("ann@", "3c:22") if value in json.dumps(samples)]
    dropped = {one["code"]: one for one in samples["dropped"]}
    assert dropped["DUP001"]["said"] == [
        ["user", "who ANSWERS?"],
        ["assistant", "ask <EMAIL_1>, whose router is <MAC_1>"],
    ]
    assert dropped["JSN001"]["said"] is None
    assert dropped["JSN001"]["line"] == 43


def test_the_samples_that_stay_stand_on_the_lines_that_they_name(folder: Path) -> None:
    for side, shown in read(folder, "samples.json")["kept"].items():
        lines = (folder / f"{side}.jsonl").read_text().splitlines()
        assert shown
        for one in shown:
            assert json.loads(lines[one["line"] - 1])["messages"][0]["content"] == one["said"][0][1]


def test_the_same_rows_stand_for_a_reason_however_they_are_cut_into_shards() -> None:
    rejects = pl.DataFrame(
        {
            "row_id": [f"{number:02}" for number in range(20)],
            **dict.fromkeys(("source", "stage"), ["a"] * 20),
            "code": [f"C{number % 2}" for number in range(20)],
        }
    )
    rejects = rejects.select(
        pl.col(name) if name in rejects.columns else pl.lit(None, dtype).alias(name)
        for name, dtype in dropped_sample.SCHEMA.items()
    )
    whole = dropped_sample.merged([rejects])
    assert whole["row_id"].to_list() == ["00", "02", "04", "01", "03", "05"]
    for at in range(21):
        assert dropped_sample.merged([rejects[at:], rejects[:at]]).equals(whole)


def test_a_long_conversation_is_cut_and_says_so() -> None:
    turns = [{"role": "user", "content": "x" * 1000}] * 9
    (said,) = dropped_sample.shown([{"messages": turns}])
    assert len(said) == dropped_sample.SHOWN_MESSAGES + 1
    assert said[0] == ["user", "x" * dropped_sample.SHOWN_CHARACTERS + " ..."]
    assert said[-1] == ["", "3 more messages"]
