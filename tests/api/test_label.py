"""A teacher answers rows, by whatever way it is asked: what goes out, and what is dropped with a reason."""

from __future__ import annotations

import dataclasses
import functools
import json
import random
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.amounts import drawn
from tests.api.teacher import (
    CODES,
    ROWS,
    TEXTS,
    Teacher,
    lines,
    plain,
    run,
    write_rows,
    written,
)
from tuneset.api.remote.asking import Answers
from tuneset.api.remote.label import survey, teacher_of, write
from tuneset.api.remote.label_run import endpoint_of
from tuneset.errors import CheckFailedError, InputError, RemoteError, UsageError
from tuneset.labelling.rows import rows
from tuneset.params import EndpointParams, IngestParams, LabelParams, parse_params
from tuneset.providers.wire.chat_answer import parse_answer


def test_every_row_goes_out_or_is_dropped_with_a_reason(tmp_path: Path):
    write_rows(tmp_path)
    figures = run(server := Teacher(), tmp_path).figures
    assert figures is not None
    assert figures["dropped_by_code"] == CODES
    assert (figures["rows"], figures["answered"], figures["labelled"]) == (len(ROWS), 1, 5)
    assert figures["labelled_by"] == {"teacher-2026": 5}
    assert (figures["questions"], figures["prompt_tokens"], figures["answer_tokens"]) == (9, 27, 18)
    assert set(server.asked.values()) == {1}  # `one` stands in two rows
    assert len(server.asked) == len(TEXTS)
    ledger = [json.loads(line) for line in written(tmp_path)[1].splitlines()]
    assert [entry["line"] for entry in ledger] == list(range(1, len(ROWS) + 1))
    assert [one["written_line"] for one in ledger if one["code"] is None] == list(range(1, len(lines(tmp_path)) + 1))
    assert Counter(entry["outcome"] for entry in ledger) == {"labelled": 5, "answered": 1, "dropped": 6}


def test_an_answered_row_is_as_it_was_and_a_labelled_one_says_by_whom(tmp_path: Path):
    write_rows(tmp_path)
    run(Teacher(), tmp_path)
    found = lines(tmp_path)
    assert found[-1] == {"question": "had", "answer": "one"}
    asked, answer = {"role": "user", "content": "one"}, {"role": "assistant", "content": "about one"}
    mark = {"model": "teacher-2026", "endpoint": "local", "row": f"{tmp_path.as_posix()}/rows.jsonl:1"}
    assert found[0] == {"id": 0, "messages": [asked, answer], "labelled_by": mark}
    assert found[3]["messages"][1] == {"role": "assistant", "content": "about thinks", "reasoning_content": "hm"}


def test_a_second_run_sends_nothing_and_writes_the_same(tmp_path: Path):
    write_rows(tmp_path)
    run(server := Teacher(), tmp_path)
    first, requests = written(tmp_path), len(server.requests)
    (tmp_path / "labels.jsonl").unlink()
    run(server, tmp_path)
    assert len(server.requests) == requests
    assert written(tmp_path) == first


@pytest.mark.parametrize("order", [False, True])
@pytest.mark.parametrize("by", ["chat", "batch"])
def test_both_ways_and_any_order_of_answers_give_the_same(tmp_path: Path, by: str, order: bool):
    one, other = tmp_path / "a", tmp_path / "b"
    for folder in (one, other):
        folder.mkdir()
        write_rows(folder)
    run(Teacher(), one)
    run(Teacher(reversed=order), other, by=by, at_once=8 if order else 1)
    assert plain(written(one), one) == plain(written(other), other)


PAIR = {"prompt": "b", "chosen": "c", "rejected": "d"}
RAW = st.sampled_from(["{", *(json.dumps(row) for row in (*ROWS, {"messages": []}, PAIR))])


@settings(max_examples=drawn(15, 200))
@given(st.lists(RAW, min_size=1, max_size=12), st.randoms())
def test_rows_in_are_rows_out_and_rows_dropped_in_their_order(raw: list[str], chance: random.Random):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "rows.jsonl").write_text("\n".join(raw) + "\n")
        walk = functools.partial(rows, [folder / "rows.jsonl"], None, IngestParams())
        teacher = teacher_of(LabelParams(model="teacher"), "here", "local")
        questions = dict(survey(walk, teacher, Answers(folder / "answers.jsonl")).questions.items())
        server = Teacher()
        found = {
            key: dataclasses.asdict(parse_answer(server.answer(questions[key].body())[1]))
            for key in chance.sample(list(questions), len(questions))
        }
        figures = write(walk, teacher, found.get, folder / "out.jsonl", folder / "ledger.jsonl")
        ledger = [json.loads(line) for line in (folder / "ledger.jsonl").read_bytes().splitlines()]
        out = [json.loads(line) for line in (folder / "out.jsonl").read_bytes().splitlines()]
    assert figures["rows"] == len(raw) == len(ledger) == len(out) + figures["dropped"]
    assert [entry["line"] for entry in ledger] == list(range(1, len(raw) + 1))
    assert all((entry["code"] is None) == (entry["written_line"] is not None) for entry in ledger)
    for entry, text in zip(ledger, raw, strict=True):
        if entry["outcome"] == "answered":
            assert out[entry["written_line"] - 1] == json.loads(text)
        elif entry["outcome"] == "labelled":
            line = out[entry["written_line"] - 1]
            assert line["messages"][0]["content"] == json.loads(text)["prompt"]
            assert line["messages"][1]["content"] == f"about {json.loads(text)['prompt']}"


def test_what_the_endpoint_does_not_take_is_dropped_and_asked_again(tmp_path: Path):
    write_rows(tmp_path)
    server = Teacher(refuses=("two",))
    for by in ("chat", "batch"):
        figures = run(server, tmp_path, by=by).figures
        assert figures is not None
        assert figures["dropped_by_code"] == {**CODES, "LAB008": 1}
    assert b"too long" in written(tmp_path)[1] or b"too_long" in written(tmp_path)[1]
    run(server, tmp_path, by="batch")
    assert len(server.sent) == len(set(server.sent)) == 2  # a batch of its own each time
    server.refuses = ()
    figures = run(server, tmp_path, by="batch").figures
    assert figures is not None
    assert figures["dropped_by_code"] == CODES
    assert set(server.asked.values()) == {1}


def test_where_nothing_is_answered_the_run_fails(tmp_path: Path):
    write_rows(tmp_path, [{"prompt": "one"}])
    with pytest.raises(RemoteError, match=r"no row was answered: .*too long"):
        run(Teacher(refuses=("one",)), tmp_path)


def test_a_larger_limit_asks_again_what_was_cut_off_and_nothing_else(tmp_path: Path):
    write_rows(tmp_path)
    run(server := Teacher(), tmp_path)
    run(server, tmp_path, max_tokens=6000)
    assert sum(server.asked.values()) == len(TEXTS) + 1
    assert any("about cut" in json.dumps(line) for line in lines(tmp_path))
    run(server, tmp_path, max_tokens=7)
    assert sum(server.asked.values()) == len(TEXTS) + 1


def test_other_settings_are_other_questions(tmp_path: Path):
    write_rows(tmp_path, [{"prompt": "one"}])
    run(server := Teacher(), tmp_path)
    schema = {"type": "string"}
    settings: dict[str, Any] = {"system": "Be brief.", "temperature": 0.5, "seed": 3, "json_schema": schema}
    figures = run(server, tmp_path, **settings).figures
    body = json.loads(list(server.asked)[-1])
    assert body["messages"][0] == {"role": "system", "content": "Be brief."}
    assert (body["temperature"], body["seed"], body["max_completion_tokens"]) == (0.5, 3, 1024)
    assert body["response_format"]["json_schema"]["schema"] == schema
    assert figures is not None
    assert figures["dropped_by_code"] == {"LAB007": 1}


def test_a_system_text_is_sent_and_not_written_and_stands_behind_no_other(tmp_path: Path):
    own = {"messages": [{"role": "system", "content": "Mine."}, {"role": "user", "content": "one"}]}
    write_rows(tmp_path, [own, {"prompt": "two"}])
    run(server := Teacher(), tmp_path, system="Theirs.")
    sent = [[one["content"] for one in json.loads(body)["messages"]] for body in server.asked]
    assert sent == [["Mine.", "one"], ["Theirs.", "two"]]
    assert [line["messages"][0]["content"] for line in lines(tmp_path)] == ["Mine.", "two"]


@pytest.mark.parametrize("by", ["chat", "batch"])
def test_nothing_is_sent_where_something_must_not_leave(tmp_path: Path, by: str):
    secret = "my key is sk-proj-" + "a1B2c3D4" * 6
    write_rows(tmp_path, [{"prompt": "one"}, {"prompt": secret}])
    with pytest.raises(CheckFailedError, match=r"rows\.jsonl:2: EGR") as told:
        run(server := Teacher(), tmp_path, by=by)
    assert "sk-proj" not in str(told.value)
    assert server.requests == []


def test_a_preview_sends_and_writes_nothing(tmp_path: Path):
    write_rows(tmp_path)
    done = run(server := Teacher(), tmp_path, preview=True)
    assert (done.asks.rows, done.asks.answered, done.asks.asking, len(done.asks.questions)) == (12, 1, 10, 9)
    assert done.cost.answer_tokens == 9 * 1024
    assert server.requests == []
    assert [path.name for path in tmp_path.rglob("*")] == ["rows.jsonl"]


def test_where_no_row_can_be_read_the_first_says_why(tmp_path: Path):
    write_rows(tmp_path, [{"frage": "Warum?"}] * 2)
    with pytest.raises(InputError, match=r"rows\.jsonl:1: ING001: no known shape .* has the keys frage") as told:
        run(Teacher(), tmp_path)
    assert "label.mapping" in str(told.value)
    assert not (tmp_path / "labels.jsonl").exists()
    done = run(Teacher(), tmp_path, mapping={"user": "frage"})
    assert done.asks.asking == 2


def test_requests_of_the_batch_api_are_sent_to_the_command_for_them(tmp_path: Path):
    body = {"model": "m", "messages": [{"role": "user", "content": "one"}]}
    write_rows(tmp_path, [{"custom_id": "1", "method": "POST", "url": "/v1/chat/completions", "body": body}])
    with pytest.raises(InputError) as told:
        run(Teacher(), tmp_path)
    assert "tuneset batch submit" in str(told.value)


def test_without_a_model_nobody_is_asked(tmp_path: Path):
    write_rows(tmp_path)
    with pytest.raises(UsageError, match="no teacher is named"):
        run(Teacher(), tmp_path, model=None)


def test_the_teacher_may_be_elsewhere_than_the_job():
    def of(**label: str) -> EndpointParams:
        own = {"profile": "openai", "api_key_env": "MINE", "spend_limit_usd": 5}
        return endpoint_of(parse_params({"endpoint": own, "label": label}, "params"))

    assert (of().profile, of().api_key_env) == ("openai", "MINE")
    assert (of(profile="together").profile, of(profile="together").api_key_env) == ("together", None)
    local = of(base_url="http://127.0.0.1:8000/v1")
    assert (local.profile, local.base_url, local.spend_limit_usd) == ("local", "http://127.0.0.1:8000/v1", 5)
    assert of(api_key_env="OTHER").profile == "openai"
