"""A teacher answers each row once, whatever dies on the way, by whatever way and in whatever order it is asked."""

from __future__ import annotations

import dataclasses
import functools
import gc
import itertools
import json
import os
import random
import tempfile
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.amounts import cases
from tests.providers.protocol_server import Fault, Server, answer, error, lost
from tuneset.api.remote import label_run
from tuneset.api.remote.asking import Answers
from tuneset.api.remote.label import survey, teacher_of, write
from tuneset.api.remote.label_run import ANSWERS, BATCHES, Labelled, Told, endpoint_of, figures_of, ledger_of
from tuneset.errors import CheckFailedError, InputError, RemoteError, UsageError
from tuneset.execution.folder_lock import LOCK_FILE
from tuneset.labelling.rows import rows
from tuneset.params import EndpointParams, IngestParams, LabelParams, parse_params
from tuneset.providers.chat_models import ChatAnswer, ChatQuestion
from tuneset.providers.wire.chat_answer import parse_answer

TOLD = Told(lambda *_: None, lambda *_: None, lambda *_: None, lambda *_: None)
TEXTS = ("one", "two", "three", "cut", "declined", "filtered", "empty", "calls", "thinks")
ROWS: list[dict[str, Any]] = [
    *({"prompt": text, "id": number} for number, text in enumerate(TEXTS)),
    {"prompt": "one"},
    {"question": "had", "answer": "one"},
    {"page": 7},
]
CODES = {"ING001": 1, "LAB002": 1, "LAB003": 1, "LAB004": 1, "LAB005": 1, "LAB006": 1}


class Killed(BaseException):
    """The process ends here."""


@dataclasses.dataclass
class Teacher(Server):
    """A server that answers by chat and by batches what the text asks for, and can die at any request."""

    asked: Counter[str] = dataclasses.field(default_factory=Counter)
    """How often each question was answered, by its whole body."""
    sent: list[str] = dataclasses.field(default_factory=list)
    """Custom ids in the order in which batches brought them."""
    dies_at: int = 10**6
    acts_first: bool = False
    refuses: tuple[str, ...] = ()
    batches: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    reversed: bool = False
    seen: itertools.count[int] = dataclasses.field(default_factory=itertools.count)
    lock: threading.Lock = dataclasses.field(default_factory=threading.Lock)

    def handle(self, request: httpx2.Request) -> httpx2.Response:
        dies = next(self.seen) == self.dies_at
        if dies and not self.acts_first:
            raise Killed
        answer = super().handle(request)
        if dies:
            raise Killed
        return answer

    def act(self, request: httpx2.Request) -> httpx2.Response:
        path = request.url.path.removeprefix("/v1")
        if path == "/chat/completions":
            status, body = self.answer(json.loads(request.read()))
            return httpx2.Response(status, json=body)
        if path == "/batches" and request.method == "POST":
            return httpx2.Response(200, json=self.create(json.loads(request.read())))
        if path == "/batches":
            return httpx2.Response(200, json={"object": "list", "data": list(self.batches.values()), "has_more": False})
        if path.startswith("/batches/"):
            return httpx2.Response(200, json=self.batches[path.removeprefix("/batches/")])
        return super().act(request)

    def answer(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Status and body of a completion; each text asks for what it is called."""
        text = body["messages"][-1]["content"]
        if text in self.refuses:
            return 400, {"error": {"message": "too long", "code": "too_long"}}
        with self.lock:
            self.asked[json.dumps(body, sort_keys=True)] += 1
        message: dict[str, Any] = {"role": "assistant", "content": f"about {text}"}
        reason = "stop"
        if text == "cut" and body["max_completion_tokens"] < 5000:
            reason = "length"
        elif text == "declined":
            message |= {"content": None, "refusal": "No."}
        elif text == "filtered":
            reason = "content_filter"
        elif text == "empty":
            message["content"] = " "
        elif text == "calls":
            call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
            message |= {"content": None, "tool_calls": [call]}
        elif text == "thinks":
            message["reasoning_content"] = "hm"
        usage = {"prompt_tokens": 3, "completion_tokens": 2}
        choice = {"index": 0, "message": message, "finish_reason": reason}
        return 200, {"id": "c", "model": "teacher-2026", "choices": [choice], "usage": usage}

    def create(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """A batch that is at its end at once."""
        lines = [json.loads(line) for line in self.contents[wanted["input_file_id"]].splitlines()]
        self.sent += [line["custom_id"] for line in lines]
        found = []
        for line in reversed(lines) if self.reversed else lines:
            status, body = self.answer(line["body"])
            found.append({"custom_id": line["custom_id"], "response": {"status_code": status, "body": body}})
        content = b"".join(json.dumps(one).encode() + b"\n" for one in found)
        made = self.add_file("output.jsonl", content, "batch_output")
        batch = {
            "id": f"batch_{len(self.batches) + 1}", "object": "batch", "status": "completed",
            "endpoint": wanted["endpoint"], "input_file_id": wanted["input_file_id"], "output_file_id": made,
            "metadata": wanted["metadata"], "created_at": len(self.batches) + 1,
            "request_counts": {"total": len(found), "completed": len(found), "failed": 0},
        }  # fmt: skip
        self.batches[batch["id"]] = batch
        return batch


@dataclasses.dataclass
class Counting(Teacher):
    """A teacher that counts, at each request, how many questions and answers are held by whoever asks."""

    most: int = 0

    def handle(self, request: httpx2.Request) -> httpx2.Response:
        with self.lock:
            self.most = max(self.most, sum(isinstance(one, ChatQuestion | ChatAnswer) for one in gc.get_objects()))
        return super().handle(request)


def write_rows(folder: Path, rows: list[dict[str, Any]] = ROWS) -> Path:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def run(
    server: Server,
    folder: Path,
    *,
    preview: bool = False,
    paid: bool = False,
    raw: str = "rows.jsonl",
    out: str = "labels.jsonl",
    **label: Any,  # noqa: ANN401
) -> Labelled:
    document = {"label": {"model": "teacher", "at_once": 1, **label}}
    document["endpoint"] = {"profile": "openai", **label.pop("endpoint", {})} if paid else {}
    document["label"].pop("endpoint", None)
    params = parse_params(document, "params")
    return label_run.run(
        server.endpoint(profile="openai") if paid else server.endpoint(), params, [folder / raw], folder / out,
        folder=folder / "label", receipts=folder / "receipts", told=TOLD, preview=preview,
    )  # fmt: skip


def written(folder: Path, out: str = "labels.jsonl") -> list[bytes]:
    places = [of(folder / "label", folder / out) for of in (ledger_of, figures_of)]
    return [path.read_bytes() for path in (folder / out, *places)]


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "labels.jsonl").read_bytes().splitlines()]


@pytest.fixture
def usual(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """What is written where nothing goes wrong."""
    folder = tmp_path_factory.mktemp("usual")
    write_rows(folder)
    run(Teacher(), folder)
    return _plain(written(folder), folder)


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


def _plain(found: list[bytes], folder: Path) -> list[bytes]:
    """What was written, whatever folder it lies in."""
    return [content.replace(folder.as_posix().encode(), b"") for content in found]


@pytest.mark.parametrize("order", [False, True])
@pytest.mark.parametrize("by", ["chat", "batch"])
def test_both_ways_and_any_order_of_answers_give_the_same(tmp_path: Path, by: str, order: bool):
    one, other = tmp_path / "a", tmp_path / "b"
    for folder in (one, other):
        folder.mkdir()
        write_rows(folder)
    run(Teacher(), one)
    run(Teacher(reversed=order), other, by=by, at_once=8 if order else 1)
    assert _plain(written(one), one) == _plain(written(other), other)


@pytest.mark.parametrize("acts_first", [False, True])
@pytest.mark.parametrize("by", ["chat", "batch"])
def test_a_run_that_dies_at_any_request_is_finished_by_the_next(
    tmp_path: Path, by: str, acts_first: bool, usual: list[bytes]
):
    for dies_at in itertools.count():
        folder = tmp_path / str(dies_at)
        folder.mkdir()
        write_rows(folder)
        server = Teacher(dies_at=dies_at, acts_first=acts_first)
        try:
            run(server, folder, by=by)
        except Killed:
            assert not (folder / "labels.jsonl").exists()
            kept = folder / "label/answers.jsonl"
            answered = kept.read_bytes().count(b"\n") if kept.exists() else 0
            before = sum(server.asked.values())
            run(server, folder, by=by)
            if by == "chat":  # an answer that was lost on its way is asked for again, one that came is not
                assert sum(server.asked.values()) == len(TEXTS) + before - answered
        else:
            assert dies_at > 0
            break
        assert len(server.sent) == len(set(server.sent))
        assert by == "chat" or len(server.sent) == len(TEXTS)
        assert _plain(written(folder), folder) == usual


CALLS = (
    "POST /files",
    "POST /batches",
    "GET /batches",
    "GET /batches/batch_1",
    "GET /files/ID/content",
)


@pytest.mark.parametrize("call", [*CALLS, "POST /chat/completions"])
@pytest.mark.parametrize("fault", [lost(), answer(lambda: error(503, "busy")), answer(lambda: error(429, "wait"))])
def test_a_fault_on_the_way_is_borne_and_nothing_goes_out_twice(
    tmp_path: Path, call: str, fault: Fault, usual: list[bytes]
):
    write_rows(tmp_path)
    server = Teacher(faults={call: [fault, fault]})
    run(server, tmp_path, by="chat" if "chat" in call else "batch")
    assert _plain(written(tmp_path), tmp_path) == usual
    assert len(server.sent) == len(set(server.sent))
    assert len(server.faults[call]) < 2, "it was met"


@pytest.mark.parametrize("number", range(3))
def test_a_run_that_dies_while_it_writes_is_finished_without_a_request(
    tmp_path: Path, number: int, usual: list[bytes], monkeypatch: pytest.MonkeyPatch
):
    write_rows(tmp_path)
    server, left = Teacher(), iter(range(number))
    run(server, tmp_path, preview=True)
    real = os.fsync

    def fsync(handle: int) -> None:
        if next(left, None) is None:
            raise Killed
        real(handle)

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", fsync)
        with pytest.raises(Killed):
            run(server, tmp_path)
    requests = len(server.requests)
    run(server, tmp_path)
    assert len(server.requests) == requests
    assert _plain(written(tmp_path), tmp_path) == usual


PAIR = {"prompt": "b", "chosen": "c", "rejected": "d"}
RAW = st.sampled_from(["{", *(json.dumps(row) for row in (*ROWS, {"messages": []}, PAIR))])


@settings(max_examples=cases(15, 200))
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


@pytest.mark.parametrize("by", ["chat", "batch"])
@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "spend_limit_usd is not set"),
        ({"endpoint": {"accept_unknown_cost": True}}, "spend_limit_usd is not set"),
        ({"endpoint": {"spend_limit_usd": 5}}, "what answers cost at"),
        (
            {"endpoint": {"spend_limit_usd": 0.01}, "prompt_usd_per_million_tokens": 1.0,
             "answer_usd_per_million_tokens": 4.0},
            r"may cost up to 0\.04 USD, endpoint.spend_limit_usd is 0\.01",
        ),
    ],
)  # fmt: skip
def test_a_paid_endpoint_is_asked_nothing_without_a_limit_that_holds(
    tmp_path: Path, by: str, settings: dict[str, Any], said: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0123456789")
    write_rows(tmp_path)
    with pytest.raises(UsageError, match=said):
        run(server := Teacher(), tmp_path, paid=True, by=by, **settings)
    assert server.requests == []


@pytest.mark.parametrize("by", ["chat", "batch"])
def test_within_its_limit_a_paid_endpoint_answers_and_the_cost_is_told(
    tmp_path: Path, by: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0123456789")
    write_rows(tmp_path)
    prices: dict[str, Any] = {"prompt_usd_per_million_tokens": 1000.0, "answer_usd_per_million_tokens": 10.0}
    done = run(Teacher(), tmp_path, paid=True, by=by, endpoint={"spend_limit_usd": 5.0}, **prices)
    assert done.figures is not None
    assert done.figures["usd"] == pytest.approx(27e-3 + 18e-5, abs=1e-4)
    assert done.cost.usd is not None
    assert done.cost.usd >= done.figures["usd"]


def test_a_preview_sends_and_writes_nothing(tmp_path: Path):
    write_rows(tmp_path)
    done = run(server := Teacher(), tmp_path, preview=True)
    assert (done.asks.rows, done.asks.answered, done.asks.asking, len(done.asks.questions)) == (12, 1, 10, 9)
    assert done.cost.answer_tokens == 9 * 1024
    assert server.requests == []
    assert [path.name for path in tmp_path.rglob("*")] == ["rows.jsonl"]


@pytest.mark.parametrize("raw", ["labels.jsonl", "."])
def test_what_comes_out_is_not_read_as_rows_that_ask(tmp_path: Path, raw: str):
    write_rows(tmp_path)
    with pytest.raises(UsageError, match="lies among the rows that ask"):
        run(server := Teacher(), tmp_path, raw=raw)
    assert server.requests == []


@pytest.mark.parametrize("name", ["answers.jsonl", "labels.ledger.jsonl", "batches/a.jsonl"])
def test_what_comes_out_takes_no_place_of_what_is_kept(tmp_path: Path, name: str):
    write_rows(tmp_path)
    with pytest.raises(UsageError, match="where answers and ledgers are kept"):
        run(server := Teacher(), tmp_path, out=f"label/{name}")
    assert server.requests == []


OUTS = st.lists(
    st.sampled_from(["raw/", "", "../", "a/raw/", "raw/raw/"]).flatmap(
        lambda folder: st.sampled_from(["l.jsonl", "l.json", "l", "l.ledger.jsonl", "answers.jsonl"]).map(
            lambda name: folder + name
        )
    ),
    min_size=2,
    unique=True,
)


@given(OUTS)
def test_no_two_outputs_share_a_file_of_state(outs: list[str]):
    folder = Path("data/label")
    kept = [folder / ANSWERS, folder / BATCHES, folder / LOCK_FILE]
    found = [of(folder, Path("data") / out) for out in outs for of in (ledger_of, figures_of)]
    assert len({*kept, *found}) == len(kept) + len(found)
    assert all(path.parent == folder for path in found)
    again = [of(folder, Path("data/raw/../") / out) for out in outs for of in (ledger_of, figures_of)]
    assert again == found  # however it is spelled


def test_files_of_one_stem_keep_a_ledger_each_and_share_answers(tmp_path: Path):
    write_rows(tmp_path)
    server = Teacher()
    run(server, tmp_path)
    first = written(tmp_path)
    write_rows(tmp_path, [{"prompt": "one"}])
    run(server, tmp_path, out="labels.json")
    assert written(tmp_path) == first
    assert len(written(tmp_path, "labels.json")[1].splitlines()) == 1
    assert set(server.asked.values()) == {1}


@pytest.mark.parametrize("by", ["chat", "batch"])
def test_what_is_held_in_memory_does_not_grow_with_the_rows(tmp_path: Path, by: str):
    write_rows(tmp_path, [{"prompt": f"what is {number}"} for number in range(200)])
    run(counting := Counting(), tmp_path, by=by, at_once=2)
    assert sum(counting.asked.values()) == 200
    assert counting.most <= 2 * 2 + 2  # twice as many as are asked at once, and the ones in hand


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


def test_a_fault_of_the_endpoint_keeps_what_was_answered(tmp_path: Path):
    write_rows(tmp_path)
    server = Teacher()
    server.faults["POST /chat/completions"] = [
        *[lambda _, act: act()] * 3,
        *[lambda *_: error(401, "no")] * 9,
    ]
    with pytest.raises(RemoteError):
        run(server, tmp_path)
    server.faults.clear()
    run(server, tmp_path)
    assert set(server.asked.values()) == {1}
