"""What redaction leaves is no finding: `check` finds no private data in anything that `prepare` wrote."""

from collections.abc import Sequence
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.amounts import cases, drawn
from tests.builders import tables_of
from tests.cleaning.private_data.test_suspects import PIECES
from tests.labelled_texts.key_forms import SHAPE_OF, shortest_key
from tests.labelled_texts.measured import labelled_set
from tests.private import PRIVATE, says
from tests.rules.support import context
from tuneset.cleaning.private_data.kinds import Kind
from tuneset.example_tables import Example, to_examples
from tuneset.params import CleanParams
from tuneset.rules.engine.check_context import CHECK_FAMILIES
from tuneset.rules.engine.private_scan import private_findings
from tuneset.rules.passes.example import check_example
from tuneset.rules.registry import BY_CODE
from tuneset.stages.clean import clean
from tuneset.terms import Format

CODES = sorted(code for code in BY_CODE if code.startswith("EGR"))
LEFT_ON_PURPOSE = [
    "aws_access_key_id = AKIAIOSFODNN7EXAMPLE in the AWS documentation.",
    f"Put ghp_{'x' * 36} into GITHUB_TOKEN.",
    "A PEM file starts with -----BEGIN PRIVATE KEY----- on a line.",
    "Use the css class sk-loading-indicator-large-dark here.",
    f"OPENAI_API_KEY=sk-{'x' * 32}",
    "Ask support@team.internal.",
]


def told(examples: Sequence[Example], line_format: Format = "sft") -> list[str]:
    """The codes of all that any rule on private data says of these examples."""
    everything = context(line_format, families=CHECK_FAMILIES, severity=dict.fromkeys(CODES, "error"))
    found = [one.code for example in examples for one in check_example(example, everything)]
    found += [one.code for one in private_findings([orjson.dumps(example) for example in examples], everything)]
    return [code for code in found if code in CODES]


def prepared(examples: Sequence[Example], line_format: Format = "sft") -> list[Example]:
    """What the stage `clean` makes of the examples."""
    return to_examples(clean(tables_of(examples, line_format=line_format), CleanParams()).tables)


def chat_of(text: str) -> Example:
    """A conversation that holds a text wherever one may stand: content, part, refusal, arguments, also as JSON."""
    as_json = orjson.dumps({"note": text, "more": [text]}).decode()
    arguments = (text, as_json)
    calls: list[Any] = [
        {"id": f"call_{n}", "type": "function", "function": {"name": "f", "arguments": written}}
        for n, written in enumerate(arguments)
    ]
    return {
        "messages": [
            {"role": "user", "content": f"Q {text}"},
            {"role": "user", "content": [{"type": "text", "text": text}]},
            {"role": "assistant", "tool_calls": calls},
            *({"role": "tool", "tool_call_id": call["id"], "content": as_json} for call in calls),
            {"role": "assistant", "content": text, "refusal": text},
        ]
    }


@pytest.mark.parametrize("text", LEFT_ON_PURPOSE)
def test_what_is_left_on_purpose_comes_through_and_is_no_finding(text: str) -> None:
    raw = [{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": text}]}]
    assert prepared(raw) == raw
    assert told(raw) == []


@pytest.mark.parametrize("kind", PRIVATE)
def test_what_is_taken_out_was_a_finding(kind: Kind) -> None:
    raw = [chat_of(says(kind))]
    assert told(raw)
    assert told(prepared(raw)) == []


@pytest.mark.slow
def test_nothing_of_the_labelled_set_is_found_after_redaction() -> None:
    raw = [chat_of(sample.text) for sample in labelled_set(cases(20, 60))]
    assert {*told(raw)} == {*CODES}
    assert told(prepared(raw)) == []


def test_no_key_of_any_form_is_found_after_redaction() -> None:
    raw = [chat_of(f"use {shortest_key(literal)} here") for literal in SHAPE_OF]
    assert told(prepared(raw)) == []


TEXT = st.lists(st.sampled_from([*PIECES, *LEFT_ON_PURPOSE, *map(says, PRIVATE)]), max_size=6).map("".join)


@pytest.mark.slow
@settings(max_examples=drawn(30, 150), deadline=None)
@given(st.lists(TEXT, min_size=1, max_size=3))
def test_nothing_is_found_after_redaction(texts: list[str]) -> None:
    assert told(prepared([chat_of(text) for text in texts])) == []


@settings(max_examples=drawn(15, 50), deadline=None)
@given(TEXT, TEXT)
def test_nothing_is_found_in_pairs_after_redaction(preferred: str, other: str) -> None:
    raw: Example = {
        "input": {"messages": [{"role": "user", "content": "Hi"}]},
        "preferred_output": [{"role": "assistant", "content": f"A {preferred}"}],
        "non_preferred_output": [{"role": "assistant", "content": f"B {other}"}],
    }
    assert told(prepared([raw], "dpo"), "dpo") == []
