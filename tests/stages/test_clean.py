"""clean: text is repaired and counted, empty messages end their example, and what says something stays.

Private data goes by its policy, filters drop what they do not want. Laws stand in test_clean_laws.py.
"""

import json
from typing import Any

import pytest

from tests.builders import chat, pair, row_id, tables_of
from tests.cleaning.repair.damage import DAMAGE
from tests.private import EVERY, says
from tuneset.cleaning.private_data.kinds import Kind
from tuneset.cleaning.steps import TEXT_STEPS
from tuneset.drop_reasons import REASONS
from tuneset.errors import UsageError
from tuneset.example_tables import Example, to_examples
from tuneset.model import StageResult
from tuneset.params import CleanParams
from tuneset.stages.clean import PRIVATE_SCHEMA, clean

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
    params = ALL.model_copy(update={"repair": []})
    assert cleaned(user("q"), odd, params=params) == [user("q"), odd]
    assert cleaned(user("q"), odd) == [user("q"), assistant("a", tags=[])]


def test_keys_without_a_value_stay_where_the_step_is_off() -> None:
    answer = assistant("a", refusal=None, tool_calls=[])
    params = ALL.model_copy(update={"null_keys": False, "repair": []})
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


@pytest.mark.parametrize("step", [step.name for step in TEXT_STEPS])
def test_each_text_step_has_its_switch(step: str) -> None:
    damaged = user(DAMAGE[step][0][0])
    on, off = (ALL.model_copy(update={step: wanted}) for wanted in (True, False))
    assert f"changed.{step}" in counted(damaged, assistant("a"), params=on)
    assert f"changed.{step}" not in counted(damaged, assistant("a"), params=off)


def test_a_second_run_changes_nothing() -> None:
    tables = tables_of([chat(" Ã¼\r\n", "a\x00", system=""), chat("", "b"), chat("c", "d")])
    once = clean(tables, ALL)
    twice = clean(once.tables, ALL)
    assert to_examples(twice.tables) == to_examples(once.tables)
    assert (set(twice.metrics.values()), twice.rejects.height) == ({0}, 0)


def test_no_rows_are_no_trouble() -> None:
    result = clean(tables_of([]), ALL)
    assert (result.tables.examples.height, set(result.metrics.values())) == (0, {0})


# --- private data ------------------------------------------------------------------------------------------------


def with_params(**section: Any) -> CleanParams:  # noqa: ANN401  values of params.yaml
    return CleanParams.model_validate(section)


def private(result: StageResult) -> list[tuple[int, str, str, int]]:
    """Line, kind, policy and count of what the table of private data names."""
    return result.report_tables["private"].select("line", "kind", "policy", "count").rows()


@pytest.mark.parametrize("kind", EVERY)
def test_a_kind_that_is_off_is_neither_changed_nor_noted(kind: Kind) -> None:
    examples = [chat("What now?", says(kind))]
    result = clean(tables_of(examples), with_params(redact=dict.fromkeys(EVERY, "off")))
    assert to_examples(result.tables) == examples
    assert private(result) == []
    assert not any(name.startswith("private.") for name in result.metrics)


@pytest.mark.parametrize("kind", EVERY)
def test_a_kind_under_redact_is_replaced_and_noted(kind: Kind) -> None:
    result = clean(
        tables_of([chat("Hello?", "Hello."), chat("What now?", says(kind))]), with_params(redact={kind: "redact"})
    )
    redacted = chat("What now?", says(kind, f"<{kind.upper()}_1>"))
    assert to_examples(result.tables) == [chat("Hello?", "Hello."), redacted]
    assert private(result) == [(2, kind, "redact", 1)]
    assert result.metrics[f"private.{kind}.rows"] == result.metrics[f"private.{kind}.found"] == 1
    assert result.rejects.is_empty()


@pytest.mark.parametrize("kind", EVERY)
def test_a_kind_under_flag_stays_and_is_noted(kind: Kind) -> None:
    examples = [chat("Hello?", "Hello."), chat("What now?", says(kind))]
    result = clean(tables_of(examples), with_params(redact={kind: "flag"}))
    assert to_examples(result.tables) == examples
    assert private(result) == [(2, kind, "flag", 1)]
    assert result.metrics[f"private.{kind}.rows"] == 1
    assert result.rejects.is_empty()


@pytest.mark.parametrize("kind", EVERY)
def test_a_kind_under_drop_ends_its_example_with_a_reason_that_holds_no_value(kind: Kind) -> None:
    result = clean(
        tables_of([chat("Hello?", "Hello."), chat("What now?", says(kind))]), with_params(redact={kind: "drop"})
    )
    assert to_examples(result.tables) == [chat("Hello?", "Hello.")]
    assert result.rejects.select("line", "stage", "code", "detail", "kept_row_id").rows() == [
        (2, "clean", "CLN002", REASONS["CLN002"].summary, None)
    ]
    assert private(result) == [(2, kind, "drop", 1)]


def test_the_notes_name_rows_and_never_a_value() -> None:
    examples = [chat(says(kind), "Done.", system=f"Also {says(kind)}") for kind in EVERY]
    for policy in ("redact", "drop", "flag"):
        result = clean(tables_of(examples), with_params(redact=dict.fromkeys(EVERY, policy)))
        note = result.report_tables["private"]
        assert note.schema == PRIVATE_SCHEMA
        assert note.select("source", "line", "item", "row_id", "kind", "count").rows() == [
            ("raw.jsonl", line, 0, row_id(line), kind, 2) for line, kind in enumerate(EVERY, start=1)
        ]
        said = note.write_csv() + result.rejects.write_csv() + str(dict(result.metrics))
        assert not [value for _, value in EVERY.values() if value in said]


def test_one_person_is_one_placeholder_in_every_turn_and_in_tool_arguments_which_stay_json() -> None:
    arguments = json.dumps({"to": "Ann.Smith@acme.org", "cc": ["bo.berg@acme.org"], "n": 1.50})
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": arguments}}
    found = cleaned(
        {"role": "system", "content": "You work for ann.smith@acme.org."},
        user([{"type": "text", "text": "I am bo.berg@acme.org."}]),
        assistant(None, tool_calls=[call]),
        {"role": "tool", "content": '{"sent": "ann.smith@acme.org"}', "tool_call_id": "1"},
        assistant("Sent to ann.smith@acme.org, copy to bo.berg@acme.org."),
    )
    assert found is not None
    system, question, calling, told, answer = found
    assert system["content"] == "You work for <EMAIL_1>."
    assert question["content"] == [{"type": "text", "text": "I am <EMAIL_2>."}]
    redacted = calling["tool_calls"][0]["function"]["arguments"]
    assert redacted == '{"to": "<EMAIL_1>", "cc": ["<EMAIL_2>"], "n": 1.5}'
    assert told["content"] == '{"sent": "<EMAIL_1>"}'
    assert answer["content"] == "Sent to <EMAIL_1>, copy to <EMAIL_2>."


def test_each_example_counts_its_placeholders_from_one() -> None:
    result = clean(tables_of([chat(f"I am a{n}.smith@acme.org", "Hi.") for n in range(3)]), ALL)
    assert {example["messages"][0]["content"] for example in to_examples(result.tables)} == {"I am <EMAIL_1>"}


def test_damage_is_repaired_before_private_data_is_looked_for() -> None:
    assert cleaned(user("I am ann.sm\u200bith@ac\x00me.org"), assistant("a")) == [
        user("I am <EMAIL_1>"),
        assistant("a"),
    ]


# --- filters -----------------------------------------------------------------------------------------------------

ENGLISH = "The cat sits on the roof and watches the birds while it slowly begins to rain over the town."
GERMAN = "Die Katze sitzt auf dem Dach und schaut den Vögeln zu, während es langsam zu regnen beginnt."
FILTERED = [
    ("CLN003", {"languages": ["en"]}, GERMAN, "the answer is in de; allowed: en"),
    ("CLN004", {"max_chars": 100}, "word " * 30, "159 characters; at most 100 wanted"),
    ("CLN005", {"max_turns": 1}, "b", "2 user and assistant messages; at most 1 wanted"),
    ("CLN006", {"min_answer_chars": 3}, "b", "1 characters in the answer; at least 3 wanted"),
    ("CLN007", {"max_run": 9}, "noooooooooo", "one character 10 times in a row; at most 9 wanted"),
    ("CLN008", {"max_symbols": 0.5}, "?!?!?!?!?!?!?!", "0.62 of the characters are symbols; at most 0.5 wanted"),
    ("CLN009", {"refusals": True}, "I'm sorry, but I can't help with that.", "an answer refuses to help"),
    ("CLN010", {"patterns": ["^x", "s[e3]cret"]}, "a s3cret", "matches clean.filters.patterns, number 2"),
    ("CLN011", {"keywords": ["internal use"]}, "For Internal use.", "holds one of clean.filters.keywords"),
    ("CLN012", {"function": "tests.stages.test_clean:wants"}, "unwanted", "tests.stages.test_clean:wants said no"),
]


def wants(messages: list[dict[str, Any]]) -> bool:
    """A filter of a user's own."""
    return not messages or messages[-1].get("content") != "unwanted"


@pytest.mark.parametrize(("code", "filters", "answer", "detail"), FILTERED)
def test_each_filter_is_off_by_default(code: str, filters: dict[str, Any], answer: str, detail: str) -> None:
    assert clean(tables_of([chat("What now?", answer)]), ALL).rejects.is_empty()


@pytest.mark.parametrize(("code", "filters", "answer", "detail"), FILTERED)
def test_each_filter_drops_with_its_own_code(code: str, filters: dict[str, Any], answer: str, detail: str) -> None:
    kept = [] if code == "CLN005" else [chat("Hm?", ENGLISH)]
    result = clean(tables_of([*kept, chat("What now?", answer)]), with_params(filters=filters))
    assert to_examples(result.tables) == kept
    assert result.rejects.select("line", "stage", "code", "detail").rows() == [(len(kept) + 1, "clean", code, detail)]


def test_filters_judge_what_redaction_left() -> None:
    result = clean(tables_of([chat("Who?", says("email"))]), with_params(filters={"keywords": ["acme"]}))
    assert result.rejects.is_empty()


def test_a_row_is_dropped_for_the_first_reason_alone() -> None:
    params = with_params(redact={"email": "drop"}, filters={"refusals": True})
    rows = [chat("", says("email")), chat("Who?", "I cannot help with that, ann.smith@acme.org.")]
    assert clean(tables_of(rows), params).rejects.select("line", "code").rows() == [(1, "CLN001"), (2, "CLN002")]


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        ({"function": "tests.stages.test_clean"}, "clean.filters.function: tests.stages.test_clean is no function"),
        ({"function": "no_such_module:f"}, "clean.filters.function: no_such_module cannot be imported"),
        (
            {"function": "tests.stages.test_clean:row_id"},
            "tests.stages.test_clean:row_id failed at raw.jsonl:1 with Type",
        ),
        ({"function": "tests.stages.test_clean:says"}, "failed at raw.jsonl:1"),
        ({"function": "json:dumps"}, "clean.filters.function: json:dumps returned str at raw.jsonl:1"),
        ({"patterns": ["("]}, "clean.filters.patterns: '(' is no regular expression"),
    ],
)
def test_a_filter_that_cannot_be_used_is_a_mistake_that_shows_no_text(filters: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        clean(tables_of([chat("Who?", "A hidden word.")]), with_params(filters=filters))
    assert said in str(caught.value)
    assert "hidden" not in str(caught.value)
