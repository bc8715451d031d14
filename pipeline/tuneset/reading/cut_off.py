"""Whether a row says that its answer was cut off: the reason for which the model stopped, where APIs and logs write it.

An answer without its end teaches to stop in the middle of a sentence. Only the last answer of a row counts, and of
several choices the first, which is the one that is read. What the reason is called and what it may be, the references
of OpenAI, Anthropic, Gemini, Bedrock, Mistral, Cohere and Ollama say, and OpenTelemetry's conventions; seen 2026-11.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, NamedTuple

from tuneset.json_text import JsonValue
from tuneset.reading.shapes.base import json_of
from tuneset.reading.shapes.otel import attributes_of

_REASONS = frozenset(
    (
        "finish_reason", "finish_reasons", "finishreason", "stop_reason", "stopreason", "done_reason",
        "native_finish_reason", "gen_ai.response.finish_reasons", "llm.finish_reason", "completionreason",
    )
)  # fmt: skip
_CUT = frozenset(
    (
        "length", "max_tokens", "max_output_tokens", "max_length", "token_limit", "model_length",
        "model_context_window_exceeded", "content_filter", "content_filtered", "guardrail_intervened", "safety",
        "recitation", "blocklist", "prohibited_content", "spii", "error", "error_limit", "error_toxic",
        "malformed_function_call", "refusal",
    )
)  # fmt: skip
_HOLDERS = frozenset(
    (
        "response", "responses", "output", "outputs", "body", "result", "completion", "choices", "candidates",
        "generations", "message", "messages", "kwargs", "response_metadata", "additional_kwargs", "generation_info",
        "response_body", "responsebody", "modeloutput", "output_messages", "completions", "data", "attributes",
    )
)  # fmt: skip
_FIRST = frozenset(("choices", "candidates", "generations", "completions"))
"""Lists of answers to choose from; of all others the last one counts."""
_MAY_BE_ANSWERS = frozenset(("response", "output", "result", "completion", "message", "body", "data"))
"""Columns whose text is the answer in some sets, and the log of one as JSON in others."""
_SAYING = _HOLDERS | {"content", "text"}
"""Of a logged answer one at least stands beside its reason."""
_DEEPEST = 8
"""Ours: a batch answer in a log has five levels, a generation of LangChain six."""
_MESSAGES = ("message", "messages", "output_messages")
_PLAIN_KEYS = 2  # a role and a content
_DETAILS = "incomplete_details"


def cut_off(record: Mapping[str, Any]) -> str | None:
    """The key by which a row says that its answer was cut off, with its way there; None where it says nothing of it.

    >>> cut_off({"response": {"choices": [{"message": {"content": "It is"}, "finish_reason": "length"}]}})
    'response.choices.finish_reason'
    >>> cut_off({"question": "?", "answer": "!", "finish_reason": "stop"}) is None
    True
    """
    messages = record.get("messages")
    if len(record) == 1 and type(messages) is list and messages and _is_plain(messages[-1]):  # as most rows are
        return None
    return _within(record, _DEEPEST)


def _is_plain(message: JsonValue) -> bool:
    return type(message) is dict and len(message) <= _PLAIN_KEYS


def _within(held: Mapping[str, Any], levels: int) -> str | None:
    telling = _telling(tuple(held))
    for key in telling.reasons:
        value = held[key]
        if _is_cut(value.get("reason") if key == _DETAILS and type(value) is dict else value):
            return key
    for key, name in telling.holders if levels else ():
        value = held[key]
        if type(value) is str and value[:1] not in ("{", "["):
            continue
        inner = _answer(value, name)
        if inner is not None and (reason := _within(inner, levels - 1)):
            return f"{key}.{reason}"
    return None


class _Telling(NamedTuple):
    """The keys of an object that may tell: of reasons, and of objects that may hold one, these in small letters too."""

    reasons: tuple[str, ...]
    holders: tuple[tuple[str, str], ...]


@functools.lru_cache(maxsize=1024)
def _telling(keys: tuple[str, ...]) -> _Telling:
    small = [(key, key.casefold()) for key in keys]
    return _Telling(
        tuple(key for key, name in small if name in _REASONS or key == _DETAILS),
        tuple((key, name) for key, name in small if name in _HOLDERS),
    )


def _answer(value: JsonValue, name: str) -> Mapping[str, Any] | None:
    """The object in which a reason may stand: of several the one that is read; None for a message that is only said."""
    found = value if type(value) in (list, dict) else json_of(value)
    if name == "attributes":
        return attributes_of(found)
    if type(found) is list and found:
        found = found[0 if name in _FIRST else -1]
        found = found[0] if type(found) is list and found else found  # LangChain's generations are lists of lists
    if type(found) is not dict or (name in _MESSAGES and _is_plain(found)):
        return None
    if type(value) is str and name in _MAY_BE_ANSWERS and not any(key.casefold() in _SAYING for key in found):
        return None  # a text that is JSON may be the very answer, such as of a task to write out fields
    return found


def _is_cut(value: JsonValue) -> bool:
    """Whether a reason, or each of several, says that the answer lacks its end.

    >>> _is_cut("MAX_TOKENS"), _is_cut(["stop"]), _is_cut(None)
    (True, False, False)
    """
    if type(value) is dict:  # as OTLP writes values: {"arrayValue": {"values": [{"stringValue": "length"}]}}
        return _is_cut(next(iter(value.values()), None))
    if type(value) is list:
        return bool(value) and all(map(_is_cut, value))
    return type(value) is str and value.casefold().replace("-", "_").replace(" ", "_") in _CUT
