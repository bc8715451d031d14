"""What the samples of the rules do not show: the edges of the families' rules, first what must not be found."""

import json
from typing import Any

import pytest

from tests.rules.support import VISION_MODEL, codes, context
from tuneset.rules.families.reinforcement import grader_issues, item_columns
from tuneset.rules.families.text import has_placeholder, is_missing_value
from tuneset.rules.families.tool_definitions import schema_faults
from tuneset.rules.families.vision import _PNG, _data_url, is_web_url
from tuneset.rules.issue import show
from tuneset.rules.passes.example import check_example
from tuneset.rules.samples import (  # fmt: skip
    ANSWER,
    ASK,
    ASK_WEATHER,
    TELL_WEATHER,
    TOOL_RESULT,
    WEATHER_TOOL,
    call_turn,
    turn,
)

PARIS = '{"city": "Paris"}'


def _tools(*messages: dict[str, Any], **more: Any) -> list[tuple[str, str]]:  # noqa: ANN401  any JSON
    return codes(check_example({"messages": [ASK_WEATHER, *messages], "tools": [WEATHER_TOOL], **more}, context()))


# --- tools ---------------------------------------------------------------------------------------------------------


def test_a_conversation_may_end_with_a_call_or_with_parallel_answers() -> None:
    two = {
        "role": "assistant",
        "tool_calls": [call_turn(PARIS)["tool_calls"][0], call_turn(PARIS, call_id="b")["tool_calls"][0]],
    }
    answers = [TOOL_RESULT, {**TOOL_RESULT, "tool_call_id": "b"}]
    assert _tools(call_turn(PARIS)) == []
    assert _tools(two, *answers, TELL_WEATHER) == []
    assert _tools(two, *reversed(answers), TELL_WEATHER) == []


def test_each_unanswered_call_is_found() -> None:
    two = {
        "role": "assistant",
        "tool_calls": [call_turn(PARIS)["tool_calls"][0], call_turn(PARIS, call_id="b")["tool_calls"][0]],
    }
    assert _tools(two, TOOL_RESULT, TELL_WEATHER) == [("TOL011", "$.messages[1].tool_calls[1].id")]


def test_a_call_is_answered_once() -> None:
    assert _tools(call_turn(PARIS), TOOL_RESULT, TOOL_RESULT, TELL_WEATHER) == [
        ("TOL012", "$.messages[3].tool_call_id")
    ]


def test_arguments_are_told_without_their_values() -> None:
    issues = check_example(
        {"messages": [ASK_WEATHER, call_turn('{"city": 7, "zip": "75001"}')], "tools": [
            {"type": "function", "function": {"name": "weather", "parameters": {
                "type": "object", "properties": {"city": {"type": "string"}}, "additionalProperties": False}}}]},
        context(),
    )  # fmt: skip
    assert [issue.code for issue in issues] == ["TOL009"]
    assert sorted(issues[0].message.split("; ")) == ["$.city: a number that type does not allow", '$: unknown "zip"']


def test_a_reference_in_parameters_is_never_fetched() -> None:
    faults = schema_faults(json.dumps({"type": "object", "$ref": "http://127.0.0.1:9/schema.json"}).encode())
    assert faults == (((), "the schema has a reference or a pattern that cannot be resolved"),)


def test_legacy_functions_are_answered_by_name() -> None:
    asked = {"role": "assistant", "function_call": {"name": "weather", "arguments": PARIS}}
    functions = [WEATHER_TOOL["function"]]
    good = {"messages": [ASK_WEATHER, asked, turn("function", "12", name="weather"), TELL_WEATHER]}
    wrong = {"messages": [ASK_WEATHER, asked, turn("function", "12", name="clock"), TELL_WEATHER]}
    off = context(ignore=["legacy-functions"])
    assert check_example({**good, "functions": functions}, off) == []
    assert codes(check_example({**wrong, "functions": functions}, off)) == [("TOL012", "$.messages[2].name")]


# --- text ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["{}", "{ }", "${HOME}", "a{b}c", 'f"{name}"', "x = {name}", "`{name}`", "{1: 2}"])
def test_what_is_no_placeholder(text: str) -> None:
    assert not has_placeholder(text)


@pytest.mark.parametrize("text", ["{name}", "Dear {{ first_name }}!", "x = 1\nHi {user.name}", "Summarise: {text}"])
def test_what_is_a_placeholder(text: str) -> None:
    assert has_placeholder(text)


def test_only_a_whole_text_is_a_missing_value() -> None:
    assert not is_missing_value("None of these")
    assert not is_missing_value("nano")
    assert is_missing_value(" N/A\n")


def test_tool_results_may_be_empty() -> None:
    assert _tools(call_turn(PARIS), {**TOOL_RESULT, "content": ""}, TELL_WEATHER) == []


# --- values in messages ----------------------------------------------------------------------------------------------


def test_values_are_shown_cut_on_one_line_and_without_secrets() -> None:
    assert show("a\nb" * 40) == '"' + "a\\nb" * 12 + 'a\\nb…"' or len(show("a\nb" * 40)) < 60
    assert show("sk-" + "a" * 40) == "a text with a secret"
    assert show(10**60) == "a number"
    assert show({"a": 1}) == "an object"


# --- vision --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["", "a.png", "ftp://a/b", "https:///b", "https://a b", "https://[", "http://\n"])
def test_what_no_server_can_fetch(url: str) -> None:
    assert not is_web_url(url)


def _looks(url: str) -> list[tuple[str, str]]:
    parts = [{"type": "text", "text": "What?"}, {"type": "image_url", "image_url": {"url": url}}]
    return codes(check_example({"messages": [turn("user", parts), ANSWER]}, context(model=VISION_MODEL)))


def test_images_of_sheer_size_and_of_broken_bytes() -> None:
    at = "$.messages[0].content[1].image_url.url"
    assert _looks(_data_url(_PNG)) == []
    assert _looks(_data_url(_PNG + b"\0" * (10 << 20))) == [("VIS005", at)]
    assert _looks("data:image/png;base64,é") == [("VIS002", at)]
    assert _looks("data:image/png;base64,") == [("VIS002", at)]
    assert _looks("data:text/plain;base64,aGk=") == [("VIS001", at)]


# --- preference and reinforcement ----------------------------------------------------------------------------------


def test_azure_takes_outputs_of_several_messages_with_tools() -> None:
    outputs = [call_turn(PARIS), TOOL_RESULT, TELL_WEATHER]
    example = {"input": {"messages": [ASK_WEATHER], "tools": [WEATHER_TOOL]}, "preferred_output": outputs,
               "non_preferred_output": [turn("assistant", "No idea.")]}  # fmt: skip
    assert check_example(example, context("dpo", "azure")) == []
    assert codes(check_example(example, context("dpo"))) == [("PRF002", "$.preferred_output")]


def test_graders_of_every_kind() -> None:
    check = {"type": "string_check", "name": "a", "input": "{{sample.output_text}}", "reference": "{{item.x}}",
             "operation": "eq"}  # fmt: skip
    similar = {"type": "text_similarity", "name": "b", "input": "{{item.y}}", "reference": "r",
               "evaluation_metric": "bleu"}  # fmt: skip
    python = {"type": "python", "name": "c", "source": "def grade(sample, item):\n    return 1.0"}
    model = {"type": "score_model", "name": "d", "model": "m", "input": [{"role": "user", "content": "{{ item.z }}"}]}
    multi = {
        "type": "multi",
        "name": "e",
        "graders": {"a": check, "b": similar},
        "calculate_output": "0.5*a + max(b, 0)",
    }
    for grader in (check, similar, python, model, multi):
        assert list(grader_issues(grader)) == []
    assert item_columns(multi) == ("x", "y")
    assert item_columns(model) == ("z",)


@pytest.mark.parametrize(
    ("grader", "path"),
    [
        ([], "$"),
        ({"type": "label", "name": "a"}, "$.type"),
        ({"type": "string_check", "name": "a", "input": "i", "reference": "r", "operation": "is"}, "$.operation"),
        ({"type": "python", "name": "a", "source": "def grade(:"}, "$.source"),
        ({"type": "python", "name": "a", "source": "x = 1"}, "$.source"),
        ({"type": "multi", "name": "a", "graders": {}, "calculate_output": "1"}, "$.graders"),
        (
            {"type": "multi", "name": "a", "graders": {"b": {"type": "python", "name": "b"}}, "calculate_output": "b"},
            "$.graders.b.source",
        ),
        (
            {"type": "multi", "name": "a", "calculate_output": "b + c", "graders": {
                "b": {"type": "python", "name": "b", "source": "def grade(s, i): return 1"}}},
            "$.calculate_output",
        ),
    ],
)  # fmt: skip
def test_what_is_no_grader(grader: object, path: str) -> None:
    assert codes(list(grader_issues(grader))) == [("RFT004", path)]


def test_weights_are_summed_over_assistant_messages_only() -> None:
    some = [ASK, {**ANSWER, "weight": 0}, ASK, {**ANSWER, "weight": 1}]
    assert check_example({"messages": some}, context()) == []
    assert codes(check_example({"messages": [ASK, {**ANSWER, "weight": 1.0}]}, context())) == [
        ("CNV006", "$.messages[1].weight")
    ]
