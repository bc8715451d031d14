"""Chat completions of the protocol, through the official client: one question, one answer, at temperature 0."""

from __future__ import annotations

import httpx2
import openai

from tuneset.providers.openai.faults import call_faults
from tuneset.providers.provider import ChatAnswer, ChatQuestion
from tuneset.providers.wire.answer import document
from tuneset.providers.wire.chat_answer import parse_answer

ANSWER_TIMEOUT = httpx2.Timeout(600.0, connect=10.0)
"""For an answer, which comes whole when it is finished, in seconds for each wait on the socket."""


def ask(client: openai.OpenAI, key: str | None, question: ChatQuestion) -> ChatAnswer:
    """Ask a model. Raises CallFault."""
    with call_faults(key):
        raw = client.chat.completions.with_raw_response.create(**question.body(), timeout=ANSWER_TIMEOUT)
        return parse_answer(document(raw))
