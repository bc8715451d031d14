"""An export for a model whose files are here: its tokens, what of them is learned, and rows that its template "
"spoils."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from tests.builders import chat
from tests.targets.local_models.tiny_models import tiny_model, write_model
from tests.writing.golden import CALLS, WEIGHTS
from tests.writing.support import write_dataset
from tuneset.cli.dataset.export_target import LocalTarget
from tuneset.cli.main import app
from tuneset.errors import InputError, UsageError
from tuneset.writing.conversation import LeftOutError

FORGETFUL = (
    "{% for message in messages %}<s>{{ message.role }}\n"
    "{% if message.role != 'tool' %}{{ message.content }}{% endif %}</s>\n{% endfor %}"
)
"""A template that does not render what tools gave, as those of models that know no tools."""


def test_a_model_that_is_not_here_or_cannot_chat_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="target nowhere"):
        LocalTarget("nowhere")
    with pytest.raises(UsageError, match="has no chat template"):
        LocalTarget(str(write_model(tmp_path / "plain", None)))
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no vocabulary"):
        LocalTarget(str(tmp_path / "empty"))


def test_a_template_that_leaves_a_part_out_or_fails_is_told(tmp_path: Path) -> None:
    target = LocalTarget(str(write_model(tmp_path / "a", FORGETFUL, eos_token="</s>")))
    with pytest.raises(LeftOutError, match="leaves message 3 out") as caught:
        target.encode([*chat("?", "!")["messages"], {"role": "tool", "content": "9"}], [])
    assert caught.value.code == "EXP007"
    failing = LocalTarget(str(write_model(tmp_path / "b", "{{ raise_exception('no') }}", eos_token="</s>")))
    with pytest.raises(LeftOutError) as caught:
        failing.encode(chat("?", "!")["messages"], [])
    assert caught.value.code == "EXP007"


def test_rows_of_tokens_are_those_that_the_model_learns(tmp_path: Path) -> None:
    folder = tiny_model("chatml")
    write_dataset(tmp_path / "a", [chat("Ask", "It is."), {"messages": WEIGHTS["messages"][:4]}])
    command = ["export", str(tmp_path / "a"), "--out", str(tmp_path / "b"), "--target", str(folder), "--to", "tinker"]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    target = LocalTarget(str(folder))
    for text in (tmp_path / "b" / "train.jsonl").read_bytes().splitlines():
        row = json.loads(text)
        assert len(row["tokens"]) == len(row["target_tokens"]) == len(row["weights"])
        learned = [token for token, weight in zip(row["target_tokens"], row["weights"], strict=True) if weight]
        wanted = target._model.vocabulary.encode("It is.").ids
        assert learned[: len(wanted)] == list(wanted)
    assert json.loads((tmp_path / "b" / "config.json").read_bytes())["model"] == str(folder)


def test_tokens_need_a_model(tmp_path: Path) -> None:
    write_dataset(tmp_path / "a", [chat("?", "!")])
    command = ["export", str(tmp_path / "a"), "--to", "tinker", "--out", str(tmp_path / "b")]
    with pytest.raises(UsageError, match="name it with --target"):
        CliRunner().invoke(app, command, catch_exceptions=False, standalone_mode=False)


def test_the_longest_row_is_measured_by_the_models_own_tokens(tmp_path: Path) -> None:
    write_dataset(tmp_path / "a", [chat("Ask", "It is."), chat("Ask", "It is. " * 99), CALLS])
    command = ["export", str(tmp_path / "a"), "--out", str(tmp_path / "b"), "--to", "trl", "--max-length", "40"]
    done = CliRunner().invoke(app, [*command, "--target", str(tiny_model("chatml"))])
    assert done.exit_code == 0, done.output
    ledger = pl.read_parquet(tmp_path / "b" / "ledger.parquet")
    assert ledger["code"].to_list()[:2] == [None, "EXP005"]
    assert json.loads((tmp_path / "b" / "config.json").read_bytes())["max_length"] == 40
