"""What a teacher's answer is worth: the message that it makes of a row, or the code of why the row goes without.

An answer is the record that `api/remote/asking.py` keeps of one. Whether a text is a good answer is not judged here:
`clean.filters` and people do that.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import Any

import orjson
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from referencing import Registry, Resource
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from tuneset import drop_reasons
from tuneset.errors import InputError
from tuneset.json_text import JsonValue

Answer = Mapping[str, Any]
Fits = Callable[[str], bool]
"""Whether a text is what a JSON Schema asks for."""


def judge(answer: Answer, *, tools: bool, fits: Fits | None) -> str | None:
    """The code of why an answer is not taken; None where it is.

    Args:
        answer: the record of it, or one with `refused` where the endpoint gave none.
        tools: whether the row offers tools.
        fits: what holds the text to the schema that was asked for.

    >>> said = {"text": "Yes.", "tool_calls": []}
    >>> judge(said, tools=False, fits=None), judge({**said, "cut_off": True}, tools=False, fits=None)
    (None, 'LAB004')
    """
    if "refused" in answer:
        return drop_reasons.NO_ANSWER
    if answer.get("declined"):
        return drop_reasons.TEACHER_DECLINED
    if answer.get("filtered"):
        return drop_reasons.ANSWER_FILTERED
    if answer.get("cut_off"):
        return drop_reasons.ANSWER_CUT_OFF
    if not answer["text"].strip() and not answer["tool_calls"]:
        return drop_reasons.ANSWER_EMPTY
    if answer["tool_calls"] and not tools:
        return drop_reasons.CALLS_UNKNOWN_TOOL
    if fits is not None and not answer["tool_calls"] and not fits(answer["text"]):
        return drop_reasons.NOT_OF_SCHEMA
    return None


def message(answer: Answer) -> dict[str, Any]:
    """The assistant's message: what it said, what it called, and what it thought before, where that was told.

    >>> message({"text": "4", "tool_calls": [], "reasoning": "2 + 2"})
    {'role': 'assistant', 'content': '4', 'reasoning_content': '2 + 2'}
    """
    found: dict[str, Any] = {"role": "assistant"}
    if answer["text"]:
        found["content"] = answer["text"]
    if answer["tool_calls"]:
        found["tool_calls"] = list(answer["tool_calls"])
    if answer.get("reasoning"):
        found["reasoning_content"] = answer["reasoning"]
    return found


_OF_EACH_KIND: tuple[JsonValue, ...] = (None, True, 0, "", [], {})


def holder_to(schema: Mapping[str, Any]) -> Fits:
    """What holds a text to a JSON Schema.

    Raises InputError where it is no schema, refers to what is not in it, or to itself without an end: all before
    anybody is asked.
    """
    try:
        Draft202012Validator.check_schema(dict(schema))
    except SchemaError as error:
        raise InputError(f"label.json_schema: is no JSON Schema: {error.message}") from None
    validator = Draft202012Validator(dict(schema), registry=Registry())  # nothing is fetched
    root = DRAFT202012.create_resource(dict(schema))
    try:
        _require_references(root, Registry().with_resource("", root).resolver())
        for value in _OF_EACH_KIND:
            validator.is_valid(value)
    except Unresolvable as error:
        raise InputError(
            f"label.json_schema: a $ref leads nowhere: {error}",
            allowed="one to a place in the schema, such as #/$defs/NAME",
        ) from None
    except RecursionError:
        raise InputError(
            "label.json_schema: a $ref leads to itself without an end",
            hint="let it stand in a part of the value, as in `properties` or `items`",
        ) from None

    def fits(text: str) -> bool:
        with contextlib.suppress(orjson.JSONDecodeError, RecursionError):  # the latter by an answer of great depth
            return bool(validator.is_valid(orjson.loads(text)))
        return False

    return fits


def _require_references(resource: Resource[Any], resolver: Any) -> None:  # noqa: ANN401  its class has no public name
    """See that each `$ref` of a schema and its parts leads somewhere. Raises Unresolvable."""
    here = resolver.in_subresource(resource)
    for name in ("$ref", "$dynamicRef"):
        if isinstance(resource.contents, Mapping) and name in resource.contents:
            here.lookup(resource.contents[name])
    for part in resource.subresources():
        _require_references(part, here)
