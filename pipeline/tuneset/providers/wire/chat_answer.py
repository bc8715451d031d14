"""The body of a chat completion -> what the model said. It does not matter how it was asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tuneset.providers.chat_models import ChatAnswer
from tuneset.providers.wire.answer import UnexpectedAnswer
from tuneset.providers.wire.reader import Fields

_REASONING = ("reasoning_content", "reasoning")
"""Where servers tell what was thought: DeepSeek, vLLM and SGLang; then OpenRouter and newer vLLM. As of 2026-11."""


def parse_answer(found: dict[str, Any]) -> ChatAnswer:
    """The first choice; one that only calls tools, or that refuses, has no text. Raises UnexpectedAnswer."""
    choices = found.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    if not isinstance(first, dict) or not isinstance(message := first.get("message"), dict):
        raise UnexpectedAnswer("a completion without a message", passing=True)
    calls = message.get("tool_calls")
    usage = Fields(found.get("usage"), "completion.usage")
    return ChatAnswer(
        text=_said(message.get("content")),
        tool_calls=tuple(calls) if isinstance(calls, list) else (),
        prompt_tokens=usage.whole("prompt_tokens"),
        answer_tokens=usage.whole("completion_tokens"),
        cut_off=first.get("finish_reason") == "length",
        filtered=first.get("finish_reason") == "content_filter",
        declined=bool(message.get("refusal")),
        reasoning=reasoning_of(message),
        model=_said(found.get("model")),
    )


def reasoning_of(message: Mapping[str, Any]) -> str:
    """What was thought before a message, nothing where that is not told."""
    return next((text for key in _REASONING if (text := _said(message.get(key)))), "")


def _said(value: object) -> str:
    """A text, or nothing for any other value."""
    return value if isinstance(value, str) else ""


def parse_prompt_logprobs(found: dict[str, Any]) -> tuple[float | None, ...] | None:
    """What vLLM tells of each token of a prompt, None of one without; None where nothing is told.

    >>> parse_prompt_logprobs({"prompt_logprobs": [None, {"7": {"logprob": -0.5}}]}), parse_prompt_logprobs({})
    ((None, -0.5), None)
    """
    told = found.get("prompt_logprobs")
    return tuple(_logprob(one) for one in told) if isinstance(told, list) else None


def _logprob(place: object) -> float | None:
    first = next(iter(place.values()), None) if isinstance(place, dict) else None
    value = first.get("logprob") if isinstance(first, dict) else None
    return float(value) if isinstance(value, int | float) else None
