"""Prompt and completion: a row for each trained answer; what has no place there is left out and named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from tests.builders import chat, pair
from tests.writing.test_export import dataset_of, lines
from tuneset.example_tables import to_examples
from tuneset.json_text import loads
from tuneset.params import IngestParams
from tuneset.reading.containers.jsonl import parse_lines
from tuneset.stages.ingest import ingest
from tuneset.writing.export import export
from tuneset.writing.prompt_completion import PROMPT_COMPLETION, pairs, refusal

ASK = {"role": "user", "content": "?"}
REPLY = {"role": "assistant", "content": "!"}
CALL: dict[str, object] = {"role": "assistant", "content": None, "tool_calls": []}


@pytest.mark.parametrize(
    ("example", "refused"),
    [
        (pair("?", "!", "."), ("EXP001", "no list of messages")),
        ({"messages": ["secret"]}, ("EXP001", "no list of messages")),
        ({"messages": [ASK, REPLY], "tools": []}, ("EXP002", "$.tools")),
        ({"messages": [], "secret": 1}, ("EXP002", "$.(a key that chat lines do not have)")),
        ({"messages": [ASK, CALL]}, ("EXP002", "$.messages[1]: a message that is not text alone")),
        (
            {"messages": [{"role": "tool", "content": "!"}]},
            ("EXP002", "$.messages[0]: a message that is not text alone"),
        ),
        (
            {"messages": [{**ASK, "name": "secret"}]},
            ("EXP002", "$.messages[0]: more than a role, a text and a weight"),
        ),
        ({"messages": [ASK, {**REPLY, "weight": 0}]}, None),
    ],
)
def test_what_has_no_place_is_named_without_its_value(example: dict[str, Any], refused: tuple[str, str] | None) -> None:
    assert refusal(example) == refused
    assert "secret" not in str(refused)


def test_each_trained_answer_is_a_row_with_all_that_stands_before_it() -> None:
    silent = {**REPLY, "weight": 0}
    assert list(pairs([ASK, silent])) == []
    assert list(pairs([ASK, silent, ASK, {**REPLY, "weight": 1}, ASK, REPLY, ASK])) == [
        {"prompt": [ASK, REPLY, ASK], "completion": [REPLY]},
        {"prompt": [ASK, REPLY, ASK, REPLY, ASK], "completion": [REPLY]},
    ]


def test_the_ledger_holds_each_line_with_its_rows_or_its_reason(tmp_path: Path) -> None:
    silent = {"messages": [ASK, {**REPLY, "weight": 0}]}
    dataset = dataset_of(tmp_path / "a", lines({"messages": [ASK, REPLY] * 2}, silent), lines(pair("?", "!", ".")))
    manifest = export(dataset, PROMPT_COMPLETION, tmp_path / "b")
    assert pl.read_parquet(tmp_path / "b" / "ledger.parquet").rows() == [
        ("train", 1, 2, None, None),
        ("train", 2, 0, "EXP003", None),
        ("validation", 1, 0, "EXP001", "no list of messages"),
    ]
    assert manifest["rows"] == 2
    assert manifest["lines"] == {"read": 3, "exported": 1, "left_out": {"EXP001": 1, "EXP003": 1}}


def test_what_is_written_is_read_back_as_the_same_conversation(tmp_path: Path) -> None:
    examples = [chat("a?", "a\u2028"), chat("b?", "b", system="be brief")]
    export(dataset_of(tmp_path / "a", lines(*examples)), PROMPT_COMPLETION, tmp_path / "b")
    written = (tmp_path / "b" / "train.jsonl").read_bytes()
    assert [loads(line)["completion"][0]["content"] for line in written.splitlines()] == ["a\u2028", "b"]
    records = parse_lines(written, 1)
    assert to_examples(ingest(records, "train.jsonl", IngestParams(), "sft").tables) == examples
    assert orjson.loads(written.splitlines()[1])["prompt"][0]["role"] == "system"
