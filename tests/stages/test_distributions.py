"""Counts of written examples: what is no message counts nothing, and every message counts once."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.kept_counts import by_power_of_two, of_values
from tuneset.stages.distributions import MOST_NAMES, distributions, quantiles, text_of

ODD: list[dict[str, Any]] = [
    {},
    {"messages": None},
    {"messages": [None, 3, "text"]},
    {"messages": [{"role": "assistant", "content": None, "tool_calls": [None, {}, {"function": 3}]}]},
    {"input": {"messages": "text"}, "preferred_output": {}},
]


@pytest.mark.parametrize("example", ODD)
def test_a_value_of_another_kind_is_no_message_call_or_answer(example: dict[str, Any]) -> None:
    found = distributions([example])
    assert found["tool_names"] == {}
    assert found["answer_characters"] == {"by_power_of_two": {}, "quantiles": {}}
    assert found["holding"] == {}


def test_what_an_example_holds_is_counted_once_an_example_and_calls_one_by_one() -> None:
    call = {"type": "function", "function": {"name": "find", "arguments": "{}"}}
    image = {"type": "image_url", "image_url": {"url": "data:"}}
    example = {
        "messages": [
            {"role": "system", "content": "s"},
            {"role": "user", "content": [{"type": "text", "text": "look"}, image, image]},
            {"role": "assistant", "tool_calls": [call, call]},
            {"role": "assistant", "content": "done", "reasoning_content": "hm"},
        ],
        "tools": [{"type": "function"}],
    }
    assert distributions([example, {"messages": [{"role": "user", "content": "a"}]}]) == {
        "messages": {"1": 1, "4": 1},
        "roles": {"assistant": 2, "system": 1, "user": 2},
        "holding": {"images": 1, "reasoning": 1, "system message": 1, "tools called": 1, "tools offered": 1},
        "tool_names": {"find": 2},
        "answer_characters": {
            "by_power_of_two": {"4": 1},
            "quantiles": dict.fromkeys(("mean", "p5", "p25", "p50", "p75", "p95", "max"), 4.0),
        },
    }


def test_of_many_tools_those_with_most_calls_are_named() -> None:
    called = [f"tool{number:03}" for number in range(MOST_NAMES + 5) for _ in range(1 if number < 5 else 2)]
    calls = [{"function": {"name": name, "arguments": ""}} for name in called]
    names = distributions([{"messages": [{"role": "assistant", "tool_calls": calls}]}])["tool_names"]
    assert list(names) == [f"tool{number:03}" for number in range(5, MOST_NAMES + 5)]


@given(st.lists(st.integers(0, 2**44)))
def test_each_value_is_in_the_bin_that_holds_it(values: list[int]) -> None:
    bins = by_power_of_two(of_values(pl.Series("n", values, pl.Int64)))
    assert sum(bins.values()) == len(values)
    for least, count in bins.items():
        assert count == sum(int(least) <= max(value, 1) < 2 * int(least) for value in values)


@given(st.lists(st.integers(0, 2**40), min_size=1))
def test_quantiles_ascend_up_to_the_longest(values: list[int]) -> None:
    found = quantiles(of_values(pl.Series("n", values, pl.Int64)))
    ascending = [value for name, value in found.items() if name != "mean"]
    assert ascending == sorted(ascending)
    assert found["max"] == max(values)


def test_parts_without_text_say_nothing() -> None:
    assert text_of({"content": [{"type": "image_url"}, {"text": 3}, None]}) == ""
