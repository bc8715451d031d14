"""Reinforcement prompts and definitions of graders: the edges that the samples of the rules do not show."""

from typing import Any

import pytest

from tests.rules.support import codes, context
from tuneset.rules.families.reinforcement import grader_issues, item_columns, reinforcement_issues
from tuneset.rules.samples import ANSWER, ASK, TOOL_RESULT, turn

CHECK = {"type": "string_check", "name": "a", "input": "i", "reference": "r", "operation": "eq"}
PYTHON = {"type": "python", "name": "p", "source": "def grade(sample, item):\n    return 1.0"}


def found(*messages: dict[str, Any], graded: tuple[str, ...] = (), **columns: Any) -> list[tuple[str, str]]:  # noqa: ANN401  any JSON
    example = {"messages": [*messages], **columns}
    return codes(list(reinforcement_issues(example, context("rft", grader_columns=graded))))


@pytest.mark.parametrize(
    ("change", "path", "allowed"),
    [
        ({"operation": "is"}, "$.operation", '"is"; allowed: eq, ne, like, ilike'),
        ({"name": 7}, "$.name", "7; allowed: string"),
        ({"type": "label"}, "$.type", '"label"; allowed: string_check'),
    ],
)
def test_a_fault_of_a_grader_is_told_with_what_is_allowed(change: dict[str, Any], path: str, allowed: str) -> None:
    (issue,) = grader_issues({**CHECK, **change})
    assert (issue.code, issue.path) == ("RFT004", path)
    assert issue.message.startswith(allowed)


def test_each_key_that_a_grader_lacks_is_told() -> None:
    assert sorted(codes(list(grader_issues({"type": "string_check", "name": "a"})))) == [
        ("RFT004", f"$.{key}") for key in ("input", "operation", "reference")
    ]


def test_faults_within_a_multi_grader_are_told_at_their_place() -> None:
    inner = {"a": CHECK, "b": {**PYTHON, "source": "x = 1"}}
    multi = {"type": "multi", "name": "m", "graders": inner, "calculate_output": "a + b + c"}
    within = {**multi, "graders": {"m": multi}, "calculate_output": "m"}
    at = [("RFT004", "$.graders.b.source"), ("RFT004", "$.calculate_output")]
    assert codes(list(grader_issues(multi))) == at
    assert ("RFT004", "$.graders.m.calculate_output") in codes(list(grader_issues(within)))


@pytest.mark.parametrize("formula", ["a", "0.5 * a + min(b, 1)", "max(a, abs(b))", "floor(sqrt(exp(log(ceil(a)))))"])
def test_a_formula_may_use_the_graders_and_the_functions_of_the_reference(formula: str) -> None:
    multi = {"type": "multi", "name": "m", "graders": {"a": CHECK, "b": PYTHON}, "calculate_output": formula}
    assert list(grader_issues(multi)) == []


@pytest.mark.parametrize(("formula", "said"), [("a +", "no formula"), ("round(a)", '"round" is no grader of this one')])
def test_what_is_no_formula_is_told(formula: str, said: str) -> None:
    (issue,) = grader_issues({"type": "multi", "name": "m", "graders": {"a": CHECK}, "calculate_output": formula})
    assert (issue.path, issue.message) == ("$.calculate_output", said)


def test_source_that_is_no_python_is_told_with_its_line() -> None:
    (issue,) = grader_issues({**PYTHON, "source": "def grade(sample, item):\n    return (\n"})
    assert (issue.path, issue.message) == ("$.source", "no Python, at line 2 of the source")
    (issue,) = grader_issues({**PYTHON, "source": "class grade: pass\nasync def grade(sample, item): pass"})
    assert issue.message == "no function grade(sample, item)"


def test_a_prompt_ends_with_the_users_or_the_systems_message() -> None:
    assert found(ASK) == found(ASK, ANSWER, ASK) == found(turn("system", "Go on.")) == found() == []
    for last in (ANSWER, TOOL_RESULT, turn("developer", "Go on.")):
        assert found(ASK, last) == [("RFT001", "$.messages[1].role")]


def test_a_column_is_named_with_letters_digits_and_underscores() -> None:
    assert found(ASK, tools=[], a=1, _b=1, C_9=1) == []
    for name in ("9a", "a-b", "a b", "é", "", "item", "sample"):
        assert [code for code, _ in found(ASK, **dict[str, Any]({name: 1}))] == ["RFT002"]


def test_each_column_of_the_grader_stands_in_the_line() -> None:
    assert found(ASK, graded=("a", "b"), a=None, b=1) == []
    assert found(ASK, graded=("a", "b"), b=1) == [("RFT003", "$")]


def test_columns_are_those_of_templates_alone() -> None:
    grader = {"a": ["{{item.x}}{{ item.y_2 }}", {"b": "{{item.x.z}}"}], "c": "item.q {item.r} {{sample.s}} {{items.t}}"}
    assert item_columns(grader) == ("x", "y_2")
