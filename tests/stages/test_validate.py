"""validate: an example with an error goes, with its first error as the reason; every finding is counted."""

from typing import Any

import orjson
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import chat, pair, row_id, tables_of
from tuneset.example_tables import Example, to_examples
from tuneset.execution.row_steps import clean_step, validate_step
from tuneset.model import REJECTS_SCHEMA, Format, StageResult
from tuneset.params import Params
from tuneset.profile import load_profile
from tuneset.rules.engine.check_context import EXAMPLE_FAMILIES, make_context
from tuneset.rules.families.json_line import read_line
from tuneset.rules.passes.example import check_example
from tuneset.stages.validate import validate

OPENAI = load_profile("openai")
MODEL = "gpt-4o-mini-2024-07-18"
SFT = make_context("sft", OPENAI, MODEL)

GOOD = chat("What is a list?", "A sequence.")
TWICE = {"messages": [*GOOD["messages"], {"role": "assistant", "content": "Also an array."}]}  # a warning
LEGACY = {**GOOD, "functions": [{"name": "look_up", "parameters": {"type": "object", "properties": {}}}]}  # an info
UNANSWERED = {"messages": GOOD["messages"][:1]}
UNTRAINED = {"messages": [GOOD["messages"][0], {**GOOD["messages"][1], "weight": 0}]}
TWO_ERRORS = {"messages": [{**GOOD["messages"][0], "weight": 1}, {"role": "assistant", "content": "<|endoftext|>"}]}


def validated(*examples: Example, **changes: Any) -> StageResult:  # noqa: ANN401  options of make_context
    context = make_context("sft", OPENAI, MODEL, **changes) if changes else SFT
    return validate(tables_of(examples), context)


def test_good_examples_and_examples_with_warnings_go_on_as_they_are() -> None:
    result = validated(GOOD, TWICE, LEGACY)
    assert to_examples(result.tables) == [GOOD, TWICE, LEGACY]
    assert (result.rejects.height, result.rejects.schema) == (0, REJECTS_SCHEMA)
    assert {name: n for name, n in result.metrics.items() if not name.startswith("info.")} == {"warning.CNV009": 1}


def test_an_example_with_an_error_goes_with_its_rule_place_and_reason() -> None:
    result = validated(GOOD, UNANSWERED, TWICE, UNTRAINED)
    assert to_examples(result.tables) == [GOOD, TWICE]
    assert result.rejects.schema == REJECTS_SCHEMA
    assert result.rejects.select("row_id", "line", "stage", "code", "detail", "kept_row_id").rows() == [
        (
            row_id(2),
            2,
            "validate",
            "CNV005",
            "$.messages: no message is the assistant's: prompts alone are a set for reinforcement",
            None,
        ),
        (row_id(4), 4, "validate", "CNV004", "$.messages: every assistant message has weight 0", None),
    ]
    assert result.metrics == {"error.CNV005": 1, "warning.CNV009": 1, "error.CNV004": 1}


def test_the_first_error_is_the_reason_and_all_are_counted() -> None:
    found = [issue for issue in check_example(TWO_ERRORS, SFT) if SFT.severity[issue.code] == "error"]
    result = validated(TWO_ERRORS, TWO_ERRORS)
    assert len({issue.code for issue in found}) == 2
    assert (
        result.rejects.select("code", "detail").rows() == [(found[0].code, f"{found[0].path}: {found[0].message}")] * 2
    )
    assert result.metrics == {f"error.{issue.code}": 2 for issue in found}


def test_an_ignored_rule_neither_drops_nor_counts() -> None:
    result = validated(UNTRAINED, ignore=["CNV004"])
    assert (to_examples(result.tables), result.metrics) == ([UNTRAINED], {})


def test_a_severity_of_the_user_decides_what_drops() -> None:
    lowered = validated(UNTRAINED, severity={"CNV004": "warning"})
    assert (lowered.tables.examples.height, lowered.metrics) == (1, {"warning.CNV004": 1})
    raised = validated(TWICE, severity={"consecutive-assistant-messages": "error"})
    assert raised.rejects["code"].to_list() == ["CNV009"]
    assert raised.metrics == {"error.CNV009": 1}


@pytest.mark.parametrize(
    ("line_format", "good", "bad"),
    [
        ("dpo", pair("q", "a", "b"), pair("q", "a", "a")),
        ("rft", {"messages": GOOD["messages"][:1]}, GOOD),
    ],
)
def test_pairs_and_reinforcement_examples_are_judged_by_their_own_rules(
    line_format: Format, good: Example, bad: Example
) -> None:
    model = "gpt-4.1-mini-2025-04-14"
    result = validate(
        tables_of([good, bad], line_format=line_format), make_context(line_format, load_profile("openai"), model)
    )
    assert to_examples(result.tables) == [good]
    assert result.rejects["line"].to_list() == [2]


def test_no_rows_are_no_trouble() -> None:
    result = validated()
    assert (result.tables.examples.height, result.rejects.height, result.metrics) == (0, 0, {})


@given(st.lists(st.sampled_from([GOOD, TWICE, LEGACY, UNANSWERED, UNTRAINED, TWO_ERRORS]), max_size=8))
def test_every_example_is_judged_alone_and_in_its_place(examples: list[Example]) -> None:
    result = validate(tables_of(examples), SFT)
    alone = [
        [issue for issue in check_example(example, SFT) if SFT.severity[issue.code] == "error"] for example in examples
    ]
    assert result.tables.examples["line"].to_list() == [line for line, found in enumerate(alone, 1) if not found]
    reasons = result.rejects.select("line", "code").rows()
    assert reasons == [(line, found[0].code) for line, found in enumerate(alone, 1) if found]
    assert result.tables.messages["row_id"].is_in(result.tables.examples["row_id"].implode()).all()
    assert pl.concat([result.tables.examples["row_id"], result.rejects["row_id"]]).n_unique() == len(examples)


# --- U+0000, which cleaning leaves in texts that are about it ---------------------------------------------------

WITH_LINES = make_context("sft", OPENAI, MODEL, families=EXAMPLE_FAMILIES | {"JSN"})
CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a": "b\\u0000"}'}}
PARTS = [{"type": "text", "text": "a\0b"}]
CALLING = {"messages": [*GOOD["messages"][:1], {"role": "assistant", "tool_calls": [CALL]}]}


def told_of_nul(example: Example) -> list[tuple[str, str]]:
    return validate(tables_of([example, GOOD]), WITH_LINES).rejects.select("code", "detail").rows()


@pytest.mark.parametrize("example", [GOOD, chat("What is \\u0000?", "The end of a string."), CALLING])
def test_what_only_says_how_nul_is_written_stays(example: Example) -> None:
    assert told_of_nul(example) == []


@pytest.mark.parametrize(
    ("example", "path"),
    [
        (chat("What is NUL?", "a\0b"), "$.messages[1].content"),
        ({"messages": [{"role": "user", "content": PARTS}, GOOD["messages"][1]]}, "$.messages[0].content[0].text"),
        ({**GOOD, "note\0": 1}, "$['note\\x00']"),
    ],
)
def test_an_example_that_holds_nul_is_dropped_as_check_would_refuse_its_line(example: Example, path: str) -> None:
    ((code, detail),) = told_of_nul(example)
    assert (code, detail) == ("JSN006", f"{path}: the text holds U+0000")
    assert read_line(orjson.dumps(example))[1][0].code == "JSN006"


def test_prepare_drops_a_row_about_control_characters_in_which_cleaning_left_one() -> None:
    about = tables_of([chat("Which control character ends a string of C?", "The NUL: a\0b")])
    cleaned = clean_step(about, Params()).tables
    assert "\0" in to_examples(cleaned)[0]["messages"][1]["content"]
    assert validate_step(cleaned, Params()).rejects["code"].to_list() == ["JSN006"]
