"""The line schemas are valid, self-contained and strict, and both validators give the same verdict on anything."""

from typing import Any

import jsonschema
import jsonschema_rs
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rules.passes.test_example import mutants
from tuneset.line_schemas import LineKeys, line_schema
from tuneset.rules.samples import ANSWER, ASK, GOOD_CHAT, GOOD_PAIR, GOOD_PROMPT, GOOD_TOOLS, chat, turn
from tuneset.terms import Format

FORMATS: list[Format] = ["sft", "dpo", "rft"]


@pytest.mark.parametrize("line_format", FORMATS)
def test_the_schema_is_valid_and_follows_no_reference(line_format: Format) -> None:
    schema = line_schema(line_format)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert b"$ref" not in orjson.dumps(schema)


@pytest.mark.parametrize(
    "line",
    [
        b"{}",
        b'{"prompt":"a"}',
        b'{"messages":[]}',
        chat(ASK, ANSWER, source="x"),
        chat({**ASK, "weight": 1}, ANSWER),
        chat(ASK, {**ANSWER, "weight": 0.5}),
        chat(ASK, {**ANSWER, "weight": True}),
        chat(ASK, {"role": "assistant"}),
        chat(ASK, {"role": "assistant", "content": None}),
        chat(turn("developer", "Hi"), ANSWER),
        chat(turn("user", []), ANSWER),
        chat(ASK, {**ANSWER, "tool_calls": []}),
        chat({**ASK, "name": "a b"}, ANSWER),
    ],
)
def test_a_supervised_line_is_held_to_more_than_the_published_schema(line: bytes) -> None:
    assert not jsonschema_rs.Draft202012Validator(line_schema("sft")).is_valid(orjson.loads(line))


@pytest.mark.parametrize(
    ("line_format", "line"),
    [
        ("sft", GOOD_CHAT.data),
        ("sft", GOOD_TOOLS.data),
        ("sft", chat(ASK, {"role": "assistant", "content": None, "tool_calls": [
            {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]})),
        ("sft", chat(ASK, {"role": "assistant", "function_call": {"name": "f", "arguments": "{}"}},
                     turn("function", "1", name="f"), ANSWER, functions=[{"name": "f"}])),
        ("sft", chat(turn("user", [{"type": "image_url", "image_url": {"url": "u", "detail": "low"}}]), ANSWER)),
        ("sft", chat(ASK, turn("assistant", [{"type": "refusal", "refusal": "No."}]))),
        ("dpo", GOOD_PAIR.data),
        ("rft", GOOD_PROMPT.data),
        ("rft", chat(turn("developer", "Be brief."), ASK, any_column={"nested": [1]})),
    ],
)  # fmt: skip
def test_documented_lines_are_taken(line_format: Format, line: bytes) -> None:
    assert jsonschema_rs.Draft202012Validator(line_schema(line_format)).is_valid(orjson.loads(line))


@pytest.mark.slow
@settings(max_examples=500)
@given(mutants(), st.sampled_from(FORMATS))
def test_both_validators_give_the_same_verdict(example: dict[str, Any], line_format: Format) -> None:
    schema = line_schema(line_format)
    compiled = jsonschema_rs.Draft202012Validator(schema).is_valid(example)
    assert compiled == jsonschema.Draft202012Validator(schema).is_valid(example)


def test_reasoning_is_a_key_of_an_assistant_only_where_it_is_asked_for() -> None:
    plain = {"role": "assistant", "content": "a"}
    line = {"messages": [{"role": "user", "content": "q"}, {**plain, "reasoning_content": "r"}]}
    asked = {"messages": [{"role": "user", "content": "q", "reasoning_content": "r"}, plain]}
    closed, open_to_it = (
        jsonschema_rs.Draft202012Validator(line_schema("sft", LineKeys(reasoning=taken))) for taken in (False, True)
    )
    assert not closed.is_valid(line)
    assert open_to_it.is_valid(line)
    assert not open_to_it.is_valid(asked)
