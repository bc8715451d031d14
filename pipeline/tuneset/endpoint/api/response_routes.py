"""The Responses API, for text and calls of functions: create, retrieve, delete; whole or as events.

A response is stored unless `store` is false, with the conversation that it ends, so that `previous_response_id` goes on
from it.
"""

from __future__ import annotations

import secrets
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tuneset.endpoint.api.api_errors import ApiError
from tuneset.endpoint.api.chat_messages import Message, messages_of_input
from tuneset.endpoint.api.chat_routes import MAX_BODY, collect, model_of
from tuneset.endpoint.api.event_stream import event_stream, while_connected
from tuneset.endpoint.api.generation_body import ResponseRequest, read_response_request
from tuneset.endpoint.api.input_files import with_own_files, with_texts
from tuneset.endpoint.api.json_body import read_body
from tuneset.endpoint.api.response_events import events
from tuneset.endpoint.api.response_items import call_item, chat_tool, complete, head_of, keep, sent_parts
from tuneset.endpoint.api.running_endpoint import RunningEndpoint, endpoint_of
from tuneset.endpoint.api.search_tool import RESULTS, Search, last_question, search_for, with_passages
from tuneset.endpoint.inference.pictures import refuse_unseen
from tuneset.endpoint.inference.upstream import Upstream
from tuneset.endpoint.inference.upstream_responses import handed_on, noted
from tuneset.endpoint.object_ids import new_id
from tuneset.endpoint.state.objects import Record
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
    items = asked.input
    if not isinstance(items, str):
        items = await while_connected(request, with_texts(endpoint, items, "input", asked.model))
    sent = messages_of_input(items)
    conversation = [*_before(endpoint, asked.previous_response_id), *sent]
    if not endpoint.local_models.sees(asked.model):
        refuse_unseen(conversation, asked.model, "previous_response_id")
    tools = [] if asked.tool_choice == "none" else asked.tools or []
    search = await search_for(endpoint, tools, last_question(sent), asked.include or [])
    while True:
        try:
            return await _answered(request, endpoint, asked, model, conversation, search)
        except ApiError as error:
            if error.code != "context_length_exceeded":
                raise
            if search is None or not search.results:
                raise ApiError(400, error.message, param="input", code=error.code) from None
            search = search.cut()  # a small model has no room for all that was found


async def _answered(
    request: Request,
    endpoint: RunningEndpoint,
    asked: ResponseRequest,
    model: ModelRef,
    conversation: list[Message],
    search: Search | None,
) -> Response:
    """A model's answer to a conversation, with what was found before its last question."""
    instructions = [] if asked.instructions is None else [{"role": "system", "content": asked.instructions}]
    functions = [tool for tool in asked.tools or [] if tool["type"] == "function"]
    question = Question(
        messages=[*instructions, *with_passages(conversation, search)],
        tools=[] if asked.tool_choice == "none" else [chat_tool(tool) for tool in functions],
        max_tokens=asked.max_output_tokens,
        temperature=1.0 if asked.temperature is None else asked.temperature,
        top_p=asked.top_p or 1.0,
        seed=secrets.randbelow(1 << 31),
    )
    head = head_of(asked, endpoint.state.store.now())
    if asked.stream:
        told = events(endpoint, model, question, asked, head, conversation, search)
        return await event_stream(request, told, named=True)
    answers = await collect(request, endpoint, model, [question], [])
    message, calls = new_id("msg_"), [call_item(call) for call in answers[0].calls]
    document = complete(head, answers[0], message, calls, endpoint.state.store.now(), search)
    keep(endpoint, asked, document, conversation, answers[0])
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
    put = await _with_own(endpoint, asked)
    answer = await upstream.hand_on(request, body if put == asked else orjson.dumps(put), endpoint.state)
    return answer if asked.get("store") is False else await noted(answer, endpoint.state.store)


async def _with_own(endpoint: RunningEndpoint, asked: Json) -> Json:
    """A request to another server with what it cannot know: files of this server, and what is found in them.

    What is wrong with the rest is for that server to say.
    """
    put, items = dict(asked), asked.get("input")
    if isinstance(items, list):
        put["input"] = items = await with_own_files(endpoint, items, "input")
    given, include = asked.get("tools"), asked.get("include")
    tools = [tool for tool in given if isinstance(tool, dict)] if isinstance(given, list) else []
    messages = [{"role": "user", "content": items}] if isinstance(items, str) else items
    if asked.get("tool_choice") == "none" or not isinstance(messages, list):
        return put
    messages = [one if isinstance(one, dict) else {} for one in messages]
    search = await search_for(endpoint, tools, last_question(messages), [])
    if search is None:
        return put
    put["input"] = with_passages(messages, search)
    put["tools"] = [tool for tool in tools if tool.get("type") != "file_search"]
    if isinstance(include, list):
        put["include"] = [one for one in include if one != RESULTS]
    if not put["tools"] or asked.get("tool_choice") == {"type": "file_search"}:
        put.pop("tool_choice", None)
    return {key: value for key, value in put.items() if value or key not in ("tools", "include")}


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
            "content": sent_parts(message["content"]),
        }
        for number, message in enumerate(record.private["messages"][: record.private["asked"]])
        if message.get("content") is not None
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
