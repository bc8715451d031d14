"""The Responses API by the official client: text whole and as events, stored and gone on from."""

from __future__ import annotations

from typing import Any

import openai
import pytest
from openai import OpenAI

from tests.endpoint.test_app import refusal

ASKED: dict[str, Any] = {"model": "local-tiny", "input": "Which day?", "max_output_tokens": 5, "temperature": 0}
"""Without chance: a model that was never trained ends one answer of some fifty before its fifth piece."""


def test_a_response_is_answered_stored_and_deleted(shared_client: OpenAI) -> None:
    response = shared_client.responses.create(**ASKED, instructions="Be short.", metadata={"a": "b"})
    assert (response.status, response.object) == ("incomplete", "response")
    assert response.incomplete_details is not None
    assert response.incomplete_details.reason == "max_output_tokens"
    assert response.output[0].to_dict()["content"] == [
        {"type": "output_text", "text": response.output_text, "annotations": [], "logprobs": []}
    ]
    assert response.usage is not None
    assert response.usage.output_tokens == 5
    assert shared_client.responses.retrieve(response.id) == response
    items = shared_client.responses.input_items.list(response.id).data
    content = [{"type": "input_text", "text": "Which day?"}]
    assert [(item.to_dict()["role"], item.to_dict()["content"]) for item in items] == [("user", content)]
    shared_client.responses.delete(response.id)
    with pytest.raises(openai.NotFoundError):
        shared_client.responses.retrieve(response.id)


def test_a_response_that_is_not_to_be_stored_is_not(shared_client: OpenAI) -> None:
    response = shared_client.responses.create(**ASKED, store=False)
    with pytest.raises(openai.NotFoundError):
        shared_client.responses.retrieve(response.id)


def test_the_conversation_of_an_earlier_response_goes_on(shared_client: OpenAI) -> None:
    first = shared_client.responses.create(**ASKED)
    second = shared_client.responses.create(**ASKED, previous_response_id=first.id)
    assert second.previous_response_id == first.id
    assert first.usage is not None
    assert second.usage is not None
    assert second.usage.input_tokens > 2 * first.usage.input_tokens
    with pytest.raises(openai.BadRequestError) as caught:
        shared_client.responses.create(**ASKED, previous_response_id="resp_none")
    assert refusal(caught.value)["code"] == "previous_response_not_found"


def test_events_tell_the_response_piece_by_piece(shared_client: OpenAI) -> None:
    events = list(shared_client.responses.create(**ASKED, stream=True))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    kinds = [event.type for event in events]
    assert kinds[:4] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
    ]
    assert kinds[-4:] == [
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.incomplete",
    ]
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    last = events[-1]
    assert last.type == "response.incomplete"
    assert last.response.output_text == text
    assert shared_client.responses.retrieve(last.response.id) == last.response


def test_items_of_text_and_of_calls_are_messages(shared_client: OpenAI) -> None:
    items: list[Any] = [
        {"role": "developer", "content": "Be short."},
        {"role": "user", "content": [{"type": "input_text", "text": "Which day?"}]},
        {"type": "function_call", "call_id": "1", "name": "day", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "1", "output": "Sunday"},
    ]
    tool: Any = {"type": "function", "name": "day", "parameters": {"type": "object"}, "strict": False}
    response = shared_client.responses.create(**ASKED | {"input": items}, tools=[tool])
    assert response.output[0].type == "message"


@pytest.mark.parametrize(
    ("asked", "param"),
    [
        ({"input": [{"role": "user", "content": [{"type": "input_image", "image_url": "a"}]}]}, "input[0].content[0]"),
        ({"input": [{"type": "computer_call"}]}, "input[0]"),
        ({"text": {"format": {"type": "json_object"}}}, "text.format"),
        ({"tools": [{"type": "web_search"}]}, "tools"),
        ({"background": True}, "background"),
        ({"conversation": "conv_1"}, "conversation"),
        ({"truncation": "auto"}, "truncation"),
    ],
)
def test_what_is_not_offered_is_refused_by_its_name(shared_client: OpenAI, asked: dict[str, Any], param: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        shared_client.responses.create(**ASKED | asked)
    assert refusal(caught.value)["param"] == param
