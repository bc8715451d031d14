"""A question with the calls that answer it, and tools that are described by types of Python's."""

import json

import pytest

from tuneset.reading.shapes.base import ShapeError
from tuneset.reading.shapes.query_calls import QUERY_CALLS, read_query

CALL = {"name": "f", "arguments": {"n": 1}}


@pytest.mark.parametrize("answers", [[], ["a"], [{"text": "a"}], [{"name": "f"}], "two", None, {"name": "f"}])
def test_other_answers_are_no_calls(answers: object) -> None:
    assert QUERY_CALLS.fits is not None
    assert not QUERY_CALLS.fits({"query": "?", "answers": answers})
    with pytest.raises(ShapeError):
        read_query({"query": "?", "answers": answers})


@pytest.mark.parametrize(
    ("described", "schema", "needed"),
    [
        ({"type": "str"}, {"type": "string"}, True),
        ({"type": "List[int], optional", "default": [1]}, {"type": "array", "default": [1]}, False),
        ({"type": "float", "default": 0}, {"type": "number", "default": 0}, False),
        ({"type": "Dict[str, int]", "description": "d"}, {"type": "object", "description": "d"}, True),
        ({"type": "Callable[[float], float]"}, {}, True),
        ("a name", {"description": "a name"}, True),
    ],
)
def test_a_type_of_python_becomes_one_of_json_schema(described: object, schema: object, needed: bool) -> None:
    tools = [{"name": "f", "description": "d", "parameters": {"n": described}}]
    example, rest = read_query({"query": "?", "answers": [CALL], "tools": json.dumps(tools)})
    assert example["tools"][0]["function"]["parameters"] == {
        "type": "object",
        "properties": {"n": schema},
        **({"required": ["n"]} if needed else {}),
    }
    assert rest is None


def test_parameters_may_be_called_as_parts_of_a_schema_are() -> None:
    described = {"properties": {"type": "dict", "description": "d"}, "type": {"type": "str"}}
    example, _ = read_query({"query": "?", "answers": [CALL], "tools": [{"name": "f", "parameters": described}]})
    assert example["tools"][0]["function"]["parameters"] == {
        "type": "object",
        "properties": {"properties": {"type": "object", "description": "d"}, "type": {"type": "string"}},
        "required": ["properties", "type"],
    }


@pytest.mark.parametrize(
    "schema", [{"type": "object", "properties": {"n": {"type": "integer"}}}, {"type": "object"}, {"properties": {}}]
)
def test_a_schema_stays_as_it_is_and_other_columns_are_kept(schema: dict[str, object]) -> None:
    tool = {"name": "f", "parameters": schema}
    example, rest = read_query({"id": 7, "query": "?", "answers": [CALL], "tools": [tool]})
    assert example["tools"] == [{"type": "function", "function": tool}]
    assert rest == {"id": 7}
