"""Whether an answer was cut off: the reason for which the model stopped, where APIs and logs write it.

An answer without its end teaches to stop in the middle of a sentence. What the reason is called and what it may be, the
references of OpenAI, Anthropic, Gemini, Bedrock, Mistral, Cohere and Ollama say, and OpenTelemetry's conventions; seen
2026-11. Where in a row it may stand, `unfinished` knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tuneset.json_text import JsonValue

DETAILS = "incomplete_details"
"""The object in which OpenAI's Responses give the reason."""
REASONS = frozenset(
    (
        "finish_reason", "finish_reasons", "finishreason", "stop_reason", "stopreason", "done_reason",
        "blockreason", "block_reason", "native_finish_reason",
        "gen_ai.response.finish_reasons", "llm.finish_reason", "completionreason", DETAILS,
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
        "interrupted",
    )
)  # fmt: skip


def reason_in(held: Mapping[str, Any], keys: tuple[str, ...]) -> str | None:
    """The first of some keys of an object whose reason says that the answer lacks its end.

    >>> reason_in({"finish_reason": "length"}, ("finish_reason",)), reason_in({"x": "stop"}, ("x",))
    ('finish_reason', None)
    """
    for key in keys:
        value = held[key]
        if key.casefold() in _BLOCKS:
            if type(value) is str and value not in _NOT_BLOCKED:
                return key
        elif _is_cut(value.get("reason") if key == DETAILS and type(value) is dict else value):
            return key
    return None


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
