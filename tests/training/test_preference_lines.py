"""What a line of preference may hold, and the two conversations that it stands for."""

from __future__ import annotations

from typing import Any

import pytest

from tests.endpoint.support import preference, without
from tuneset.training.preference_lines import conversation_pair, preference_fault

GOOD = preference("U", "good", "bad")


def output(**keys: object) -> list[dict[str, Any]]:
    return [{"role": "assistant", **keys}]


def prompt(*messages: object, **keys: object) -> dict[str, Any]:
    return GOOD | {"input": {"messages": list(messages), **keys}}


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (without(GOOD, "input"), " is missing key 'input'."),
        (without(GOOD, "preferred_output"), " is missing key 'preferred_output'."),
        (without(GOOD, "non_preferred_output"), " is missing key 'non_preferred_output'."),
        (GOOD | {"id": 7}, ' contains an extra "id".'),
        (GOOD | {"input": []}, ": input must be a dictionary."),
        (GOOD | {"input": {}}, ", input is missing key 'messages'."),
        (prompt(), ": input must have a non-empty list of messages."),
        (prompt({"role": "user", "content": "U"}, model="x"), ', input contains an extra "model".'),
        (prompt({"role": "user", "content": "U"}, tools={}), ": input tools must be a list."),
        (prompt({"content": "U"}), ", input message 1 Discriminator 'role' is missing in value"),
        (GOOD | {"preferred_output": "good"}, ", preferred_output must be a list of one assistant message"),
        (GOOD | {"preferred_output": []}, ", preferred_output must be a list of one assistant message"),
        (
            GOOD | {"non_preferred_output": output(content="a") * 2},
            ", non_preferred_output must be a list of one assistant message",
        ),
        (
            GOOD | {"preferred_output": [{"role": "user", "content": "a"}]},
            ", preferred_output must be a list of one assistant message",
        ),
        (GOOD | {"preferred_output": output()}, ", preferred_output message 1 is missing key 'content'."),
        (
            prompt({"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://a.example/b"}}]}),
            ": images are not supported with the method 'dpo'.",
        ),
        (
            GOOD | {"non_preferred_output": output(content="<|endoftext|>")},
            " message contains an invalid token: <|endoftext|>.",
        ),
    ],
)
def test_the_first_fault_of_a_line_is_named(line: dict[str, Any], fault: str) -> None:
    assert preference_fault(line) == fault


@pytest.mark.parametrize(
    "line",
    [
        GOOD,
        prompt({"role": "user", "content": "U"}, tools=[], parallel_tool_calls=True),
        prompt({"role": "assistant", "content": "before"}, {"role": "user", "content": "U"}),
        GOOD | {"preferred_output": output(content=[{"type": "text", "text": "good"}])},
    ],
)
def test_a_line_in_any_form_of_the_protocol_has_no_fault(line: dict[str, Any]) -> None:
    assert preference_fault(line) is None


def test_of_a_line_the_outputs_alone_are_learned() -> None:
    line = prompt({"role": "assistant", "content": "before"}, {"role": "user", "content": "U"})
    preferred, other = conversation_pair(line)
    context = [{"role": "assistant", "content": "before", "weight": 0}, {"role": "user", "content": "U"}]
    assert preferred == {"messages": [*context, {"role": "assistant", "content": "good", "weight": 1}]}
    assert other == {"messages": [*context, {"role": "assistant", "content": "bad", "weight": 1}]}
