"""JSON lines are read line by line, and what cannot be read says where and why."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.reading.containers import jsonl
from tuneset.reading.containers.jsonl import parse_lines, parse_stream
from tuneset.reading.records import RawReject

HUGE = "the row holds a number beyond the range of a double, which is no JSON value"


@pytest.mark.parametrize(
    ("line", "code", "detail"),
    [
        (b'{"a": "x" "b"}', "JSN001", "invalid JSON at column 11: expecting ',' delimiter"),
        (b'{"a": 1', "JSN001", "invalid JSON at column 8: expecting ',' delimiter"),
        (b'  {"a": x}', "JSN001", "invalid JSON at column 9: expecting value"),
        (b"{a: 1}", "JSN001", "invalid JSON at column 2: expecting property name enclosed in double quotes"),
        (b'{"a": "x\ty"}', "JSN001", "invalid JSON at column 9: invalid control character"),
        (b"[" * 254, "JSN001", "invalid JSON at column 255: expecting value"),
        (b'["' + b"[" * 300 + b'"', "JSN001", "invalid JSON at column 304: expecting ',' delimiter"),
        (b"[" * 255, "JSN001", "the row is nested deeper than 254 levels"),
        (b"[" * 2000 + b"]" * 2000, "JSN001", "the row is nested deeper than 254 levels"),
        (b'{"a":' * 2000 + b"1" + b"}" * 2000, "JSN001", "the row is nested deeper than 254 levels"),
        (b"[1" + b'{"a": ' * 300, "JSN001", "invalid JSON at column 3: expecting ',' delimiter"),
        (b"7", "JSN002", "the row is a number; a JSON object is needed"),
        (b"[]", "JSN002", "the row is a list; a JSON object is needed"),
        (b"null", "JSN002", "the row is null; a JSON object is needed"),
        (b'"text"', "JSN002", "the row is a string; a JSON object is needed"),
        (b'{"a": NaN}', "JSN003", "the row holds NaN, which is no JSON value"),
        (b'{"a": -Infinity}', "JSN003", "the row holds -Infinity, which is no JSON value"),
        (b'{"a": 1e400}', "JSN003", HUGE),
        (b'{"a": ' + b"9" * 400 + b"}", "JSN003", HUGE),
        (b'{"a": ' + b"9" * 5000 + b"}", "JSN003", HUGE),
        (b'{"a": "\\ud800"}', "JSN005", "the row holds half of a surrogate pair, which is no character"),
        (b'{"a\\udc00": 1}', "JSN005", "the row holds half of a surrogate pair, which is no character"),
        (b'{"a": "\0"}', "JSN006", "the row holds a NUL character"),
        (b'{"a": "\xff"}', "FIL002", "byte 8 of the line is not UTF-8"),
    ],
)
def test_a_line_that_cannot_be_read_says_why_and_reading_goes_on(line: bytes, code: str, detail: str) -> None:
    records = parse_lines(b'{"n": 1}\n' + line + b'\n{"n": 2}', 5)
    assert records.rejects == [RawReject(6, 0, code, detail)]
    assert (records.lines, records.values) == ([5, 7], [{"n": 1}, {"n": 2}])


def test_blank_lines_are_no_rows_but_count_as_lines() -> None:
    records = parse_lines(b'\n  \r\n{"a": 1}\r\n\t\n{"b": 2}\n\n', 1)
    assert (records.lines, records.rejects) == ([3, 5], [])


def test_only_a_line_feed_ends_a_line() -> None:
    records = parse_lines('{"a": "x\u2028y\u0085z"}\r{"b": 1}\n'.encode(), 1)
    assert records.lines == [1, 1]
    assert records.values == [{"a": "x\u2028y\u0085z"}, {"b": 1}]


def test_several_values_on_a_line_are_unrolled() -> None:
    records = parse_lines(b'[{"a": 1}, 2] {"b": 3}{"c": }\n', 1)
    assert list(zip(records.lines, records.items, records.values, strict=True)) == [(1, 0, {"a": 1}), (1, 2, {"b": 3})]
    assert [(reject.item, reject.code) for reject in records.rejects] == [(1, "JSN002"), (3, "JSN001")]


def test_a_byte_order_mark_before_any_line_is_passed_over() -> None:
    assert parse_lines(b'{"a": 1}\n\xef\xbb\xbf{"b": 2}', 1).values == [{"a": 1}, {"b": 2}]


@pytest.mark.parametrize("number", [2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, 10**30])
def test_integers_keep_every_digit(number: int) -> None:
    assert parse_lines(b'{"n": %d}' % number, 1).values == [{"n": number}]


def test_a_line_longer_than_the_limit_is_rejected_and_reading_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonl, "MAX_ROW_BYTES", 30)
    monkeypatch.setattr(jsonl, "BATCH_BYTES", 10)
    data = b'{"a": 1}\n{"b": "' + b"x" * 100 + b'"}\n{"c": 3}\n'
    batches = list(parse_stream(data[at : at + 7] for at in range(0, len(data), 7)))
    assert [(line, value) for batch in batches for line, value in zip(batch.lines, batch.values, strict=True)] == [
        (1, {"a": 1}),
        (3, {"c": 3}),
    ]
    assert [reject for batch in batches for reject in batch.rejects] == [
        RawReject(2, 0, "FIL005", "the line is longer than 30 bytes")
    ]


LINE = st.binary(max_size=12) | st.sampled_from(
    [b'{"a": 1}', b'{"a": "\\ud800"}', b"[{}, {}]", b"{}{}", b"", b" \r", b'{"a']
)


@given(lines=st.lists(LINE, max_size=6), cut=st.integers(1, 9))
def test_a_stream_reads_the_same_however_it_is_cut(lines: list[bytes], cut: int) -> None:
    data = b"\n".join(lines)
    whole = parse_lines(data, 1)
    pieces = [data[at : at + cut] for at in range(0, len(data), cut)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jsonl, "BATCH_BYTES", 5)
        batches = list(parse_stream(pieces))
    assert [line for batch in batches for line in batch.lines] == whole.lines
    assert [value for batch in batches for value in batch.values] == whole.values
    assert [reject for batch in batches for reject in batch.rejects] == whole.rejects


@given(data=st.binary(max_size=60))
def test_whatever_the_bytes_each_row_is_a_record_or_a_reject(data: bytes) -> None:
    records = parse_lines(data, 1)
    met = set(records.lines) | {reject.line for reject in records.rejects}
    lines = enumerate(data.split(b"\n"), 1)
    told = ((number, line.decode("utf-8", "replace")) for number, line in lines)
    nothing = {number for number, line in told if not re.sub(r"//.*|/\*.*?\*/|[\s,\ufeff]", "", line)}
    assert met == set(range(1, data.count(b"\n") + 2)) - nothing
