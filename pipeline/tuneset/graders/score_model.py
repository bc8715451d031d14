"""The grader `score_model`: what the judging model is asked, and the number in what it says.

Who asks it, and where, is the caller's: `ask_server` is one way.
"""

from __future__ import annotations

import dataclasses
import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from tuneset.graders.templates import fill

RANGE = (0.0, 1.0)
"""Of a score where the grader names no other. OpenAI API specification (GraderScoreModel), 2026-08-21."""

_SAMPLING = ("seed", "top_p", "temperature", "max_completions_tokens", "reasoning_effort")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")


class NoScoreError(Exception):
    """The judge gave no score; the text says why and repeats nothing of what it said."""


@dataclasses.dataclass(frozen=True)
class JudgeQuestion:
    """What a judging model is asked: messages of a chat, and how it samples (keys of a chat completion)."""

    model: str
    messages: list[dict[str, Any]]
    sampling: dict[str, Any]


Ask = Callable[[JudgeQuestion], str]
"""Asks a model and gives the text of its answer. Raises NoScoreError where there is none."""


def question(definition: Mapping[str, Any], sample: Mapping[str, Any], item: Mapping[str, Any]) -> JudgeQuestion:
    """What is asked about one answer. Raises MissingValueError where a template names what is not there."""
    low, high = score_range(definition)
    told = f'Reply with a JSON object of one key, {{"result": N}}, where N is a number from {low:g} to {high:g}.'
    messages = [
        {"role": message["role"], "content": fill(_text(message["content"]), sample, item)}
        for message in definition["input"]
    ]
    sampling = {
        _OF_CHAT.get(name, name): value
        for name, value in (definition.get("sampling_params") or {}).items()
        if name in _SAMPLING and value is not None
    }
    return JudgeQuestion(definition["model"], [{"role": "system", "content": told}, *messages], sampling)


_OF_CHAT = {"max_completions_tokens": "max_completion_tokens"}
"""What a chat completion calls a sampling parameter, where that differs."""


def _text(content: object) -> str:
    """The text of a message's content: a text, a part, or a list of these.

    >>> _text([{"type": "input_text", "text": "a"}, "b"])
    'ab'
    """
    if isinstance(content, list):
        return "".join(map(_text, content))
    if isinstance(content, Mapping):
        return str(content.get("text", ""))
    return content if isinstance(content, str) else ""


def score_range(definition: Mapping[str, Any]) -> tuple[float, float]:
    """The lowest and highest score of a grader."""
    low, high = definition.get("range") or RANGE
    return float(low), float(high)


def read_score(said: str, definition: Mapping[str, Any]) -> float:
    """The number that a judge has said: `result` of its JSON, else the last number. Raises NoScoreError.

    >>> read_score('Good. {"result": 0.5}', {}), read_score("I give it 1", {})
    (0.5, 1.0)
    """
    low, high = score_range(definition)
    score = _result(said)
    if score is None:
        numbers = _NUMBER.findall(said)
        score = float(numbers[-1]) if numbers else math.nan
    if math.isnan(score):
        raise NoScoreError("the judging model said no number")
    if not low <= score <= high:
        raise NoScoreError(f"the judging model said a number outside of {low:g} to {high:g}")
    return score


def _result(said: str) -> float | None:
    """The `result` of the JSON object in a text; None where there is none."""
    first, last = said.find("{"), said.rfind("}")
    try:
        value = json.loads(said[first : last + 1])["result"]
        return float(value)
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
