"""Chat completions of the protocol, through the official client: one question, one answer, at temperature 0."""

from __future__ import annotations

import httpx2
import openai

from tuneset.providers.chat_models import ChatAnswer, ChatQuestion
from tuneset.providers.openai.faults import call_faults
from tuneset.providers.wire.answer import document
from tuneset.providers.wire.chat_answer import parse_answer, parse_prompt_logprobs

ANSWER_TIMEOUT = httpx2.Timeout(600.0, connect=10.0)
"""For an answer, which comes whole when it is finished, in seconds for each wait on the socket."""


def ask(client: openai.OpenAI, key: str | None, question: ChatQuestion) -> ChatAnswer:
    """Ask a model. Raises CallFault."""
    with call_faults(key):
        raw = client.chat.completions.with_raw_response.create(**question.body(), timeout=ANSWER_TIMEOUT)
        return parse_answer(document(raw))


def logprobs_of(
    client: openai.OpenAI, key: str | None, question: ChatQuestion, answer: str
) -> tuple[float | None, ...] | None:
    """See `Chat`: asked in the form that vLLM has for it. Raises CallFault."""
    body = {**question.body(), "max_completion_tokens": 1}
    body["messages"] = [*question.messages, {"role": "assistant", "content": answer}]
    more = {"prompt_logprobs": 0, "add_generation_prompt": False}
    with call_faults(key):
        raw = client.chat.completions.with_raw_response.create(**body, extra_body=more, timeout=ANSWER_TIMEOUT)
        return parse_prompt_logprobs(document(raw))
