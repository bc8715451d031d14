"""Unpaired preferences are a format of their own: read, checked, written, and never one with their opposite."""

from pathlib import Path
from typing import Any

import orjson
import pytest

import tuneset
from tests.rules.support import context, reports
from tuneset.rules.engine.line_format import certain_format
from tuneset.rules.passes.exact import exact_issues
from tuneset.rules.passes.example import check_example, is_clean
from tuneset.rules.samples import ANSWER, ASK, chat

GOOD = {"messages": [ASK, ANSWER], "label": True}
PARAMS = {"tune": {"method": "kto"}, "workers": 1, "split": {"validation": 0.0}}


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ({**GOOD, "label": 1}, "SHP004"),
        ({**GOOD, "label": "true"}, "SHP004"),
        ({**GOOD, "score": 3}, "SHP002"),
        ({**GOOD, "messages": [ASK]}, "CNV005"),
        ({**GOOD, "messages": [ASK, {**ANSWER, "weight": 0}]}, "CNV004"),
        ({"messages": [ASK, ANSWER]}, "PRF005"),
    ],
)
def test_a_line_that_is_no_unpaired_preference_is_told(line: dict[str, Any], code: str) -> None:
    checked = context("kto")
    assert not is_clean(line, checked)
    assert code in {issue.code for issue in check_example(line, checked)}


@pytest.mark.parametrize("label", [True, False])
def test_a_line_with_a_label_is_recognised_and_clean(label: bool) -> None:
    line = {**GOOD, "label": label}
    assert certain_format(line) == "kto"
    assert is_clean(line, context("kto"))
    assert exact_issues(line, context("kto")) == []
    assert certain_format({**GOOD, "label": "entailment"}) == "sft"


def test_a_file_of_them_is_checked_as_such(tmp_path: Path) -> None:
    lines = b"\n".join(chat({**ASK, "content": f"What is {n}?"}, ANSWER, label=n % 2 == 0) for n in range(10))
    (report,) = reports(tmp_path, lines, ignore=("MDL003",))
    assert (report.format, report.examples, list(report.findings)) == ("kto", 10, [])


def test_a_prompt_a_completion_and_a_label_are_one_too(tmp_path: Path) -> None:
    rows = [{"prompt": f"What is {n}?", "completion": "A number.", "label": n % 2 == 0} for n in range(10)]
    for asked in ("auto", "kto"):
        (report,) = reports(tmp_path, b"\n".join(map(orjson.dumps, rows)), asked=asked, ignore=("MDL003",))
        assert (report.format, report.examples, list(report.findings)) == ("kto", 10, [])
    broken = [*rows[:9], {**rows[9], "completion": 7}]
    (report,) = reports(tmp_path, b"\n".join(map(orjson.dumps, broken)), asked="kto", ignore=("MDL003",))
    assert [(found.line, found.code, found.path) for found in report.findings] == [(10, "SHP004", "$.completion")]
    mixed = [*rows[:9], {**GOOD, "label": False}]
    (report,) = reports(tmp_path, b"\n".join(map(orjson.dumps, mixed)), ignore=("MDL003",))
    assert [(found.line, found.code) for found in report.findings] == [(10, "SHP008")]


ROWS: list[dict[str, Any]] = [
    {"prompt": "Is the sky blue at noon?", "completion": "Yes, it is.", "label": True},
    {"prompt": "Is the sky blue at noon?", "completion": "Yes, it is.", "label": False},
    {"prompt": "Is the sky blue at noon?", "completion": "Yes, it is.", "label": 1},
    {"conversations": [{"from": "human", "value": "And grass?"}, {"from": "gpt", "value": "No."}], "kto_tag": False},
    {
        "messages": [{"role": "user", "content": "And snow?"}, {"role": "assistant", "content": "White."}],
        "rating": "up",
    },
    {"prompt": "And coal?", "completion": "It is black."},
]


def written(out: Path) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in (out / "train.jsonl").read_bytes().splitlines()]


def test_rows_of_every_shape_are_written_with_their_label_and_opposites_stay_apart(tmp_path: Path) -> None:
    made = tuneset.prepare(ROWS, tmp_path / "out", PARAMS)
    lines = written(tmp_path / "out")
    assert sorted((line["messages"][0]["content"], line["label"]) for line in lines) == [
        ("And grass?", False),
        ("And snow?", True),
        ("Is the sky blue at noon?", False),
        ("Is the sky blue at noon?", True),
    ]
    assert all(set(line) == {"messages", "label"} for line in lines)
    dropped = made.ledger.filter(made.ledger["outcome"] == "dropped").select("line", "code").rows()
    assert dropped == [(3, "DUP001"), (6, "SHP003")]


def test_near_duplicates_with_opposite_labels_stay(tmp_path: Path) -> None:
    text = " ".join(f"word{n}" for n in range(60))
    rows = [{"prompt": "Say them all.", "completion": f"{text} {n}", "label": n == 0} for n in range(2)]
    tuneset.prepare(rows, tmp_path / "out", PARAMS)
    assert sorted(line["label"] for line in written(tmp_path / "out")) == [False, True]
