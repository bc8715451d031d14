"""The mapping that is advised for a row of no known shape: it names no value, and it reads the row."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tuneset.model import Format
from tuneset.params import IngestParams
from tuneset.reading.records import Records
from tuneset.reading.shapes.choose import chooser, shapes_of
from tuneset.reading.shapes.mapping_guess import guess, written
from tuneset.reading.shapes.unknown_row import unknown
from tuneset.stages.ingest import ingest

TALK = [{"who": "Ann", "said": "Is it open?"}, {"who": "Bo", "said": "Yes, it is."}]
GUESSES: tuple[tuple[dict[str, Any], Format, dict[str, Any] | None], ...] = (
    ({"text": "A text alone."}, "sft", None),
    ({"id": "a-1", "url": "http://x", "lang": "en", "score": 3}, "sft", None),
    ({"a{b": "Is it open?", "c}": "Yes."}, "sft", None),
    ({"x" * 65: "Is it open?", "y" * 65: "Yes."}, "sft", None),
    ({"good": "Yes.", "bad": "No."}, "dpo", None),
    ({"antwort": "Ja.", "frage": "Offen?"}, "sft", {"user": "frage", "assistant": "antwort"}),
    ({"问题": "几点?", "答案": "九点。"}, "sft", {"user": "问题", "assistant": "答案"}),
    ({"label": "open", "sentence": "We are open."}, "sft", {"user": "sentence", "assistant": "label"}),
    ({"one": "Is it open now?", "two": "Yes, it is."}, "sft", {"user": "one", "assistant": "two"}),
    ({"Customer says": "Open?", "Agent": "Yes."}, "sft", {"user": "Customer says", "assistant": "Agent"}),
    (
        {"persona": "A clerk.", "ticket": {"title": "Open?", "body": "Yes."}},
        "sft",
        {"system": "persona", "user": "ticket.title", "assistant": "ticket.body"},
    ),
    (
        {"log": TALK},
        "sft",
        {"messages": "log", "role_key": "who", "content_key": "said", "roles": {"NAME": "user", "OTHER": "assistant"}},
    ),
    (
        {"call": {"system": "Be brief.", "parts": [{"by": "user", "msg": "Open?"}, {"by": "bot", "msg": "Yes."}]}},
        "sft",
        {"system": "call.system", "messages": "call.parts", "role_key": "by", "content_key": "msg"},
    ),
    ({"source": "a list of tasks", "instruction": "Say when it is open.", "completions": []}, "sft", None),
    ({"_task_hash": 1, "text": "Is it open today?", "answer": "accept"}, "sft", None),
    (
        {"call": {"parts": [{"by": "user", "msg": "Open?"}, {"by": "bot", "msg": "Yes."}]}},
        "sft",
        {"messages": "call.parts", "role_key": "by", "content_key": "msg"},
    ),
    (
        {"task": "Open?", "good_answer": "Yes.", "bad_answer": "No."},
        "dpo",
        {"user": "task", "chosen": "good_answer", "rejected": "bad_answer"},
    ),
    ({"aufgabe": "Offen?", "n": 3}, "rft", {"user": "aufgabe"}),
    ({"question": "Open?", "answer": ["Yes."]}, "dpo", None),
    ({"question": "Open?", "answer": ["Yes.", 3]}, "dpo", None),
    (
        {"question": "Open?", "answer": ["Yes.", "No."]},
        "dpo",
        {"user": "question", "chosen": "answer.0", "rejected": "answer.1"},
    ),
)


@pytest.mark.parametrize(("row", "line_format", "expected"), GUESSES, ids=lambda value: str(value)[:30])
def test_a_mapping_is_guessed_from_names_and_kinds_of_values(
    row: dict[str, Any], line_format: Format, expected: dict[str, Any] | None
) -> None:
    assert guess(row, line_format) == expected


NAMES = st.sampled_from(
    ["Frage", "Antwort!", "client says", "no", "meta", "log", "q1", "notes", "1st", "a: b", "x.y", "résumé", "-", "#1"]
)
TEXTS = st.sampled_from(["Is it open now?", "Yes, it is.", "secret value 7", "ok", ""])
TURNS = st.lists(st.fixed_dictionaries({"who": st.sampled_from(["Ann", "user"]), "line": TEXTS}), min_size=1)
VALUES = st.one_of(TEXTS, st.integers(), st.none(), TURNS, st.dictionaries(NAMES, TEXTS), TURNS.map(json.dumps))


@given(st.dictionaries(NAMES, VALUES, min_size=1), st.sampled_from(["sft", "dpo", "rft", "kto"]))
def test_what_is_guessed_reads_the_row_and_tells_no_value(row: dict[str, Any], line_format: Format) -> None:
    mapping = guess(row, line_format)
    if mapping is None or chooser(shapes_of(line_format))(row) is not None:
        return
    line = written(mapping)
    assert yaml.safe_load(line) == mapping
    assert f"ingest.mapping: {line}" in unknown(row, line_format) or "tune.method" in unknown(row, line_format)
    assert "secret" not in line
    read = ingest(Records([1], [0], [row]), "a", IngestParams.model_validate({"mapping": mapping}), line_format)
    if line_format != "kto":  # which lacks its label
        assert read.rejects["detail"].to_list() == []
        assert read.tables.examples.height == 1


ANSWERS = st.one_of(TEXTS, st.integers(), st.none(), st.lists(TEXTS, max_size=3), st.lists(TURNS, max_size=2))
COLUMNS = ("question", "prompt", "answer", "output", "instruction", "chosen", "rejected", "messages", "text", "frage")


@given(st.lists(st.dictionaries(st.sampled_from(COLUMNS), ANSWERS, min_size=1), min_size=1, max_size=4))
def test_what_is_advised_of_a_row_reads_that_row_whatever_rows_came_before_it(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        if chooser(shapes_of("dpo"))(row) is not None:
            continue
        _, _, advice = unknown(row, "dpo").partition("; ")
        if advice.startswith("they are a shape of sft"):
            assert ingest(Records([1], [0], [row]), "a", IngestParams(), "sft").tables.examples.height == 1
        elif advice.startswith("try ingest.mapping: "):
            line = advice.removeprefix("try ingest.mapping: ").partition(", where")[0]
            params = IngestParams.model_validate({"mapping": yaml.safe_load(line)})
            assert ingest(Records([1], [0], [row]), "a", params, "dpo").tables.examples.height == 1


def test_both_answers_in_one_list_are_advised_by_their_places() -> None:
    turns = [{"role": "user", "content": "Open?"}]
    row = {
        "question": "Open?",
        "answer": [[*turns, {"role": "assistant", "content": text}] for text in ("Yes.", "No.")],
    }
    advised = (
        "ingest.mapping: {user: question, chosen: answer.0, rejected: answer.1}, where the first of them is the better"
    )
    assert f"; try {advised} one" in unknown(row, "dpo")
