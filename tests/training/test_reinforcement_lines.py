"""A line of reinforcement: the faults that a job is refused for, and what is none."""

from __future__ import annotations

from typing import Any

import pytest

from tuneset.training.reinforcement_lines import reinforcement_fault

ASK = {"role": "user", "content": "Where?"}


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ({"answer": 1}, " is missing key 'messages'."),
        ({"messages": []}, " must have a non-empty list of messages."),
        ({"messages": [{"role": "user"}]}, ", message 1 is missing key 'content'."),
        ({"messages": [ASK, {"role": "assistant", "content": "Here"}]}, ": the last message must be from the user."),
        ({"messages": [ASK], "tools": {}}, ": tools must be a list."),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]},
            ": images are not supported with the method 'reinforcement'.",
        ),
        ({"messages": [{"role": "developer", "content": "Be brief"}, ASK], "answer": [1], "tools": []}, None),
    ],
)
def test_the_first_fault_is_told(line: dict[str, Any], fault: str | None) -> None:
    assert reinforcement_fault(line) == fault
