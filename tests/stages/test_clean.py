"""clean: text is repaired and counted, empty messages end their example, and what says something stays."""

from typing import Any

import pytest

from pipeline.codes import REASONS
from pipeline.formats.tables import Example, to_examples
from pipeline.params import CleanParams
from pipeline.stages.clean import clean
from pipeline.text.normalise import STEPS
from tests.builders import chat, pair, tables_of

ALL = CleanParams()


def user(content: Any) -> dict[str, Any]:  # noqa: ANN401  any JSON value
    return {"role": "user", "content": content}


def assistant(content: Any, **keys: Any) -> dict[str, Any]:  # noqa: ANN401  any JSON value
    return {"role": "assistant", "content": content, **keys}


def cleaned(*messages: dict[str, Any], params: CleanParams = ALL) -> list[dict[str, Any]] | None:
    """The messages of one example after cleaning, or None where it was dropped."""
    examples = to_examples(clean(tables_of([{"messages": list(messages)}]), params).tables)
    found: list[dict[str, Any]] | None = examples[0]["messages"] if examples else None
    return found


def counted(*messages: dict[str, Any], params: CleanParams = ALL) -> dict[str, int]:
    metrics = clean(tables_of([{"messages": list(messages)}]), params).metrics
    return {name: count for name, count in metrics.items() if count}


CALL = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}


@pytest.mark.parametrize(
    "message",
    [
        assistant("text", weight=0),
        assistant(None, tool_calls=[CALL]),
        assistant("", tool_calls=[CALL]),
        assistant(None, function_call={"name": "f", "arguments": "{}"}),
        assistant("", refusal="I cannot help with that."),
        assistant([{"type": "text", "text": "in parts"}]),
        assistant(None),
        {"role": "assistant", "content": "", "reasoning": "kept for its odd key"},
    ],
)
def test_a_message_that_says_something_stays_as_it_is(message: Example) -> None:
    assert cleaned(user("q"), message) == [user("q"), message]
    assert counted(user("q"), message) == {}


@pytest.mark.parametrize("empty", ["", " \n\t", "\u200b", "\ufeff\r\n"])
@pytest.mark.parametrize("role", ["user", "assistant"])
def test_an_example_with_an_empty_message_is_dropped_with_its_reason(role: str, empty: str) -> None:
    question, answer = (empty, "a") if role == "user" else ("q", empty)
    result = clean(tables_of([chat("q", "a"), chat(question, answer)]), ALL)
    assert to_examples(result.tables) == [chat("q", "a")]
    assert result.rejects.select("line", "stage", "code", "detail", "kept_row_id").rows() == [
        (2, "clean", "CLN001", REASONS["CLN001"].summary, None)
    ]


def test_empty_messages_stay_where_the_step_is_off() -> None:
    params = ALL.model_copy(update={"empty_messages": False})
    result = clean(tables_of([chat("", "", system="")]), params)
    assert to_examples(result.tables) == [chat("", "", system="")]
    assert "removed.system_messages" not in result.metrics


def test_a_text_of_white_space_is_something_where_white_space_is_not_cleaned() -> None:
    assert cleaned(user(" "), assistant("a"), params=ALL.model_copy(update={"whitespace": False})) is not None


def test_an_empty_tool_result_is_an_answer_and_stays() -> None:
    messages = [
        user("q"),
        assistant("", tool_calls=[CALL]),
        {"role": "tool", "content": "", "tool_call_id": "1"},
        assistant("a"),
    ]
    assert cleaned(*messages) == messages


@pytest.mark.parametrize("role", ["system", "developer"])
def test_an_empty_system_message_goes_alone_and_turns_are_numbered_again(role: str) -> None:
    result = clean(tables_of([{"messages": [{"role": role, "content": " "}, user("q"), assistant("a")]}]), ALL)
    assert to_examples(result.tables) == [chat("q", "a")]
    assert result.tables.messages["turn"].to_list() == [0, 1]
    assert result.metrics["removed.system_messages"] == 1


@pytest.mark.parametrize(
    ("tail", "removed"),
    [
        ([user("and now?")], 1),
        ([{"role": "system", "content": "s"}, user("x"), user("y")], 3),
        ([], 0),
    ],
)
def test_questions_after_the_last_answer_are_trimmed(tail: list[dict[str, Any]], removed: int) -> None:
    kept = [user("q"), assistant("a"), user("r"), assistant("b")]
    assert cleaned(*kept, *tail) == kept
    assert counted(*kept, *tail).get("removed.unanswered_turns", 0) == removed


@pytest.mark.parametrize(
    "messages",
    [
        [user("q")],
        [user("q"), assistant("a"), {"role": "tool", "content": "t", "tool_call_id": "1"}, user("r")],
        [user("q"), assistant("a"), {"role": "narrator", "content": "t"}, user("r")],
    ],
)
def test_an_example_without_an_answer_at_its_end_is_left_for_validate_to_judge(messages: list[dict[str, Any]]) -> None:
    assert cleaned(*messages) == messages


def test_unanswered_questions_stay_where_the_step_is_off() -> None:
    messages = [user("q"), assistant("a"), user("r")]
    assert cleaned(*messages, params=ALL.model_copy(update={"unanswered_turns": False})) == messages


def test_the_question_of_a_pair_and_of_a_reinforcement_example_is_not_trimmed() -> None:
    examples = [pair("q", "a", "b")]
    assert to_examples(clean(tables_of(examples, line_format="dpo"), ALL).tables) == examples
    asked: list[Example] = [{"messages": [user("q"), assistant("a"), user("r")], "answer": 7}]
    assert to_examples(clean(tables_of(asked, line_format="rft"), ALL).tables) == asked


def test_a_pair_with_an_empty_output_is_dropped() -> None:
    result = clean(tables_of([pair("q", "a", " ")], line_format="dpo"), ALL)
    assert (result.tables.examples.height, result.rejects["code"].to_list()) == (0, ["CLN001"])


def test_keys_without_a_value_go_but_a_null_content_stays() -> None:
    answer = assistant("a", refusal=None, annotations=[], audio=None, function_call=None, tool_calls=None, name=None)
    assert cleaned(user("q"), answer) == [user("q"), assistant("a")]
    assert counted(user("q"), answer) == {"changed.null_keys": 1}
    call = assistant(None, tool_calls=[CALL], refusal=None)
    assert cleaned(user("q"), call, assistant("a")) == [user("q"), assistant(None, tool_calls=[CALL]), assistant("a")]


def test_an_empty_list_of_calls_goes_and_hides_no_empty_message() -> None:
    assert cleaned(user("q"), assistant("a", tool_calls=[])) == [user("q"), assistant("a")]
    assert counted(user("q"), assistant("a", tool_calls=[])) == {"changed.null_keys": 1}
    assert counted(user("q"), assistant("a", tool_calls=[], refusal=None)) == {"changed.null_keys": 1}
    assert cleaned(user("q"), assistant("", tool_calls=[])) is None


def test_a_key_that_is_no_response_key_keeps_its_null() -> None:
    odd = assistant("a", source=None, tags=[])
    assert cleaned(user("q"), odd) == [user("q"), odd]


def test_keys_without_a_value_stay_where_the_step_is_off() -> None:
    answer = assistant("a", refusal=None, tool_calls=[])
    params = ALL.model_copy(update={"null_keys": False})
    assert cleaned(user("q"), answer, params=params) == [user("q"), answer]
    assert "changed.null_keys" not in clean(tables_of([chat("q", "a")]), params).metrics


def test_text_is_repaired_in_contents_and_in_parts_and_counted_together() -> None:
    image = {"type": "image_url", "image_url": {"url": "https://x.org/a.png"}}
    question = user([{"type": "text", "text": "schÃ¶n \r\n"}, image, {"type": "text", "text": 7}])
    assert cleaned(question, assistant("Ã¼ber\r\nuns")) == [
        user([{"type": "text", "text": "schön"}, image, {"type": "text", "text": 7}]),
        assistant("über\nuns"),
    ]
    assert counted(question, assistant("Ã¼ber\r\nuns")) == {
        "changed.line_endings": 2,
        "changed.mojibake": 2,
        "changed.whitespace": 1,
    }


@pytest.mark.parametrize("step", STEPS)
def test_each_text_step_has_its_switch(step: str) -> None:
    dirty = user("Ã¼ e\u0301\x07\r\nb ")
    repaired = counted(dirty, assistant("a"))
    without = counted(dirty, assistant("a"), params=ALL.model_copy(update={step: False}))
    assert f"changed.{step}" in repaired
    assert f"changed.{step}" not in without


def test_a_second_run_changes_nothing() -> None:
    tables = tables_of([chat(" Ã¼\r\n", "a\x00", system=""), chat("", "b"), chat("c", "d")])
    once = clean(tables, ALL)
    twice = clean(once.tables, ALL)
    assert to_examples(twice.tables) == to_examples(once.tables)
    assert (set(twice.metrics.values()), twice.rejects.height) == ({0}, 0)


def test_no_rows_are_no_trouble() -> None:
    result = clean(tables_of([]), ALL)
    assert (result.tables.examples.height, set(result.metrics.values())) == (0, {0})
