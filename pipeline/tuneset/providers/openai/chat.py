"""Chat completions of the protocol, through the official client: one question, one answer, at temperature 0."""

from __future__ import annotations

from typing import Any, cast

import httpx2
import openai

from tuneset.providers.openai.faults import call_faults
from tuneset.providers.provider import ChatAnswer, ChatQuestion
from tuneset.providers.wire.answer import UnexpectedAnswer, document
from tuneset.providers.wire.reader import Fields

ANSWER_TIMEOUT = httpx2.Timeout(600.0, connect=10.0)
"""For an answer, which comes whole when it is finished, in seconds for each wait on the socket."""


def ask(client: openai.OpenAI, key: str | None, question: ChatQuestion) -> ChatAnswer:
    """Ask a model. Raises CallFault."""
    with call_faults(key):
        raw = client.chat.completions.with_raw_response.create(
            model=question.model,
            messages=cast("Any", list(question.messages)),
            temperature=0,
            seed=question.seed,
            max_completion_tokens=question.max_tokens,
            extra_body=dict(question.tools) or None,
            timeout=ANSWER_TIMEOUT,
        )
        return parse_answer(document(raw))


def parse_answer(found: dict[str, Any]) -> ChatAnswer:
    """The first choice; one that only calls tools, or that refuses, has no text. Raises UnexpectedAnswer."""
    choices = found.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    if not isinstance(first, dict) or not isinstance(message := first.get("message"), dict):
        raise UnexpectedAnswer("a completion without a message", passing=True)
    text, calls = message.get("content"), message.get("tool_calls")
    usage = Fields(found.get("usage"), "completion.usage")
    return ChatAnswer(
        text=text if isinstance(text, str) else "",
        tool_calls=tuple(calls) if isinstance(calls, list) else (),
        prompt_tokens=usage.whole("prompt_tokens"),
        answer_tokens=usage.whole("completion_tokens"),
        cut_off=first.get("finish_reason") == "length",
    )
