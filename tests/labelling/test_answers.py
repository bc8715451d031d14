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


def test_what_is_no_schema_or_leads_elsewhere_is_told():
    with pytest.raises(InputError, match="is no JSON Schema"):
        holder_to({"type": 7})
    with pytest.raises(InputError, match="leads nowhere"):
        holder_to({"$ref": "http://example.com/schema.json"})("1")
