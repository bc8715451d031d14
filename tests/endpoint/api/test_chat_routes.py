"""Chat and completions by the official client: whole, as streams, with all that they may be asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from openai import AsyncOpenAI, BadRequestError, OpenAI
from starlette.requests import ClientDisconnect, Request

from tests.endpoint.conftest import BASE_URL, serving
from tests.endpoint.support import chat, create, supervised, upload, wait
from tests.endpoint.test_app import refusal
from tuneset.endpoint.api.event_stream import while_connected
from tuneset.endpoint.app import create_app

pytestmark = pytest.mark.usefixtures("quickly_trained")

QUESTION: list[Any] = [{"role": "user", "content": "Which day?"}]
ANSWER = "It is Sunday, the 1st."


@pytest.fixture(scope="module")
def talking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenAI]:
    with serving(tmp_path_factory.mktemp("endpoint")) as opened:
        yield opened


@pytest.fixture(scope="module")
def model(talking: OpenAI) -> str:
    """A model that has learned one answer by heart."""
    file = upload(talking, [chat("Which day?", ANSWER)] * 40)
    job = wait(talking, create(talking, file.id, method=supervised(n_epochs=8, batch_size=2), seed=1).id)
    assert job.fine_tuned_model is not None
    return job.fine_tuned_model


def test_a_trained_model_says_what_it_has_learned(talking: OpenAI, model: str) -> None:
    answer = talking.chat.completions.create(model=model, messages=QUESTION, temperature=0)
    (choice,) = answer.choices
    assert (choice.message.content, choice.message.role, choice.finish_reason) == (ANSWER, "assistant", "stop")
    assert (answer.object, answer.model) == ("chat.completion", model)
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens > 10
    checkpoint = f"{model}:ckpt-step-140"
    again = talking.chat.completions.create(model=checkpoint, messages=QUESTION, temperature=0)
    assert again.choices[0].message.content == ANSWER


def test_a_stream_says_the_same_piece_by_piece(talking: OpenAI, model: str) -> None:
    asked: dict[str, Any] = {"model": model, "messages": QUESTION, "seed": 5, "temperature": 0.5, "n": 2}
    whole = talking.chat.completions.create(**asked)
    chunks = list(talking.chat.completions.create(**asked, stream=True, stream_options={"include_usage": True}))
    assert len({chunk.id for chunk in chunks}) == 1
    assert chunks[-1].choices == []
    assert chunks[-1].usage == whole.usage
    assert all(chunk.usage is None for chunk in chunks[:-1])
    for index in range(2):
        deltas = [chunk.choices[0] for chunk in chunks[:-1] if chunk.choices[0].index == index]
        assert deltas[0].delta.role == "assistant"
        assert "".join(one.delta.content or "" for one in deltas) == whole.choices[index].message.content
        assert [one.finish_reason for one in deltas if one.finish_reason] == [whole.choices[index].finish_reason]
    assert all(chunk.usage is None for chunk in talking.chat.completions.create(**asked, stream=True))


def test_log_probabilities_are_told_and_belong_to_the_pieces(talking: OpenAI, model: str) -> None:
    answer = talking.chat.completions.create(
        model=model, messages=QUESTION, temperature=0, logprobs=True, top_logprobs=3
    )
    assert answer.choices[0].logprobs is not None
    content = answer.choices[0].logprobs.content or []
    assert b"".join(bytes(one.bytes or []) for one in content).decode() == ANSWER
    assert all(len(one.top_logprobs) == 3 and one.top_logprobs[0].logprob == one.logprob <= 0 for one in content)
    assert answer.usage is not None
    assert answer.usage.completion_tokens == len(content)


def test_a_given_answer_has_the_probabilities_that_it_had_when_it_was_drawn(talking: OpenAI, model: str) -> None:
    drawn = talking.chat.completions.create(model=model, messages=QUESTION, temperature=0, logprobs=True)
    assert drawn.usage is not None
    assert drawn.choices[0].logprobs is not None
    asked = {"prompt_logprobs": 0, "add_generation_prompt": False}
    said: Any = [*QUESTION, {"role": "assistant", "content": ANSWER}]
    given: Any = talking.chat.completions.create(model=model, messages=said, max_tokens=1, extra_body=asked)
    start = drawn.usage.prompt_tokens
    assert given.prompt_logprobs[:start] == [None] * start
    told = [next(iter(one.values())) for one in given.prompt_logprobs[start:]]
    wanted = [(one.token, one.logprob) for one in drawn.choices[0].logprobs.content or []]
    assert [(one["decoded_token"], one["logprob"]) for one in told] == wanted
    assert given.choices[0].message.content == ""


@pytest.mark.parametrize(
    "more",
    [{"prompt_logprobs": 1}, {"prompt_logprobs": 0, "add_generation_prompt": True}, {"add_generation_prompt": False}],
)
def test_probabilities_of_what_is_no_given_answer_are_refused(talking: OpenAI, more: dict[str, Any]) -> None:
    said: Any = [*QUESTION, {"role": "assistant", "content": "a"}]
    whole = {"prompt_logprobs": 0, "add_generation_prompt": False}
    with pytest.raises(BadRequestError):
        talking.chat.completions.create(model="local-tiny", messages=said, extra_body=more)
    with pytest.raises(BadRequestError):
        talking.chat.completions.create(model="local-tiny", messages=QUESTION, extra_body=whole)


@pytest.mark.parametrize(("stop", "left"), [("Sun", "It is "), (["never", ", the"], "It is Sunday"), (ANSWER[0], "")])
@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_ends_before_a_stop_sequence(
    talking: OpenAI,
    model: str,
    stop: str | list[str],
    left: str,
    stream: bool,
) -> None:
    asked: dict[str, Any] = {"model": model, "messages": QUESTION, "temperature": 0, "stop": stop}
    if stream:
        chunks = [chunk.choices[0] for chunk in talking.chat.completions.create(**asked, stream=True)]
        text, reason = "".join(one.delta.content or "" for one in chunks), chunks[-1].finish_reason
    else:
        choice = talking.chat.completions.create(**asked).choices[0]
        text, reason = choice.message.content or "", choice.finish_reason
    assert (text, reason) == (left, "stop")


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_an_answer_has_at_most_so_many_pieces(talking: OpenAI, model: str, name: str) -> None:
    asked: dict[str, Any] = {"model": model, "messages": QUESTION, "temperature": 0, name: 3}
    answer = talking.chat.completions.create(**asked)
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 3
    assert ANSWER.startswith(answer.choices[0].message.content or "-")


def test_a_seed_gives_the_same_answer_again_and_another_one_another(talking: OpenAI) -> None:
    asked: dict[str, Any] = {"model": "local-tiny", "messages": QUESTION, "max_tokens": 12}
    answers = [talking.chat.completions.create(**asked, seed=seed).choices[0].message.content for seed in (1, 1, 2)]
    assert answers[0] == answers[1] != answers[2]


def test_completions_continue_texts(talking: OpenAI, model: str) -> None:
    asked: dict[str, Any] = {"model": model, "temperature": 0, "max_tokens": 60}
    whole = talking.completions.create(prompt=["It is Sun", "It is "], logprobs=2, **asked)
    assert [choice.index for choice in whole.choices] == [0, 1]
    assert whole.choices[0].text.startswith("day, the")
    found = whole.choices[0].logprobs
    assert found is not None
    assert "".join(found.tokens or []) == whole.choices[0].text
    assert len(found.top_logprobs or []) == len(found.text_offset or []) == len(found.token_logprobs or [])
    chunks = list(talking.completions.create(prompt="It is Sun", stream=True, **asked))
    assert "".join(chunk.choices[0].text for chunk in chunks) == whole.choices[0].text
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_tools_are_taken_and_messages_of_tools_read(talking: OpenAI, model: str) -> None:
    call = {"id": "1", "type": "function", "function": {"name": "day", "arguments": "{}"}}
    tools: list[Any] = [{"type": "function", "function": {"name": "day", "parameters": {"type": "object"}}}]
    messages: list[Any] = [
        {"role": "developer", "content": "Be short."},
        *QUESTION,
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "1", "content": "Sunday"},
    ]
    asked: dict[str, Any] = {"model": model, "messages": messages, "tools": tools, "tool_choice": "auto"}
    answer = talking.chat.completions.create(**asked, max_tokens=3)
    assert answer.choices[0].finish_reason in {"stop", "length"}
    sent_back: list[Any] = [*QUESTION, answer.choices[0].message, *QUESTION]
    talking.chat.completions.create(model=model, messages=sent_back, max_tokens=1)


@pytest.mark.parametrize(
    ("asked", "param", "code"),
    [
        ({"temperature": 3.0}, "temperature", "invalid_value"),
        ({"top_p": 0.0}, "top_p", "invalid_value"),
        ({"n": 17}, "n", "invalid_value"),
        ({"max_tokens": 0}, "max_tokens", "invalid_value"),
        ({"stop": ["a"] * 5}, "stop", "invalid_value"),
        ({"messages": []}, "messages", "invalid_value"),
        ({"messages": [{"role": "user"}]}, "messages[0]", "invalid_value"),
        ({"messages": [*QUESTION, {"role": "nobody", "content": "a"}]}, "messages[1]", "invalid_value"),
        ({"top_logprobs": 2}, "top_logprobs", None),
        ({"frequency_penalty": 0.5}, "frequency_penalty", "unsupported_parameter"),
        ({"logit_bias": {"1": 5}}, "logit_bias", "unsupported_parameter"),
        ({"response_format": {"type": "json_object"}}, "response_format", "unsupported_parameter"),
        ({"tool_choice": "required"}, "tool_choice", "unsupported_parameter"),
        ({"tools": [{"type": "custom"}]}, "tools[0]", "invalid_value"),
        ({"modalities": ["audio"]}, "modalities", "unsupported_parameter"),
        ({"stream_options": {"include_usage": True}}, "stream_options", None),
    ],
)
def test_what_cannot_be_done_is_refused_by_its_name(
    talking: OpenAI, asked: dict[str, Any], param: str, code: str | None
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        talking.chat.completions.create(**{"model": "local-tiny", "messages": QUESTION} | asked)
    error = refusal(caught.value)
    assert (error["param"], error["code"], error["type"]) == (param, code, "invalid_request_error")


def test_an_unknown_model_is_not_found_and_those_that_are_there_are_named(talking: OpenAI, model: str) -> None:
    for stream in (False, True):
        with pytest.raises(openai.NotFoundError) as caught:
            talking.chat.completions.create(model="gpt-9", messages=QUESTION, stream=stream)
        error = refusal(caught.value)
        assert (error["code"], error["param"]) == ("model_not_found", "model")
        assert model in str(error["message"])


def test_a_prompt_that_is_too_long_is_refused_before_a_stream_begins(talking: OpenAI) -> None:
    messages: list[Any] = [{"role": "user", "content": "a" * 40_000}]
    for stream in (False, True):
        with pytest.raises(openai.BadRequestError) as caught:
            talking.chat.completions.create(model="local-tiny", messages=messages, stream=stream)
        assert refusal(caught.value)["code"] == "context_length_exceeded"


def test_the_server_answers_others_while_it_generates_and_leaves_off_when_nobody_listens(
    talking: OpenAI, model: str
) -> None:
    with talking.chat.completions.create(model="local-tiny", messages=QUESTION, stream=True) as stream:
        next(iter(stream))
        assert talking.models.retrieve(model).id == model
    asked = talking.chat.completions.create(model=model, messages=QUESTION, temperature=0)
    assert asked.choices[0].message.content == ANSWER


def test_the_asynchronous_client_is_answered_whole_and_as_a_stream(state: Path) -> None:
    app = create_app(state)

    async def go() -> None:
        transport = httpx2.ASGITransport(app)
        async with app.router.lifespan_context(app), httpx2.AsyncClient(transport=transport) as http:
            client = AsyncOpenAI(api_key="any", base_url=BASE_URL, http_client=http, max_retries=0)
            asked: dict[str, Any] = {"model": "local-tiny", "messages": QUESTION, "max_tokens": 4, "seed": 1}
            whole, other = await asyncio.gather(*(client.chat.completions.create(**asked) for _ in range(2)))
            assert whole.choices == other.choices
            stream = await client.chat.completions.create(**asked, stream=True)
            text = "".join([chunk.choices[0].delta.content or "" async for chunk in stream])
            assert text == whole.choices[0].message.content

    asyncio.run(go())


def test_work_ends_when_its_client_goes() -> None:
    async def go() -> None:
        ended = asyncio.Event()

        async def work() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                ended.set()

        async def receive() -> dict[str, str]:
            return {"type": "http.disconnect"}

        with pytest.raises(ClientDisconnect):
            await while_connected(Request({"type": "http"}, receive), work())
        assert ended.is_set()

    asyncio.run(go())
