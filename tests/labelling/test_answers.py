"""What an answer is worth: one reason for each that is not taken, the first that holds."""

from __future__ import annotations

from typing import Any

import pytest

from tuneset.errors import InputError
from tuneset.labelling.answers import holder_to, judge, message

SAID: dict[str, Any] = {"text": '{"n": 4}', "tool_calls": [], "cut_off": False, "filtered": False, "declined": False}
CALL = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, None),
        ({"text": "", "tool_calls": [CALL]}, "LAB006"),
        ({"text": " \n"}, "LAB005"),
        ({"cut_off": True, "text": ""}, "LAB004"),
        ({"filtered": True, "cut_off": True}, "LAB003"),
        ({"declined": True, "text": ""}, "LAB002"),
        ({"refused": "too long"}, "LAB008"),
    ],
)
def test_each_answer_that_is_not_taken_has_its_reason(change: dict[str, Any], code: str | None):
    assert judge({**SAID, **change}, tools=False, fits=None) == code


def test_a_call_of_a_tool_that_the_row_offers_is_an_answer():
    assert judge({**SAID, "text": "", "tool_calls": [CALL]}, tools=True, fits=None) is None
    assert message({**SAID, "text": "", "tool_calls": [CALL]}) == {"role": "assistant", "tool_calls": [CALL]}


def test_an_answer_is_held_to_the_schema_and_a_call_is_not():
    fits = holder_to({"type": "object", "required": ["n"]})
    assert judge(SAID, tools=False, fits=fits) is None
    assert judge({**SAID, "text": "{}"}, tools=False, fits=fits) == "LAB007"
    assert judge({**SAID, "text": "four"}, tools=False, fits=fits) == "LAB007"
    assert judge({**SAID, "text": "", "tool_calls": [CALL]}, tools=True, fits=fits) is None


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ({"type": 7}, "is no JSON Schema"),
        ({"$ref": "http://example.com/schema.json"}, "leads nowhere"),
        ({"properties": {"n": {"items": {"$ref": "#/$defs/n"}}}}, "leads nowhere"),
        ({"$defs": {"n": {"$ref": "#m"}, "m": {}}}, "leads nowhere"),
        ({"$ref": "#"}, "without an end"),
        ({"type": "object", "allOf": [{"$ref": "#/$defs/n"}], "$defs": {"n": {"$ref": "#/$defs/n"}}}, "without an end"),
    ],
)
def test_what_is_no_schema_or_leads_elsewhere_is_told_before_an_answer_is_there(schema: dict[str, Any], told: str):
    with pytest.raises(InputError, match=told):
        holder_to(schema)


def test_a_schema_may_stand_in_parts_of_itself_and_an_answer_too_deep_for_it_does_not_fit():
    fits = holder_to({"$defs": {"all": {"$anchor": "a", "items": {"$ref": "#a"}}}, "$ref": "#/$defs/all"})
    assert fits("[[[1]]]")
    assert not fits("[" * 900 + "]" * 900)
