"""Arrays and indented JSON are read record by record, with the line on which each starts."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.reading.containers.json_values import read_values
from tuneset.reading.records import RawReject
from tuneset.reading.shapes.choose import taker


def read(text: str | bytes, cut: int = 1000) -> list[tuple[int, int, dict[str, Any]] | RawReject]:
    """The rows without their lengths."""
    data = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
    rows = read_values(data[at : at + cut] for at in range(0, len(data), cut))
    return [row if isinstance(row, RawReject) else row[:3] for row in rows]


@pytest.mark.parametrize(
    ("broken", "code", "detail"),
    [
        ('{"a": x}', "JSN001", "invalid JSON at line 3, column 7: expecting value"),
        ('{"a": NaN}', "JSN003", "the row holds NaN, which is no JSON value"),
        ('{"a": "\\ud800"}', "JSN005", "the row holds half of a surrogate pair, which is no character"),
        ('{"a": "\0"}', "JSN006", "the row holds a NUL character"),
        ('{"a": "\udcff"}', "FIL002", "the row holds bytes that are not UTF-8"),
        ("7", "JSN002", "the row is a number; a JSON object is needed"),
        ('[{"a": 1}]', "JSN002", "the row is a list; a JSON object is needed"),
        ("[" * 5000, "JSN001", "the row is nested deeper than 254 levels"),
    ],
)
@pytest.mark.parametrize("cut", [1, 7, 1000])
def test_a_broken_record_says_why_and_reading_goes_on(broken: str, code: str, detail: str, cut: int) -> None:
    rows = read(f'[\n{{"a": 1}},\n{broken},\n{{"a": 2}}\n]', cut)
    where = "; reading goes on at line 4, column 1" if code in ("JSN001", "JSN006") else ""
    assert rows == [(2, 0, {"a": 1}), RawReject(3, 0, code, detail + where), (4, 0, {"a": 2})]


def test_reading_goes_on_within_a_line_at_the_same_first_key() -> None:
    rows = read('[{"a": {"b": 1}}, {"a": {"b": }, "c": [{"d": 1}]}, {"a": 3}]')
    assert rows == [
        (1, 0, {"a": {"b": 1}}),
        RawReject(
            1, 1, "JSN001", "invalid JSON at line 1, column 31: expecting value; reading goes on at line 1, column 52"
        ),
        (1, 2, {"a": 3}),
    ]


def test_reading_goes_on_at_the_same_indent() -> None:
    text = json.dumps([{"a": {"x": 1}}, {"a": {"x": 2}}, {"b": {"x": 3}}], indent=2).replace('"x": 2', '"x": two')
    assert read(text) == [
        (2, 0, {"a": {"x": 1}}),
        RawReject(
            7, 0, "JSN001", "invalid JSON at line 9, column 12: expecting value; reading goes on at line 12, column 3"
        ),
        (12, 0, {"b": {"x": 3}}),
    ]


def test_an_array_cut_short_loses_only_its_last_record() -> None:
    assert read('[{"a": 1},\n{"a": "2') == [
        (1, 0, {"a": 1}),
        RawReject(
            2, 0, "JSN001", "invalid JSON at line 2, column 7: unterminated string starting; what follows is not read"
        ),
    ]


def test_integers_keep_every_digit() -> None:
    assert read('[{"n": 123456789012345678901234567890}]') == [(1, 0, {"n": 123456789012345678901234567890})]


RECORD = st.dictionaries(
    st.text(st.characters(codec="utf-8"), max_size=3),
    st.recursive(
        st.integers() | st.text(st.characters(codec="utf-8"), max_size=5) | st.none(),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
        max_leaves=3,
    ),
    max_size=3,
)


@given(records=st.lists(RECORD, max_size=5), indent=st.sampled_from([None, 0, 2]), cut=st.integers(1, 50))
def test_an_array_reads_the_same_however_it_is_written_and_cut(
    records: list[dict[str, Any]], indent: int | None, cut: int
) -> None:
    rows = read(json.dumps(records, indent=indent), cut)
    assert [row[2] for row in rows] == records


@given(data=st.text(st.sampled_from('[]{}",:\\ \n\x0019aeNu') | st.characters(), max_size=40), cut=st.integers(1, 9))
def test_whatever_the_text_every_place_is_told_once_and_however_it_is_cut(data: str, cut: int) -> None:
    raw = data.encode("utf-8", "replace")
    rows = read(raw)
    assert len({(row[0], row[1]) for row in rows}) == len(rows)
    assert read(raw, cut) == rows


@given(
    names=st.lists(st.sampled_from(["ann", "bob", "message_store:1", "7"]), min_size=1, unique=True),
    of=st.sampled_from(["role", "type", "from"]),
    indent=st.sampled_from([None, 0, 2]),
)
def test_conversations_by_name_stay_apart_however_the_file_is_indented(
    names: list[str], of: str, indent: int | None
) -> None:
    store = {name: [_said(of, "user", f"Where is {name}?"), _said(of, "assistant", "Here.")] for name in names}
    rows = [row[2] for row in read_values([json.dumps(store, indent=indent).encode()], taker(None)) if len(row) == 4]
    assert [next(iter(row.values())) for row in rows] == list(store.values())


def _said(of: str, role: str, text: str) -> dict[str, Any]:
    """A message of a chat, of LangChain or of ShareGPT."""
    if of == "type":
        return {"type": {"user": "human"}.get(role, "ai"), "data": {"content": text}}
    return {"role": role, "content": text} if of == "role" else {"from": role, "value": text}
