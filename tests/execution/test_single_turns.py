"""Conversations that a template shows otherwise later, split by `prepare` into an example for each trained answer."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.builders import tables_of
from tests.targets.local_models.tiny_models import write_model
from tests.writing.test_unstable import DROPS_REASONING, said
from tuneset.api.explain import explain
from tuneset.api.prepare import Prepared, prepare
from tuneset.errors import UsageError
from tuneset.example_tables import to_examples
from tuneset.params import parse_params
from tuneset.stages.tokenize import Length, tokenize
from tuneset.targets.local_models.model_files import ModelPlace
from tuneset.targets.target import Target

Line = dict[str, Any]


def talk(name: str, reasoning: str | None, opening: str = "") -> Line:
    """Three exchanges, all their texts with the name but the first where it is another."""
    texts = [f"{name} {word * 3}" for word in ("ask", "say", "why", "so", "and", "then")]
    texts[:2] = [opening, f"{opening}!"] if opening else texts[:2]
    messages: list[Line] = [{"role": ("user", "assistant")[n % 2], "content": text} for n, text in enumerate(texts)]
    for message in messages[1::2] if reasoning else []:
        message["reasoning_content"] = reasoning
    return {"messages": messages}


def made(folder: Path, lines: list[Line], *, workers: int = 1, **params: Any) -> Prepared:  # noqa: ANN401  any params
    model = write_model(folder / "model", DROPS_REASONING, eos_token="<|im_end|>")
    chosen = {
        "target": {"model": str(model), "unstable": "split"},
        "endpoint": {"profile": "together"},
        "dedup": {"near": {"enabled": False}},
        "workers": workers,
        **params,
    }
    (folder / "raw.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return prepare(folder / "raw.jsonl", folder / f"out{workers}", chosen)


ANSWERS = ["saysaysay", "sososo", "thenthenthen"]
LINES = [talk(f"row{n}", "so" if n % 2 else None) for n in range(16)]


def test_a_trainer_that_does_not_look_at_weights_is_refused() -> None:
    with pytest.raises(UsageError, match=r"unstable: split marks answers by weight.*the recipe trl"):
        parse_params({"target": {"model": "m", "recipe": "trl", "unstable": "split"}}, "params")


def test_by_default_and_without_unstable_answers_conversations_stay_whole(tmp_path: Path) -> None:
    place = ModelPlace(str(write_model(tmp_path, DROPS_REASONING, eos_token="<|im_end|>")))
    for line, split in ((LINES[1], False), (LINES[0], True)):
        tables = tables_of([line])
        result = tokenize(tables, Length(Target("m", place=place), None, "drop", split))
        assert to_examples(result.tables) == [line]
        assert result.tables.examples["row_id"].to_list() == tables.examples["row_id"].to_list()


def test_rows_read_and_derived_are_rows_kept_and_dropped_and_each_trains_one_answer(tmp_path: Path) -> None:
    done = made(tmp_path, LINES, tokenize={"max_tokens": 70})
    rows, ledger = done.metrics["rows"], done.ledger
    assert (rows["read"], rows["derived"]) == (16, 16)
    assert rows["dropped"] + rows["train"] + rows["validation"] == 32 == ledger.height
    assert rows["dropped"] > 0
    assert ledger["row_id"].n_unique() == 32
    derived = ledger.filter(pl.col("derived_from").is_not_null())
    assert derived.height == 16
    assert set(derived["derived_from"]) <= set(ledger.filter(pl.col("derived_from").is_null())["row_id"])
    single = ledger.filter(pl.col("line") == 2)
    assert single["answer"].to_list() == [1, 2, 3]
    assert len(set(single.filter(pl.col("outcome") != "dropped")["outcome"])) == 1


def test_the_files_hold_each_answer_once_and_explain_knows_their_lines(tmp_path: Path) -> None:
    done = made(tmp_path, LINES)
    written = [*done.examples("train"), *done.examples("validation")]
    trained = [text for row in said(written) for text in row.split() if text in ANSWERS]
    assert sorted(trained) == sorted(ANSWERS * 16)
    assert done.metrics["target"]["examples_with_unstable_turns"] == 0
    story = str(explain(f"{tmp_path}/raw.jsonl:2", done))
    assert "up to its answer 1, which alone is trained" in story
    assert "comes to another line" not in story


def test_any_number_of_workers_writes_the_same(tmp_path: Path) -> None:
    one, two = made(tmp_path, LINES), made(tmp_path, LINES, workers=2)
    for name in ("train", "validation"):
        assert one.paths[name].read_bytes() == two.paths[name].read_bytes()
    assert one.ledger.equals(two.ledger)


def test_conversations_that_open_alike_stay_on_one_side(tmp_path: Path) -> None:
    opening = "Hello there"
    lines = [*LINES, *(talk(f"more{n}", "so", opening) for n in range(8))]
    lines.append({"messages": talk("x", None, opening)["messages"][:2]})
    done = made(tmp_path, lines, split={"validation": 0.4})
    assert done.passed, done.gates
    sides = done.ledger.filter((pl.col("line") > 16) & (pl.col("outcome") != "dropped"))["outcome"].unique()
    assert len(sides) == 1


def test_what_is_too_long_goes_by_itself(tmp_path: Path) -> None:
    place = ModelPlace(str(write_model(tmp_path, DROPS_REASONING, eos_token="<|im_end|>")))
    tables = tables_of([LINES[1]])
    whole = Length(Target("m", place=place), None, "drop", split_unstable=True)
    tokens = tokenize(tables, whole).tables.examples["tokens"].to_list()
    result = tokenize(tables, dataclasses.replace(whole, limit=tokens[1]))
    assert result.tables.examples["answer"].to_list() == [1, 2]
    assert result.rejects.select("row_id", "code", "derived_from", "answer").rows() == [
        (tables.examples["row_id"][0], "TOK001", None, 3)
    ]
