"""The tool file_search: what is found stands before the question, and the response says what was searched for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from openai import OpenAI
from starlette.testclient import TestClient

from tests.endpoint.conftest import BASE_URL, serving
from tests.endpoint.test_app import refusal
from tuneset.endpoint.api.api_errors import ApiError
from tuneset.endpoint.api.chat_routes import collect
from tuneset.endpoint.api.file_search import Result
from tuneset.endpoint.api.search_tool import Search, citations, last_question, with_passages
from tuneset.endpoint.app import create_app
from tuneset.endpoint.inference.upstream import Inference

ASKED: dict[str, Any] = {"model": "local-tiny", "input": "When do refunds come?", "max_output_tokens": 3}
FOUND = Search(
    "q", [Result("file-1", "a.md", {}, "two weeks", 0.5), Result("file-2", "b.md", {}, "ask", 0.25)], name="fs_1"
)


def library(client: OpenAI) -> str:
    store = client.vector_stores.create()
    for name, text in (("refunds.md", b"Refunds take two weeks."), ("desk.md", b"The desk opens at nine.")):
        file = client.files.create(file=(name, text), purpose="assistants")
        client.vector_stores.files.create_and_poll(
            file.id, vector_store_id=store.id, attributes={"part": name[:4]}, poll_interval_ms=10
        )
    return store.id


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenAI]:
    with serving(tmp_path_factory.mktemp("endpoint")) as opened:
        yield opened


@pytest.fixture(scope="module")
def store(client: OpenAI) -> str:
    return library(client)


def tool(store: str, **more: object) -> Any:  # noqa: ANN401  as the client has it
    return {"type": "file_search", "vector_store_ids": [store], **more}


@pytest.mark.parametrize(
    ("wrong", "status", "param"),
    [
        ({"vector_store_ids": ["vs_nobody"]}, 404, "tools[0].vector_store_ids"),
        ({"vector_store_ids": []}, 400, "tools[0].vector_store_ids"),
        ({"max_num_results": 51}, 400, "tools[0].max_num_results"),
        ({"filters": {"type": "like"}}, 400, "tools[0].filters.type"),
        ({"filters": {"type": "and", "filters": [1]}}, 400, "tools[0].filters.filters[0]"),
    ],
)
def test_a_tool_that_cannot_search_is_refused_by_its_field(
    client: OpenAI, store: str, wrong: dict[str, Any], status: int, param: str
) -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        client.responses.create(**ASKED, tools=[tool(store) | wrong])
    assert (caught.value.status_code, refusal(caught.value)["param"]) == (status, param)


def test_what_include_does_not_know_and_a_choice_without_the_tool_are_refused(client: OpenAI, store: str) -> None:
    other: Any = {"include": ["message.output_text.logprobs"]}
    for asked in (other, {"tool_choice": {"type": "file_search"}}, {"tool_choice": "required"}):
        with pytest.raises(openai.BadRequestError):
            client.responses.create(**ASKED | asked)
    choices: list[Any] = ["required", {"type": "file_search"}]
    for choice in choices:
        response = client.responses.create(**ASKED, tools=[tool(store)], tool_choice=choice)
        assert response.output[0].type == "file_search_call"


def test_a_response_says_what_was_searched_for_and_found(client: OpenAI, store: str) -> None:
    plain = client.responses.create(**ASKED)
    response = client.responses.create(**ASKED, tools=[tool(store)], include=["file_search_call.results"])
    searched, said = response.output
    assert searched.type == "file_search_call"
    assert (searched.queries, searched.status) == (["When do refunds come?"], "completed")
    assert searched.results is not None
    assert [(one.filename, one.text, one.attributes) for one in searched.results] == [
        ("refunds.md", "Refunds take two weeks.", {"part": "refu"})
    ]
    assert said.type == "message"
    assert plain.usage is not None
    assert response.usage is not None
    assert response.usage.input_tokens > plain.usage.input_tokens + 10
    assert client.responses.retrieve(response.id) == response
    without = client.responses.create(**ASKED, tools=[tool(store)]).output[0]
    assert without.to_dict()["results"] is None


def test_filters_and_tool_choice_hold(client: OpenAI, store: str) -> None:
    only: Any = {"type": "eq", "key": "part", "value": "desk"}
    asked = ASKED | {"include": ["file_search_call.results"]}
    searched = client.responses.create(**asked, tools=[tool(store, filters=only)]).output[0]
    assert searched.to_dict()["results"] == []
    assert client.responses.create(**asked, tools=[tool(store)], tool_choice="none").output[0].type == "message"


def test_the_conversation_that_goes_on_has_the_questions_and_not_what_was_found(client: OpenAI, store: str) -> None:
    first = client.responses.create(**ASKED, tools=[tool(store)])
    items = client.responses.input_items.list(first.id).data
    assert [item.to_dict()["content"][0]["text"] for item in items] == ["When do refunds come?"]  # type: ignore[index]
    again: list[Any] = [*(item.to_dict() for item in first.output), {"role": "user", "content": "And the desk?"}]
    for asked in ({"previous_response_id": first.id, "input": "And the desk?"}, {"input": again}):
        second = client.responses.create(
            **ASKED | asked, tools=[tool(store, max_num_results=1)], include=["file_search_call.results"]
        )
        searched = second.output[0]
        assert searched.type == "file_search_call"
        assert [one.filename for one in searched.results or []] == ["desk.md"]


def test_events_tell_the_search_before_the_message(client: OpenAI, store: str) -> None:
    events = list(client.responses.create(**ASKED, tools=[tool(store)], stream=True))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert [event.type for event in events][2:8] == [
        "response.output_item.added",
        "response.file_search_call.in_progress",
        "response.file_search_call.searching",
        "response.file_search_call.completed",
        "response.output_item.done",
        "response.output_item.added",
    ]
    places = [event.output_index for event in events[2:-1] if hasattr(event, "output_index")]
    assert places == sorted(places)
    assert set(places) == {0, 1}
    last = events[-1]
    assert last.type == "response.incomplete"
    assert [item.type for item in last.response.output] == ["file_search_call", "message"]


def test_a_model_without_room_for_all_that_was_found_gets_the_better_half(
    client: OpenAI, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    async def small(*given: Any) -> Any:  # noqa: ANN401  as it is
        text = given[3][0].messages[-1]["content"]
        asked.append(text.count("\n["))
        if "[" in text:
            raise ApiError(400, "too long", code="context_length_exceeded")
        return await collect(*given)

    monkeypatch.setattr("tuneset.endpoint.api.response_routes.collect", small)
    response = client.responses.create(
        **ASKED | {"input": "refunds desk"}, tools=[tool(store)], include=["file_search_call.results"]
    )
    assert asked == [2, 1, 0]
    assert response.output[0].to_dict()["results"] == []


def test_an_answer_that_names_a_passage_cites_its_file() -> None:
    assert citations("no [0] [3] [a] [1234] 1", FOUND) == citations("[1]", None) == []
    found = citations("As [2] and [1] say", FOUND)
    assert [(one["index"], one["file_id"], one["filename"]) for one in found] == [
        (3, "file-2", "b.md"),
        (11, "file-1", "a.md"),
    ]


def test_passages_stand_in_the_last_question_and_nothing_else_changes() -> None:
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": "s"},
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": "two"},
        {"role": "user", "content": "three"},
        {"role": "tool", "content": "four"},
    ]
    put = with_passages(messages, FOUND)
    assert [*put[:3], put[4]] == [*messages[:3], messages[4]]
    assert put[3]["content"].endswith("[1] a.md\ntwo weeks\n\n[2] b.md\nask\n\nthree")
    assert with_passages(messages, Search("q", [])) == with_passages(messages, None) == messages
    assert with_passages(messages[:1], FOUND) == messages[:1]
    parts = [{"role": "user", "content": [{"type": "input_text", "text": "one"}]}]
    assert [part["type"] for part in with_passages(parts, FOUND)[0]["content"]] == ["input_text", "input_text"]
    assert last_question(parts) == "one"
    assert last_question(messages[:1]) == ""


def test_a_server_behind_this_one_gets_what_was_found_and_no_tool_that_it_does_not_know(tmp_path: Path) -> None:
    asked: list[dict[str, Any]] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(json.loads(request.content))
        return httpx2.Response(200, json={"id": "resp_1", "object": "response", "output": []})

    inference = Inference("http://other:8000/v1", transport=httpx2.MockTransport(answer))
    with TestClient(create_app(tmp_path / "state", inference=inference), base_url=BASE_URL) as http:
        client = OpenAI(api_key="any", base_url=BASE_URL, http_client=http, max_retries=0)
        store = library(client)
        function: Any = {"type": "function", "name": "f", "parameters": {}, "strict": False}
        sent: Any = [{"role": "user", "content": "refunds"}]
        client.responses.create(
            model="qwen", input="refunds", tools=[tool(store)], tool_choice="required", extra_body={"top_k": 1}
        )
        client.responses.create(
            model="qwen", input=sent, tools=[function, tool(store)], include=["file_search_call.results"]
        )
        client.responses.create(model="qwen", input="refunds", tools=[tool(store)], tool_choice="none")
    first, second, third = asked
    assert set(first) == {"model", "input", "top_k"}
    for one in (first, second):
        assert one["input"][0]["content"].endswith("[1] refunds.md\nRefunds take two weeks.\n\nrefunds")
    assert set(second) == {"model", "input", "tools"}
    assert second["tools"] == [function]
    assert third["input"] == "refunds"


def test_what_is_no_request_goes_to_the_server_behind_this_one_as_it_is(tmp_path: Path) -> None:
    inference = Inference(
        "http://other:8000/v1",
        transport=httpx2.MockTransport(lambda request: httpx2.Response(400, stream=request.stream)),
    )
    with TestClient(create_app(tmp_path / "state", inference=inference), base_url=BASE_URL) as http:
        client = OpenAI(api_key="any", base_url=BASE_URL, http_client=http, max_retries=0)
        store = client.vector_stores.create().id
        for fault in (
            {"input": [{"role": "user"}]},
            {"input": "a", "tools": 5},
            {"input": "a", "tools": [{"type": "file_search", "vector_store_ids": [store]}], "include": 5},
        ):
            answer = http.post("/responses", json=fault, headers={"authorization": "Bearer any"})
            assert answer.status_code == 400
            told = {"include": 5, "input": [{"role": "user", "content": "a"}]} if "include" in fault else fault
            assert json.loads(answer.content) == told
