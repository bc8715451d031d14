"""Definitions of tools: the edges that the samples of the rules do not show."""

from typing import Any

import orjson
import pytest

from tests.rules.support import codes, context
from tuneset.rules.families.tool_calls import tool_issues
from tuneset.rules.families.tool_definitions import schema_faults
from tuneset.rules.samples import ANSWER, ASK


def found(*functions: dict[str, Any], legacy: tuple[dict[str, Any], ...] = ()) -> list[tuple[str, str]]:
    tools = [{"type": "function", "function": function} for function in functions]
    example = {"messages": [ASK, ANSWER], "tools": tools, **({"functions": [*legacy]} if legacy else {})}
    return codes(list(tool_issues(example, context(ignore=["TOL014"]))))


@pytest.mark.parametrize(
    ("schema", "place", "said"),
    [
        ({"type": "str"}, ("type",), '"str" is no JSON Schema type'),
        ({"properties": {"a": {"type": "int"}}}, ("properties", "a", "type"), '"int" is no JSON Schema type'),
        ({"required": ["a", 7]}, ("required", 1), "a number where JSON Schema allows none such"),
        ({"required": "a"}, ("required",), "a string where JSON Schema allows none such"),
        ({"properties": []}, ("properties",), "an array where JSON Schema allows none such"),
        ({"type": "array"}, ("type",), 'parameters are of type "array"; allowed: object'),
        ({"type": ["object", "null"]}, ("type",), "parameters are of type an array; allowed: object"),
    ],
)
def test_a_fault_of_parameters_is_told_at_its_place(schema: dict[str, Any], place: tuple[Any, ...], said: str) -> None:
    assert schema_faults(orjson.dumps(schema)) == ((place, said),)
    assert found({"name": "f", "parameters": schema})[0][0] == "TOL004"


@pytest.mark.parametrize("schema", [{}, {"type": "object"}, {"properties": {"a": {"type": ["string", "null"]}}}])
def test_parameters_may_leave_out_their_type_and_their_properties(schema: dict[str, Any]) -> None:
    assert schema_faults(orjson.dumps(schema)) == ()


def test_as_many_tools_as_the_provider_takes_are_no_fault() -> None:
    for number in (128, 129):
        expected = [("TOL018", "$.tools")] * (number == 129)
        assert found(*({"name": f"f{one}"} for one in range(number))) == expected


def test_each_further_tool_of_a_name_is_told_but_no_legacy_function_of_the_same() -> None:
    same = {"name": "f"}
    assert found(same, {"name": "g"}, same, same) == [
        ("TOL003", "$.tools[1].function.name".replace("1", str(place))) for place in (2, 3)
    ]
    assert found(same, legacy=(same,)) == [("TOL014", "$.functions")]
