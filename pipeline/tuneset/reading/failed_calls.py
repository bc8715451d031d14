"""Whether a call of a model, or the run of an agent, failed or has not ended: its state, its error, its HTTP status.

Gateways (LiteLLM, Helicone, Portkey, Cloudflare), tracers (LangSmith, Langfuse, Weave, Phoenix, PostHog, MLflow, Opik)
and OpenAI's Responses keep calls that failed beside those that succeeded; seen 2026-11. A word such as `cancelled` may
as well be the state of somebody's order: outside of an answer it counts only in a row that has other keys of a log.
Where in a row an answer may stand, `unfinished` knows; of rows that are no logs, `verdicts` reads the plain words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tuneset.json_text import JsonValue

FAILED = frozenset(
    (
        "failed", "failure", "fail", "error", "errored", "aborted", "crashed", "timeout", "timed_out",
        "status_code_error",
    )
)  # fmt: skip
"""States that say of any record that what made it failed."""
_NOT_ENDED = frozenset(
    (
        "incomplete", "cancelled", "canceled", "cancelling", "in_progress", "queued", "pending", "running", "expired",
        "interrupted", "partial", "blocked",
    )
)  # fmt: skip
ENDED = frozenset(
    (
        "success", "succeeded", "successful", "ok", "complete", "completed", "done", "finished", "passed", "resolved",
        "submit", "submitted", "normal",
    )
)  # fmt: skip
STATES = FAILED | _NOT_ENDED | ENDED | {"", "discarded", "draft", "active", "unset", "none"}
"""What the state of a call, a run or a review may be: a column with other words holds something else."""
_LOGGED = frozenset(
    (
        "call_type", "latency", "latency_ms", "duration_ms", "request_id", "trace_id", "span_id", "run_type",
        "total_tokens", "prompt_tokens", "completion_tokens", "input_tokens", "output_tokens", "token_usage",
        "response_cost", "total_cost", "api_base", "dotted_order", "op_name", "response_time", "log_id",
        "generation_id", "completionstarttime", "request_body", "response_body", "requestbody", "responsebody",
        "tokens_prompt", "incomplete_details", "previous_response_id", "traceid", "spanid", "starttimeunixnano",
        "error_information", "error_info", "exit_status", "latencyms", "tokenusage", "$ai_is_error", "$ai_http_status",
        "$ai_error", "context.span_id", "error.type", "exception.message", "otel.status_code", "finish_reason",
        "requestid", "modelinput", "full_request", "http_status", "http_status_code",
    )
)  # fmt: skip
"""Keys, in small letters, that the record of a call has and other rows have not."""
_OFTEN_LOGGED = (
    frozenset(("starttime", "start_time", "endtime", "end_time", "started_at", "ended_at")),
    frozenset(("usage", "spend", "cost", "tokens")),
    frozenset(("model", "model_name", "model_id", "provider")),
    frozenset(("span_kind", "object")),
)
"""Keys that an appointment, a word or a product may have too: two of a different kind are those of a call."""
_OBJECTS = ("response", "chat.completion", "text_completion", "thread.", "realtime.response")
"""How the `object` of what OpenAI's API gives begins."""
_SIDES = ("role", "choices", "candidates", "generations", "output_messages")
"""Keys of an object that is an answer, or holds one."""
_WORDS = frozenset(
    (
        "status", "state", "run_status", "response_status", "request_status", "level", "otel.status_code",
        "status_code", "statuscode",
    )
)  # fmt: skip
_CODES = frozenset(
    (
        "status", "status_code", "statuscode", "http_status", "http_status_code", "response_status", "response_code",
        "http.response.status_code", "http.status_code", "$ai_http_status",
    )
)  # fmt: skip
_ERRORS = frozenset(
    (
        "error", "errors", "exception", "error_str", "error_message", "errormessage", "error_information", "error_info",
        "errorinfo", "error_code", "error_type", "error.type", "exception.message", "last_error", "failure_reason",
        "$ai_error",
    )
)  # fmt: skip
_TRUE = frozenset(
    (
        "is_error", "iserror", "has_error", "errored", "aborted", "is_aborted", "interrupted", "is_interrupted",
        "cancelled", "canceled", "is_cancelled", "was_cancelled", "timed_out", "incomplete", "is_incomplete", "partial",
        "is_partial", "unfinished", "superseded", "is_superseded", "$ai_is_error",
    )
)  # fmt: skip
"""Keys that are true for a call that failed, was stopped, or was made anew."""
_FALSE = frozenset(
    ("success", "is_success", "succeeded", "completed", "is_complete", "finished", "is_finished", "done", "target")
)
_TELLING = _WORDS | _CODES | _ERRORS | _TRUE | (_FALSE - {"target"})
_NO_ERROR = frozenset(("", "none", "null", "nil", "nan", "false", "0", "no error", "[]", "{}", "undefined"))
_OF_AN_ERROR = ("message", "code", "type", "error", "error_message", "error_code", "error_class", "exception_type")
_STOPPED = re.compile(
    "exit|exceed|limit|error|exception|fail|time|cost|budget|max|context|token|format|interrupt|abort|kill|signal|crash|"
    "cancel|skip|forfeit|stop|incomplete|unfinished|partial|truncat|early|loop|stuck|running|pending|progress"
)
"""What is in the names of the ways in which agents are stopped."""
_MOST_DIGITS = 4  # of an HTTP status, with one to spare
_FIRST_FAULT = 300  # the first HTTP status that is no success


def is_log(keys: tuple[str, ...]) -> bool:
    """Whether a record with these keys, in small letters, is one of a call.

    >>> is_log(("request", "response")), is_log(("prompt", "response"))
    (True, False)
    >>> is_log(("messages", "status", "latency_ms")), is_log(("messages", "status", "model"))
    (True, False)
    >>> is_log(("start_time", "end_time", "status")), is_log(("start_time", "model", "status"))
    (False, True)
    """
    if not _LOGGED.isdisjoint(keys) or {"request", "response"}.issubset(keys):
        return True
    return sum(not kind.isdisjoint(keys) for kind in _OFTEN_LOGGED) > 1


def is_call(held: Mapping[str, Any]) -> bool:
    """Whether an object says by what it holds that it is of a call, where its keys alone leave that open.

    >>> is_call({"object": "response"}), is_call({"object": "cup"}), is_call({"usage": {"output": 7}})
    (True, False, True)
    """
    named = held.get("object")
    return (type(named) is str and named.startswith(_OBJECTS)) or type(held.get("usage")) is dict


def is_answer(held: Mapping[str, Any]) -> bool:
    """Whether an object is an answer, or holds one.

    >>> is_answer({"role": "assistant", "status": "incomplete"}), is_answer({"order": 5, "status": "pending"})
    (True, False)
    """
    return any(key in held for key in _SIDES)


def plain_key(key: str) -> str:
    """A key in small letters, without the object that it stands in where a table has a column for each path.

    >>> plain_key("properties.$ai_is_error"), plain_key("Status")
    ('$ai_is_error', 'status')
    """
    return key.casefold().removeprefix("attributes.").removeprefix("properties.")


def telling(keys: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Of the keys of an object those that may tell, each with the same in small letters; fewer where it is no log.

    Without an `exit_status` beside it, `target` is somebody's answer; with one, whether the tests passed (SWE-agent).

    >>> telling(("Status", "text")), telling(("target", "exit_status"))
    ((('Status', 'status'),), (('target', 'target'),))
    """
    small = [(key, plain_key(key)) for key in keys]
    of_run = any(name == "exit_status" for _, name in small)
    return tuple((key, name) for key, name in small if name in _TELLING or (name == "target" and of_run))


def holds_error(held: Mapping[str, Any], keys: tuple[tuple[str, str], ...]) -> str:
    """The first of some keys that holds an error as an API gives it, which no row has but that of a call.

    >>> holds_error({"error": {"code": "late"}}, (("error", "error"),))
    'error'
    """
    for key, name in keys:
        value = held[key]
        if name == "error" and type(value) is dict and _is_error(value):
            return key
        if name in ("status_code", "statuscode") and type(value) is str and _word(value) in FAILED:
            return key
    return ""


def failure_in(held: Mapping[str, Any], keys: tuple[tuple[str, str], ...]) -> str:
    """The first of some keys of a call's object that says that the call failed or has not ended.

    `keys` are pairs of a key and the same in small letters.

    >>> failure_in({"status": "failure"}, (("status", "status"),)), failure_in({"error": None}, (("error", "error"),))
    ('status', '')
    """
    return next((key for key, name in keys if _says_failed(name, held[key])), "")


def stopped_early(value: JsonValue) -> bool:
    """Whether the `exit_status` of an agent's run says that the run was stopped before the agent was done.

    SWE-agent writes `submitted`, `exit_cost`, `submitted (exit_context)` (a limit was met and what there was is
    handed in); mini-swe-agent `Submitted`, `LimitsExceeded`, or the class of an error. A number is that of some
    process, and a word of another kind tells how somebody left.

    >>> [stopped_early(each) for each in ("submitted", "Submitted (exit_cost)", "LimitsExceeded", 1, None, "")]
    [False, True, True, False, False, False]
    >>> stopped_early("voluntary"), stopped_early("early_exit"), stopped_early("RuntimeError")
    (False, True, True)
    """
    return type(value) is str and _word(value) not in ENDED and _STOPPED.search(value.casefold()) is not None


def _says_failed(name: str, value: JsonValue) -> bool:
    if type(value) is bool:
        return value if name in _TRUE or name in _ERRORS else not value and name in _FALSE
    if name in _TRUE and type(value) is str:  # as a table writes it
        return _word(value) == "true"
    if name in _WORDS and _state(value) in FAILED | _NOT_ENDED:
        return True
    if name in _CODES and (code := _code(value)) is not None and code >= _FIRST_FAULT:
        return True
    return name in _ERRORS and _is_error(value)


def _state(value: JsonValue) -> str:
    """A state as one word; of OpenTelemetry's `{"code": "ERROR"}`, and of OTLP's number for it, too.

    >>> _state("In Progress"), _state({"code": 2}), _state({"status_code": "ERROR"}), _state(7)
    ('in_progress', 'error', 'error', '')
    """
    if type(value) is dict:
        value = value.get("code", value.get("status_code"))
        return "error" if value in (2, "2") else _state(value)
    return _word(value) if type(value) is str else ""


def _code(value: JsonValue) -> int | None:
    if type(value) is str and value.isdecimal() and len(value) <= _MOST_DIGITS:
        value = int(value)
    return value if type(value) is int else None


def _is_error(value: JsonValue) -> bool:
    """Whether a value tells of an error, where success may leave it empty in many ways.

    >>> _is_error("late"), _is_error({"code": "", "llm_provider": "x"}), _is_error({"message": "late"}), _is_error(0)
    (True, False, True, False)
    """
    if type(value) is str:
        return value.strip().casefold() not in _NO_ERROR
    if type(value) is dict:
        return any(_is_error(value[key]) for key in _OF_AN_ERROR if key in value)
    return bool(value)


def _word(text: str) -> str:
    return text.strip().casefold().replace(" ", "_").replace("-", "_")
