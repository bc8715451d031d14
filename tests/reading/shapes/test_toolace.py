"""Calls in brackets are calls of the tools that the system text lists, and brackets of another kind are text."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reading.shapes.reading import read, shape_name
from tuneset.reading.shapes.base import ShapeError

FUNCTIONS = [
    {
        "name": "Market Trends API",
        "description": "Gets trends.",
        "parameters": {"type": "dict", "properties": {"type": {"type": "float"}}, "required": None},
        "required": None,
    },
    {"name": "Market Trends", "parameters": {"type": "dict", "properties": {}}},
]
RULES = (
    "You are an expert in composing functions. Here is a list of functions in JSON format that you can invoke:\n{}. \n"
    "Should you decide to return the function call(s). \nPut it in the format of [func1(params_name=params_value), "
    "func2(params)]\n\nNO other text MUST be included. \nToday is Monday."
)


def row(*turns: tuple[str, str], system: str = RULES.replace("{}", json.dumps(FUNCTIONS))) -> dict[str, Any]:
    return {"system": system, "conversations": [{"from": name, "value": text} for name, text in turns]}


@pytest.mark.parametrize(
    "record",
    [
        row(("user", "?"), ("assistant", "[1] says so.")),
        row(("user", "?"), ("assistant", "[Market Trends]")),
        row(("user", "?"), ("assistant", "Market Trends()")),
        row(("user", "[Market Trends()] is what?"), ("assistant", "A call.")),
        row(("user", "?"), ("assistant", "[Market Trends()]"), system="Be brief."),
        row(("user", "?"), ("assistant", "[Market Trends()]"), system='[{"name": "Market Trends"'),
    ],
)
def test_brackets_that_are_no_call_and_rows_without_functions_are_text(record: dict[str, Any]) -> None:
    assert shape_name(record) == "sharegpt"
    assert "tool_calls" not in read(record)[0]["messages"][-1]


def test_calls_and_their_results_are_tied() -> None:
    calls = '[Market Trends API(type=1.5, label="a, (b)"), Market Trends()]'
    results = '[{"name": "Market Trends API", "results": 1}, {"name": "Market Trends", "results": 2}]'
    example, told = read(row(("user", "?"), ("assistant", calls), ("tool", results), ("assistant", "[1] and [2].")))
    system, asked, called, first, second, answer = example["messages"]
    assert "Should you decide" not in system["content"]
    assert system["content"].endswith("Today is Monday.")
    assert [(one["function"]["name"], json.loads(one["function"]["arguments"])) for one in called["tool_calls"]] == [
        ("Market_Trends_API", {"type": 1.5, "label": "a, (b)"}),
        ("Market_Trends", {}),
    ]
    assert [one["id"] for one in called["tool_calls"]] == [first["tool_call_id"], second["tool_call_id"]]
    assert (json.loads(second["content"])["results"], answer["content"], asked["content"]) == (2, "[1] and [2].", "?")
    names = [tool["function"]["name"] for tool in example["tools"]]
    assert names == ["Market_Trends_API", "Market_Trends"]
    schema = {"type": "object", "properties": {"type": {"type": "number"}}}
    assert example["tools"][0]["function"]["parameters"] == schema
    assert told == []


NAMES = st.sampled_from(["n", "day-of-week", "max price"])
VALUES = st.recursive(
    st.one_of(st.text(max_size=8), st.integers(), st.booleans(), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=2)),
    max_leaves=5,
)


@given(
    st.lists(st.dictionaries(NAMES, VALUES, max_size=3), min_size=1, max_size=3), st.sampled_from([repr, json.dumps])
)
def test_arguments_come_out_as_they_were_written(given_: list[dict[str, Any]], write: Any) -> None:  # noqa: ANN401  a function of the test
    calls = ", ".join(
        f"Market Trends({', '.join(f'{name}={write(value)}' for name, value in one.items())})" for one in given_
    )
    called = read(row(("user", "?"), ("assistant", f"[{calls}]")))[0]["messages"][-1]
    assert [json.loads(one["function"]["arguments"]) for one in called["tool_calls"]] == given_


@pytest.mark.parametrize(
    "turns",
    [
        [("assistant", "[Market Trends(n=1), Another(n=1)]")],
        [("assistant", "[Market Trends(n=one)]")],
        [("assistant", "[Market Trends(1)]")],
        [("assistant", "[Market Trends(n=1)]"), ("narrator", "!")],
        [("assistant", "[Market Trends(), Market Trends()]"), ("tool", "[1]")],
    ],
)
def test_a_call_that_cannot_be_read_is_told(turns: list[tuple[str, str]]) -> None:
    with pytest.raises(ShapeError):
        read(row(("user", "?"), *turns))


def test_names_that_would_become_one_are_told() -> None:
    functions = [{"name": "a b", "parameters": {}}, {"name": "a.b", "parameters": {}}]
    with pytest.raises(ShapeError, match="one name"):
        read(row(("user", "?"), ("assistant", "[a b()]"), system=json.dumps(functions)))


def test_what_stands_before_and_after_the_functions_stays_apart() -> None:
    system = f"Use these: {json.dumps(FUNCTIONS)} Be brief."
    example, _ = read(row(("user", "?"), ("assistant", "[Market Trends()]"), system=system))
    assert example["messages"][0]["content"] == "Use these:\nBe brief."
