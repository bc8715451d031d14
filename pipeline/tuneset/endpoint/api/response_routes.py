"""The Responses API, for text and calls of functions: create, retrieve, delete; whole or as events.

A response is stored unless `store` is false, with the conversation that it ends, so that `previous_response_id` goes on
from it.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tuneset.endpoint.api.answer_bodies import Collected
from tuneset.endpoint.api.api_errors import ApiError
from tuneset.endpoint.api.chat_messages import Message, messages_of_input
from tuneset.endpoint.api.chat_routes import CLIENT_GONE, MAX_BODY, collect, model_of, parts
from tuneset.endpoint.api.event_stream import Event, event_stream
from tuneset.endpoint.api.generation_body import ResponseRequest, read_response_request
from tuneset.endpoint.api.json_body import read_body
from tuneset.endpoint.api.running_endpoint import RunningEndpoint, endpoint_of
from tuneset.endpoint.inference.answers import Text
from tuneset.endpoint.inference.upstream import Upstream
from tuneset.endpoint.inference.upstream_responses import handed_on, noted
from tuneset.endpoint.object_ids import new_id
from tuneset.endpoint.state.object_store import Record
from tuneset.training.generator import ModelRef, Question

Json = dict[str, Any]


async def create_response(request: Request) -> Response:
    """POST /v1/responses."""
    endpoint = endpoint_of(request)
    body = await read_body(request, MAX_BODY)
    if endpoint.upstream is not None:
        return await _handed_on(request, endpoint, endpoint.upstream, body)
    asked = read_response_request(body)
    model = model_of(endpoint, asked.model)
    conversation = [*_before(endpoint, asked.previous_response_id), *messages_of_input(asked.input)]
    instructions = [] if asked.instructions is None else [{"role": "system", "content": asked.instructions}]
    question = Question(
        messages=[*instructions, *conversation],
        tools=[] if asked.tool_choice == "none" else [_chat_tool(tool) for tool in asked.tools or []],
        max_tokens=asked.max_output_tokens,
        temperature=1.0 if asked.temperature is None else asked.temperature,
        top_p=asked.top_p or 1.0,
        seed=secrets.randbelow(1 << 31),
    )
    head = _head(asked, endpoint.state.store.now())
    if asked.stream:
        return await event_stream(_events(endpoint, model, question, asked, head, conversation), named=True)
    answers = await collect(request, endpoint, model, [question], [])
    if answers is None:
        return Response(status_code=CLIENT_GONE)
    message, calls = new_id("msg_"), [_call_item(call) for call in answers[0].calls]
    document = _complete(head, answers[0], message, calls, endpoint.state.store.now())
    _keep(endpoint, asked, document, conversation, answers[0])
    return JSONResponse(document)


async def _handed_on(request: Request, endpoint: RunningEndpoint, upstream: Upstream, body: bytes) -> Response:
    """The other server's answer; it may go on from responses of the same project alone."""
    try:
        sent = orjson.loads(body)
    except orjson.JSONDecodeError:  # the other server says so
        sent = None
    asked = sent if isinstance(sent, dict) else {}
    former = asked.get("previous_response_id")
    if isinstance(former, str):
        _former(endpoint, former)
    answer = await upstream.hand_on(request, body, endpoint.state)
    return answer if asked.get("store") is False else await noted(answer, endpoint.state.store)


async def retrieve_response(request: Request) -> Response:
    """GET /v1/responses/{response_id}."""
    endpoint = endpoint_of(request)
    record = _stored(endpoint, request.path_params["response_id"])
    if endpoint.upstream is not None and handed_on(record.private):
        return await endpoint.upstream.hand_on(request, b"", endpoint.state)
    if request.query_params.get("stream") == "true":
        message = "Unsupported parameter: 'stream' is not available here; the response is complete."
        raise ApiError(400, message, param="stream", code="unsupported_parameter")
    return JSONResponse(record.document)


async def delete_response(request: Request) -> Response:
    """DELETE /v1/responses/{response_id}."""
    endpoint, name = endpoint_of(request), request.path_params["response_id"]
    record = _stored(endpoint, name)
    answer: Response = JSONResponse({"id": name, "object": "response", "deleted": True})
    if endpoint.upstream is not None and handed_on(record.private):
        answer = await endpoint.upstream.hand_on(request, b"", endpoint.state)
        if answer.status_code >= 400:
            return answer
    store = endpoint.state.store
    with store.transaction():  # its texts go too: a deleted object stays as a marker
        store.put(Record({"id": name, "object": "response"}, {}))
        store.delete(record.document["id"])
    return answer


async def list_input_items(request: Request) -> Response:
    """GET /v1/responses/{response_id}/input_items: the conversation that the response answers, newest first."""
    endpoint = endpoint_of(request)
    record = _stored(endpoint, request.path_params["response_id"])
    if endpoint.upstream is not None and handed_on(record.private):
        return await endpoint.upstream.hand_on(request, b"", endpoint.state)
    items = [
        {
            "id": f"msg_{number}_{record.document['id']}",
            "type": "message",
            "role": message["role"],
            "status": "completed",
            "content": [{"type": "input_text", "text": message["content"]}],
        }
        for number, message in enumerate(record.private["messages"][: record.private["asked"]])
        if isinstance(message.get("content"), str)
    ][::-1]
    ends = {"first_id": items[0]["id"], "last_id": items[-1]["id"]} if items else {"first_id": None, "last_id": None}
    return JSONResponse({"object": "list", "data": items, "has_more": False} | ends)


def _stored(endpoint: RunningEndpoint, name: str) -> Record:
    record = _known(endpoint, name)
    if record is None:
        raise ApiError(404, f"Response with id '{name}' not found.", param="id", code=None)
    return record


def _known(endpoint: RunningEndpoint, name: str) -> Record | None:
    """A response of this project; one that another server has is there while requests are handed on to it."""
    record = endpoint.state.store.get("response", name)
    return None if record is not None and handed_on(record.private) and endpoint.upstream is None else record


def _before(endpoint: RunningEndpoint, name: str | None) -> list[Message]:
    """The conversation that a former response ended."""
    found: list[Message] = [] if name is None else _former(endpoint, name).private["messages"]
    return found


def _former(endpoint: RunningEndpoint, name: str) -> Record:
    """A response that another one goes on from."""
    record = _known(endpoint, name)
    if record is None:
        message = f"Previous response with id '{name}' not found."
        raise ApiError(400, message, param="previous_response_id", code="previous_response_not_found")
    return record


def _keep(
    endpoint: RunningEndpoint, asked: ResponseRequest, document: Json, conversation: list[Message], answer: Collected
) -> None:
    if asked.store is False:
        return
    said: Message = {"role": "assistant", "content": answer.text or None}
    if answer.calls:
        calls = [item for item in document["output"] if item["type"] == "function_call"]
        said["tool_calls"] = [
            {
                "id": item["call_id"],
                "type": "function",
                "function": {"name": item["name"], "arguments": item["arguments"]},
            }
            for item in calls
        ]
    elif not answer.text:
        said["content"] = ""
    private = {"messages": [*conversation, said], "asked": len(conversation)}
    endpoint.state.store.insert("response", document, private)


async def _events(
    endpoint: RunningEndpoint,
    model: ModelRef,
    question: Question,
    asked: ResponseRequest,
    head: Json,
    conversation: list[Message],
) -> AsyncGenerator[Event, None]:
    """The events of one response, numbered in their order."""
    number = 0

    def event(kind: str, **fields: object) -> Event:
        nonlocal number
        number += 1
        return {"type": kind, "sequence_number": number - 1, **fields}

    answer, message = Collected(), new_id("msg_")
    begun = False
    told = parts(endpoint, model, question, [])
    answer.add(await anext(told))  # what refuses the prompt is answered with a status of its own
    yield event("response.created", response=head)
    yield event("response.in_progress", response=head)
    try:
        async for part in told:
            answer.add(part)
            if not isinstance(part, Text):
                continue
            place = {"item_id": message, "output_index": 0, "content_index": 0}
            if not begun:
                begun = True
                item = _message_item(message, "", "in_progress") | {"content": []}
                yield event("response.output_item.added", output_index=0, item=item)
                yield event("response.content_part.added", **place, part=_text_part(""))
            yield event("response.output_text.delta", **place, delta=part.text, logprobs=[])
    finally:
        await told.aclose()
    calls = [_call_item(call) for call in answer.calls]
    document = _complete(head, answer, message, calls, endpoint.state.store.now())
    if begun:
        place = {"item_id": message, "output_index": 0, "content_index": 0}
        yield event("response.output_text.done", **place, text=answer.text, logprobs=[])
        yield event("response.content_part.done", **place, part=_text_part(answer.text))
        yield event("response.output_item.done", output_index=0, item=document["output"][0])
    for index, item in enumerate(document["output"]):
        if item["type"] == "function_call" or not begun:
            yield event("response.output_item.added", output_index=index, item=item)
            if item["type"] == "function_call":
                told_of = {"item_id": item["id"], "output_index": index}
                yield event("response.function_call_arguments.delta", **told_of, delta=item["arguments"])
                yield event(
                    "response.function_call_arguments.done",
                    **told_of,
                    name=item["name"],
                    arguments=item["arguments"],
                )
            yield event("response.output_item.done", output_index=index, item=item)
    _keep(endpoint, asked, document, conversation, answer)
    yield event(f"response.{document['status']}", response=document)


def _head(asked: ResponseRequest, created_at: int) -> Json:
    """A response that was not answered yet."""
    return {
        "id": new_id("resp_"),
        "object": "response",
        "created_at": created_at,
        "status": "in_progress",
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": asked.instructions,
        "max_output_tokens": asked.max_output_tokens,
        "metadata": asked.metadata or {},
        "model": asked.model,
        "output": [],
        "parallel_tool_calls": asked.parallel_tool_calls is not False,
        "previous_response_id": asked.previous_response_id,
        "reasoning": {"effort": None, "summary": None},
        "service_tier": "default",
        "store": asked.store is not False,
        "temperature": 1.0 if asked.temperature is None else asked.temperature,
        "text": {"format": {"type": "text"}},
        "tool_choice": asked.tool_choice or "auto",
        "tools": asked.tools or [],
        "top_logprobs": 0,
        "top_p": asked.top_p or 1.0,
        "truncation": "disabled",
        "usage": None,
        "user": asked.user,
    }


def _complete(head: Json, answer: Collected, message: str, calls: list[Json], completed_at: int) -> Json:
    """The whole response."""
    cut = answer.end.reason == "length"
    status = "incomplete" if cut else "completed"
    texts = [_message_item(message, answer.text, status)] if answer.text or not calls else []
    used = {
        "input_tokens": answer.prompt_tokens,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": answer.end.generated,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": answer.prompt_tokens + answer.end.generated,
    }
    return head | {
        "status": status,
        "completed_at": None if cut else completed_at,
        "incomplete_details": {"reason": "max_output_tokens"} if cut else None,
        "output": [*texts, *calls],
        "usage": used,
    }


def _message_item(name: str, text: str, status: str) -> Json:
    return {"id": name, "type": "message", "status": status, "role": "assistant", "content": [_text_part(text)]}


def _text_part(text: str) -> Json:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _call_item(call: Json) -> Json:
    """A call of chat as an item."""
    function = call["function"]
    return {"id": new_id("fc_"), "type": "function_call", "status": "completed", "call_id": call["id"], **function}


def _chat_tool(tool: Json) -> Json:
    """A function of the Responses API as chat has it."""
    return {"type": "function", "function": {key: value for key, value in tool.items() if key != "type"}}
