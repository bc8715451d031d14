"""Each raw shape becomes the canonical example, and a part of the wrong type is named without its value."""

from typing import Any

import pytest

from tuneset.errors import UsageError
from tuneset.model import Format
from tuneset.params import Mapping
from tuneset.reading.shapes.base import ShapeError
from tuneset.reading.shapes.choose import choose, known_shapes, possible_shapes
from tuneset.reading.shapes.companions import read_row
from tuneset.reading.shapes.mapped import check_use
from tuneset.reading.shapes.unknown_row import unknown
from tuneset.roles import SPEAKERS

ASK = {"role": "user", "content": "q"}
ANSWER = {"role": "assistant", "content": "a"}
SYSTEM = {"role": "system", "content": "s"}
TOOL = {"role": "tool"}
WORSE = {"role": "assistant", "content": "b"}

NO_COLUMN = "ingest.mapping names no column\n  allowed: `messages`, or `user` and `assistant`"
NO_PAIRS = """ingest.mapping does not name the two answers of a preference pair
  do: name their columns with `chosen` and `rejected`"""


def shaped(record: dict[str, Any], line_format: Format = "sft", mapping: Mapping | None = None) -> tuple[str, Any, Any]:
    shape = choose(record, possible_shapes(record, known_shapes(line_format, mapping)))
    assert shape is not None
    return (shape.name, *read_row(shape, record))


@pytest.mark.parametrize(
    ("record", "line_format", "detail"),
    [
        ({"messages": 7}, "sft", "messages is a number; a list of messages is needed"),
        ({"messages": None}, "sft", "messages is null; a list of messages is needed"),
        ({"messages": "hello"}, "sft", "messages is text; a list of messages is needed"),
        ({"messages": [ASK, "hello"]}, "sft", "messages: message 2 is text; an object is needed"),
        ({"prompt": "q", "completion": True}, "sft", "completion is true or false; text is needed"),
        ({"question": None, "answer": "a"}, "sft", "question is null; text is needed"),
        ({"instruction": "q", "input": [], "output": "a"}, "sft", "input is a list; text is needed"),
        (
            {"instruction": "q", "output": "a", "history": [["one"]]},
            "sft",
            "history holds an entry that is no pair of question and answer",
        ),
        ({"instruction": "q", "output": "a", "history": 3}, "sft", "history is a number; a list of pairs is needed"),
        (
            {"conversations": [{"text": "q"}]},
            "sft",
            "conversations: message 1 has neither `from` nor `role`",
        ),
        (
            {"conversations": [{"from": "human", "value": None}]},
            "sft",
            "conversations: message 1: value is null; text is needed",
        ),
        (
            {"conversations": [{"from": "narrator", "value": "x"}]},
            "sft",
            (
                f"conversations: message 1 is from an unknown speaker (narrator); known are {', '.join(SPEAKERS)}; "
                "say who it is with ingest.mapping: {messages: conversations, role_key: from, content_key: value, "
                "roles: {narrator: assistant}}"
            ),
        ),
        (
            {"conversations": [{"from": "function_call", "value": "not JSON"}]},
            "sft",
            "conversations: message 1 is a call, but not JSON with a `name` and `arguments`",
        ),
        (
            {"input": [], "preferred_output": [], "non_preferred_output": []},
            "dpo",
            "input is no object with `messages`",
        ),
        (
            {"input": {"messages": [ASK]}, "preferred_output": None, "non_preferred_output": []},
            "dpo",
            "preferred_output is null; text is needed",
        ),
        (
            {"chosen": [ASK, ANSWER], "rejected": [SYSTEM, WORSE]},
            "dpo",
            "chosen and rejected do not share one prompt",
        ),
        (
            {"chosen": "a", "rejected": "b"},
            "dpo",
            "there is no prompt, neither as a column nor in chosen and rejected",
        ),
    ],
)
def test_a_part_of_the_wrong_type_is_named(record: dict[str, Any], line_format: Format, detail: str) -> None:
    with pytest.raises(ShapeError) as caught:
        shaped(record, line_format)
    assert str(caught.value) == detail


@pytest.mark.parametrize(
    ("record", "line_format", "code"),
    [
        ({"question": None, "answer": "x"}, "sft", "SHP004"),
        ({"messages": "x"}, "sft", "SHP004"),
        ({"chosen": "a", "rejected": "b"}, "dpo", "SHP003"),
        ({"conversations": [{"value": "Hi"}]}, "sft", "SHP003"),
        ({"conversations": [{"from": "robot", "value": "Hi"}]}, "sft", "CNV001"),
        ({"conversations": [{"from": "function_call", "value": "Hi"}]}, "sft", "TOL005"),
    ],
)
def test_a_row_that_is_not_as_its_shape_has_it_has_the_code_of_its_fault(
    record: dict[str, Any], line_format: Format, code: str
) -> None:
    with pytest.raises(ShapeError) as caught:
        shaped(record, line_format)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("record", "name", "example", "rest"),
    [
        ({"messages": [ASK, ANSWER]}, "chat", {"messages": [ASK, ANSWER]}, None),
        (
            {"id": 1, "messages": [ASK], "tools": [], "functions": None, "parallel_tool_calls": False},
            "chat",
            {"messages": [ASK], "tools": [], "functions": None, "parallel_tool_calls": False},
            {"id": 1},
        ),
        ({"messages": '[{"role": "user", "content": "q"}]'}, "chat", {"messages": [ASK]}, None),
        ({"messages": "[{'role': 'user', 'content': 'q'}]"}, "chat", {"messages": [ASK]}, None),
        (
            {"messages": "[{'role': 'user', 'content': 'q'}\n {'role': 'assistant', 'content': 'a'}]"},
            "chat",
            {"messages": [ASK, ANSWER]},
            None,
        ),
        ({"prompt": "q", "completion": "a", "n": 1}, "prompt_completion", {"messages": [ASK, ANSWER]}, {"n": 1}),
        (
            {"prompt": [SYSTEM, ASK], "completion": [ANSWER]},
            "prompt_completion",
            {"messages": [SYSTEM, ASK, ANSWER]},
            None,
        ),
        ({"prompt": "q", "response": "a", "system": "s"}, "prompt_response", {"messages": [SYSTEM, ASK, ANSWER]}, None),
        ({"question": "q", "answer": "a", "system": ""}, "question_answer", {"messages": [ASK, ANSWER]}, None),
        ({"instruction": "q", "input": "", "output": "a"}, "alpaca", {"messages": [ASK, ANSWER]}, None),
        ({"instruction": "", "input": "q", "output": "a"}, "alpaca", {"messages": [ASK, ANSWER]}, None),
        (
            {"instruction": "i", "input": "j", "response": "a"},
            "alpaca",
            {"messages": [{"role": "user", "content": "i\n\nj"}, ANSWER]},
            None,
        ),
        (
            {"instruction": "q", "output": "a", "system": "s", "history": [["q", "b"]]},
            "alpaca",
            {"messages": [SYSTEM, ASK, WORSE, ASK, ANSWER]},
            None,
        ),
        (
            {"id": "x", "conversations": [{"from": "human", "value": "q"}, {"from": "gpt", "value": "a", "weight": 0}]},
            "sharegpt",
            {"messages": [ASK, {**ANSWER, "weight": 0}]},
            {"id": "x"},
        ),
        ({"conversations": [ASK, ANSWER], "system": "s"}, "sharegpt", {"messages": [SYSTEM, ASK, ANSWER]}, None),
    ],
)
def test_rows_of_one_conversation(record: dict[str, Any], name: str, example: Any, rest: Any) -> None:  # noqa: ANN401  any JSON value
    assert shaped(record) == (name, example, rest)


def test_sharegpt_calls_and_observations_are_tied_by_ids() -> None:
    record = {
        "tools": '[{"name": "f", "parameters": {}}]',
        "conversations": [
            {"from": "human", "value": "q"},
            {"from": "function_call", "value": '[{"name": "f", "arguments": {"x": 1}}, {"name": "g"}]'},
            {"from": "observation", "value": "one"},
            {"from": "observation", "value": "two"},
            {"from": "gpt", "value": "a"},
        ],
    }
    calls = [
        {"id": "call_2_1", "type": "function", "function": {"name": "f", "arguments": '{"x":1}'}},
        {"id": "call_2_2", "type": "function", "function": {"name": "g", "arguments": "{}"}},
    ]
    example = {
        "messages": [
            ASK,
            {"role": "assistant", "tool_calls": calls},
            {"role": "tool", "content": "one", "tool_call_id": "call_2_1"},
            {"role": "tool", "content": "two", "tool_call_id": "call_2_2"},
            ANSWER,
        ],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}],
    }
    assert shaped(record) == ("sharegpt", example, None)


@pytest.mark.parametrize(
    ("record", "prompt", "rest"),
    [
        ({"input": {"messages": [ASK]}, "preferred_output": [ANSWER], "non_preferred_output": [WORSE]}, [ASK], None),
        (
            {"input": {"messages": [ASK]}, "preferred_completion": [ANSWER], "non_preferred_completion": WORSE},
            [ASK],
            None,
        ),
        ({"prompt": "q", "chosen": "a", "rejected": "b", "score": 2}, [ASK], {"score": 2}),
        ({"system": "s", "question": "q", "chosen": "a", "rejected": "b"}, [SYSTEM, ASK], None),
        ({"prompt": "q", "chosen": [ANSWER], "rejected": [WORSE]}, [ASK], None),
        ({"prompt": "q", "chosen": [ASK, ANSWER], "rejected": [ASK, WORSE]}, [ASK], None),
        ({"prompt": [SYSTEM, ASK], "chosen": [ASK, ANSWER], "rejected": [ASK, WORSE]}, [SYSTEM, ASK], None),
        ({"chosen": [SYSTEM, ASK, ANSWER], "rejected": [SYSTEM, ASK, WORSE]}, [SYSTEM, ASK], None),
    ],
)
def test_preference_pairs(record: dict[str, Any], prompt: list[Any], rest: Any) -> None:  # noqa: ANN401  any JSON value
    _, example, others = shaped(record, "dpo")
    assert example == {"input": {"messages": prompt}, "preferred_output": [ANSWER], "non_preferred_output": [WORSE]}
    assert others == rest


def test_an_answer_that_is_json_text_stays_text() -> None:
    _, example, _ = shaped({"prompt": "q", "chosen": '{"a": 1}', "rejected": "[1]"}, "dpo")
    assert example["preferred_output"] == [{"role": "assistant", "content": '{"a": 1}'}]
    assert example["non_preferred_output"] == [{"role": "assistant", "content": "[1]"}]


def test_a_pair_keeps_the_tools_of_its_input() -> None:
    given = {"messages": [ASK], "tools": [{}], "parallel_tool_calls": True}
    record = {"input": given, "preferred_output": [ANSWER], "non_preferred_output": [WORSE]}
    assert shaped(record, "dpo") == ("preference", record, None)


@pytest.mark.parametrize(
    ("record", "example"),
    [
        ({"messages": [ASK], "answer": "a"}, {"messages": [ASK], "answer": "a"}),
        ({"question": "q", "answer": "a", "system": "s"}, {"messages": [SYSTEM, ASK], "answer": "a"}),
        ({"prompt": [ASK], "solution": [1]}, {"messages": [ASK], "solution": [1]}),
    ],
)
def test_every_other_column_of_a_task_belongs_to_its_grader(record: dict[str, Any], example: Any) -> None:  # noqa: ANN401  any JSON value
    assert shaped(record, "rft")[1:] == (example, None)


def test_a_declared_mapping_goes_before_the_shapes_and_only_where_it_fits() -> None:
    mapping = Mapping(user="Frage", assistant="Antwort", system="Rahmen")
    assert shaped({"Frage": "q", "Antwort": "a", "messages": 1}, mapping=mapping) == (
        "mapping",
        {"messages": [ASK, ANSWER]},
        {"messages": 1},
    )
    assert shaped({"Frage": "q", "Antwort": "a", "Rahmen": "s"}, mapping=mapping)[1] == {
        "messages": [SYSTEM, ASK, ANSWER]
    }
    assert shaped({"Frage": "q", "Antwort": "a"}, "rft", mapping)[1:] == ({"messages": [ASK], "Antwort": "a"}, None)
    assert shaped({"question": "q", "answer": "a"}, mapping=mapping)[0] == "question_answer"


def test_a_mapping_translates_keys_and_roles() -> None:
    mapping = Mapping(messages="turns", role_key="who", content_key="said", roles={"Kunde": "user"})
    turns = [{"who": "Kunde", "said": "q"}, {"who": "gpt", "said": "a", "weight": 1}, {"who": "Chor", "said": "x"}]
    expected = [ASK, {**ANSWER, "weight": 1}, {"role": "Chor", "content": "x"}]
    assert shaped({"turns": turns, "id": 1}, mapping=mapping) == ("mapping", {"messages": expected}, {"id": 1})
    with pytest.raises(ShapeError, match=r"^turns: message 1 has no key `who`$"):
        shaped({"turns": [ASK]}, mapping=mapping)


@pytest.mark.parametrize(
    ("fields", "record", "expected"),
    [
        ({"user": "{context}\n\n{q}", "assistant": "a"}, {"context": "c", "q": "q", "a": "a"}, "c\n\nq"),
        ({"user": "{context}\n\n{q}", "assistant": "a"}, {"context": None, "q": "q", "a": "a"}, "q"),
        ({"user": "meta.question", "assistant": "a"}, {"meta": {"question": "q"}, "a": "a"}, "q"),
        ({"user": "meta.question", "assistant": "a"}, {"meta": '{"question": "q"}', "a": "a"}, "q"),
        ({"user": "turns.0.text", "assistant": "turns.1.text"}, {"turns": [{"text": "q"}, {"text": "a"}]}, "q"),
        ({"user": "a.b", "assistant": "a"}, {"a.b": "q", "a": "a"}, "q"),
        ({"user": "{n}. {q}", "assistant": "a"}, {"n": 7, "q": "q", "a": "a"}, "7. q"),
    ],
)
def test_a_mapping_takes_templates_and_paths(fields: dict[str, Any], record: dict[str, Any], expected: str) -> None:
    _, example, rest = shaped(record, mapping=Mapping(**fields))
    assert example == {"messages": [{"role": "user", "content": expected}, ANSWER]}
    assert rest is None


def test_a_mapping_takes_a_fixed_text_and_tools() -> None:
    mapping = Mapping.model_validate({"messages": "dialog", "system": {"text": "s"}, "tools": "functions"})
    tool = {"type": "function", "function": {"name": "f"}}
    record = {"dialog": [ASK, ANSWER], "functions": [{"name": "f"}]}
    assert shaped(record, mapping=mapping) == ("mapping", {"messages": [SYSTEM, ASK, ANSWER], "tools": [tool]}, None)


def test_a_mapping_names_the_two_answers_of_a_pair() -> None:
    mapping = Mapping(user="{c}: {q}", chosen="good", rejected="bad")
    example = {"input": {"messages": [{**ASK, "content": "c: q"}]}, "preferred_output": [ANSWER]}
    record = {"c": "c", "q": "q", "good": "a", "bad": "b"}
    assert shaped(record, "dpo", mapping)[1:] == ({**example, "non_preferred_output": [WORSE]}, None)


def test_what_stands_beside_mapped_columns_is_taken_too() -> None:
    mapping = Mapping(messages="dialog")
    record = {"dialog": [ASK, ANSWER], "tools": [{"name": "f"}], "system_prompt": "s"}
    tool = {"type": "function", "function": {"name": "f"}}
    assert shaped(record, mapping=mapping)[1:] == ({"messages": [SYSTEM, ASK, ANSWER], "tools": [tool]}, None)


def test_of_several_mappings_the_first_that_fits_the_file_and_the_row_reads_it() -> None:
    tickets = Mapping(files=["*/tickets*"], user="q", assistant="a")
    others = Mapping(user="a", assistant="q")
    row = {"q": "q", "a": "a"}
    for source, name in (("raw/tickets.jsonl", "mapping 1"), ("raw/more.jsonl", "mapping 2")):
        known = known_shapes("sft", [tickets, others], source)
        assert possible_shapes(row, known)[0].name == name
    assert known_shapes("sft", [tickets], "raw/more.jsonl") == known_shapes("sft", None)


NAME_THEM = "name columns that the raw rows have"
USED = {"rows.read": 2, "shape.question_answer": 2}


@pytest.mark.parametrize(
    ("mapping", "counts", "message"),
    [
        (
            Mapping(user="qestion", assistant="answer"),
            USED,
            "ingest.mapping fits no row: no row has qestion\n  do: did you mean question?",
        ),
        (Mapping(messages="xyz"), USED, f"ingest.mapping fits no row: no row has xyz\n  do: {NAME_THEM}"),
        (
            [Mapping(messages="m"), Mapping(files=["no*"], user="question")],
            {**USED, "shape.mapping 1": 1},
            f"ingest.mapping, entry 2 fits no row\n  do: {NAME_THEM}",
        ),
    ],
)
def test_a_mapping_that_fits_no_row_is_a_usage_error(mapping: Any, counts: dict[str, int], message: str) -> None:  # noqa: ANN401  one or several
    with pytest.raises(UsageError) as caught:
        check_use(mapping, "sft", counts, lambda: {"question", "answer"})
    assert str(caught.value) == message


def test_a_mapping_that_fits_rows_is_none_even_if_they_cannot_be_read() -> None:
    for count in ("shape.mapping", "unread.mapping"):
        check_use(Mapping(user="q"), "sft", {count: 1}, set)
    check_use(None, "sft", USED, set)


@pytest.mark.parametrize(
    ("line_format", "mapping", "message"),
    [("sft", Mapping(system="s"), NO_COLUMN), ("dpo", Mapping(user="q"), NO_PAIRS)],
)
def test_a_mapping_that_cannot_work_is_refused(line_format: Format, mapping: Mapping, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        known_shapes(line_format, mapping)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("keys", "line_format", "sentence"),
    [
        ((), "sft", "the row has no keys"),
        (("b", "a\n"), "rft", "no known shape of rft has the keys a?, b"),
        (("x" * 50,), "sft", f"no known shape of sft has the keys {'x' * 40}"),
        (("messages",), "dpo", "no known shape of dpo has the keys messages"),
        (
            tuple("abcdefghijklmn"),
            "sft",
            "no known shape of sft has the keys a, b, c, d, e, f, g, h, i, j, k, l, ...",
        ),
    ],
)
def test_a_row_of_no_known_shape_is_told_by_its_keys(keys: tuple[str, ...], line_format: Format, sentence: str) -> None:
    assert not possible_shapes(keys, known_shapes(line_format, None))
    assert unknown(dict.fromkeys(keys, 1), line_format) == sentence


def test_a_number_is_read_as_it_is_and_repaired_later() -> None:
    for asked, answered in (("prompt", "completion"), ("instruction", "output"), ("question", "answer")):
        _, example, _ = shaped({asked: "q", answered: 42})
        assert example["messages"][-1] == {"role": "assistant", "content": 42}


def test_one_message_as_prompt_or_completion_is_that_message() -> None:
    _, example, _ = shaped({"prompt": ASK, "completion": ANSWER})
    assert example == {"messages": [ASK, ANSWER]}
