"""A canonical example goes into tables and comes out the same."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.example_tables import Example, to_examples, to_tables
from tuneset.json_text import TooDeepError, dump_line
from tuneset.model import EXAMPLES_SCHEMA, MESSAGES_SCHEMA, Format, Tables

TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**80), 2**80) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
MESSAGE_KEYS = [
    "role",
    "content",
    "name",
    "tool_calls",
    "tool_call_id",
    "weight",
    "reasoning_content",
    "refusal",
    "parts",
    "extra",
    "row_id",
]
ORDINARY = st.fixed_dictionaries({"role": st.sampled_from(["system", "user", "assistant"]), "content": TEXT})
MESSAGE = ORDINARY | st.dictionaries(
    st.sampled_from(MESSAGE_KEYS) | TEXT, JSON | st.lists(JSON, max_size=2), max_size=5
)
MESSAGES = st.lists(MESSAGE, max_size=4)
OTHER_KEYS = st.dictionaries(
    (st.sampled_from(["tools", "functions", "meta", "format", "answer"]) | TEXT).filter(lambda key: key != "messages"),
    JSON | st.lists(JSON, max_size=2),
    max_size=3,
)
CHAT = st.builds(lambda messages, rest: {**rest, "messages": messages}, MESSAGES, OTHER_KEYS)
PAIR = st.builds(
    lambda prompt, good, bad: {"input": prompt, "preferred_output": good, "non_preferred_output": bad},
    CHAT,
    MESSAGES,
    MESSAGES,
)


def tables_of(examples: list[Example], line_format: Format = "sft") -> Tables:
    count = len(examples)
    return to_tables(
        examples,
        row_ids=[f"{number:016x}" for number in range(count)],
        source="raw.jsonl",
        lines=list(range(1, count + 1)),
        items=[0] * count,
        line_format=line_format,
        metas=[None] * count,
    )


def spelled(value: Any) -> str:  # noqa: ANN401  any JSON value
    """Equal JSON text is a stricter test than equality: 1, 1.0 and True differ."""
    return json.dumps(value, sort_keys=True)


@pytest.mark.parametrize("line_format", ["sft", "rft"])
@given(examples=st.lists(CHAT, max_size=4))
def test_a_chat_line_comes_back_as_it_was(line_format: Format, examples: list[Example]) -> None:
    tables = tables_of(examples, line_format)
    assert tables.examples.schema == EXAMPLES_SCHEMA
    assert tables.messages.schema == MESSAGES_SCHEMA
    assert spelled(to_examples(tables)) == spelled(examples)


@given(examples=st.lists(PAIR, max_size=4))
def test_a_preference_pair_comes_back_as_it_was(examples: list[Example]) -> None:
    assert spelled(to_examples(tables_of(examples, "dpo"))) == spelled(examples)


@given(examples=st.lists(CHAT, max_size=3))
def test_a_written_line_reads_back_as_the_example(examples: list[Example]) -> None:
    lines = [dump_line(example) for example in to_examples(tables_of(examples))]
    assert all(line.endswith(b"\n") and line.count(b"\n") == 1 for line in lines)
    assert [spelled(json.loads(line)) for line in lines] == [spelled(example) for example in examples]


def test_no_absent_key_is_filled_with_null() -> None:
    plain = {"messages": [{"role": "user", "content": "a"}]}
    rich = {"messages": [{"role": "tool", "content": "b", "tool_call_id": "c"}], "tools": [{"type": "function"}]}
    assert dump_line(to_examples(tables_of([plain, rich]))[0]) == b'{"messages":[{"role":"user","content":"a"}]}\n'


def test_each_value_stands_in_its_column() -> None:
    message = {"role": "assistant", "content": None, "name": "n", "weight": 1, "tool_calls": [{"id": "1"}], "audio": 2}
    message["reasoning_content"] = "r"
    row = tables_of([{"messages": [message], "tools": [], "parallel_tool_calls": True}])
    assert row.messages.row(0, named=True) == {
        "row_id": "0" * 16,
        "branch": "prompt",
        "turn": 0,
        "role": "assistant",
        "content": None,
        "parts": None,
        "name": "n",
        "tool_calls": '[{"id":"1"}]',
        "tool_call_id": None,
        "weight": 1,
        "reasoning": "r",
        "extra": '{"content":null,"audio":2}',
    }
    assert row.examples.select("tools", "extra", "meta").row(0) == ("[]", '{"parallel_tool_calls":true}', None)


def test_examples_taken_from_the_middle_keep_their_own_messages() -> None:
    examples: list[Example] = [{"messages": [{"role": "user", "content": str(n)}] * n} for n in range(5)]
    tables = tables_of(examples)
    odd = tables.examples["line"] % 2 == 0
    assert to_examples(tables.keep(odd)) == [examples[1], examples[3]]


def test_a_value_too_deep_to_be_written_is_refused() -> None:
    with pytest.raises(TooDeepError):
        tables_of([{"messages": [], "tools": [orjson.loads("[" * 300 + "]" * 300)]}])
