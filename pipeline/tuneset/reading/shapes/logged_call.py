"""Logged calls of a model: a request and its response in two columns, as services and tracers export them.

Among them are OpenAI's stored completions, runs of LangSmith and observations of Langfuse, lines of batch jobs where
the request stands beside the answer, and evals with an ideal answer. What counts as a side, `logged_sides` says.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from tuneset.json_text import JsonValue
from tuneset.reading import failed_calls
from tuneset.reading.shapes.base import ASK, REPLY, Message, Record, Shape, Shaped, ShapeError, json_of, others
from tuneset.reading.shapes.logged_sides import answered, asked, further_answers, tools, tools_beside
from tuneset.roles import speaker_role

_SIDES = (
    ("request", "response"),
    ("inputs", "outputs"),
    ("inputs", "output"),
    ("input", "output"),
    ("body", "response"),
    ("input", "choices"),
    ("prompt", "choices"),
    ("input", "response"),
    ("prompt_messages", "output"),
    ("prompt_messages", "response"),
    ("request_body", "response_body"),
    ("requestBody", "responseBody"),
    ("modelInput", "modelOutput"),
    ("full_request", "full_response"),
    ("input_messages", "output_messages"),
    ("input", "ideal"),
    ("input", "expected_output"),
    ("input", "expectedOutput"),
    ("$ai_input", "$ai_output_choices"),
    ("properties.$ai_input", "properties.$ai_output_choices"),
)
_OPEN_SIDES = (
    ("messages", "choices"),
    ("messages", "output"),
    ("messages", "response"),
    ("messages", "completion"),
    ("messages", "outputs"),
)
"""Where the messages end with a question, what stands beside them is its answer."""
_QUESTIONS = ("question", "query", "prompt", "input")
_GOES_ON = frozenset(("stop_reason", "stopReason"))
"""Keys of answers that go on where a request ends."""
_STATUS_FINE = range(200, 300)
_STEPS = ("tool", "retriever", "prompt", "parser", "embedding")
"""What LangSmith calls the runs that no model answers."""


def read_call(record: Record, request: str, response: str) -> Shaped:
    """The messages that were asked, and after them the answer."""
    before, after = asked(record[request]), answered(record[response])
    if not before or not after:
        raise ShapeError(f"{response if before else request} holds no message")
    if before[-1].get("role") == "assistant" and before[-len(after) :] == after:
        after = []
    is_state = after[: len(before)] == before  # a chain gives its whole state back
    example: dict[str, Any] = {"messages": after if is_state else _one_after_the_other(before, after, record[response])}
    found = tools(record[request]) or tools(record) or tools_beside(record)
    if found:
        example["tools"] = found
    rest = others(record, (request, response, *(["tools"] if found else []))) or {}
    if further := further_answers(record[response]):
        rest[f"{response} (further answers)"] = further
    return example, {**rest, **_beside_question(record[request], request, before)} or None


def _one_after_the_other(before: list[Message], after: list[Message], response: JsonValue) -> list[Message]:
    """What was asked and answered; Anthropic and Converse go on with the beginning of an answer that a request gives.

    >>> begun = [{"role": "user", "content": "?"}, {"role": "assistant", "content": "{"}]
    >>> _one_after_the_other(begun, [{"role": "assistant", "content": "}"}], {"stop_reason": "end_turn"})[1:]
    [{'role': 'assistant', 'content': '{}'}]
    """
    held = json_of(response)
    goes_on = type(held) is dict and not _GOES_ON.isdisjoint(held)
    texts = [before[-1].get("content"), after[0].get("content")] if after else []
    if goes_on and before[-1].get("role") == "assistant" and [type(text) for text in texts] == [str, str]:
        return [*before[:-1], {**after[0], "content": "".join(map(str, texts))}, *after[1:]]
    return [*before, *after]


def _beside_question(value: JsonValue, column: str, messages: list[Message]) -> dict[str, Any]:
    """What an object holds beside a question that is a text, under its path, so that a text there is told.

    >>> _beside_question({"question": "?", "context": "Rome."}, "inputs", [{"role": "user", "content": "?"}])
    {'inputs.context': 'Rome.'}
    """
    held, question = json_of(value), messages[-1].get("content")
    if type(held) is not dict or type(question) is not str or question not in map(held.get, _QUESTIONS):
        return {}
    said = [message.get("content") for message in messages]
    return {f"{column}.{name}": each for name, each in held.items() if name != "tools" and each not in said}


def _fits(record: Record, request: str, response: str) -> bool:
    """Whether both columns are sides of a call; two plain texts are a pair of another shape, and errors no answers."""
    if is_step(record):
        return False
    given = [json_of(record[name]) for name in (request, response)]
    if not all(given) or (request != "messages" and all(type(value) is str for value in given)):
        return False
    if request == "messages" and _is_answered(given[0]):
        return False
    status = given[1].get("status_code") if type(given[1]) is dict else None
    if type(status) is int and status not in _STATUS_FINE:
        return False
    try:
        return asked(given[0]) is not None and answered(given[1]) is not None
    except ShapeError:
        return True


def is_step(record: Record) -> bool:
    """Whether a record is a step of a run that calls no model, whose two sides are no question and answer.

    >>> is_step({"run_type": "parser"}), is_step({"run_type": "llm"}), is_step({})
    (True, False, False)
    """
    return record.get("run_type") in _STEPS


def is_unanswered(record: Record) -> bool:
    """Whether a row is a call that has no answer: one that failed or was blocked, and nothing that wraps rows.

    >>> is_unanswered({"inputs": {"messages": [ASK]}, "outputs": None}), is_unanswered({"page": 1, "inputs": []})
    (True, False)
    """
    names = {name.casefold() for name in record}
    is_log = failed_calls.is_log(tuple(names))
    for request, response in _SIDES:
        if type(json_of(record.get(request))) is dict and (response in record or is_log):
            try:
                before = asked(record[request])
            except ShapeError:
                return False
            return before is not None and bool(before) and before[-1].get("role") == "user"
    return False


def _is_answered(messages: JsonValue) -> bool:
    last = messages[-1] if type(messages) is list else None
    return type(last) is not dict or speaker_role(last.get("role")) != "user"


def _shape(request: str, response: str) -> Shape:
    return Shape(
        "logged_call",
        "sft",
        frozenset((request, response)),
        partial(read_call, request=request, response=response),
        raw={
            request: [ASK] if request.endswith(("messages", "$ai_input")) else {"messages": [ASK]},
            response: [{"message": REPLY}] if response == "choices" else {"choices": [{"message": REPLY}]},
        },
        example={"messages": [ASK, REPLY]},
        fits=partial(_fits, request=request, response=response),
    )


LOGGED_CALLS = tuple(_shape(request, response) for request, response in _SIDES)
ANSWERED_CHATS = tuple(_shape(request, response) for request, response in _OPEN_SIDES)
"""They stand before the chat lines, which would leave the answer out."""
