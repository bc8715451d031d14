"""Whether a row says that its answer is not whole: it was cut off, its call failed, or it broke off into a refusal.

Looked at are the row itself and the objects on the way to its answer, as APIs, gateways and tracers nest them. Only the
last answer of a row counts, and of several choices the first, which is the one that is read. What says so, `cut_off`
and `failed_calls` know. An answer may itself be JSON with a `status` or an `error`: what is learned word for word is no
log, and the state in an object such as `data` or `result` is one of somebody's order, unless it is a call's.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, NamedTuple

from tuneset.example_tables import Example
from tuneset.json_text import JsonValue
from tuneset.reading import failed_calls
from tuneset.reading.cut_off import is_reason, reason_in
from tuneset.reading.shapes.base import ShapeError, by_index, json_of
from tuneset.reading.shapes.otel import attributes_of
from tuneset.reading.shapes.streamed import is_stream, whole
from tuneset.reading.turn_marks import is_stopped
from tuneset.roles import speaker_role

_BESIDE = ("metadata", "meta", "meta_info", "details", "usage", "info", "extra")
"""Objects beside an answer in which sets, SGLang (`meta_info`) and TGI (`details`) keep what a log says of it."""
_HOLDERS = frozenset(
    (
        "response", "responses", "answer", "output", "outputs", "body", "result", "completion", "choices", "candidates",
        "generations", "message", "messages", "kwargs", "response_metadata", "additional_kwargs", "generation_info",
        "response_body", "responsebody", "modeloutput", "output_messages", "completions", "data", "attributes",
        "summary", "weave", "properties", "promptfeedback", "prompt_feedback", "ideal", "expected_output",
        "$ai_output_choices", "outputbodyjson", "full_response", "expectedoutput",
        *_BESIDE,
    )
)  # fmt: skip
_FIRST = frozenset(("choices", "candidates", "generations", "completions"))
"""Lists of answers to choose from; of all others the last one counts."""
_MAY_BE_ANSWERS = frozenset(("response", "answer", "output", "result", "completion", "message", "body", "data"))
"""Columns whose text is the answer in some sets, and the log of one as JSON in others."""
_MAY_BE_ANYTHING = frozenset(("data", "result", "body", "message", "attributes", "properties", "summary", *_BESIDE))
"""Columns that hold a call, or an answer, in logs, and whatever a row is about in other sets."""
_SAYING = _HOLDERS | {"content", "text"}
"""Of a logged answer one at least stands beside its reason."""
_STREAMS = ("data:", "event:")
_DEEPEST = 8
"""Ours: a batch answer in a log has five levels, a generation of LangChain six."""
_OF_A_TURN = ("errors", "level")
"""What a turn of a lesson may have: the mistakes in it, and how hard it is."""
_MESSAGES = ("message", "messages", "output_messages")
_PLAIN_KEYS = 2  # a role and a content
_CUT_OFF = "says that the answer was cut off"
_FAILED = "says that the call failed or has not ended"
_REFUSED = "holds a refusal beside the answer, which broke off there"


def unfinished(record: Mapping[str, Any], answer: str = "") -> str | None:
    """What a row says of an answer that is not whole, as a sentence with the way to it; None where it says nothing.

    `answer` is the text that is read as the row's answer: states in this very text are no log's.

    >>> unfinished({"response": {"choices": [{"message": {"content": "It is"}, "finish_reason": "length"}]}})
    'response.choices.finish_reason says that the answer was cut off'
    >>> unfinished({"messages": [], "status": "failure", "call_type": "completion"})
    'status says that the call failed or has not ended'
    >>> unfinished({"question": "?", "answer": "!", "finish_reason": "stop"}) is None
    True
    """
    messages = record.get("messages")
    if len(record) == 1 and type(messages) is list and messages and _is_plain(messages[-1]):  # as most rows are
        return None
    return _within(record, "", _DEEPEST, answer)


def without_unfinished(example: Example) -> Example:
    """The example in which answers before the last that are not whole are not learned; the same object where all are.

    >>> ask, said = {"role": "user", "content": "?"}, {"role": "assistant", "content": "!"}
    >>> without_unfinished({"messages": [ask, {**said, "finish_reason": "length"}, ask, said]})["messages"][1]["weight"]
    0
    """
    messages = example["messages"]
    broken = [
        place
        for place, message in enumerate(messages)
        if message.get("role") == "assistant"
        and ((_may_tell(message) and _within(message, "message.", 0, of_call=True)) or is_stopped(message))
    ]
    if not broken:
        return example
    changed = [{**each, "weight": 0} if place in broken else each for place, each in enumerate(messages)]
    return {**example, "messages": changed}


def _is_plain(message: JsonValue) -> bool:
    return type(message) is dict and len(message) <= _PLAIN_KEYS and type(message.get("content")) is str


def _may_tell(message: Mapping[str, Any]) -> bool:
    telling = _telling(tuple(message))
    return bool(telling.reasons or telling.states) or "refusal" in message or type(message.get("content")) is list


def _within(
    held: Mapping[str, Any],
    way: str,
    levels: int,
    answer: str = "",
    *,
    of_call: bool = False,
    is_said: bool = False,
    is_beside: bool = False,
) -> str | None:
    """What an object on the way to an answer says.

    `of_call` where what it stands in is a call or an answer; `is_said` where it stands in the answer's own text, whose
    states say nothing of it; `is_beside` where it stands beside the answer and may tell of anything: of `error` and
    `status` in such an object only those of a call count that it is itself.
    """
    telling = _telling(tuple(held))
    is_call = telling.is_log or failed_calls.is_call(held)
    if telling.reasons and (key := reason_in(held, telling.reasons, of_model=is_call or not is_beside)):
        return f"{way}{key} {_CUT_OFF}"
    of_call = of_call or is_call or (way != "" and failed_calls.is_answer(held))
    if telling.states and not is_said and _is_answer(held) and (is_call or not is_beside):
        says = failed_calls.failure_in if of_call else failed_calls.holds_error
        if key := says(held, telling.states):
            return f"{way}{key} {_FAILED}"
    if telling.may_stream and _still_streams(held["parts"]):
        return f"{way}parts {_CUT_OFF}"
    if telling.may_refuse and _breaks_off(held):
        return f"{way}{telling.may_refuse} {_REFUSED}"
    for key, name in telling.holders if levels else ():
        value = held[key]
        if type(value) is str and value[:1] not in ("{", "[") and not value.startswith(_STREAMS):
            continue
        inner = _answer(value, name)
        if inner is not None and (
            found := _within(
                inner,
                f"{way}{key}.",
                levels - 1,
                answer,
                of_call=of_call or name not in _MAY_BE_ANYTHING,
                is_said=is_said or value == answer,
                is_beside=name in _BESIDE,
            )
        ):
            return found
    return None


class _Telling(NamedTuple):
    """The keys of an object that may tell: of reasons, of states, and of objects that may hold one.

    The pairs have the key and the same in small letters. `may_refuse` is the key by which a message may refuse.
    """

    reasons: tuple[str, ...]
    states: tuple[tuple[str, str], ...]
    holders: tuple[tuple[str, str], ...]
    is_log: bool
    may_refuse: str
    may_stream: bool


@functools.lru_cache(maxsize=1024)
def _telling(keys: tuple[str, ...]) -> _Telling:
    small = [(key, failed_calls.plain_key(key)) for key in keys]
    names = tuple(name for _, name in small)
    return _Telling(
        tuple(key for key, name in small if is_reason(name)),
        tuple(pair for pair in failed_calls.telling(keys) if "role" not in keys or pair[1] not in _OF_A_TURN),
        tuple((key, name) for key, name in small if name in _HOLDERS),
        failed_calls.is_log(names),
        ("refusal" if "refusal" in keys else "content") if "content" in keys and "role" in keys else "",
        "parts" in keys,
    )


def _is_answer(held: Mapping[str, Any]) -> bool:
    """Whether what an object says of its state is said of an answer, and not of a question or of what a tool gave."""
    speaker = speaker_role(held.get("role"))
    return speaker in (None, "assistant") and held.get("type") not in ("tool", "function_call_output")


def _breaks_off(message: Mapping[str, Any]) -> bool:
    """Whether a message says something and then refuses.

    >>> _breaks_off({"role": "assistant", "content": "Yes.", "refusal": "No."}), _breaks_off({"content": "Yes."})
    (True, False)
    >>> _breaks_off({"role": "assistant", "content": None, "refusal": "No."})
    False
    """
    content, refusal = message.get("content"), message.get("refusal")
    if type(content) is list:
        kinds = {str(part.get("type")) for part in content if type(part) is dict}
        return "refusal" in kinds and not kinds.isdisjoint(("text", "output_text"))
    return type(refusal) is str and bool(refusal.strip()) and type(content) is str and bool(content.strip())


def _still_streams(parts: JsonValue) -> bool:
    """Whether the last part of a message was stored while it was written, as the AI SDK marks it.

    >>> _still_streams([{"type": "text", "text": "It", "state": "streaming"}]), _still_streams([{"text": "It"}])
    (True, False)
    """
    last = parts[-1] if type(parts) is list and parts else None
    return type(last) is dict and last.get("state") in ("streaming", "input-streaming")


def _of_stream(value: JsonValue) -> Mapping[str, Any] | None:
    """The answer that was streamed; None where nothing of it can be read, as its shape tells then."""
    try:
        return whole(value)
    except ShapeError:
        return None


def _answer(value: JsonValue, name: str) -> Mapping[str, Any] | None:
    """The object in which a reason may stand: of several the one that is read; None for a message that is only said."""
    found = value if type(value) in (list, dict) else json_of(value)
    if name == "attributes":
        return attributes_of(found)
    if type(found) in (list, str) and is_stream(found):
        return _of_stream(found)
    if type(found) is list and found:
        found = by_index(found)[0] if name in _FIRST else found[-1]
        found = found[0] if type(found) is list and found else found  # LangChain's generations are lists of lists
    if type(found) is not dict or (name in _MESSAGES and _is_plain(found)):
        return None
    if type(value) is str and name in _MAY_BE_ANSWERS and not any(key.casefold() in _SAYING for key in found):
        return None  # a text that is JSON may be the very answer, such as of a task to write out fields
    return found
