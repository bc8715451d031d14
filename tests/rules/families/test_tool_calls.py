"""Calls of tools, their arguments and answers: the edges that the samples of the rules do not show."""

import json
from typing import Any

from tests.rules.support import codes, context
from tuneset.rules.families.tool_calls import tool_issues
from tuneset.rules.issue import Issue
from tuneset.rules.samples import ASK_WEATHER, TELL_WEATHER, TOOL_RESULT, WEATHER_TOOL, call_turn, turn

PARIS = '{"city": "Paris"}'


def tool(name: str, **properties: Any) -> dict[str, Any]:  # noqa: ANN401  JSON Schemas
    parameters = {"type": "object", "properties": properties}
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


def found(*messages: dict[str, Any], tools: list[dict[str, Any]] | None = None, profile: str = "openai") -> list[Issue]:
    example = {"messages": [ASK_WEATHER, *messages], "tools": [WEATHER_TOOL] if tools is None else tools}
    return list(tool_issues(example, context(profile=profile)))


def test_three_faults_of_arguments_are_told_and_the_others_counted() -> None:
    keys = "abcde"
    for wrong in range(1, 6):
        arguments = json.dumps(dict.fromkeys(keys[:wrong], "x"))
        tools = [tool("weather", **{key: {"type": "integer"} for key in keys})]
        (issue,) = found(call_turn(arguments), tools=tools)
        told = issue.message.split("; ")
        assert (issue.code, len(told)) == ("TOL009", min(wrong, 3) + (wrong > 3))
        assert wrong <= 3 or told[-1] == f"and {wrong - 3} more"


def test_an_unknown_tool_is_told_with_at_most_five_that_are_declared() -> None:
    for declared, told in ((0, "none"), (1, "t0"), (5, "t0, t1, t2, t3, t4"), (6, "t0, t1, t2, t3, t4, …")):
        tools = [tool(f"t{number}") for number in range(declared)]
        (issue,) = found(call_turn(PARIS), tools=tools)
        assert (issue.code, issue.path) == ("TOL010", "$.messages[1].tool_calls[0].function.name")
        assert issue.message.endswith(f"declared: {told}")


def test_arguments_are_one_object_as_text() -> None:
    at = "$.messages[1].tool_calls[0].function.arguments"
    expected = {"{": "TOL005", "": "TOL005", "[]": "TOL006", "null": "TOL006", '"Paris"': "TOL006"}
    expected |= {json.dumps(PARIS): "TOL007", "{}": "TOL009"}
    assert {text: codes(found(call_turn(text))) for text in expected} == {
        text: [(code, at)] for text, code in expected.items()
    }


def test_an_answer_belongs_to_the_calls_since_anybody_else_spoke() -> None:
    late = found(call_turn(PARIS), turn("user", "And?"), TOOL_RESULT, TELL_WEATHER)
    assert codes(late) == [("TOL011", "$.messages[1].tool_calls[0].id"), ("TOL012", "$.messages[3].tool_call_id")]
    again = found(call_turn(PARIS), TOOL_RESULT, call_turn(PARIS), TOOL_RESULT)
    assert codes(again) == [("TOL013", "$.messages[3].tool_calls[0].id")]


def test_calls_may_be_left_open_at_the_end_but_not_halfway() -> None:
    two = {"role": "assistant", "tool_calls": [call_turn(PARIS, call_id=one)["tool_calls"][0] for one in "ab"]}
    assert found(two) == []
    half = found(two, {**TOOL_RESULT, "tool_call_id": "a"})
    assert codes(half) == [("TOL011", "$.messages[1].tool_calls[1].id")]


def test_a_call_without_an_id_hides_no_other() -> None:
    first, other = ({"type": "function", "function": {"name": "weather", "arguments": PARIS}} for _ in range(2))
    asked = {"role": "assistant", "tool_calls": [first, {**other, "id": "call_1"}]}
    assert found(asked, TOOL_RESULT, TELL_WEATHER) == []
    assert codes(found(asked, TELL_WEATHER)) == [("TOL011", "$.messages[1].tool_calls[1].id")]


def test_an_id_has_the_length_that_the_template_takes() -> None:
    def forms(call_id: str) -> list[str]:
        return [issue.code for issue in found(call_turn(PARIS, call_id=call_id), profile="mistral")]

    assert forms("abcdefgh9") == []
    assert [forms(one) for one in ("abcdefgh", "abcdefghij", "abcdefgh_", "abcdefgé9")] == [["TOL016"]] * 4


def test_functions_are_told_once_and_beside_tools_as_mixed() -> None:
    legacy = {"role": "assistant", "function_call": {"name": "weather", "arguments": PARIS}}
    messages = [ASK_WEATHER, legacy, turn("function", "12", name="weather"), TELL_WEATHER]
    functions = [WEATHER_TOOL["function"]]
    for more, code, path in (
        ({"functions": functions}, "TOL015", "$.functions"),
        ({"tools": [WEATHER_TOOL]}, "TOL014", "$.messages[1].function_call"),
        ({"functions": functions, "tools": [WEATHER_TOOL]}, "TOL014", "$.functions"),
    ):
        assert codes(list(tool_issues({"messages": messages, **more}, context()))) == [(code, path)]
