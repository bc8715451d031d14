"""Responses and their items as the protocol spells them, and how one is stored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tuneset.endpoint.api.answer_bodies import Collected
from tuneset.endpoint.api.chat_messages import Message
from tuneset.endpoint.api.generation_body import ResponseRequest
from tuneset.endpoint.api.running_endpoint import RunningEndpoint
from tuneset.endpoint.api.search_tool import Search, citations, search_item
from tuneset.endpoint.inference.pictures import OWN
from tuneset.endpoint.object_ids import new_id

Json = dict[str, Any]


def head_of(asked: ResponseRequest, created_at: int) -> Json:
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


def complete(
    head: Json, answer: Collected, message: str, calls: list[Json], completed_at: int, search: Search | None
) -> Json:
    """The whole response."""
    cut = answer.end.reason == "length"
    status = "incomplete" if cut else "completed"
    annotations = citations(answer.text, search)
    texts = [message_item(message, answer.text, status, annotations)] if answer.text or not calls else []
    searched = [] if search is None else [search_item(search)]
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
        "output": [*searched, *texts, *calls],
        "usage": used,
    }


def message_item(name: str, text: str, status: str, annotations: Sequence[Json] = ()) -> Json:
    """A message of the model as an item."""
    content = [text_part(text, annotations)]
    return {"id": name, "type": "message", "status": status, "role": "assistant", "content": content}


def text_part(text: str, annotations: Sequence[Json] = ()) -> Json:
    """A text of the model as a part of a message."""
    return {"type": "output_text", "text": text, "annotations": [*annotations], "logprobs": []}


def sent_parts(content: str | list[Json]) -> list[Json]:
    """The content of a message that was sent, as an item has it.

    >>> sent_parts([{"type": "image_url", "image_url": {"url": "own-file:file-1", "detail": "low"}}])
    [{'type': 'input_image', 'file_id': 'file-1', 'image_url': None, 'detail': 'low'}]
    """
    if isinstance(content, str):
        return [{"type": "input_text", "text": content}]
    return [_sent_picture(part["image_url"]) if part["type"] == "image_url" else _sent_text(part) for part in content]


def _sent_picture(shown: Json) -> Json:
    own = shown["url"].startswith(OWN)
    file_id, url = (shown["url"].removeprefix(OWN), None) if own else (None, shown["url"])
    return {"type": "input_image", "file_id": file_id, "image_url": url, "detail": shown.get("detail", "auto")}


def _sent_text(part: Json) -> Json:
    return {"type": "input_text", "text": part["text"]}


def call_item(call: Json) -> Json:
    """A call of chat as an item."""
    function = call["function"]
    return {"id": new_id("fc_"), "type": "function_call", "status": "completed", "call_id": call["id"], **function}


def chat_tool(tool: Json) -> Json:
    """A function of the Responses API as chat has it."""
    return {"type": "function", "function": {key: value for key, value in tool.items() if key != "type"}}


def keep(
    endpoint: RunningEndpoint, asked: ResponseRequest, document: Json, conversation: list[Message], answer: Collected
) -> None:
    """Store a response with the conversation that it ends, unless it is not to be stored."""
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
