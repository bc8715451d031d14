"""dedup: the same content but for case and white space is a duplicate; the first of a group is kept."""

from typing import Any, Literal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.codes import REASONS
from pipeline.formats.tables import Example, to_examples
from pipeline.model import Format, Tables
from pipeline.stages.dedup import dedup, find_exact, with_keys
from tests.builders import chat, pair, row_id, tables_of

Key = Literal["messages", "prompt"]
WEATHER = [{"type": "function", "function": {"name": "weather"}}]


def keys(*examples: Example, line_format: Format = "sft") -> Tables:
    return with_keys(tables_of(examples, line_format=line_format))


def same(first: Example, second: Example, key: Key = "messages", line_format: Format = "sft") -> bool:
    """Whether two examples are duplicates of each other."""
    return find_exact(keys(first, second, line_format=line_format).examples, key).height == 1


def talk(*messages: tuple[str, str], **keys: Any) -> Example:  # noqa: ANN401  any JSON value
    return {"messages": [{"role": role, "content": content} for role, content in messages], **keys}


def with_last(example: Example, **changes: Any) -> Example:  # noqa: ANN401  any JSON value
    return {**example, "messages": [*example["messages"][:-1], {**example["messages"][-1], **changes}]}


def with_first(example: Example, **changes: Any) -> Example:  # noqa: ANN401  any JSON value
    return {**example, "messages": [{**example["messages"][0], **changes}, *example["messages"][1:]]}


@pytest.mark.parametrize(
    "other",
    [
        chat("What is a list", "A sequence."),
        chat("What is a list?", "A sequence"),
        chat("What is alist?", "A sequence."),
        chat("What is a list?", "A sequence.", system="Be brief."),
        {**chat("What is a list?", "A sequence."), "tools": WEATHER},
        with_first(chat("What is a list?", "A sequence."), name="ann"),
        with_last(chat("What is a list?", "A sequence."), refusal="no"),
        with_last(chat("What is a list?", "A sequence."), content=[{"type": "text", "text": "A sequence."}]),
        with_first(chat("What is a list?", "A sequence."), role="tool"),
        talk(("user", "What is a list? A sequence."), ("assistant", "")),
        talk(("user", "What is a list?"), ("assistant", "A"), ("assistant", "sequence.")),
        talk(("assistant", "A sequence."), ("user", "What is a list?")),
    ],
)
def test_another_content_is_no_duplicate(other: Example) -> None:
    assert not same(chat("What is a list?", "A sequence."), other)


def test_other_tools_and_other_calls_are_no_duplicates() -> None:
    calls = [{"id": "1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Rome"}'}}]
    others = [{"id": "1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Paris"}'}}]
    assert not same({**chat("q", "a"), "tools": WEATHER}, {**chat("q", "a"), "tools": [{"type": "function"}]})
    assert not same(with_last(chat("q", ""), tool_calls=calls), with_last(chat("q", ""), tool_calls=others))


@pytest.mark.parametrize(
    "other",
    [
        chat("What is a list?", "A sequence."),
        chat("  what IS\n\na\tlist? ", "A  SEQUENCE.\r\n"),
        chat("What\u3000is\xa0a list?", "A sequence."),
        with_last(chat("What is a list?", "A sequence."), weight=1),
    ],
)
def test_case_white_space_and_weight_make_no_difference(other: Example) -> None:
    assert same(chat("What is a list?", "A sequence."), other)


def test_the_prompt_key_sees_the_question_and_neither_answer_nor_system_message_nor_tools() -> None:
    for other in (chat("q", "b"), chat("Q ", "b", system="s"), {**chat("q", "b"), "tools": WEATHER}):
        assert same(chat("q", "a"), other, "prompt")
        assert not same(chat("q", "a"), other, "messages")
    assert same(chat("q", "a", system="s"), chat("q", "b", system="t"), "prompt")
    assert not same(chat("q", "a"), chat("r", "a"), "prompt")


def test_the_prompt_goes_to_the_last_answer() -> None:
    long = talk(("user", "q"), ("assistant", "a"), ("user", "r"), ("assistant", "b"))
    assert same(long, talk(("user", "q"), ("assistant", "a"), ("user", "r"), ("assistant", "c")), "prompt")
    assert not same(long, talk(("user", "q"), ("assistant", "x"), ("user", "r"), ("assistant", "b")), "prompt")
    assert not same(long, chat("q", "a"), "prompt")


def test_a_pair_is_asked_its_whole_input_and_answers_with_both_outputs() -> None:
    assert same(pair("q", "a", "b"), pair("Q", "x", "y"), "prompt", "dpo")
    assert not same(pair("q", "a", "b"), pair("r", "a", "b"), "prompt", "dpo")
    assert same(pair("q", "a", "b"), pair("q", " A", "b"), "messages", "dpo")
    assert not same(pair("q", "a", "b"), pair("q", "b", "a"), "messages", "dpo")


def test_a_reinforcement_example_is_asked_all_of_its_messages() -> None:
    asked = talk(("user", "q"), ("assistant", "a"), ("user", "r"))
    assert not same(asked, talk(("user", "q"), ("assistant", "x"), ("user", "r")), "prompt", "rft")
    assert same(asked, talk(("user", "q"), ("assistant", "A"), ("user", "r")), "prompt", "rft")


def test_examples_that_ask_nothing_are_told_apart_by_all_that_they_say() -> None:
    assert not same(talk(("system", "s"), ("assistant", "a")), talk(("system", "s"), ("assistant", "b")), "prompt")
    assert same(talk(("system", "s"), ("assistant", "a")), talk(("system", "S"), ("assistant", "a")), "prompt")


def test_the_first_of_a_group_is_kept_and_named() -> None:
    tables = keys(chat("a", "1"), chat("b", "2"), chat("A", "1"), chat("b ", "2"), chat("a", " 1"), chat("c", "3"))
    found = find_exact(tables.examples, "messages")
    assert found.columns == ["row_id", "kept_row_id"]
    assert found.rows() == [(row_id(3), row_id(1)), (row_id(4), row_id(2)), (row_id(5), row_id(1))]
    result = dedup(tables, found)
    assert to_examples(result.tables) == [chat("a", "1"), chat("b", "2"), chat("c", "3")]
    assert result.rejects.select("row_id", "line", "stage", "code", "detail", "kept_row_id").rows() == [
        (row_id(line), line, "dedup", "DUP001", REASONS["DUP001"].summary, row_id(kept))
        for line, kept in ((3, 1), (4, 2), (5, 1))
    ]
    assert result.metrics["duplicates.exact"] == 3


def test_duplicates_of_another_shard_are_left_alone() -> None:
    tables = keys(chat("a", "1"))
    elsewhere = pl.DataFrame({"row_id": [row_id(9)], "kept_row_id": [row_id(1)]})
    result = dedup(tables, elsewhere)
    assert (result.tables.examples.height, result.rejects.height, result.metrics["duplicates.exact"]) == (1, 0, 0)


def test_no_rows_have_no_duplicates() -> None:
    tables = keys()
    found = find_exact(tables.examples, "prompt")
    assert found.height == 0
    assert dedup(tables, found).tables.examples.columns[-2:] == ["messages_key", "prompt_key"]


def test_keys_are_hex_and_depend_on_the_content_alone() -> None:
    alone = keys(chat("q", "a")).examples
    among = with_keys(tables_of([chat("x", "y"), chat("q", "a")], first_line=70)).examples
    for name in ("messages_key", "prompt_key"):
        assert alone[name].str.contains("^[0-9a-f]{32}$").all()
        assert alone[name].item() == among[name][1]


WORDS = st.sampled_from(["a", "A", "b", " ", "\n", "ß", "SS", "İ", "\u3000"])
TEXTS = st.lists(WORDS, max_size=4).map("".join)


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=8), st.sampled_from(["messages", "prompt"]))
def test_exactly_one_of_each_group_is_left(pairs: list[tuple[str, str]], key: Key) -> None:
    tables = keys(*(chat(question, answer) for question, answer in pairs))
    result = dedup(tables, find_exact(tables.examples, key))

    def folded(question: str, answer: str) -> tuple[str, ...]:
        texts = (question,) if key == "prompt" else (question, answer)
        return tuple(" ".join(text.lower().split()) for text in texts)

    firsts = {folded(*texts): line for line, texts in reversed(list(enumerate(pairs, 1)))}
    assert result.tables.examples["line"].to_list() == sorted(firsts.values())
    assert find_exact(result.tables.examples, key).height == 0
    named = dict(result.rejects.select("line", "kept_row_id").rows())
    assert named == {
        line: row_id(firsts[folded(*texts)]) for line, texts in enumerate(pairs, 1) if line not in set(firsts.values())
    }
