"""Each repair changes what it says and nothing else, is done after one pass, and what it repaired is accepted."""

import copy
from typing import Any

import orjson
import pytest
from hypothesis import given, settings

from tests.amounts import drawn
from tests.builders import tables_of
from tests.rules.passes.test_example import mutants
from tests.rules.support import context, fits_tables
from tuneset.errors import UsageError
from tuneset.example_tables import to_examples
from tuneset.params import CleanParams
from tuneset.rules.engine.fix import fix_line
from tuneset.rules.passes.example import check_example
from tuneset.rules.registry import BY_CODE as RULES
from tuneset.rules.repairs.one_example import repair_example
from tuneset.rules.repairs.over_tables import repair_tables, suspects
from tuneset.rules.repairs.registry import BY_CODE, REPAIRS, wanted
from tuneset.rules.repairs.repair import Repair
from tuneset.rules.samples import ANSWER, ASK, ASK_WEATHER, TELL_WEATHER, WEATHER_TOOL, call_turn, turn
from tuneset.stages.clean import clean
from tuneset.terms import Format

PARIS = '{"city":"Paris"}'
FORMATS: tuple[Format, ...] = ("sft", "dpo", "rft")


def repaired(example: dict[str, Any], line_format: Format = "sft") -> tuple[dict[str, Any], list[str]]:
    """A copy of an example with every repair, and the codes of those that changed it."""
    line = copy.deepcopy(example)
    return line, repair_example(line, line_format, REPAIRS)


def chat(*messages: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401  any JSON
    """A chat line."""
    return {"messages": list(messages), **more}


def called(call: dict[str, Any], *answers: dict[str, Any], tool: dict[str, Any] = WEATHER_TOOL) -> dict[str, Any]:
    """A conversation with one message that calls tools, and what answers it."""
    return chat(ASK_WEATHER, call, *answers, TELL_WEATHER, tools=[tool])


@pytest.mark.parametrize(
    "uncertain",
    [
        chat(ASK, {**ANSWER, "weight": 0.5}),
        chat(turn("narrator", "Once upon a time."), ASK, ANSWER),
        chat(turn("user", None), ANSWER),
        chat(ASK, turn("assistant", True)),
        chat(ASK, turn("assistant", "<|endoftext|>")),
        chat(turn("user", "What is <|endoftext|>?"), ANSWER),
        chat(turn("user", "What ends a text for <|endoftext|>?"), turn("assistant", "It is this one: <|endoftext|>")),
        chat(turn("user", "How does GPT-2 end a document?"), turn("assistant", "It writes <|endoftext|>")),
        chat(turn("user", "How does GPT-2 end a document?"), turn("assistant", 'With the text "<|endoftext|>')),
        chat(turn("user", "Wie endet es?"), turn("assistant", "Das Token dafür lautet <|im_end|>")),
        chat(turn("user", "Explain ChatML."), turn("assistant", "A turn ends.\n<|im_end|>")),
        chat(ASK, turn("assistant", "<|im_end|> closes a turn, as in: Paris.<|im_end|>")),
        chat(turn("user", "Which tokenizer has it?"), turn("assistant", "That of GPT-2.<|endoftext|>")),
        chat(ASK, {**ANSWER, "thought": "It is Paris."}),
        chat(ASK, {**ANSWER, "action": "ls"}),
        chat(ASK, {**ANSWER, "thinking_blocks": [{"type": "thinking", "thinking": "It is Paris."}]}),
        chat(ASK, {**ANSWER, "additional_kwargs": {"tool_calls": [{"id": "1"}]}}),
        chat({**ASK, "parts": [{"type": "text", "text": "Another question?"}]}, ANSWER),
        chat(turn("user", [{"audio": "aGk="}]), ANSWER),
        chat(turn("user", [{"text": "Hi", "image_url": "https://a.b/c.png"}]), ANSWER),
        called(call_turn("Paris"), {"role": "tool", "tool_call_id": "call_1", "content": "12"}),
        called({"role": "assistant", "tool_calls": [{"type": "function"}]}),
        called(call_turn(PARIS), {"role": "tool", "content": "12", "name": "time"}),
        called(call_turn(PARIS), {"role": "tool", "content": "12"}, {"role": "tool", "content": "13"}),
        called(call_turn(PARIS), {"role": "tool", "tool_call_id": "call_1", "content": "12", "name": "time"}),
    ],
    ids=lambda line: orjson.dumps(line).decode()[:60],
)
def test_what_is_not_certain_stays(uncertain: dict[str, Any]) -> None:
    assert repaired(uncertain) == (uncertain, [])


def test_a_property_that_is_null_and_required_stays() -> None:
    parameters = {"type": "object", "properties": {"city": None, "a": None}, "required": ["city"]}
    line = called(
        call_turn(PARIS), tool={"type": "function", "function": {"name": "weather", "parameters": parameters}}
    )
    after, _ = repaired(line)
    assert after["tools"][0]["function"]["parameters"]["properties"] == {"city": None}


@pytest.mark.parametrize("repair", REPAIRS, ids=lambda repair: repair.code)
def test_the_example_of_a_repair_is_what_it_does_alone(repair: Repair) -> None:
    line: dict[str, Any] = copy.deepcopy(dict(repair.before))
    assert repair_example(line, "dpo" if "input" in line else "sft", [repair]) == [repair.code]
    assert line == repair.after


@pytest.mark.parametrize("repair", REPAIRS, ids=lambda repair: repair.code)
def test_the_example_of_a_repair_passes_the_rules_that_refused_it(repair: Repair) -> None:
    line_format: Format = "dpo" if "input" in repair.before else "sft"
    refused = {issue.code for issue in check_example(dict(repair.before), context(line_format))} | (
        {"JSN006"} & set(repair.mends)
    )
    assert refused & set(repair.mends)
    left = {issue.code for issue in check_example(dict(repair.after), context(line_format))}
    assert not refused & set(repair.mends) & left
    fixed, done = fix_line(orjson.dumps(repair.before), context(line_format))
    assert (orjson.loads(fixed), {code for _, code in done}) == (repair.after, {repair.code})


@pytest.mark.parametrize("repair", REPAIRS, ids=lambda repair: repair.code)
def test_a_repair_is_complete_and_mends_rules_that_there_are(repair: Repair) -> None:
    assert set(repair.mends) <= RULES.keys()
    assert repair.what.endswith(".")
    assert repair.why.endswith(".")
    assert list(BY_CODE) == [f"REP{number:03}" for number in range(1, len(REPAIRS) + 1)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (chat({**ASK, "role": "User "}, {**ANSWER, "role": "ASSISTANT"}), chat(ASK, ANSWER)),
        (chat({**ASK, "role": "human"}, {**ANSWER, "role": "model"}), chat(ASK, ANSWER)),
        (chat(ASK, {**ANSWER, "weight": True}), chat(ASK, {**ANSWER, "weight": 1})),
        (chat(ASK, {**ANSWER, "weight": 0.0}), chat(ASK, {**ANSWER, "weight": 0})),
        (chat(ASK, ANSWER, functions=[], parallel_tool_calls=None), chat(ASK, ANSWER)),
        (chat({**ASK, "cache_control": {"type": "ephemeral"}}, ANSWER), chat(ASK, ANSWER)),
        (chat({**ASK, "additional_kwargs": {}}, {**ANSWER, "response_metadata": {}}), chat(ASK, ANSWER)),
        (chat({**ASK, "parts": [{"type": "text", "text": ASK["content"]}]}, ANSWER), chat(ASK, ANSWER)),
        (
            chat(
                {**ASK, "agent": "main", "message_type": "observation", "is_demo": False},
                {**ANSWER, "agent": "main", "message_type": "action", "action": "ls", "thinking_blocks": []},
            ),
            chat(ASK, ANSWER),
        ),
        (
            called({"role": "assistant", "tool_calls": [{"index": 0, **call_turn(PARIS)["tool_calls"][0]}]}),
            called({"role": "assistant", "tool_calls": call_turn(PARIS)["tool_calls"]}),
        ),
        (chat(ASK, turn("assistant", 0.25)), chat(ASK, turn("assistant", "0.25"))),
        (chat(ASK, turn("assistant", "Paris. <|im_end|>\n<|endoftext|>\n")), chat(ASK, turn("assistant", "Paris."))),
        *(
            (chat(ASK, turn("assistant", f"{text}<|endoftext|>")), chat(ASK, turn("assistant", text)))
            for text in ("A", "y", "la", "答案是巴黎。", "首都是巴黎", "It is Paris", "Turn it on")
        ),
        (
            chat(turn("user", "Which bus is it?<|im_end|>"), turn("assistant", "Bus 5<|im_end|>")),
            chat(turn("user", "Which bus is it?<|im_end|>"), turn("assistant", "Bus 5")),
        ),
        (
            chat(turn("user", ["Hi", {"image_url": "https://a.b/c.png"}]), ANSWER),
            chat(
                turn(
                    "user",
                    [
                        {"type": "text", "text": "Hi"},
                        {"type": "image_url", "image_url": {"url": "https://a.b/c.png"}},
                    ],
                ),
                ANSWER,
            ),
        ),
        (
            chat(turn("user", [{"type": "text", "text": "Hi", "image_url": None}]), ANSWER),
            chat(turn("user", [{"type": "text", "text": "Hi"}]), ANSWER),
        ),
    ],
)
def test_messages_are_repaired(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert repaired(before)[0] == after


def test_roles_are_those_of_the_format() -> None:
    line = chat(turn("system", "Be brief."), ASK, reference="Paris")
    assert repaired(line, "rft")[0]["messages"][0]["role"] == "developer"
    assert repaired(repaired(line, "rft")[0])[0] == line


def test_an_agent_is_the_assistant_where_nobody_else_answers() -> None:
    def roles(*names: str) -> list[str]:
        messages = [{"role": name, "content": "Is it open?"} for name in names]
        return [message["role"] for message in repaired({"messages": messages})[0]["messages"]]

    assert roles("customer", "bot", "agent") == ["user", "assistant", "agent"]
    assert roles("narrator", "user", "agent") == ["narrator", "user", "agent"]
    assert roles("system", "visitor", "Agent") == ["system", "user", "assistant"]


def test_a_trained_weight_and_one_that_an_output_cannot_have() -> None:
    pair = {
        "input": {"messages": [ASK, {**ANSWER, "weight": 0}, ASK]},
        "preferred_output": [{**ANSWER, "weight": 1}],
        "non_preferred_output": [turn("assistant", "Lyon.")],
    }
    after, codes = repaired(pair, "dpo")
    assert codes == ["REP009"]
    assert after == {**pair, "preferred_output": [ANSWER]}


def test_calls_without_ids_are_tied_to_the_answers_that_name_their_tool() -> None:
    call = {"type": "function", "function": {"name": "weather", "arguments": {"city": "Paris"}}}
    answer = {"role": "tool", "name": "weather", "content": "12"}
    after, codes = repaired(called({"role": "assistant", "tool_calls": [call]}, answer))
    assert codes == ["REP005", "REP003", "REP006", "REP007"]
    assert after["messages"][1:3] == [
        {"role": "assistant", "tool_calls": [
            {"id": "call_1_1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Paris"}'}}]},
        {"role": "tool", "content": "12", "tool_call_id": "call_1_1"},
    ]  # fmt: skip
    assert check_example(after, context()) == []


def test_answers_in_another_order_are_tied_by_their_names() -> None:
    calls = [{"id": f"c_{name}", "type": "function", "function": {"name": name, "arguments": "{}"}} for name in "ab"]
    line = chat(
        ASK,
        {"role": "assistant", "tool_calls": calls},
        {"role": "tool", "name": "b", "content": "2"},
        {"role": "tool", "name": "a", "content": "1"},
        ANSWER,
    )
    after, _ = repaired(line)
    assert [message.get("tool_call_id") for message in after["messages"][2:4]] == ["c_b", "c_a"]


def test_an_id_that_is_given_is_no_other_calls() -> None:
    taken = call_turn(PARIS, call_id="call_3_1")
    bare = {"role": "assistant", "tool_calls": [{"function": {"name": "weather", "arguments": PARIS}}]}
    line = chat(ASK, taken, {"role": "tool", "tool_call_id": "call_3_1", "content": "1"}, bare, tools=[WEATHER_TOOL])
    after, _ = repaired(line)
    assert after["messages"][3]["tool_calls"][0]["id"] == "call_3_2"


def test_nulls_that_are_values_stay_in_a_tools_parameters() -> None:
    city = {"type": ["string", "null"], "default": None, "enum": ["Paris", None]}
    parameters = {"type": "object", "properties": {"city": city, "zone": None}}
    line = called(
        call_turn(PARIS), tool={"type": "function", "function": {"name": "weather", "parameters": parameters}}
    )
    after, codes = repaired(line)
    assert codes == ["REP002"]
    assert after["tools"][0]["function"]["parameters"] == {"type": "object", "properties": {"city": city}}


def test_arguments_keep_the_nulls_that_their_tool_knows() -> None:
    properties = {"city": {"type": "string"}, "days": {"type": ["integer", "null"]}, "zone": None}
    tool = {"type": "function", "function": {"name": "weather", "parameters": {"properties": properties}}}
    after, _ = repaired(called(call_turn({"city": "Paris", "days": None, "zone": None, "hour": None}), tool=tool))
    function = after["messages"][1]["tool_calls"][0]["function"]
    assert orjson.loads(function["arguments"]) == {"city": "Paris", "days": None}


# --- laws ----------------------------------------------------------------------------------------------------------


@settings(max_examples=drawn(50, 150), deadline=None)
@given(mutants())
def test_a_second_pass_changes_nothing(example: dict[str, Any]) -> None:
    for line_format in FORMATS:
        once, codes = repaired(example, line_format)
        assert repaired(once, line_format) == (once, [])
        assert bool(codes) == (orjson.dumps(once) != orjson.dumps(example))  # as JSON, where true is not 1


@settings(max_examples=drawn(50, 150), deadline=None)
@given(mutants())
def test_the_looks_at_the_tables_miss_no_row_that_a_repair_changes(example: dict[str, Any]) -> None:
    for line_format in FORMATS:
        if not fits_tables(example, line_format):
            continue
        tables = tables_of([example], line_format=line_format)
        expected, codes = repaired(to_examples(tables)[0], line_format)
        after, counts = repair_tables(tables, REPAIRS)
        assert to_examples(after) == [expected]
        assert sorted(counts) == sorted(codes)
        for repair in REPAIRS:
            if repair.repair(to_examples(tables)[0], line_format):
                assert suspects(tables, [repair]).all()


@settings(max_examples=drawn(33, 100), deadline=None)
@given(mutants())
def test_no_rule_refuses_for_the_repair_what_it_took_before(example: dict[str, Any]) -> None:
    for line_format in FORMATS:
        checked = context(line_format)
        if not check_example(example, checked):
            line = copy.deepcopy(example)
            repair_example(line, line_format, REPAIRS)
            assert check_example(line, checked) == []


def test_a_clean_row_is_no_suspect() -> None:
    lines = [
        chat(turn("system", "Be brief."), ASK, {**ANSWER, "weight": 1}),
        called(call_turn(PARIS), {"role": "tool", "tool_call_id": "call_1", "content": "12"}),
        called({**call_turn(PARIS), "content": None}, {"role": "tool", "tool_call_id": "call_1", "content": "12"}),
        chat(turn("user", [{"type": "text", "text": "Hi"}]), ANSWER),
    ]
    assert not suspects(tables_of(lines), REPAIRS).any()


def test_rows_beside_a_repaired_one_keep_their_very_cells() -> None:
    lines = [chat(ASK, ANSWER), chat(ASK, {**ANSWER, "weight": 1.0}), chat({**ASK, "name": "ann"}, ANSWER)]
    before = tables_of(lines)
    after, counts = repair_tables(before, REPAIRS)
    assert counts == {"REP009": 1}
    untouched = before.examples["row_id"] != before.examples["row_id"][1]
    assert after.keep(untouched).messages.equals(before.keep(untouched).messages)
    assert after.examples.equals(before.examples)
    assert to_examples(after)[1] == chat(ASK, {**ANSWER, "weight": 1})


# --- clean ---------------------------------------------------------------------------------------------------------

MANY = [chat({**ASK, "role": "Human"}, {**ANSWER, "weight": 1.0}), chat(ASK, ANSWER), chat(ASK, {**ANSWER, "id": "1"})]


def test_clean_counts_repairs_by_code() -> None:
    result = clean(tables_of(MANY), CleanParams())
    counts = {name: count for name, count in result.metrics.items() if name.startswith("repaired.")}
    assert counts == {"repaired.REP008": 1, "repaired.REP009": 1, "repaired.REP010": 1}


def test_clean_traces_each_repair_with_its_code() -> None:
    trace = clean(tables_of(MANY), CleanParams(trace=True)).report_tables["trace"]
    rows = trace.select("line", "turn", "column", "step", "before", "after").rows()
    assert rows == [
        (1, 0, "role", "REP008", "Human", "user"),
        (1, 1, "weight", "REP009", None, "1"),
        (1, 1, "extra", "REP009", '{"weight":1.0}', None),
        (3, 1, "extra", "REP010", '{"id":"1"}', None),
    ]


def test_repairs_that_are_off_change_nothing_and_count_nothing() -> None:
    result = clean(tables_of(MANY), CleanParams(repair=[]))
    assert to_examples(result.tables) == MANY
    assert not [name for name in result.metrics if name.startswith("repaired.")]


def test_repairs_are_chosen_by_code_or_name_and_a_wrong_one_is_named() -> None:
    after = to_examples(clean(tables_of(MANY), CleanParams(repair=["REP008", "transport-key"])).tables)
    assert after == [chat(ASK, {**ANSWER, "weight": 1.0}), chat(ASK, ANSWER), chat(ASK, ANSWER)]
    with pytest.raises(UsageError, match=r"unknown repair weights(.|\n)*did you mean weight\?"):
        wanted(["weights"])
