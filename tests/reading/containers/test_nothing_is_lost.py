"""Whatever wraps the rows of a file, each is read once: compared with a slow reader that knows no streams.

The slow reader is written by another method: it parses the whole text by recursive descent, with comments and
needless commas, and then looks for rows in what it has got.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuneset.reading.raw_shards import plan
from tuneset.reading.read import read_records

WORDS = st.sampled_from(["a", "// no comment", "/* nor this */", ",]", ",}", "]", '\\"', "\u00e9\n", "{", "data"])
ROW = (
    st.builds(lambda q, a: {"question": q, "answer": a}, WORDS, WORDS)
    | st.builds(lambda q, a, n: {"id": n, "prompt": q, "completion": a}, WORDS, WORDS, st.integers())
    | st.builds(
        lambda q, a: {"messages": [{"role": "user", "content": q}, {"role": "assistant", "content": a}]}, WORDS, WORDS
    )
    | st.builds(
        lambda q, a: {"conversations": [{"from": "human", "value": q}, {"from": "gpt", "value": a}]}, WORDS, WORDS
    )
)
NOTHING: st.SearchStrategy[Any] = (
    st.none() | st.integers() | WORDS | st.just([]) | st.just([1, "x"]) | st.just({"total": 2})
)
KEYS = st.sampled_from(["data", "rows", "items", "train", "test", "page", "next", "conversations", "meta", "object"])


def envelopes(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """An object with at least one list of rows, or with an envelope, and with things that hold no row around."""
    holding = st.lists(ROW | inner, min_size=1, max_size=3) | inner
    return st.builds(
        lambda before, key, value, after: {**before, key: value, **{k: v for k, v in after.items() if k != key}},
        st.dictionaries(KEYS, NOTHING, max_size=2),
        KEYS,
        holding,
        st.dictionaries(KEYS, NOTHING | st.lists(ROW, min_size=1, max_size=2), max_size=2),
    )


ENVELOPE = st.recursive(st.lists(ROW, min_size=1, max_size=3).map(lambda rows: {"data": rows}), envelopes, max_leaves=4)
VALUE = ROW | ENVELOPE | st.lists(ROW | ENVELOPE, min_size=1, max_size=3)


def is_row(value: Any) -> bool:  # noqa: ANN401  any JSON value
    if type(value) is not dict:
        return False
    for names in (("question", "answer"), ("prompt", "completion"), ("messages",), ("conversations",)):
        if all(name in value for name in names):
            inner = value.get(names[0])
            if names[0] != "conversations":
                return True
            return type(inner) is list and inner != [] and type(inner[0]) is dict and not slow_rows(inner[0])
    return False


def slow_rows(value: Any) -> list[Any]:  # noqa: ANN401  any JSON value
    """All rows in a value, in order."""
    if is_row(value):
        return [value]
    inside = value if type(value) is list else list(value.values()) if type(value) is dict else []
    return [row for inner in inside for row in slow_rows(inner)]


def slow_values(text: str) -> list[Any]:
    """All values of a text, by recursive descent."""
    values, at = [], blank(text, 0)
    while at < len(text):
        value, at = slow_value(text, at)
        values.append(value)
        at = blank(text, at)
    return values


def blank(text: str, at: int) -> int:
    while at < len(text):
        if text[at] in " \t\r\n,":
            at += 1
        elif text.startswith("//", at):
            at = (text + "\n").index("\n", at)
        elif text.startswith("/*", at):
            at = text.index("*/", at) + 2
        else:
            break
    return at


def slow_value(text: str, at: int) -> tuple[Any, int]:
    if text[at] == "{":
        made: dict[str, Any] = {}
        at = blank(text, at + 1)
        while text[at] != "}":
            key, at = json.JSONDecoder().raw_decode(text, at)
            at = blank(text, at)
            assert text[at] == ":"
            made[key], at = slow_value(text, blank(text, at + 1))
            at = blank(text, at)
        return made, at + 1
    if text[at] == "[":
        listed, at = [], blank(text, at + 1)
        while text[at] != "]":
            value, at = slow_value(text, at)
            listed.append(value)
            at = blank(text, at)
        return listed, at + 1
    return json.JSONDecoder().raw_decode(text, at)


def by_hand(value: Any, draw: st.DrawFn, depth: int = 0) -> str:  # noqa: ANN401  any JSON value
    """JSON text with comments and needless commas here and there."""
    between = draw(st.sampled_from(["", "", " ", "\n", "// x ]}\n", "/* , */", "\n  "]))
    last = draw(st.sampled_from(["", "", ","]))
    if type(value) is dict:
        inner = ", ".join(f"{between}{json.dumps(k)}: {by_hand(v, draw, depth + 1)}" for k, v in value.items())
        return "{" + inner + (last if value else "") + between + "}"
    if type(value) is list:
        inner = ",".join(between + by_hand(v, draw, depth + 1) for v in value)
        return "[" + inner + (last if value else "") + between + "]"
    return json.dumps(value)


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A file: lines, arrays, pages, one document or several, tidy or by hand."""
    values = draw(st.lists(VALUE, min_size=1, max_size=4))
    way = draw(st.sampled_from(["lines", "indented", "by hand", "one array"]))
    if way == "lines":
        return "".join(json.dumps(value) + draw(st.sampled_from(["\n", ",\n", "\r\n", "\n\n"])) for value in values)
    if way == "indented":
        return "\n".join(json.dumps(value, indent=draw(st.sampled_from([0, 2]))) for value in values)
    if way == "one array":
        return json.dumps(values, indent=draw(st.sampled_from([None, 1])))
    return "\n".join("[\n" + by_hand(value, draw) + "\n]" for value in values)


@pytest.mark.slow
@settings(max_examples=400)
@given(text=texts())
def test_every_row_is_read_whatever_wraps_it(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path: Path = tmp_path_factory.getbasetemp() / "any"
    path.write_text(text, encoding="utf-8", newline="")
    expected = [row for value in slow_values(text) for row in slow_rows(value)]
    met = [records for shard in plan([path]) for records in read_records(shard)]
    assert [row for records in met for row in records.values if is_row(row)] == expected
    places = [(line, item) for records in met for line, item in zip(records.lines, records.items, strict=True)]
    places += [(reject.line, reject.item) for records in met for reject in records.rejects]
    assert len(set(places)) == len(places)
