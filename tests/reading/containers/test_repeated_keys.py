"""An object that has a key twice with different values is told; whatever else its text looks like, no other row is.

Texts are written from pairs, so that what stands twice is known without any parser.
"""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tuneset.reading.containers.json_values import read_values
from tuneset.reading.containers.jsonl import parse_lines
from tuneset.reading.containers.repeated_keys import repeated
from tuneset.reading.records import RawReject

Pairs = list[tuple[str, Any]]

KEYS = st.sampled_from(["answer", "id", 'a"b', "\\", ":", "é"])
TEXTS = st.sampled_from(["", '"', '\\":', '{"a":1,"a":2}', "a\u2028b", "\\u0022", "\U0001f600", "// no comment"])
PLAIN = TEXTS | st.integers() | st.none() | st.booleans() | st.integers(10**20, 10**21)


def objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(st.tuples(KEYS, inner), max_size=4).map(lambda pairs: ("object", pairs)) | st.lists(
        inner, max_size=3
    )


VALUES = st.recursive(PLAIN, objects, max_leaves=8)
ROWS = st.lists(st.tuples(KEYS, VALUES), min_size=1, max_size=4)
SPACES = st.sampled_from(["", " ", "\t"])


def written(value: Any, space: str, *, escaped: bool) -> str:  # noqa: ANN401  any JSON value
    if isinstance(value, tuple):
        inner = ",".join(
            json.dumps(key) + space + ":" + space + written(held, space, escaped=escaped) for key, held in value[1]
        )
        return f"{{{inner}}}"
    if isinstance(value, list):
        return "[" + ("," + space).join(written(held, space, escaped=escaped) for held in value) + "]"
    text = json.dumps(value, ensure_ascii=escaped)
    return text.replace('\\"', "\\u0022") if escaped else text


def parsed(value: Any) -> Any:  # noqa: ANN401  any JSON value
    if isinstance(value, tuple):
        return {key: parsed(held) for key, held in value[1]}
    return [parsed(held) for held in value] if isinstance(value, list) else value


def loses(value: Any) -> bool:  # noqa: ANN401  any JSON value
    """Whether two values of one key differ somewhere in a value, by looking at every pair of pairs."""
    if isinstance(value, tuple):
        pairs: Pairs = value[1]
        clash = any(
            key == other and parsed(held) != parsed(there)
            for place, (key, held) in enumerate(pairs)
            for other, there in pairs[place + 1 :]
        )
        return clash or any(loses(held) for _, held in pairs)
    return isinstance(value, list) and any(map(loses, value))


@given(row=ROWS, space=SPACES, escaped=st.booleans())
def test_a_key_with_two_values_is_told_and_nothing_else_is(row: Pairs, space: str, *, escaped: bool) -> None:
    whole = ("object", row)
    text = written(whole, space, escaped=escaped)
    told = repeated(text, parsed(whole))
    assert (told is not None) == loses(whole), text


@given(ROWS, ROWS, SPACES)
def test_lines_and_lists_tell_it_alike(one: Pairs, two: Pairs, space: str) -> None:
    rows = [("object", one), ("object", two)]
    texts = [written(row, space, escaped=False) for row in rows]
    lines = parse_lines("\n".join(texts).encode(), 1)
    codes = {reject.line: reject.code for reject in lines.rejects}
    assert codes == {place: "JSN004" for place, row in enumerate(rows, 1) if loses(row)}
    listed = list(read_values([f"[\n{texts[0]},\n{texts[1]}\n]".encode()]))
    assert [isinstance(row, RawReject) and row.code == "JSN004" for row in listed] == list(map(loses, rows))


def test_a_key_that_says_the_same_twice_is_no_fault() -> None:
    records = parse_lines(b'{"id": 7, "question": "?", "answer": "!", "id" : 7}\n', 1)
    assert (records.values, records.rejects) == ([{"id": 7, "question": "?", "answer": "!"}], [])


def test_of_several_rows_on_a_line_only_the_one_that_has_it_goes() -> None:
    records = parse_lines(b'{"answer": 1, "answer": 2}, {"answer": 3} {"answer": 4} // "x"\n', 1)
    assert (records.values, records.items) == ([{"answer": 3}, {"answer": 4}], [1, 2])
    assert [(reject.item, reject.code) for reject in records.rejects] == [(0, "JSN004")]


def test_comments_and_commas_hide_no_key() -> None:
    text = b'[\n{"answer": 1, "answer": 2, // "why"\n},\n{"answer": 3, /* "x" */ },\n]'
    rows = list(read_values([text]))
    assert [type(row) is RawReject for row in rows] == [True, False]
