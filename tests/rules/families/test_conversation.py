"""The order and the weights of messages: the edges that the samples of the rules do not show."""

from typing import Any

import pytest

from tests.rules.support import codes, context
from tuneset.rules.families.conversation import conversation_issues
from tuneset.rules.samples import ANSWER, ASK, turn
from tuneset.terms import Format

SYSTEM, DEVELOPER = turn("system", "Be brief."), turn("developer", "Be brief.")
CALL, RESULT = {"role": "assistant", "tool_calls": []}, turn("tool", "12")
ALL = {"CNV012": "error"}


def found(*messages: dict[str, Any], line_format: Format = "sft") -> list[tuple[str, str]]:
    return codes(list(conversation_issues({"messages": messages and [*messages]}, context(line_format, severity=ALL))))


@pytest.mark.parametrize(
    "messages",
    [
        [SYSTEM, DEVELOPER, ASK, ANSWER],
        [DEVELOPER, SYSTEM, ASK, ANSWER],
        [ASK, CALL, RESULT, RESULT, ANSWER],
        [ASK, {**ANSWER, "weight": 0}, ASK, ANSWER],
        [ASK, {**ANSWER, "weight": False}],
        [ASK, {**ANSWER, "weight": 0.5}],
        [],
    ],
)
def test_what_is_no_fault_of_order_or_weight(messages: list[dict[str, Any]]) -> None:
    assert found(*messages) == []


@pytest.mark.parametrize("late", [SYSTEM, DEVELOPER])
def test_system_and_developer_messages_stand_before_all_others(late: dict[str, Any]) -> None:
    assert found(SYSTEM, ASK, late, ANSWER) == [("CNV003", "$.messages[2].role")]


@pytest.mark.parametrize("role", ["system", "user", "tool", "function"])
def test_a_conversation_ends_with_no_message_but_the_assistants(role: str) -> None:
    assert ("CNV002", "$.messages[2].role") in found(ASK, ANSWER, turn(role, "x"))


def test_a_conversation_of_one_message_is_judged_like_a_longer_one() -> None:
    assert found(ANSWER) == [("CNV011", "$.messages")]
    assert found(ASK) == [("CNV005", "$.messages")]
    assert found(SYSTEM) == [("CNV005", "$.messages"), ("CNV011", "$.messages")]
    pair = {"input": {"messages": [SYSTEM]}, "preferred_output": [ANSWER], "non_preferred_output": [ANSWER]}
    assert codes(list(conversation_issues(pair, context("dpo")))) == [("CNV011", "$.input.messages")]


@pytest.mark.parametrize("weight", [0, 0.0, -0.0])
def test_nothing_is_trained_where_every_weight_is_zero(weight: float) -> None:
    silent = {**ANSWER, "weight": weight}
    assert ("CNV004", "$.messages") in found(ASK, silent, ASK, silent)


@pytest.mark.parametrize("weight", [0.0, 1.0])
def test_a_weight_is_written_as_an_integer(weight: float) -> None:
    assert ("CNV006", "$.messages[1].weight") in found(ASK, {**ANSWER, "weight": weight})


def test_turns_of_one_side_are_told_each_and_tools_stand_between_two_of_the_assistant() -> None:
    assert found(ASK, ASK, ASK, ANSWER) == [("CNV012", "$.messages[1].role"), ("CNV012", "$.messages[2].role")]
    assert found(ASK, ANSWER, ANSWER) == [("CNV009", "$.messages[2].role"), ("CNV012", "$.messages[2].role")]
    assert found(ASK, SYSTEM, ASK, ANSWER) == [("CNV003", "$.messages[1].role"), ("CNV012", "$.messages[2].role")]


def test_prompts_alone_and_thumbs_are_asked_for_what_their_method_learns_from() -> None:
    assert found(ASK, line_format="rft") == []
    assert found(ASK, line_format="kto") == [("CNV005", "$.messages")]
