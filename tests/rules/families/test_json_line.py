"""Bytes that are no JSON object are told apart, with their place; repeated keys are always found."""

import json
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rules.support import reports
from tuneset.reading.containers.jsonl import parse_lines
from tuneset.rules.families.json_line import read_line, repeated_keys
from tuneset.rules.samples import ANSWER, ASK

HUGE = "a number beyond the range of a double, which is no JSON value"
NO_NAME = "expecting property name enclosed in double quotes"
GOOD = [
    b"{}",
    b'{"a": 1}',
    b'{"a":"\\ud83d\\ude00"}',
    b'{"a":"\\\\u0000"}',
    b'{"a":"b\\":","c":":"}',
    '{"ключ": "значение"}'.encode(),
]


@pytest.mark.parametrize("line", GOOD)
def test_objects_have_no_issue(line: bytes) -> None:
    value, issues = read_line(line)
    assert value == json.loads(line)
    assert issues == []
    assert repeated_keys(line, value or {}) == []


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        (b"\xff", "FIL002", "byte 1 of the line is 0xff, which is not UTF-8"),
        (b"[1]", "JSN002", "the line is an array; allowed: an object"),
        (b"null", "JSN002", "the line is null; allowed: an object"),
        (b'{"a": NaN}', "JSN003", "the line holds NaN, which is no JSON value"),
        (b'{"a": -Infinity}', "JSN003", "the line holds -Infinity, which is no JSON value"),
        (b'{"a": 1e999}', "JSN003", f"the line holds {HUGE}"),
        (b'{"a": ' + b"9" * 400 + b"}", "JSN003", f"the line holds {HUGE}"),
        (b'{"a": ' + b"9" * 5000 + b"}", "JSN003", f"the line holds {HUGE}"),
        (b'{"a": "\\ud800"}', "JSN005", "the line holds half of a surrogate pair, which is no character"),
        (b'{"a":1}{"b":2}', "JSN008", "a second value begins after the first"),
        (b'{"a":1}, {"b":2}', "JSN008", "a second value begins after the first"),
        (b'{"a":1} x', "JSN001", 'invalid JSON at column 9: there is text after the value\n{"a":1} x\n        ^'),
        (
            b"{a: 1}",
            "JSN001",
            "invalid JSON at column 2: expecting property name enclosed in double quotes\n{a: 1}\n ^",
        ),
        (b'  {"a": x}', "JSN001", 'invalid JSON at column 9: expecting value\n  {"a": x}\n        ^'),
        (b'{"a": "\0"}', "JSN006", "the line holds a NUL character"),
        (b"[" * 254, "JSN001", f"invalid JSON at column 255: expecting value\n{'[' * 30}\n{' ' * 30}^"),
        (
            b'["' + b"[" * 300 + b'"',
            "JSN001",
            f"invalid JSON at column 304: expecting ',' delimiter\n{'[' * 29}\"\n{' ' * 30}^",
        ),
        (b"[" * 255, "JSN001", "the line is nested deeper than 254 levels"),
        (b"[" * 5000, "JSN001", "the line is nested deeper than 254 levels"),
        (b'{"a":' * 2000 + b"1" + b"}" * 2000, "JSN001", "the line is nested deeper than 254 levels"),
    ],
)
def test_what_is_no_object_is_told_apart(line: bytes, code: str, message: str) -> None:
    value, issues = read_line(line)
    assert value is None
    assert [(issue.code, issue.path, issue.message) for issue in issues] == [(code, "", message)]


def test_an_excerpt_never_shows_a_secret() -> None:
    secret = "sk-" + "a1" * 20
    _, issues = read_line(f'{{"key": "{secret}" "b"}}'.encode())
    assert issues[0].code == "JSN001"
    assert "a1a1" not in issues[0].message


def test_nul_is_found_in_values_and_not_in_escaped_escapes() -> None:
    value, issues = read_line(b'{"a":["x","y\\u0000"],"b":"\\\\u0000"}')
    assert value is not None
    assert [(issue.code, issue.path) for issue in issues] == [("JSN006", "$.a[1]")]


keys = st.text(max_size=4)
values = st.recursive(
    st.none() | st.integers(-9, 9) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)
separators = st.sampled_from([(",", ":"), (", ", ": "), (",", " : "), (" ,", "\t:")])


@given(st.dictionaries(keys, values, max_size=4), separators, st.booleans())
def test_unique_keys_are_never_repeated(value: dict[str, object], marks: tuple[str, str], escaped: bool) -> None:
    line = json.dumps(value, separators=marks, ensure_ascii=escaped).encode()
    assert repeated_keys(line, orjson.loads(line)) == []


@given(st.dictionaries(keys, values, min_size=1, max_size=4), separators, st.data())
def test_a_repeated_key_is_always_found(value: dict[str, object], marks: tuple[str, str], data: st.DataObject) -> None:
    text = json.dumps(value, separators=marks)
    key = data.draw(st.sampled_from(sorted(value)))
    doubled = f"{text[:-1]}{marks[0]}{json.dumps(key)}{marks[1]}1}}".encode()
    found = repeated_keys(doubled, orjson.loads(doubled))
    assert [issue.parts for issue in found] == [(key,)]


def test_a_list_of_messages_is_read_as_one_conversation_and_told(tmp_path: Path) -> None:
    lists = [
        [{**ASK, "content": f"What is {number}?"}, {**ANSWER, "content": f"It is {number}."}] for number in range(10)
    ]
    data = b"\n".join(orjson.dumps(messages) for messages in lists)
    (report,) = reports(tmp_path, data)
    assert (report.format, report.examples) == ("sft", 10)
    assert {(found.code, found.example > 0) for found in report.findings} == {("JSN009", True)}


NUMBERS = ["NaN", "-Infinity", "1e999", "9" * 400, "01"]
TEXTS = ['"\\ud800"', '"\0"', '"\t"', '"\\q"', "'a'"]
BROKEN = st.sampled_from([*NUMBERS, *TEXTS, "True", "x", "[1 2]", '{"b"}'])


@given(st.dictionaries(keys, values, max_size=3), BROKEN, st.integers(0, 3))
def test_check_and_prepare_say_the_same_of_a_line_that_is_no_json(
    value: dict[str, object], broken: str, blanks: int
) -> None:
    text = json.dumps(value, ensure_ascii=False)
    line = f'{" " * blanks}{text[:-1]}{"," if value else ""}"z": {broken}}}'.encode()
    _, (found,) = read_line(line)
    (told,) = parse_lines(line, 1).rejects
    assert found.code == told.code
    assert found.message.partition("\n")[0].replace("the line", "the row") == told.detail
