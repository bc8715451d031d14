"""Two models are asked at an endpoint: no question twice, no bill that nobody took, and answers outlive a fault."""

from __future__ import annotations

import dataclasses
import json
import threading
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.providers.protocol_server import Server, error
from tuneset.api.remote.asking import one_by_one
from tuneset.api.remote.evaluate import LEAST_CAP, answer_cap, evaluate
from tuneset.errors import InputError, RemoteError, UsageError
from tuneset.evaluation.cases import Case, case_of
from tuneset.evaluation.scoring import find_grader
from tuneset.params import EndpointParams
from tuneset.providers.chat import logprobs_of, require_chat
from tuneset.providers.chat_models import ChatQuestion


@dataclasses.dataclass
class Talking(Server):
    """A server whose tuned model repeats the question, and whose base model says something else."""

    asked: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    refuses: str = ""
    fails_after: int = 10**6
    lock: threading.Lock = dataclasses.field(default_factory=threading.Lock)

    def act(self, request: httpx2.Request) -> httpx2.Response:
        if not request.url.path.endswith("/chat/completions"):
            return super().act(request)
        body = json.loads(request.read())
        if (text := body["messages"][-1]["content"]) == self.refuses:
            return error(400, "too long")
        with self.lock:
            if len(self.asked) >= self.fails_after:
                return error(401, "no")
            self.asked.append(body)
        said = text if body["model"] == "tuned" else "something else"
        message = {"role": "assistant", "content": said}
        usage = {"prompt_tokens": 3, "completion_tokens": 2}
        choice = {"index": 0, "message": message, "finish_reason": "stop" if body["model"] == "tuned" else "length"}
        return httpx2.Response(200, json={"id": "c", "choices": [choice], "usage": usage})


def cases(*texts: str) -> list[Case]:
    lines = [{"messages": [{"role": role, "content": text} for role in ("user", "assistant")]} for text in texts]
    return [case for number, line in enumerate(lines, start=1) if (case := case_of(line, number)) is not None]


def run(server: Server, folder: Path, asked: list[Case], max_tokens: int = 64) -> dict[str, Any]:
    return evaluate(
        one_by_one(endpoint := server.endpoint(), lambda *_: None), lambda *_: {}, identity=endpoint.identity,
        base="base",
        tuned="tuned", file=Path("v.jsonl"), cases=asked, left_out=0, seed=0,
        max_tokens=max_tokens, grader=find_grader("string_check"), answers=folder / "answers.jsonl", folder=folder,
    )  # fmt: skip


def test_nothing_is_asked_of_a_paid_endpoint_before_its_unknown_cost_is_taken(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0123456789")
    server = Server()
    params = EndpointParams(profile="openai", spend_limit_usd=5)
    endpoint = server.endpoint(profile="openai")
    with pytest.raises(UsageError, match="no price of them is known"):
        require_chat(endpoint, params)
    require_chat(endpoint, params.model_copy(update={"accept_unknown_cost": True}))


def test_without_a_question_nothing_is_asked(tmp_path: Path):
    with pytest.raises(InputError, match="no line asks"):
        run(server := Talking(), tmp_path, [])
    assert server.requests == []


def test_a_second_run_asks_nothing_and_writes_the_same(tmp_path: Path):
    server = Talking()
    first = run(server, tmp_path, cases("a", "b", "c"))
    assert (first["gain"], first["wins"], first["base_answer_tokens"]) == (1.0, 3, 6)
    assert {(body["temperature"], body["seed"], body["max_completion_tokens"]) for body in server.asked} == {(0, 0, 64)}
    assert (first["max_tokens"], first["base_cut_off"], first["tuned_cut_off"]) == (64, 3, 0)
    written = [(tmp_path / name).read_bytes() for name in ("evaluation.json", "evaluation.jsonl")]
    assert run(server, tmp_path, cases("a", "b", "c")) == first
    assert len(server.asked) == 6
    assert written == [(tmp_path / name).read_bytes() for name in ("evaluation.json", "evaluation.jsonl")]
    assert "something else" not in written[0].decode()


def test_what_was_answered_before_a_fault_is_not_asked_again_and_a_torn_line_is(tmp_path: Path):
    server = Talking(fails_after=3)
    with pytest.raises(RemoteError):
        run(server, tmp_path, cases("a", "b", "c"))
    kept = (tmp_path / "answers.jsonl").read_bytes()
    assert kept.count(b"\n") == 3
    (tmp_path / "answers.jsonl").write_bytes(kept[:-5])
    server.fails_after = 10**6
    assert run(server, tmp_path, cases("a", "b", "c"))["cases"] == 3
    assert len(server.asked) == 7
    run(server, tmp_path, cases("a", "b", "c"))
    assert len(server.asked) == 7


def test_a_question_that_is_refused_counts_for_neither_and_alone_is_an_error(tmp_path: Path):
    server = Talking(refuses="b")
    found = run(server, tmp_path, cases("a", "b"))
    assert (found["cases"], found["refused"], found["wins"]) == (1, 1, 1)
    with pytest.raises(RemoteError, match="too long"):
        run(server, tmp_path, cases("b"))


def test_an_answer_under_another_limit_is_another_answer(tmp_path: Path):
    run(server := Talking(), tmp_path, cases("a"))
    run(server, tmp_path, cases("a"), max_tokens=65)
    assert sorted(body["max_completion_tokens"] for body in server.asked) == [64, 64, 65, 65]


def test_the_limit_of_an_answer_follows_from_the_longest_reference():
    assert answer_cap(cases("a", "b")) == LEAST_CAP
    assert answer_cap(cases("a", " word" * 100)) == 200


@pytest.mark.parametrize("answers", [{"id": "c", "choices": []}, None])
def test_an_endpoint_that_tells_no_probabilities_is_told(answers: dict[str, Any] | None):
    class Silent(Server):
        def act(self, request: httpx2.Request) -> httpx2.Response:
            assert json.loads(request.read())["messages"][-1] == {"role": "assistant", "content": "b"}
            return error(400, "unknown parameter") if answers is None else httpx2.Response(200, json=answers)

    server = Silent()
    with pytest.raises(UsageError, match="does not tell how likely"):
        logprobs_of(server.endpoint(), ChatQuestion("tuned", ({"role": "user", "content": "a"},), {}, 0, 1), "b")
