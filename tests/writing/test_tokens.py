"""Rows of tokens: those that a target learns, and no others; tables for verl, read back as what was said."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.builders import chat
from tests.writing.golden import CALLS, LINES, PLAIN, WEIGHTS
from tests.writing.lines import said
from tests.writing.support import read_back, write_dataset
from tuneset.writing import registry
from tuneset.writing.conversation import LeftOutError
from tuneset.writing.export import export
from tuneset.writing.exporter import Order

Line = dict[str, Any]


class Bytes:
    """A target whose tokens are the bytes of the messages."""

    name = "bytes"

    def encode(self, messages: Sequence[Line], tools: Sequence[Line]) -> tuple[list[int], list[int]]:
        ids: list[int] = []
        learned: list[int] = []
        for message in messages:
            if "secret" in str(message["content"]):
                raise LeftOutError("EXP006", "a word that the template does not render")
            data = f"{message['role']}: {message['content']}\n".encode()
            ids += data
            learned += [int(message["role"] == "assistant" and message.get("weight") != 0)] * len(data)
        return ids, learned

    def unstable(self, messages: Sequence[Line], tools: Sequence[Line]) -> list[int]:
        return []


def written(tmp_path: Path, flavour: str, lines: list[Line], order: Order) -> tuple[pl.DataFrame, pl.DataFrame]:
    export(write_dataset(tmp_path / "a", lines), registry.exporter(flavour), tmp_path / "b", order)
    return pl.read_parquet(tmp_path / "b" / "train.parquet"), pl.read_parquet(tmp_path / "b" / "ledger.parquet")


def test_labels_are_the_tokens_that_are_learned(tmp_path: Path) -> None:
    silent = {"messages": [{"role": "user", "content": "?"}, {"role": "assistant", "content": "!", "weight": 0}]}
    lines = [silent, WEIGHTS, chat("?", "secret"), chat("?", "long " * 99)]
    rows, ledger = written(tmp_path, "parquet", lines, Order(target=Bytes(), max_length=200))
    assert ledger["code"].to_list() == ["EXP003", None, "EXP006", "EXP005"]
    labels = rows["labels"][0].to_list()
    assert bytes(label for label in labels if label != -100) == b"assistant: It is.\n"
    assert rows["input_ids"][0].len() == len(labels) == rows["attention_mask"][0].sum()


def test_a_table_for_verl_says_what_the_lines_say_and_has_no_calls(tmp_path: Path) -> None:
    rows, ledger = written(tmp_path, "parquet", [PLAIN, CALLS, WEIGHTS], Order())
    assert ledger["code"].to_list() == [None, "EXP002", "EXP002"]
    assert [said(line) for line in read_back(rows.to_dicts())] == [said(PLAIN)]


def test_a_task_for_verl_has_its_answer_and_its_columns(tmp_path: Path) -> None:
    rows, _ = written(tmp_path, "parquet", LINES["rft"], Order())
    row = rows.row(0, named=True)
    assert row["reward_model"] == {"style": "rule", "ground_truth": "yes"}
    assert row["extra_info"] == {"index": 0, "columns": '{"reference_answer":"yes","level":2}'}
    assert row["prompt"][-1]["role"] == "user"


@pytest.mark.parametrize("flavour", ["trl", "mlx", "vertex"])
def test_every_flavour_counts_against_a_target(flavour: str, tmp_path: Path) -> None:
    dataset = write_dataset(tmp_path / "a", [chat("?", "!"), chat("?", "long " * 99), chat("?", "secret")])
    manifest = export(dataset, registry.exporter(flavour), tmp_path / "b", Order(target=Bytes(), max_length=200))
    assert manifest["lines"]["left_out"] == {"EXP005": 1, "EXP006": 1}
    assert manifest["target"] == "bytes"
