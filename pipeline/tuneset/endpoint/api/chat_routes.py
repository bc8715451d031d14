"""Chat and completions: a model of this server answers, or the server that requests are handed on to."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tuneset.endpoint.api.answer_bodies import (
    Collected,
    chat_choice,
    chat_logprobs,
    completion_choice,
    completion_logprobs,
    given_answer,
    tool_call,
    usage,
    usage_of,
)
from tuneset.endpoint.api.api_errors import ApiError, no_such_model
from tuneset.endpoint.api.chat_messages import read_messages
from tuneset.endpoint.api.event_stream import Event, event_stream, while_connected
from tuneset.endpoint.api.generation_body import (
    ChatRequest,
    CompletionRequest,
    read_chat_request,
    read_completion_request,
)
from tuneset.endpoint.api.input_files import with_own_files, with_texts
from tuneset.endpoint.api.json_body import read_body
from tuneset.endpoint.api.model_routes import models
from tuneset.endpoint.api.running_endpoint import RunningEndpoint, endpoint_of
from tuneset.endpoint.inference.answers import Part, Text, answer
from tuneset.endpoint.inference.pictures import in_files
from tuneset.endpoint.object_ids import new_id
from tuneset.training.generator import Call, ModelRef, Prompted, Question

MAX_BODY = 16 << 20
"""Bytes of a request: a conversation may be long."""

AT_ONCE = 16
"""Answers of one request that wait or are made at a time: 64 texts with 16 answers each must not fill the queue."""


async def create_chat(request: Request) -> Response:
    """POST /v1/chat/completions."""
    endpoint = endpoint_of(request)
    body = await read_body(request, MAX_BODY)
    if endpoint.upstream is not None:
        return await endpoint.upstream.hand_on(request, await _with_own_files(endpoint, body), endpoint.state)
    asked = read_chat_request(body)
    model = model_of(endpoint, asked.model)
    given = asked.given()
    sent = await while_connected(request, with_texts(endpoint, asked.messages, "messages", asked.model))
    question = Question(
        messages=read_messages(sent if given is None else sent[:-1]),
        given=given,
        tools=[] if asked.tool_choice == "none" else asked.tools or [],
        max_tokens=asked.max_completion_tokens or asked.max_tokens,
        temperature=1.0 if asked.temperature is None else asked.temperature,
        top_p=asked.top_p or 1.0,
        seed=_seed(asked.seed),
        top_logprobs=asked.top_logprobs or 0,
    )
    questions = _several(question, asked.n or 1)
    head = {"id": new_id("chatcmpl-"), "created": endpoint.state.store.now(), "model": asked.model}
    head |= {"service_tier": "default", "system_fingerprint": None}
    if asked.stream:
        chunks = _chat_chunks(endpoint, model, questions, asked, head | {"object": "chat.completion.chunk"})
        return await event_stream(request, chunks)
    answers = await collect(request, endpoint, model, questions, asked.stops())
    if given is not None:
        return JSONResponse(head | {"object": "chat.completion"} | given_answer(answers[0]))
    choices = [chat_choice(index, one, logprobs=bool(asked.logprobs)) for index, one in enumerate(answers)]
    return JSONResponse(head | {"object": "chat.completion", "choices": choices, "usage": usage_of(answers, 1)})


async def _with_own_files(endpoint: RunningEndpoint, body: bytes) -> bytes:
    """A body for another server, with the text of files of this one in their place."""
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError:  # the other server says so
        return body
    messages = asked.get("messages") if isinstance(asked, dict) else None
    if not isinstance(messages, list):
        return body
    put = await with_own_files(endpoint, messages, "messages")
    return body if put == messages else orjson.dumps({**asked, "messages": put})


async def create_completion(request: Request) -> Response:
    """POST /v1/completions."""
    endpoint = endpoint_of(request)
    body = await read_body(request, MAX_BODY)
    if endpoint.upstream is not None:
        return await endpoint.upstream.hand_on(request, body, endpoint.state)
    asked = read_completion_request(body)
    model = model_of(endpoint, asked.model)
    prompts = asked.prompts()
    question = Question(
        max_tokens=asked.max_tokens or DEFAULT_COMPLETION,
        temperature=1.0 if asked.temperature is None else asked.temperature,
        top_p=asked.top_p or 1.0,
        seed=_seed(asked.seed),
        top_logprobs=asked.logprobs or 0,
    )
    questions = [one for text in prompts for one in _several(replace(question, text=text), asked.n or 1)]
    head = {"id": new_id("cmpl-"), "object": "text_completion", "created": endpoint.state.store.now()}
    head |= {"model": asked.model, "system_fingerprint": None}
    if asked.stream:
        return await event_stream(request, _completion_chunks(endpoint, model, questions, asked, head))
    answers = await collect(request, endpoint, model, questions, asked.stops())
    wanted = asked.logprobs is not None
    choices = [completion_choice(index, one, logprobs=wanted) for index, one in enumerate(answers)]
    return JSONResponse(head | {"choices": choices, "usage": usage_of(answers, len(prompts))})


DEFAULT_COMPLETION = 16
"""Pieces of a completion where the request says nothing. OpenAI's API specification, 2026-08-21."""


def model_of(endpoint: RunningEndpoint, name: str) -> ModelRef:
    """The model that is asked. Raises ApiError 404 with the names that there are."""
    found = endpoint.local_models.find(name, endpoint.state)
    if found is None:
        raise no_such_model(name, [model["id"] for model in models(endpoint)])
    return found


async def collect(
    request: Request, endpoint: RunningEndpoint, model: ModelRef, questions: Sequence[Question], stop: Sequence[str]
) -> list[Collected]:
    """All answers, in the order of their questions. Raises ClientDisconnect where the client goes."""
    at_once = asyncio.Semaphore(AT_ONCE)

    async def one(question: Question) -> Collected:
        collected = Collected()
        async with at_once:
            async for part in _parts(endpoint, model, question, stop):
                collected.add(part)
        return collected

    async def every() -> list[Collected]:
        async with _shown(endpoint, questions) as put, asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(question)) for question in put]
        return [task.result() for task in tasks]

    try:
        return await while_connected(request, every())
    except ExceptionGroup as errors:  # the first of them has ended the others
        raise errors.exceptions[0] from None


async def parts(
    endpoint: RunningEndpoint, model: ModelRef, question: Question, stop: Sequence[str]
) -> AsyncGenerator[Part, None]:
    """The parts of the one answer to a question. What generates is told when nobody listens any more.

    Raises ApiError, 404 where the model was deleted before it was read.
    """
    async with _shown(endpoint, [question]) as (put,):
        async for part in _closing(_parts(endpoint, model, put, stop)):
            yield part


@contextlib.asynccontextmanager
async def _shown(endpoint: RunningEndpoint, questions: Sequence[Question]) -> AsyncIterator[list[Question]]:
    """The questions of a request, which have one conversation: its pictures lie in files for as long as the block."""
    async with in_files(endpoint.state, questions[0].messages) as messages:
        yield [replace(question, messages=messages) for question in questions]


async def _parts(
    endpoint: RunningEndpoint, model: ModelRef, question: Question, stop: Sequence[str]
) -> AsyncGenerator[Part, None]:
    """The parts of one answer to a question whose pictures lie in files."""
    try:
        asked = endpoint.local_models.ask(model, question, endpoint.state.store.project)
        async with contextlib.aclosing(answer(asked, stop)) as told:
            async for part in told:
                yield part
    except ApiError:
        model_of(endpoint, model.name)  # says so where it is there no more
        raise


async def _chat_chunks(
    endpoint: RunningEndpoint, model: ModelRef, questions: Sequence[Question], asked: ChatRequest, head: dict[str, Any]
) -> AsyncGenerator[Event, None]:
    """The chunks of all answers, one answer after the other."""
    included = asked.stream_options is not None and asked.stream_options.include_usage
    head |= {"usage": None} if included else {}
    prompt = generated = 0
    async with _shown(endpoint, questions) as put:
        for index, question in enumerate(put):
            calls = 0
            async for part in _closing(_parts(endpoint, model, question, asked.stops())):
                delta: dict[str, Any] = {}
                logprobs, reason = None, None
                if isinstance(part, Prompted):
                    prompt = part.tokens
                    delta = {"role": "assistant", "content": "", "refusal": None}
                elif isinstance(part, Text):
                    delta = {"content": part.text}
                    logprobs = chat_logprobs(part.pieces) if asked.logprobs else None
                elif isinstance(part, Call):
                    delta = {"tool_calls": [{"index": calls, **tool_call(part)}]}
                    calls += 1
                else:
                    reason = part.reason
                    generated += part.generated
                choice = {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": reason}
                yield head | {"choices": [choice]}
    if included:
        yield head | {"choices": [], "usage": usage(prompt, generated)}


async def _completion_chunks(
    endpoint: RunningEndpoint,
    model: ModelRef,
    questions: Sequence[Question],
    asked: CompletionRequest,
    head: dict[str, Any],
) -> AsyncGenerator[Event, None]:
    """The chunks of all texts, one text after the other."""
    included = asked.stream_options is not None and asked.stream_options.include_usage
    head |= {"usage": None} if included else {}
    prompt = generated = 0
    for index, question in enumerate(questions):
        length = 0
        async for part in _closing(_parts(endpoint, model, question, asked.stops())):
            text, logprobs, reason = "", None, None
            if isinstance(part, Prompted):
                prompt += part.tokens if index % (asked.n or 1) == 0 else 0
                if index:
                    continue
            elif isinstance(part, Text):
                text = part.text
                logprobs = completion_logprobs(part.pieces, length) if asked.logprobs is not None else None
                length += len(text)
            elif not isinstance(part, Call):
                reason = part.reason
                generated += part.generated
            yield head | {"choices": [{"index": index, "text": text, "logprobs": logprobs, "finish_reason": reason}]}
    if included:
        yield head | {"choices": [], "usage": usage(prompt, generated)}


async def _closing(told: AsyncGenerator[Part, None]) -> AsyncIterator[Part]:
    async with contextlib.aclosing(told):
        async for part in told:
            yield part


def _several(question: Question, number: int) -> list[Question]:
    """The same question so many times, each with a seed of its own."""
    return [replace(question, seed=question.seed + place) for place in range(number)]


def _seed(asked: int | None) -> int:
    """A seed that is not negative."""
    return secrets.randbelow(1 << 31) if asked is None else asked % (1 << 62)
