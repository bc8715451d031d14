"""Conversations that grew: rows are joined by a whole exchange and more, never by what many begin with."""

from __future__ import annotations

import itertools

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import tables_of
from tuneset.example_tables import Example
from tuneset.model import Format
from tuneset.similarity.conversations import MOST_CONTINUATIONS, NO_TURN, Chains, beginnings, chains
from tuneset.stages.dedup_keys import with_keys


def grown(*texts: str, system: str | None = None, ends: str = "assistant") -> Example:
    """A conversation whose turns are these texts, the user's first."""
    roles = itertools.cycle(("user", "assistant"))
    messages = [{"role": role, "content": text} for role, text in zip(roles, texts, strict=False)]
    assert messages[-1]["role"] == ends
    return {"messages": [*([{"role": "system", "content": system}] if system else []), *messages]}


def found(*examples: Example, line_format: Format = "sft", shard: int = 99) -> Chains:
    keys = with_keys(tables_of(examples, line_format=line_format)).examples
    own = keys["turn_keys"].list.last().fill_null(NO_TURN).to_numpy()
    halves = [int(key[:16], 16) for key in keys["messages_key"]]
    lengths = keys["turn_keys"].list.len().to_numpy().astype(np.uint32)
    known, everybody = np.unique(own), np.ones(len(own), np.bool_)
    parts = [
        beginnings(keys[start : start + shard], start, everybody[start : start + shard], known)
        for start in range(0, len(own), shard)
    ]
    joined = type(parts[0])(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    return chains(own, np.array(halves, np.uint64), lengths, joined)


def groups(*examples: Example, line_format: Format = "sft") -> list[set[int]]:
    labels = found(*examples, line_format=line_format)
    by_label: dict[int, set[int]] = {}
    for row, label in zip(labels.rows.tolist(), labels.labels.tolist(), strict=True):
        by_label.setdefault(label, set()).add(row)
    return list(by_label.values())


GREETING = ("Hi", "Hello! How can I help?")
SHOTS = ("great film", "positive", "dull film", "negative")


@pytest.mark.parametrize(
    "examples",
    [
        [grown("q", "a")],
        [grown("q", "a", system="s"), grown("r", "b", system="s")],  # one system prompt
        [grown("q", "a"), grown("q", "b")],  # one question: the group of the prompt
        [grown("q", "a"), grown("q", "b", "r", "c")],
        [grown(*GREETING, "q", "a"), grown(*GREETING, "r", "b")],  # one greeting
        [grown(*SHOTS, f"film {number}", "positive") for number in range(20)],  # examples before the question
        [grown(*GREETING), *(grown(*GREETING, f"q {number}", "a") for number in range(MOST_CONTINUATIONS + 1))],
    ],
)
def test_what_many_begin_with_is_no_conversation(examples: list[Example]) -> None:
    assert groups(*examples) == []


@pytest.mark.parametrize(
    "examples",
    [
        [grown("q", "a"), grown("q", "a", "r", "b")],
        [grown("q", "a", "r", "b", "s", "c"), grown("q", "a")],
        [grown("q", "a", "r", "b"), grown("q", "a", "r", "x", "s", "c")],  # answered anew, then grown
        [grown("q", "a", system="at 9"), grown("q", "a", "r", "b", system="at 10")],
        [grown("Q? ", "a", "r", "b"), grown("q", "a", "R.", "b", "s", "c")],
        [grown(*GREETING), *(grown(*GREETING, f"q {number}", "a") for number in range(MOST_CONTINUATIONS))],
    ],
)
def test_rows_of_which_one_begins_another_are_one_conversation(examples: list[Example]) -> None:
    assert groups(*examples) == [set(range(len(examples)))]


def test_only_what_stands_word_for_word_in_a_longer_row_is_kept_by_it() -> None:
    rows = [grown("q", "a"), grown("q", "a", "r", "b"), grown("q", "a", "r", "b", "s", "c")]
    assert found(*rows).kept.tolist() == [2, 2, 2]
    assert found(grown("q", "a", system="s"), *rows[1:]).kept.tolist() == [0, 2, 2]  # another system prompt
    assert found({**rows[0], "tools": [{"type": "function"}]}, *rows[1:]).kept.tolist() == [0, 2, 2]
    assert found(grown("q", "a", "r", "x"), *rows[1:]).kept.tolist() == [0, 2, 2]


def test_an_answer_that_is_not_trained_stands_for_no_shorter_row() -> None:
    longer = grown("q", "a", "r", "b")
    longer["messages"][1]["weight"] = 0
    assert found(grown("q", "a"), longer).kept.tolist() == [0, 1]
    assert groups(grown("q", "a"), longer) == [{0, 1}]


def test_every_request_of_an_agent_is_a_beginning_of_the_next() -> None:
    def call(number: int) -> dict[str, object]:
        return {"role": "assistant", "tool_calls": [{"id": str(number), "type": "function"}]}

    asked = [{"role": "user", "content": "Weather?"}, call(1)]
    told = [*asked, {"role": "tool", "content": "20", "tool_call_id": "1"}, call(2)]
    rows: list[Example] = [{"messages": asked}, {"messages": told}]
    assert groups(*rows) == [{0, 1}]
    assert found(*rows).kept.tolist() == [1, 1]


def test_prompts_that_grew_are_one_conversation_and_none_is_dropped() -> None:
    rows = [grown("q", "a", "r", ends="user"), grown("q", "a", "r", "b", "s", ends="user")]
    assert groups(*rows, line_format="rft") == [{0, 1}]
    assert found(*rows, line_format="rft").kept.tolist() == [0, 1]


TALKS = st.lists(
    st.lists(st.sampled_from("abc"), min_size=2, max_size=6).filter(lambda texts: len(texts) % 2 == 0),
    min_size=1,
    max_size=8,
    unique_by=tuple,
)


@given(TALKS, st.integers(1, 4))
def test_the_longest_of_each_chain_is_kept_whatever_the_shards(talks: list[list[str]], shard: int) -> None:
    examples = [grown(*texts) for texts in talks]
    chained = found(*examples, shard=shard)
    kept = dict(zip(chained.rows.tolist(), chained.kept.tolist(), strict=True))
    for row, texts in enumerate(talks):
        holders = [other for other in talks if len(other) > len(texts) and other[: len(texts)] == texts]
        holder = talks[kept.get(row, row)]
        assert holder[: len(texts)] == texts
        assert len(holder) == max(map(len, holders), default=len(texts))
        # What holds others is held by nothing itself.
        assert kept.get(talks.index(holder), talks.index(holder)) == talks.index(holder)


@given(TALKS)
def test_no_beginning_stands_in_another_conversation(talks: list[list[str]]) -> None:
    chained = found(*(grown(*texts) for texts in talks))
    label = dict(zip(chained.rows.tolist(), chained.labels.tolist(), strict=True))
    for (one, first), (other, second) in itertools.permutations(enumerate(talks), 2):
        if second[: len(first)] == first:
            assert label[one] == label[other]


def test_a_conversation_is_named_by_its_shortest_row() -> None:
    rows = [grown("q", "a", "r", "b", "s", "c"), grown("q", "a", "r", "b"), grown("x", "y")]
    chained = found(*rows)
    assert (chained.rows.tolist(), chained.roots.tolist()) == ([0, 1], [1, 1])
    assert isinstance(with_keys(tables_of(rows)).examples["turn_keys"].dtype, pl.List)
