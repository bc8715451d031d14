"""Responses that another server keeps: to another project they are as little there as those of nobody."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import openai
import pytest
from openai import OpenAI
from starlette.testclient import TestClient

from tests.endpoint.conftest import BASE_URL
from tests.endpoint.test_app import refusal
from tuneset.endpoint.app import create_app
from tuneset.endpoint.inference import upstream_responses
from tuneset.endpoint.inference.upstream import Inference
from tuneset.endpoint.project_keys import ProjectKey

KEYS = [ProjectKey("ours", "sk-our-key"), ProjectKey("theirs", "sk-their-key")]


class Responses:
    """The other server: it keeps what it answers, and knows no projects."""

    def __init__(self) -> None:
        self.numbers = itertools.count(1)
        self.asked: list[tuple[str, str]] = []
        self.document: str | None = None

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append((request.method, request.url.path))
        if request.method != "POST":
            return httpx2.Response(200, json={"id": request.url.path.split("/")[3], "object": "response", "data": []})
        if self.document is not None:
            return httpx2.Response(200, content=self.document, headers={"content-type": "application/json"})
        body = json.loads(request.content)
        document: dict[str, object] = {"id": f"resp_{next(self.numbers)}", "object": "response", "output": []}
        if body.get("stream"):
            headers = {"content-type": "text/event-stream"}
            return httpx2.Response(200, headers=headers, content=self.events(document))
        return httpx2.Response(200, json=document)

    async def events(self, document: dict[str, object]) -> AsyncIterator[bytes]:
        text = "".join(
            f"event: {kind}\ndata: {json.dumps({'type': kind, 'sequence_number': number, 'response': document})}\n\n"
            for number, kind in enumerate(("response.created", "response.completed"))
        )
        for start in range(0, len(text), 7):  # in pieces that no event ends with
            yield text[start : start + 7].encode()


@pytest.fixture
def other() -> Responses:
    return Responses()


@pytest.fixture
def projects(tmp_path: Path, other: Responses) -> Iterator[list[OpenAI]]:
    inference = Inference("http://other:8000/v1", transport=httpx2.MockTransport(other))
    with TestClient(create_app(tmp_path / "state", projects=KEYS, inference=inference), base_url=BASE_URL) as http:
        yield [OpenAI(api_key=one.key, base_url=BASE_URL, http_client=http, max_retries=0) for one in KEYS]


def made(client: OpenAI, *, stream: bool) -> str:
    if not stream:
        return client.responses.create(model="qwen", input="a").id
    (first, last) = client.responses.create(model="qwen", input="a", stream=True)
    assert first.type == "response.created"
    assert last.type == "response.completed"
    assert first.response.id == last.response.id
    return first.response.id


@pytest.mark.parametrize("stream", [False, True])
def test_nobody_goes_on_from_a_response_of_another_project(
    projects: list[OpenAI], other: Responses, *, stream: bool
) -> None:
    ours, theirs = projects
    name = made(ours, stream=stream)
    ours.responses.create(model="qwen", input="b", previous_response_id=name)
    asked = len(other.asked)
    said = []
    for previous in (name, "resp_of_nobody"):
        with pytest.raises(openai.BadRequestError) as caught:
            theirs.responses.create(model="qwen", input="b", previous_response_id=previous)
        assert refusal(caught.value)["code"] == "previous_response_not_found"
        said.append(str(refusal(caught.value)["message"]).replace(name, "resp_of_nobody"))
    assert said[0] == said[1]
    assert len(other.asked) == asked


def test_it_is_read_listed_and_deleted_by_its_own_project_alone(projects: list[OpenAI], other: Responses) -> None:
    ours, theirs = projects
    name = made(ours, stream=False)
    asked = len(other.asked)
    for refused in (theirs.responses.retrieve, theirs.responses.delete, theirs.responses.input_items.list):
        with pytest.raises(openai.NotFoundError):
            refused(name)
    assert len(other.asked) == asked
    assert ours.responses.retrieve(name).id == name
    assert ours.responses.input_items.list(name).data == []
    ours.responses.delete(name)
    assert other.asked[-1] == ("DELETE", f"/v1/responses/{name}")
    with pytest.raises(openai.NotFoundError):
        ours.responses.retrieve(name)


def test_what_is_not_to_be_stored_is_not_noted_and_an_id_stays_with_who_had_it_first(
    projects: list[OpenAI], other: Responses
) -> None:
    ours, theirs = projects
    name = ours.responses.create(model="qwen", input="a", store=False).id
    with pytest.raises(openai.BadRequestError):
        ours.responses.create(model="qwen", input="b", previous_response_id=name)
    other.document = '{"id": "resp_always", "object": "response"}'
    ours.responses.create(model="qwen", input="a")
    theirs.responses.create(model="qwen", input="a")
    ours.responses.create(model="qwen", input="b", previous_response_id="resp_always")
    with pytest.raises(openai.BadRequestError):
        theirs.responses.create(model="qwen", input="b", previous_response_id="resp_always")


@pytest.mark.parametrize("document", ["[]", "busy", '{"id": 1}'])
def test_an_answer_without_an_id_passes_as_it_is(projects: list[OpenAI], other: Responses, document: str) -> None:
    other.document = document
    answer = projects[0].responses.with_raw_response.create(model="qwen", input="a")
    assert answer.http_response.text == document


def test_a_stream_whose_id_comes_late_is_looked_at_once(
    projects: list[OpenAI], other: Responses, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet, looked = b'data: {"type": "keepalive"}\n\n' * 50, list[bytes]()
    look = upstream_responses._id_in_events

    async def late(document: dict[str, object]) -> AsyncIterator[bytes]:
        for start in range(0, len(quiet), 7):
            yield quiet[start : start + 7]
        async for piece in Responses.events(other, document):
            yield piece

    def looking(lines: bytes) -> str | None:
        looked.append(lines)
        return look(lines)

    monkeypatch.setattr(other, "events", late)
    monkeypatch.setattr(upstream_responses, "_id_in_events", looking)
    told = list(projects[0].responses.create(model="qwen", input="a", stream=True))
    (name,) = [event.response.id for event in told if event.type == "response.created"]
    projects[0].responses.create(model="qwen", input="b", previous_response_id=name)
    assert b"".join(looked).startswith(quiet)
    assert sum(map(len, looked)) < 2 * len(quiet)
