"""A response as events, numbered in their order, while it is made."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

from tuneset.endpoint.api.answer_bodies import Collected
from tuneset.endpoint.api.chat_messages import Message
from tuneset.endpoint.api.chat_routes import parts
from tuneset.endpoint.api.event_stream import Event
from tuneset.endpoint.api.generation_body import ResponseRequest
from tuneset.endpoint.api.response_items import call_item, complete, keep, message_item, text_part
from tuneset.endpoint.api.running_endpoint import RunningEndpoint
from tuneset.endpoint.api.search_tool import Search, search_item
from tuneset.endpoint.inference.answers import Text
from tuneset.endpoint.object_ids import new_id
from tuneset.training.generator import ModelRef, Question

Json = dict[str, Any]


async def events(
    endpoint: RunningEndpoint,
    model: ModelRef,
    question: Question,
    asked: ResponseRequest,
    head: Json,
    conversation: list[Message],
    search: Search | None,
) -> AsyncGenerator[Event, None]:
    """The events of one response, numbered in their order."""
    number = 0

    def event(kind: str, **fields: object) -> Event:
        nonlocal number
        number += 1
        return {"type": kind, "sequence_number": number - 1, **fields}

    answer, message = Collected(), new_id("msg_")
    begun, first = False, 0 if search is None else 1
    told = parts(endpoint, model, question, [])
    answer.add(await anext(told))  # what refuses the prompt is answered with a status of its own
    yield event("response.created", response=head)
    yield event("response.in_progress", response=head)
    if search is not None:
        item, place = search_item(search), {"item_id": search.name, "output_index": 0}
        yield event(
            "response.output_item.added", output_index=0, item=item | {"status": "in_progress", "results": None}
        )
        for kind in ("in_progress", "searching", "completed"):
            yield event(f"response.file_search_call.{kind}", **place)
        yield event("response.output_item.done", output_index=0, item=item)
    try:
        async for part in told:
            answer.add(part)
            if not isinstance(part, Text):
                continue
            place = {"item_id": message, "output_index": first, "content_index": 0}
            if not begun:
                begun = True
                item = message_item(message, "", "in_progress") | {"content": []}
                yield event("response.output_item.added", output_index=first, item=item)
                yield event("response.content_part.added", **place, part=text_part(""))
            yield event("response.output_text.delta", **place, delta=part.text, logprobs=[])
    finally:
        await told.aclose()
    calls = [call_item(call) for call in answer.calls]
    document = complete(head, answer, message, calls, endpoint.state.store.now(), search)
    if begun:
        place = {"item_id": message, "output_index": first, "content_index": 0}
        part = document["output"][first]["content"][0]
        for at, annotation in enumerate(part["annotations"]):
            yield event("response.output_text.annotation.added", **place, annotation_index=at, annotation=annotation)
        yield event("response.output_text.done", **place, text=answer.text, logprobs=[])
        yield event("response.content_part.done", **place, part=part)
        yield event("response.output_item.done", output_index=first, item=document["output"][first])
    for index, item in enumerate(document["output"][first:], first):
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
    keep(endpoint, asked, document, conversation, answer)
    yield event(f"response.{document['status']}", response=document)
