"""dedup: what is an exact duplicate, what near duplicates are compared by, which row is kept, and what is said."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import chat, pair, row_id, tables_of
from tuneset.cleaning.question_folding import fold_question
from tuneset.drop_reasons import REASONS
from tuneset.example_tables import Example, to_examples
from tuneset.model import Format, StageResult, Tables
from tuneset.similarity.near_duplicates import GROUPS_SCHEMA
from tuneset.stages.dedup import (
    DECIDED_SCHEMA,
    DECISIONS_SCHEMA,
    decide,
    dedup,
    find_exact,
)
from tuneset.stages.dedup_keys import priorities, with_keys
from tuneset.stages.near_texts import near_texts

Key = Literal["messages", "prompt"]
NearKey = Literal["messages", "prompt", "answer"]
Policy = Literal["drop", "keep_together"]
KEYS = ["messages_key", "prompt_key", "turn_keys", "prefix_keys"]
WEATHER = [{"type": "function", "function": {"name": "weather"}}]


def keys(*examples: Example, line_format: Format = "sft") -> Tables:
    return with_keys(tables_of(examples, line_format=line_format))


SHOWN = {"type": "text", "text": "What is a list?"}
PICTURE = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}


def same(first: Example, second: Example, key: Key = "messages", line_format: Format = "sft") -> bool:
    """Whether two examples are duplicates of each other."""
    return find_exact(keys(first, second, line_format=line_format).examples, key).height == 1


def groups(*rows: tuple[int, int, float, int]) -> pl.DataFrame:
    """Near duplicates as `row, kept, similarity, group`."""
    return pl.DataFrame(rows, schema=GROUPS_SCHEMA, orient="row")


def decided(
    tables: Tables, *near: tuple[int, int, float, int], key: Key = "messages", policy: Policy = "drop"
) -> pl.DataFrame:
    places = decide(find_exact(tables.examples, key), groups(*near), policy)
    assert places.schema == DECIDED_SCHEMA
    assert places["row"].is_sorted()
    return named(places, tables)


def named(places: pl.DataFrame, tables: Tables) -> pl.DataFrame:
    """Decisions with row ids for places."""
    ids, prompts = tables.examples["row_id"], tables.examples["prompt_key"]
    columns = {"row_id": ids.gather(places["row"]), "kept_row_id": ids.gather(places["kept"])}
    columns |= {"code": places["code"], "similarity": places["similarity"]}
    columns |= {"component": ids.gather(places["component"]), "conversation": prompts.gather(places["conversation"])}
    return pl.DataFrame(columns, DECISIONS_SCHEMA)


def without_duplicates(tables: Tables, key: Key = "messages") -> StageResult:
    return dedup(tables, decided(tables, key=key))


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
        with_last(chat("What is a list?", "A sequence."), content=[{"type": "refusal", "refusal": "A sequence."}]),
        with_first(chat("What is a list?", "A sequence."), content=[SHOWN, PICTURE]),
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
        with_last(chat("What is a list?", "A sequence."), content=[{"type": "text", "text": "A sequence."}]),
        with_first(chat("What is a list?", "A sequence."), content=[SHOWN]),
    ],
)
def test_case_white_space_and_weight_make_no_difference(other: Example) -> None:
    assert same(chat("What is a list?", "A sequence."), other)


def test_rows_that_train_other_answers_of_one_conversation_are_no_duplicates() -> None:
    def said(*weights: int | None) -> Example:
        turns = [("user", "q"), ("assistant", "a"), ("user", "r"), ("assistant", "b")]
        messages = talk(*turns)["messages"]
        for message, weight in zip(messages[1::2], weights, strict=True):
            message.update({} if weight is None else {"weight": weight})
        return {"messages": messages}

    for one, other in ((said(0, 1), said(0, None)), (said(None, 1), said(1, None)), (said(1, 1), said(None, None))):
        assert same(one, other)
    for one, other in itertools.combinations((said(0, 1), said(1, 0), said(1, 1)), 2):
        assert not same(one, other)
        assert same(one, other, "prompt")


def test_the_prompt_key_sees_the_question_and_neither_answer_nor_system_message_nor_tools() -> None:
    for other in (chat("q", "b"), chat("Q ", "b", system="s"), {**chat("q", "b"), "tools": WEATHER}):
        assert same(chat("q", "a"), other, "prompt")
        assert not same(chat("q", "a"), other, "messages")
    assert same(chat("q", "a", system="s"), chat("q", "b", system="t"), "prompt")
    assert not same(chat("q", "a"), chat("r", "a"), "prompt")
    shown = chat("What is a list?", "b")
    assert same(shown, with_first(chat("What is a list?", "a"), content=[SHOWN]), "prompt")
    assert not same(shown, with_first(chat("What is a list?", "a"), content=[SHOWN, PICTURE]), "prompt")


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
    assert found.columns == ["row", "kept"]
    assert found.rows() == [(2, 0), (3, 1), (4, 0)]
    result = without_duplicates(tables)
    assert to_examples(result.tables) == [chat("a", "1"), chat("b", "2"), chat("c", "3")]
    assert result.rejects.select("row_id", "line", "stage", "code", "detail", "kept_row_id").rows() == [
        (row_id(line), line, "dedup", "DUP001", REASONS["DUP001"].summary, row_id(kept))
        for line, kept in ((3, 1), (4, 2), (5, 1))
    ]
    assert result.metrics == {"duplicates.exact": 3, "duplicates.near": 0, "duplicates.prefix": 0}


def test_the_row_of_the_lowest_rank_is_kept_where_there_is_a_rank() -> None:
    tables = keys(chat("a", "1"), chat("b", "2"), chat("A", "1"), chat("a ", "1"), chat("b", "2"))
    ranked = tables.examples.with_columns(rank=pl.Series([2, 3, 4, 0, 1]))
    assert find_exact(ranked, "messages").rows() == [(0, 3), (1, 4), (2, 3)]


def test_duplicates_of_another_shard_are_left_alone() -> None:
    tables = keys(chat("a", "1"))
    elsewhere = pl.DataFrame(
        [(row_id(9), row_id(1), "DUP001", None, None, None)], schema=DECISIONS_SCHEMA, orient="row"
    )
    result = dedup(tables, elsewhere)
    assert (result.tables.examples.height, result.rejects.height, result.metrics["duplicates.exact"]) == (1, 0, 0)


def test_no_rows_have_no_duplicates() -> None:
    tables = keys()
    found = find_exact(tables.examples, "prompt")
    assert found.height == 0
    result = without_duplicates(tables, "prompt")
    assert result.tables.examples.columns[-6:] == [*KEYS, "component", "conversation"]


# --- exact and near duplicates together --------------------------------------------------------------------------


def test_a_row_without_a_decision_stays_and_belongs_to_no_component() -> None:
    tables = keys(chat("a", "1"), chat("b", "2"))
    decisions = decided(tables)
    assert decisions.schema == DECISIONS_SCHEMA
    assert decisions.height == 0
    assert dedup(tables, decisions).tables.examples["component"].to_list() == [None, None]


def test_a_near_duplicate_goes_and_says_how_alike_it_is() -> None:
    tables = keys(chat("a", "1"), chat("b", "2"), chat("c", "3"))
    result = dedup(tables, decided(tables, (0, 0, 1.0, 0), (2, 0, 0.8765, 0)))
    assert to_examples(result.tables) == [chat("a", "1"), chat("b", "2")]
    assert result.rejects.select("line", "stage", "code", "detail", "kept_row_id").rows() == [
        (3, "dedup", "DUP002", f"87.6 % alike: {REASONS['DUP002'].summary}", row_id(1))
    ]
    assert result.metrics == {"duplicates.exact": 0, "duplicates.near": 1, "duplicates.prefix": 0}


def test_rows_of_a_chain_that_stay_name_one_component() -> None:
    tables = keys(*(chat(word, word) for word in "abcd"))
    # 1 is like 0, 3 is like 1 alone: it stays, and must stay on the side of 0.
    result = dedup(tables, decided(tables, (0, 0, 1.0, 0), (1, 0, 0.9, 0), (3, 3, 1.0, 0)))
    assert result.tables.examples.select("line", "component").rows() == [(1, row_id(1)), (3, None), (4, row_id(1))]


def test_an_exact_duplicate_of_a_near_duplicate_names_the_row_that_is_kept_in_the_end() -> None:
    tables = keys(chat("a", "1"), chat("b", "2"), chat("B", "2"))
    decisions = decided(tables, (0, 0, 1.0, 0), (1, 0, 0.9, 0))
    assert dict(decisions.filter(pl.col("kept_row_id").is_not_null()).select("row_id", "kept_row_id").rows()) == {
        row_id(2): row_id(1),
        row_id(3): row_id(1),
    }
    result = dedup(tables, decisions)
    assert result.rejects["code"].to_list() == ["DUP002", "DUP001"]
    assert set(result.rejects["kept_row_id"]) <= set(result.tables.examples["row_id"])


def test_kept_together_means_that_only_exact_duplicates_go() -> None:
    tables = keys(chat("a", "1"), chat("b", "2"), chat("B", "2"), chat("c", "3"))
    result = dedup(tables, decided(tables, (0, 0, 1.0, 0), (1, 0, 0.9, 0), policy="keep_together"))
    assert result.tables.examples.select("line", "component").rows() == [(1, row_id(1)), (2, row_id(1)), (4, None)]
    assert result.rejects.select("line", "code", "kept_row_id").rows() == [(3, "DUP001", row_id(2))]
    assert result.metrics == {"duplicates.exact": 1, "duplicates.near": 0, "duplicates.prefix": 0}


# --- what near duplicates are compared by ------------------------------------------------------------------------


def compared(*examples: Example, key: NearKey = "messages", line_format: Format = "sft") -> list[list[str]]:
    return [side.to_list() for side in near_texts(tables_of(examples, line_format=line_format), key)]


def test_system_messages_are_never_compared() -> None:
    for key in ("messages", "prompt", "answer"):
        with_system = compared(chat("q", "a", system="s"), key=key)
        assert with_system == compared(chat("q", "a"), key=key)
    developer = talk(("developer", "s"), ("user", "q"), ("assistant", "a"))
    assert compared(developer) == compared(chat("q", "a"))


def test_a_pair_must_be_alike_in_what_is_asked_and_in_what_is_answered() -> None:
    long = talk(("user", "q"), ("assistant", "a"), ("user", "r"), ("assistant", "b"))
    assert compared(long, chat("x", "y")) == [["q\na\nr", "x"], ["b", "y"]]
    assert compared(long, chat("x", "y"), key="prompt") == [["q\na\nr", "x"]]
    assert compared(long, chat("x", "y"), key="answer") == [["b", "y"]]


def test_both_outputs_of_a_pair_are_its_answer() -> None:
    assert compared(pair("q", "a", "b"), line_format="dpo") == [["q"], ["a\nb"]]
    assert compared(pair("q", "a", "b"), key="prompt", line_format="dpo") == [["q"]]


def test_a_reinforcement_example_has_no_answer_and_is_compared_by_what_it_asks() -> None:
    asked = talk(("user", "q"), ("assistant", "a"), ("user", "r"))
    for key in ("messages", "prompt", "answer"):
        assert compared(asked, key=key, line_format="rft") == [["q\na\nr"]]


def test_of_calls_what_is_called_is_compared_and_of_parts_what_they_say() -> None:
    calls = [{"id": "1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Rome"}'}}]
    called = with_last(chat("q", ""), tool_calls=calls)
    image = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
    parts = with_first(
        chat("q", "a"), content=[{"type": "text", "text": "what?"}, image, {"type": "text", "text": "and?"}]
    )
    assert compared(called)[1] == ['\nweather {"city": "Rome"}']
    assert compared(parts) == [["what?\nand?"], ["a"]]


def test_an_example_without_an_answer_has_an_empty_one() -> None:
    assert compared(talk(("user", "q")), chat("x", "y")) == [["q", "x"], ["", "y"]]


# --- which of them is kept ---------------------------------------------------------------------------------------


def preference(
    metas: Sequence[Mapping[str, Any] | None], prefer: str | None, patterns: Sequence[str] = (), source: str = "a.jsonl"
) -> list[tuple[int, float]]:
    tables = tables_of([chat("q", "a" * number) for number in range(len(metas))], metas=metas)
    named = Tables(tables.examples.with_columns(source=pl.lit(source)), tables.messages)
    found = priorities(named, prefer, patterns)
    assert found is not None
    assert found.columns == ["source_rank", "value"]
    return found.rows()


def test_without_a_preference_the_order_decides() -> None:
    assert priorities(tables_of([chat("q", "a")]), None, []) is None


def test_a_larger_rating_comes_first_and_what_is_no_number_last() -> None:
    metas: list[dict[str, Any] | None] = [
        {"rating": 4},
        {"rating": "4.5"},
        {"rating": "good"},
        {"rating": None},
        {"rating": [9]},
        {"other": 9},
        None,
    ]
    unrated = (0, float("inf"))
    assert preference(metas, "rating") == [(0, -4.0), (0, -4.5), *[unrated] * 5]


def test_length_is_that_of_all_content() -> None:
    assert preference([None] * 3, "length") == [(0, -1.0), (0, -2.0), (0, -3.0)]


def test_sources_come_in_the_order_of_their_patterns_and_others_last() -> None:
    patterns = ["*/curated.jsonl", "b*"]
    for source, rank in (("raw/curated.jsonl", 0), ("b.csv", 1), ("curated.jsonl", 2), ("raw/b.csv", 2)):
        assert preference([None], None, patterns, source) == [(rank, 0.0)]


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
    result = without_duplicates(tables, key)

    def folded(question: str, answer: str) -> tuple[str, ...]:
        if key == "prompt":
            return (fold_question(question).decode(),)
        return tuple(" ".join(text.lower().split()) for text in (question, answer))

    firsts = {folded(*texts): line for line, texts in reversed(list(enumerate(pairs, 1)))}
    assert result.tables.examples["line"].to_list() == sorted(firsts.values())
    assert find_exact(result.tables.examples, key).height == 0
    named = dict(result.rejects.select("line", "kept_row_id").rows())
    assert named == {
        line: row_id(firsts[folded(*texts)]) for line, texts in enumerate(pairs, 1) if line not in set(firsts.values())
    }


GROUPED = st.lists(st.integers(0, 5), min_size=1, max_size=12)


@given(GROUPED, st.data(), st.sampled_from(["drop", "keep_together"]))
def test_every_dropped_row_names_a_row_that_is_kept(texts: list[int], data: st.DataObject, policy: Policy) -> None:
    tables = keys(*(chat(f"question {number}", "a") for number in texts))
    firsts = sorted({texts.index(number) for number in texts})
    near = data.draw(st.dictionaries(st.sampled_from(firsts[1:]), st.just(firsts[0])) if firsts[1:] else st.just({}))
    members = [(firsts[0], firsts[0], 1.0, firsts[0]), *((row, kept, 0.9, kept) for row, kept in sorted(near.items()))]
    result = dedup(tables, decided(tables, *(members if near else ()), policy=policy))
    assert set(result.rejects["kept_row_id"]) <= set(result.tables.examples["row_id"])
    assert result.tables.examples.height == len(firsts) - (len(near) if policy == "drop" else 0)
