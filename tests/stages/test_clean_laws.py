"""clean with everything on, as laws: no row is lost, rows do not touch each other, the trace is what changed."""

import json

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.amounts import drawn
from tests.builders import chat, pair, row_id, tables_of
from tests.private import EVERY, says
from tuneset.cleaning.clean_trace import TRACE_SCHEMA
from tuneset.cleaning.steps import MESSAGE_STEPS, TEXT_STEPS
from tuneset.drop_reasons import REASONS
from tuneset.example_tables import to_examples
from tuneset.model import Tables
from tuneset.params import CleanParams
from tuneset.stages.clean import clean

PIECE = st.sampled_from(
    [
        "",
        " ",
        "\r\n",
        "\x00",
        "\u200b",
        "sch\u00c3\u200b\u00b6n",
        "e\u0301",
        "plain words",
        "noooooooooo",
        "?!?!?!?!",
        "s3cret",
    ]
    + [says(kind) for kind in EVERY]
)
TEXT = st.lists(PIECE, max_size=3).map("".join)
PARTS = st.lists(TEXT.map(lambda text: {"type": "text", "text": text}), max_size=2)
CALLS = TEXT.map(
    lambda text: [{"id": "1", "type": "function", "function": {"name": "f", "arguments": json.dumps({"a": text})}}]
)
EXTRA = st.dictionaries(st.sampled_from(["refusal", "audio", "note"]), st.none() | TEXT, max_size=2)
MESSAGE = st.builds(
    lambda role, content, calls, extra: {
        **({} if role is None else {"role": role}),
        "content": content,
        **({} if calls is None else {"tool_calls": calls}),
        **extra,
    },
    st.sampled_from(["system", "developer", "user", "assistant", "tool", None]),
    TEXT | PARTS | st.none(),
    st.none() | st.just([]) | CALLS,
    EXTRA,
)
CHAT = st.builds(
    lambda messages, tools: {"messages": messages, **({"tools": [{"note": tools}]} if tools else {})},
    st.lists(MESSAGE, max_size=4),
    st.none() | TEXT,
)
PAIR = st.builds(pair, TEXT, TEXT, TEXT)
TABLES = st.lists(CHAT, max_size=4).map(tables_of) | st.lists(PAIR, max_size=2).map(
    lambda examples: tables_of(examples, line_format="dpo")
)
SWITCH = [step.name for step in MESSAGE_STEPS] + [step.name for step in TEXT_STEPS]
POLICIES = st.fixed_dictionaries({kind: st.sampled_from(["redact", "drop", "flag", "off"]) for kind in EVERY})
EVERY_FILTER = {
    "languages": ["en", "de", "fr"], "min_chars": 2, "max_chars": 400, "min_turns": 1, "max_turns": 3,
    "min_answer_chars": 2, "max_repeated_lines": 0.5, "max_repeated_ngrams": 0.5, "max_run": 9, "max_symbols": 0.5,
    "refusals": True, "patterns": ["s[e3]cret"], "keywords": ["plain"], "function": "tests.stages.test_clean:wants",
}  # fmt: skip
PARAMS = st.builds(
    lambda switches, policies, filters: CleanParams.model_validate(
        {**switches, "redact": policies, "filters": filters}
    ),
    st.fixed_dictionaries({name: st.sampled_from([True, True, False]) for name in SWITCH}),
    POLICIES,
    st.sampled_from([{}, EVERY_FILTER]),
)


@settings(max_examples=drawn(20, 100))
@given(TABLES, PARAMS)
def test_every_row_goes_on_or_is_dropped_once_for_a_reason_of_clean(tables: Tables, params: CleanParams) -> None:
    result = clean(tables, params)
    went_on, dropped = result.tables.examples["row_id"].to_list(), result.rejects["row_id"].to_list()
    assert sorted([*went_on, *dropped]) == tables.examples["row_id"].to_list()
    assert {REASONS[code].stage for code in result.rejects["code"]} <= {"clean"}
    assert set(result.tables.messages["row_id"]) <= set(went_on)
    assert result.tables.examples.schema == tables.examples.schema
    assert result.tables.messages.schema == tables.messages.schema
    turns = result.tables.messages.group_by("row_id", "branch").agg(
        pl.col("turn"), pl.int_range(pl.len()).alias("count")
    )
    assert turns["turn"].to_list() == turns["count"].to_list()


@settings(max_examples=drawn(20, 100))
@given(TABLES, PARAMS)
def test_rows_are_cleaned_the_same_whatever_stands_beside_them(tables: Tables, params: CleanParams) -> None:
    together = clean(tables, params)
    alone = [clean(tables.keep(tables.examples["row_id"] == row), params) for row in tables.examples["row_id"]]
    assert [example for one in alone for example in to_examples(one.tables)] == to_examples(together.tables)
    codes = {row: code for one in alone for row, code in one.rejects.select("row_id", "code").rows()}
    assert codes == dict(together.rejects.select("row_id", "code").rows())


# --- the trace ---------------------------------------------------------------------------------------------------

Cells = dict[tuple[str, str | None, int | None, str], str | None]


def cells(tables: Tables) -> Cells:
    """Every text by row, branch, turn and column."""
    found: Cells = {}
    columns = ("role", "content", "parts", "name", "tool_calls", "tool_call_id", "weight", "extra")
    for column in columns:
        for row, branch, turn, text in tables.messages.select(
            "row_id", "branch", "turn", pl.col(column).cast(pl.String)
        ).rows():
            found[row, branch, turn, column] = text
    for column in ("tools", "extra"):
        for row, text in tables.examples.select("row_id", column).rows():
            found[row, None, None, column] = text
    return found


@pytest.mark.slow
@settings(max_examples=drawn(10, 50))
@given(TABLES, PARAMS)
def test_the_trace_changes_nothing_else(tables: Tables, params: CleanParams) -> None:
    without, traced = clean(tables, params), clean(tables, params.model_copy(update={"trace": True}))
    assert traced.tables.examples.equals(without.tables.examples)
    assert traced.tables.messages.equals(without.tables.messages)
    assert traced.rejects.equals(without.rejects)
    assert traced.metrics == without.metrics
    assert set(traced.report_tables) - set(without.report_tables) == {"trace"}


@pytest.mark.slow
@settings(max_examples=drawn(10, 50))
@given(TABLES, PARAMS)
def test_the_trace_leads_from_each_text_that_was_read_to_what_became_of_it(tables: Tables, params: CleanParams) -> None:
    # Without drops and without new numbers, the outcome can be compared cell by cell.
    keeping = params.model_copy(update={"trace": True, "filters": CleanParams().filters, "empty_messages": False})
    keeping = keeping.model_copy(update={"redact": keeping.redact.model_copy(update=dict.fromkeys(EVERY, "redact"))})
    result = clean(tables, keeping)
    trace = result.report_tables["trace"]
    assert trace.schema == TRACE_SCHEMA
    told = cells(tables)
    for _, line, _, branch, turn, column, step, before, after in trace.rows():
        place = (row_id(line), branch, turn, column)
        assert (told[place] or "") == (before or "") != after
        assert after is not None or step in ("removed", "null_keys") or step.startswith("REP")
        told[place] = after
        if step == "removed":
            told |= dict.fromkeys([(*place[:3], name) for name in ("role", "name", "tool_call_id", "weight")])
    came_to = cells(result.tables)
    assert {place: text for place, text in told.items() if text is not None} == {
        place: text for place, text in came_to.items() if text is not None
    }


def test_what_needs_no_change_leaves_no_trace() -> None:
    result = clean(tables_of([chat("What now?", "Nothing.", system="Be short.")]), CleanParams(trace=True))
    assert result.report_tables["trace"].is_empty()


def test_the_trace_names_every_step_by_the_turns_that_were_read() -> None:
    messages = [
        {"role": "system", "content": "\u200b"},
        {"role": "user", "content": "sch\u00c3\u200b\u00b6n \r\nI am ann.smith@acme.org"},
        {"role": "assistant", "content": "a", "refusal": None},
        {"role": "user", "content": "more?"},
    ]
    trace = clean(tables_of([{"messages": messages}]), CleanParams(trace=True)).report_tables["trace"]
    assert trace.select("line", "branch", "turn", "column", "step", "before", "after").rows() == [
        (1, "prompt", 0, "content", "control_characters", "\u200b", ""),
        (1, "prompt", 0, "content", "removed", "", None),
        (1, "prompt", 1, "content", "line_endings",
         "sch\u00c3\u200b\u00b6n \r\nI am ann.smith@acme.org", "sch\u00c3\u200b\u00b6n \nI am ann.smith@acme.org"),
        (1, "prompt", 1, "content", "control_characters",
         "sch\u00c3\u200b\u00b6n \nI am ann.smith@acme.org", "sch\u00c3\u00b6n \nI am ann.smith@acme.org"),
        (1, "prompt", 1, "content", "mojibake",
         "sch\u00c3\u00b6n \nI am ann.smith@acme.org", "sch\u00f6n \nI am ann.smith@acme.org"),
        (1, "prompt", 1, "content", "redact",
         "sch\u00f6n \nI am ann.smith@acme.org", "sch\u00f6n \nI am <EMAIL_1>"),
        (1, "prompt", 2, "extra", "null_keys", '{"refusal":null}', None),
        (1, "prompt", 3, "content", "removed", "more?", None),
    ]  # fmt: skip
