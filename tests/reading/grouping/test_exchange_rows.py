"""Rows of one numbered exchange each are one conversation in the order of their numbers, and others stay rows."""

from __future__ import annotations

import itertools
import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.reading.grouping.test_gather import read, texts
from tuneset.example_tables import to_examples
from tuneset.model import Format
from tuneset.reading.raw_shards import plan
from tuneset.reading.read import read_records

Row = dict[str, Any]


def row(of: Any, turn: Any, asked: str, answered: str, **more: Any) -> Row:  # noqa: ANN401  any JSON value
    return {"conversation_id": of, "turn": turn, "question": asked, "answer": answered, **more}


TWO = [row("a", 1, "Is it open?", "Yes."), row("a", 2, "And on Sunday?", "No.")]
ASKED = ("question", "query", "prompt", "user_message", "user_input", "user", "human", "instruction", "input")
TALKS = st.dictionaries(st.sampled_from(("a", "b", "c")), st.integers(1, 4), min_size=1)


@pytest.mark.parametrize(
    "rows",
    [
        [{name: value for name, value in each.items() if name != "turn"} for each in TWO],
        [{name: value for name, value in each.items() if name != "conversation_id"} for each in TWO],
        [{**each, "turn": "first"} for each in TWO],
        [{**each, "conversation_id": ""} for each in TWO],
        [{**each, "history": [["Hi", "Ho"]]} for each in TWO],
        [{**each, "context": "Nine to five."} for each in TWO],
        [{**each, "question": f"User: {each['question']}"} for each in TWO],
        [{**each, "conversation_id": each["turn"]} for each in TWO],
        [{**each, "turn": 1} for each in TWO],
        [{**each, "question": "Is it open?"} for each in TWO],
        [*TWO[:1], *TWO[:1]],
        [
            {"conversation_id": "a", "turn": turn, "instruction": "Add.", "input": f"{turn}", "output": f"{turn + 1}"}
            for turn in (1, 2)
        ],
        [
            {"conversation_id": "a", "turn": turn, "question": "Is it?", "instruction": f"Of {turn}", "answer": "Yes."}
            for turn in (1, 2)
        ],
    ],
)
def test_rows_that_may_stand_alone_stay_rows(tmp_path: Path, rows: list[Row]) -> None:
    result = read(tmp_path / "raw.jsonl", rows)
    assert result.tables.examples.height == len(rows)
    assert result.rejects.is_empty()


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(ASKED, 2)))
def test_no_question_of_a_row_is_lost_whatever_its_columns(tmp_path: Path, one: str, other: str) -> None:
    rows = [{"conversation_id": "a", "turn": n, one: f"{n}a?", other: f"{n}b?", "output": f"{n}!"} for n in (1, 2)]
    apart = [{**each, "conversation_id": each["turn"]} for each in rows]
    whole, alone = (
        set(itertools.chain(*texts(read(tmp_path / name, said))))
        for name, said in (("w.jsonl", rows), ("a.jsonl", apart))
    )
    assert alone <= whole


def test_rows_that_stand_twice_are_one_exchange(tmp_path: Path) -> None:
    assert texts(read(tmp_path / "raw.jsonl", [*TWO, TWO[1]])) == [["Is it open?", "Yes.", "And on Sunday?", "No."]]


@given(talks=TALKS, seed=st.integers(0, 9), as_text=st.booleans())
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_each_conversation_comes_back_in_whatever_order_its_rows_stand(
    tmp_path: Path, talks: dict[str, int], seed: int, *, as_text: bool
) -> None:
    rows = [
        row(of, str(turn) if as_text else turn, f"{of}{turn}?", f"{of}{turn}!")
        for of, turns in talks.items()
        for turn in range(turns)
    ]
    random.Random(seed).shuffle(rows)
    result = read(tmp_path / "raw.jsonl", rows)
    said = sorted(
        [text for turn in range(turns) for text in (f"{of}{turn}?", f"{of}{turn}!")] for of, turns in talks.items()
    )
    assert sorted(texts(result)) == said
    assert result.metrics["rows.read"] == len(rows)


def test_what_rows_say_of_an_answer_and_of_the_conversation_is_kept_apart(tmp_path: Path) -> None:
    rows = [{**each, "system": "Be brief.", "rating": mark} for each, mark in zip(TWO, ("bad", "good"), strict=True)]
    (example,) = to_examples(read(tmp_path / "raw.jsonl", rows).tables)
    assert example["messages"][0] == {"role": "system", "content": "Be brief."}
    assert [message.get("weight") for message in example["messages"][1:]] == [None, 0, None, None]


def test_questions_that_say_the_earlier_turns_are_not_said_twice(tmp_path: Path) -> None:
    first = row("a", 1, "Is it open today?", "It is, until five.")
    rows = [first, row("a", 2, f"{first['question']}\n{first['answer']}\nAnd on Sunday?", "No.")]
    assert texts(read(tmp_path / "raw.jsonl", rows)) == [[rows[1]["question"], "No."]]
    short = [TWO[0], row("a", 2, "Is it open?\nYes.\nAnd on Sunday?", "No.")]
    assert texts(read(tmp_path / "raw.jsonl", short)) == [[short[1]["question"], "No."]]


def test_several_answers_to_one_turn_are_told(tmp_path: Path) -> None:
    result = read(tmp_path / "raw.jsonl", [*TWO, row("a", 2, "And on Sunday?", "It is closed.")])
    assert result.tables.examples.is_empty()
    assert "several exchanges of the conversation have one number: keep one of each" in result.rejects["detail"][0]


@pytest.mark.parametrize("line_format", ["kto", "rft", "dpo"])
def test_rows_of_other_lines_than_conversations_stay_rows(tmp_path: Path, line_format: Format) -> None:
    path = tmp_path / "raw.jsonl"
    path.write_text("".join(json.dumps({**each, "thumbs_up": True}) + "\n" for each in TWO))
    found = [
        value for shard in plan([path]) for each in read_records(shard, None, line_format) for value in each.values
    ]
    assert [value["turn"] for value in found] == [1, 2]
