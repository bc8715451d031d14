"""Whether an answer was cut off: the reason for which the model stopped, where APIs and logs write it.

An answer without its end teaches to stop in the middle of a sentence. What the reason is called and what it may be, the
references of OpenAI, Anthropic, Gemini, Bedrock, Mistral, Cohere and Ollama say, and OpenTelemetry's conventions; seen
2026-11. Where in a row it may stand, `unfinished` knows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tuneset.json_text import JsonValue

DETAILS = "incomplete_details"
"""The object in which OpenAI's Responses give the reason."""
REASONS = frozenset(
    (
        "finish_reason", "finish_reasons", "finishreason", "stop_reason", "stopreason", "done_reason",
        "blockreason", "block_reason", "native_finish_reason",
        "gen_ai.response.finish_reasons", "llm.finish_reason", "completionreason",
        "completion_reason", "stop_type", DETAILS,
    )
)  # fmt: skip
"""Keys of it, in small letters."""
_BLOCKS = ("blockreason", "block_reason")
"""Keys of why Gemini gave no answer at all, whatever it says."""
_NOT_BLOCKED = ("", "BLOCK_REASON_UNSPECIFIED", "BLOCKED_REASON_UNSPECIFIED")
_CUT = frozenset(
    (
        "length", "max_tokens", "max_output_tokens", "max_length", "token_limit", "model_length",
        "model_context_window_exceeded", "content_filter", "content_filtered", "guardrail_intervened", "safety",
        "recitation", "blocklist", "prohibited_content", "spii", "error", "error_limit", "error_toxic",
        "malformed_function_call", "refusal", "image_safety", "aborted", "abort", "cancelled", "canceled",
        "interrupted", "limit", "max_new_tokens", "max_completion_tokens", "maxtokens", "context_length_exceeded",
        "truncated", "timeout",
    )
)  # fmt: skip
_NUMBERED = ("finish_reason", "finishreason")
"""Keys under which Gemini's reasons stand as numbers, where a program writes what protobuf holds."""
_CUT_NUMBERS = frozenset((2, 3, 4, 6, 7, 8, 9, 10, 11))
"""Of its `FinishReason`: MAX_TOKENS, SAFETY, RECITATION, BLOCKLIST and their like; Gemini API v1beta, seen 2026-11."""
_ENUMERATED = re.compile(r"(?:finishreason|stopreason)\.|(?:finish|stop)_reason_")
"""What stands before a reason where Python prints the enumeration, or protobuf names it in full."""
_STOP_TYPE = "stop_type"
_LLAMA_CPP = frozenset({"stopping_word", "tokens_predicted", "tokens_evaluated", "generation_settings"})
"""What llama.cpp's server says beside it: an order at a stock exchange has such a key too, and `limit` in it."""
_OF_MACHINES = frozenset(
    {"error", "safety", "aborted", "abort", "cancelled", "canceled", "interrupted", "limit", "truncated", "timeout"}
)
"""Reasons for which a machine, a visit or a process ends too: they say nothing where no model's answer is told of."""
_OF_ANYTHING = "completion_reason"
"""A key that a task or a visit has as well."""
_WAYS = frozenset(
    {
        "response", "responses", "choice", "choices", "candidate", "candidates", "completion", "completions", "output",
        "outputs", "generation", "generations", "message", "messages", "result", "body", "data", "metadata", "meta",
        "meta_info", "details", "response_metadata", "generation_info", "gen_ai", "llm", "ai", "model",
    }
)  # fmt: skip
"""What stands before a reason in a path to one."""
_LATER_CHOICE = re.compile(r"(?:^|[.\[_])[1-9]\d*(?=[.\]])")
_PLACE = re.compile(r"(?:\.0|\[0\])+\Z")


def is_reason(key: str) -> bool:
    """Whether a key, in small letters, is one of a reason, or a path to one, as tables and spans have them.

    Of several choices the first is read.

    >>> is_reason("finish_reason"), is_reason("response.choices.0.finish_reason"), is_reason("choices[1].finish_reason")
    (True, True, False)
    >>> is_reason("machine.stop_reason")
    False
    """
    if key in REASONS:
        return True
    way, _, last = key.rpartition(".")
    if last not in REASONS or _LATER_CHOICE.search(key) is not None:
        return False
    return _PLACE.sub("", way).rpartition(".")[2] in _WAYS


def reason_in(held: Mapping[str, Any], keys: tuple[str, ...], *, of_model: bool = True) -> str | None:
    """The first of some keys of an object whose reason says that the answer lacks its end.

    `of_model` is false where the object may tell of anything, as a machine that stopped.

    >>> reason_in({"finish_reason": "length"}, ("finish_reason",)), reason_in({"x": "stop"}, ("x",))
    ('finish_reason', None)
    >>> reason_in({"stop_reason": "timeout"}, ("stop_reason",), of_model=False) is None
    True
    """
    for key in keys:
        value, small = held[key], key.casefold()
        if small == _STOP_TYPE and _LLAMA_CPP.isdisjoint(held):
            continue
        if small in _BLOCKS:
            if type(value) is str and value not in _NOT_BLOCKED:
                return key
            continue
        reason = value.get("reason") if key == DETAILS and type(value) is dict else value
        if type(reason) is str and _plain(reason) in _OF_MACHINES and (small == _OF_ANYTHING or not of_model):
            continue
        of_number = type(value) is int and value in _CUT_NUMBERS and small.rpartition(".")[2] in _NUMBERED
        if of_number or _is_cut(reason):
            return key
    return None


def _is_cut(value: JsonValue) -> bool:
    """Whether a reason, or each of several, says that the answer lacks its end.

    >>> _is_cut("MAX_TOKENS"), _is_cut(["stop"]), _is_cut(None), _is_cut("FinishReason.MAX_TOKENS")
    (True, False, False, True)
    >>> _is_cut({"length": 16, "type": "length"}), _is_cut({"type": "stop", "matched": 2})
    (True, False)
    """
    if type(value) is dict:  # of SGLang, or of OTLP: {"arrayValue": {"values": [{"stringValue": "length"}]}}
        return _is_cut(value["type"] if "type" in value else next(iter(value.values()), None))
    if type(value) is list:
        return bool(value) and all(map(_is_cut, value))
    return type(value) is str and _plain(value) in _CUT


def _plain(reason: str) -> str:
    """A reason as one word.

    >>> _plain(" Max-Tokens"), _plain("FINISH_REASON_SAFETY")
    ('max_tokens', 'safety')
    """
    return _ENUMERATED.sub("", reason.strip().casefold().replace("-", "_").replace(" ", "_"), count=1)
