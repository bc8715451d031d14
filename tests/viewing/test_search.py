"""What a search finds is what reading every row finds."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.builders import chat
from tests.viewing.looked_at import found, prepared, viewer_of, write_lines
from tuneset.errors import UsageError
from tuneset.viewing.filters import wanted
from tuneset.viewing.search import as_json, required
from tuneset.viewing.texts import strings
from tuneset.viewing.viewer import Viewer

Rows = list[dict[str, Any]]

WORDS = st.text(alphabet='abK\u212a\u0130i"\\\n \u00e9\u0420\u0440\u03a3\u03c2.', max_size=8)
MESSAGES = st.lists(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["user", "assistant", "system"]), "content": WORDS | st.none()},
        optional={"reasoning_content": WORDS, "tool_calls": st.just([{"id": "1", "function": {"name": "ab"}}])},
    ),
    max_size=3,
)
ROWS = st.lists(
    st.fixed_dictionaries({"messages": MESSAGES}, optional={"label": st.booleans()}), min_size=1, max_size=6
)


def looked_at(folder: Path, rows: Rows) -> Viewer:
    return viewer_of([write_lines(folder / "train.jsonl", [{"messages": [{"role": "user"}]}, *rows])], folder)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ([("colour", "red")], "colour: there is no such filter"),
        ([("side", "left")], "side=left: is not known"),
        ([("tokens", "many")], "tokens=many: is no range"),
        ([("regex", "(")], "regex: cannot be used"),
        ([("regex", "(?=a)")], "regex: cannot be used"),
        ([("sample", "-1")], "sample=-1: is no whole number"),
        ([("text", "a"), ("text", "b")], "text: is given 2 times"),
        ([("column", "a")], "column=a: is not understood"),
        ([("id", "xyz")], "id=xyz: is no row id"),
    ],
)
def test_a_filter_that_is_none_is_said(asked: list[tuple[str, str]], told: str) -> None:
    with pytest.raises(UsageError) as caught:
        wanted(asked)
    assert str(caught.value).startswith(told)


@given(ROWS, WORDS.filter(bool))
@example([{"messages": [{"role": "user", "content": "\u212a"}]}], "k")
def test_a_text_is_found_in_whatever_row_says_it(
    tmp_path_factory: pytest.TempPathFactory, rows: Rows, text: str
) -> None:
    viewer = looked_at(tmp_path_factory.mktemp("rows"), rows)
    says = [n for n, row in enumerate(rows, 1) if any(text.lower() in one.lower() for one in strings(row))]
    assert found(viewer, text=text) == says


@given(ROWS, st.sampled_from([r"a.b", r"^a", r"b+", r"ab?", r"(?i)K", r"\.$", r"[ab]{2}", r"a|i", r"aa*b", "\u00e9"]))
def test_a_pattern_is_found_in_whatever_row_it_matches(
    tmp_path_factory: pytest.TempPathFactory, rows: Rows, pattern: str
) -> None:
    viewer = looked_at(tmp_path_factory.mktemp("rows"), rows)
    says = [
        n for n, row in enumerate(rows, 1)
        if (texts := list(strings(row))) and pl.Series(texts).str.contains(pattern).any()
    ]  # fmt: skip
    assert found(viewer, regex=pattern) == says


@given(st.text(alphabet="ab\u00e9.+*?^$\\d", max_size=6), st.text(alphabet="ab1\u00e9", max_size=8))
def test_what_a_pattern_requires_stands_in_what_it_matches(pattern: str, text: str) -> None:
    try:
        matches = re.search(pattern, text)
    except re.error:
        return
    if matches:
        assert required(pattern) in text


@given(ROWS, st.integers(0, 12), st.integers(0, 12))
def test_ranges_and_orders_are_those_of_plain_counting(
    tmp_path_factory: pytest.TempPathFactory, rows: Rows, least: int, most: int
) -> None:
    viewer = looked_at(tmp_path_factory.mktemp("rows"), rows)
    said = [0, *(sum(len(m["content"] or "") for m in row["messages"]) for row in rows)]
    assert found(viewer, characters=f"{least}..{most}") == [n for n, size in enumerate(said) if least <= size <= most]
    assert found(viewer, sort="-characters") == sorted(range(len(said)), key=lambda n: -said[n])


def test_columns_hold_text_or_json(tmp_path: Path) -> None:
    chat = [{"role": "user", "content": "?"}]
    rows: Rows = [
        {"messages": chat, "label": True},
        {"messages": chat, "label": "true"},
        {"messages": chat, "label": False},
    ]
    viewer = looked_at(tmp_path, rows)
    assert found(viewer, column="label=true") == [1, 2]
    assert found(viewer, column="nothing=true") == []


def test_what_rows_hold_and_lack(tmp_path: Path) -> None:
    rows: Rows = [
        {"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "q"}]},
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:,"}}]}]},
        {"messages": [{"role": "assistant", "tool_calls": [{}], "reasoning_content": "hm"}], "tools": [{}]},
    ]
    viewer = looked_at(tmp_path, rows)
    assert found(viewer, holds="system") == [1]
    assert found(viewer, holds="images") == [2]
    assert found(viewer, holds="calls") == found(viewer, holds="reasoning") == found(viewer, holds="tools") == [3]
    assert found(viewer, lacks="user") == [3]


def test_a_sample_is_that_of_its_seed_and_of_the_filter(tmp_path: Path) -> None:
    rows = [
        {"messages": [{"role": "user", "content": f"row {n} {'even' if n % 2 == 0 else 'odd'}"}]} for n in range(99)
    ]
    viewer = looked_at(tmp_path, rows)
    first = found(viewer, sample=10, seed=1)
    assert first == sorted(first)
    assert len(set(first)) == 10
    assert first == found(viewer, sample=10, seed=1, sort="file")
    assert first != found(viewer, sample=10, seed=2)
    even = found(viewer, sample=10, seed=1, text="even")
    assert len(even) == 10
    assert set(even) <= set(found(viewer, text="even"))
    assert sorted(found(viewer, sort="random", seed=3)) == list(range(100))


def test_filters_by_the_ledger_agree_with_the_ledger(tmp_path: Path) -> None:
    said = [(f"What is {word}?", f"It is {word} {number}.") for number, word in enumerate("abcdefghij")]
    examples = [{"messages": [{"role": "user", "content": q}, {"role": "assistant", "content": a}]} for q, a in said]
    random.Random(1).shuffle(examples)
    viewer = viewer_of([prepared(tmp_path, [*examples, examples[0]], split={"validation": 2})], tmp_path)
    ledger = pl.read_parquet(tmp_path / "dataset" / "ledger.parquet")
    for side in ("train", "validation", "dropped"):
        assert found(viewer, side=side) == (ledger["outcome"] == side).arg_true().to_list()
    assert found(viewer, code="DUP") == ledger["code"].is_not_null().arg_true().to_list() != []
    assert found(viewer, tokens="..1") == []
    assert found(viewer, source="raw.jsonl") == list(range(11))
    assert found(viewer, shape="chat") == list(range(11))
    assert found(viewer, id=ledger["row_id"][4]) == [4]
    for row in found(viewer, side="train"):
        line = (tmp_path / "dataset" / "train.jsonl").read_bytes().splitlines()[ledger["written_line"][row] - 1]
        assert viewer.rows.lines(np.array([row])) == [line]


def test_json_of_a_text_is_what_the_lines_hold() -> None:
    assert as_json('A"\u00c9') == 'a\\"\u00e9'.encode()


def test_rows_whose_texts_come_later_are_found_as_if_they_had_been_there(tmp_path: Path) -> None:
    rows = [chat(f"What is {n}?", "A number.") for n in range(4)]
    out = prepared(tmp_path, [*rows, rows[0]], split={"validation": 1})
    for asked in ({"text": "What is 0?"}, {"characters": "1.."}):
        viewer = viewer_of([out], tmp_path)
        written = found(viewer, **asked)
        viewer.read_dropped()
        assert found(viewer, **asked) == sorted([*written, *found(viewer, side="dropped")])
