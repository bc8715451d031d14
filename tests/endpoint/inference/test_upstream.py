"""Requests handed on: they and their answers pass as they are, adapters are loaded first, faults are told."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from openai import OpenAI
from starlette.testclient import TestClient

from tests.endpoint.conftest import BASE_URL
from tests.endpoint.test_app import refusal
from tuneset.endpoint.app import create_app
from tuneset.endpoint.inference.upstream import Inference, address
from tuneset.endpoint.jobs.trained_models import add_model
from tuneset.endpoint.state.object_store import Store
from tuneset.errors import UsageError

MESSAGES: list[Any] = [{"role": "user", "content": "Hi"}]
TUNED = "ft:qwen:tuneset::abc"


class Other:
    """The other server: answers as it is told to, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any], str | None]] = []
        self.loads = 200
        self.fault: Exception | None = None

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        body = json.loads(request.content)
        self.asked.append((request.url.path, body, request.headers.get("authorization")))
        if self.fault is not None:
            raise self.fault
        if request.url.path == "/v1/load_lora_adapter":
            return httpx2.Response(self.loads, text="adapter already loaded")
        if body.get("stream"):
            return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=self.chunks())
        if body["model"] == "none":
            error = {"message": "no such model", "type": "invalid_request_error", "param": None, "code": "its-own"}
            return httpx2.Response(404, json={"error": error})
        return httpx2.Response(200, json={"id": "1", "choices": [], "their_own": 1}, headers={"x-secret": "1"})

    async def chunks(self) -> AsyncIterator[bytes]:
        for text in ("a", "b"):
            yield b'data: {"id":"1","choices":[{"index":0,"delta":{"content":"%s"}}]}\n\n' % text.encode()
        if self.loads == 500:
            raise httpx2.ReadError("gone")
        yield b"data: [DONE]\n\n"


@pytest.fixture
def other() -> Other:
    return Other()


@pytest.fixture
def handing_on(state: Path, other: Other) -> Iterator[OpenAI]:
    inference = Inference("http://other:8000/v1", "their-key", httpx2.MockTransport(other))
    with TestClient(
        create_app(state, inference=inference, aliases={"gpt-4.1-mini": "local-tiny"}), base_url=BASE_URL
    ) as http:
        store = Store(state / "endpoint.sqlite3")
        add_model(store, {"id": "ftjob-1"}, TUNED, "jobs/ftjob-1/attempt-1/checkpoint-7")
        store.close()
        yield OpenAI(api_key="client-key", base_url=BASE_URL, http_client=http, max_retries=0)


def test_a_request_and_its_answer_pass_as_they_are_and_keys_do_not(handing_on: OpenAI, other: Other) -> None:
    answer = handing_on.chat.completions.with_raw_response.create(
        model="qwen", messages=MESSAGES, extra_body={"top_k": 5, "guided_json": {}}
    )
    assert answer.http_response.json() == {"id": "1", "choices": [], "their_own": 1}
    assert "x-secret" not in answer.headers
    ((path, body, key),) = other.asked
    assert (path, key) == ("/v1/chat/completions", "Bearer their-key")
    assert body == {"model": "qwen", "messages": MESSAGES, "top_k": 5, "guided_json": {}}
    handing_on.completions.create(model="qwen", prompt="a")
    handing_on.responses.create(model="qwen", input="a")
    handing_on.chat.completions.create(model="gpt-4.1-mini", messages=MESSAGES)
    assert other.asked.pop()[1] == {"model": "local-tiny", "messages": MESSAGES}
    assert [path for path, _, _ in other.asked[1:]] == ["/v1/completions", "/v1/responses"]


def test_a_stream_passes_and_one_that_breaks_off_is_told(handing_on: OpenAI, other: Other) -> None:
    asked: dict[str, Any] = {"model": "qwen", "messages": MESSAGES, "stream": True}
    assert [chunk.choices[0].delta.content for chunk in handing_on.chat.completions.create(**asked)] == ["a", "b"]
    other.loads = 500
    with pytest.raises(openai.APIError, match="broke off"):
        list(handing_on.chat.completions.create(**asked))


def test_its_refusals_are_its_own(handing_on: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        handing_on.chat.completions.create(model="none", messages=MESSAGES)
    assert refusal(caught.value)["code"] == "its-own"


@pytest.mark.parametrize("status", [200, 400])  # vLLM says 400 where it has the adapter already
def test_an_adapter_is_loaded_before_its_first_request_and_once(
    handing_on: OpenAI, other: Other, state: Path, status: int
) -> None:
    other.loads = status
    for _ in range(2):
        handing_on.chat.completions.create(model=TUNED, messages=MESSAGES)
    assert [path for path, _, _ in other.asked] == ["/v1/load_lora_adapter", *["/v1/chat/completions"] * 2]
    weights = state.resolve() / "jobs/ftjob-1/attempt-1/checkpoint-7"
    assert other.asked[0][1] == {"lora_name": TUNED, "lora_path": str(weights)}


@pytest.mark.parametrize(
    ("status", "told", "code"), [(404, 400, "adapter_not_loadable"), (500, 502, "adapter_not_loaded")]
)
def test_an_adapter_that_cannot_be_loaded_is_told(
    handing_on: OpenAI, other: Other, status: int, told: int, code: str
) -> None:
    other.loads = status
    with pytest.raises(openai.APIStatusError) as caught:
        handing_on.chat.completions.create(model=TUNED, messages=MESSAGES)
    assert (caught.value.status_code, refusal(caught.value)["code"]) == (told, code)


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (httpx2.ConnectError, 502, "inference_unreachable"),
        (httpx2.RemoteProtocolError, 502, "inference_unreachable"),
        (httpx2.ReadTimeout, 504, "inference_timeout"),
        (httpx2.ConnectTimeout, 504, "inference_timeout"),
    ],
)
def test_a_server_that_does_not_answer_is_told(
    handing_on: OpenAI, other: Other, fault: Callable[[str], Exception], status: int, code: str
) -> None:
    other.fault = fault("key sk-1")
    with pytest.raises(openai.APIStatusError) as caught:
        handing_on.chat.completions.create(model="qwen", messages=MESSAGES)
    error = refusal(caught.value)
    assert (caught.value.status_code, error["code"], error["type"]) == (status, code, "server_error")
    assert "sk-1" not in str(error["message"])


@pytest.mark.parametrize("url", ["", "other:8000", "ftp://other", "http://"])
def test_what_is_no_address_is_said(url: str) -> None:
    with pytest.raises(UsageError, match="--inference"):
        address(url)
