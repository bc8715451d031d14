"""One line's bytes as a JSON object, or what keeps it from being one.

The fast way is orjson and a count of keys; only where one of them hesitates is the line read again, slowly and with
care. What the object means is not looked at. What keeps a text from being JSON, `reading/containers/json_value.py`
says alone, for `check` as for `prepare`.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from typing import Any

import orjson

from tuneset.reading.containers.json_value import check_parts, decode_value, explain, too_deep
from tuneset.reading.line_ranges import MAX_LINE_BYTES
from tuneset.roles import known_role
from tuneset.rules.context import Context
from tuneset.rules.issue import Issue, issue, kind
from tuneset.rules.rule import Rule, Sample
from tuneset.rules.samples import ANSWER, ASK, GOOD_CHAT, chat
from tuneset.rules.secret_forms import may_hold_secret

_RFC = "RFC 8259 (JSON), sections 4, 6, 7 and 8.1"
_SEEN = dt.date(2026, 11, 20)
_LINE = chat(ASK, ANSWER)

RULES = (
    Rule(
        "FIL005", "line-too-long", "error", "The line is too long to be an example.",
        "Ten images of 10 MB in base64 make 133 MB; what is longer than 160 MiB is no line of text.",
        "OpenAI vision fine-tuning guide (10 images of 10 MB)", _SEEN,
        Sample(b"", name="a line of more than 160 MiB"), GOOD_CHAT,
    ),
    Rule(
        "FIL006", "blank-line", "warning", "The line is blank.",
        "Some loaders stop at it, and the server's example numbers no longer match line numbers.",
        "together-python utils/files.py; wandb/rai-toolkit#82", _SEEN,
        Sample(_LINE + b"\n\n" + _LINE.replace(b"France", b"Peru").replace(b"Paris", b"Lima"), line=2),
        Sample(_LINE + b"\n"), fixable=True,
    ),
    Rule(
        "JSN001", "invalid-json", "error", "The line is not JSON.",
        "The server stops at the first such line; unescaped quotes and bare keys are the usual causes.",
        _RFC, _SEEN,
        Sample(b'{"messages": [}'), GOOD_CHAT,
    ),
    Rule(
        "JSN002", "not-an-object", "error", "The line is JSON, but not an object.",
        "'Expected file to have JSONL format, where every line is a JSON dictionary.'",
        "OpenAI error text (OpenAI-API-dotnet#59)", _SEEN,
        Sample(b'"messages"'), GOOD_CHAT,
    ),
    Rule(
        "JSN003", "nan-or-infinity", "error", "The line holds NaN or Infinity, which JSON does not know.",
        "Python's json module writes them; strict readers refuse the line.",
        _RFC, _SEEN,
        Sample(b'{"messages":[{"role":"user","content":"Hi"}],"score":NaN}'), GOOD_CHAT,
    ),
    Rule(
        "JSN004", "duplicate-key", "error", "An object has the same key twice.",
        "Readers keep the first, the last or neither: what is trained on depends on the reader.",
        _RFC, _SEEN,
        Sample(
            _LINE.replace(b'"content":"Paris."', b'"content":"Lyon.","content":"Paris."'),
            path="$.messages[1].content",
        ),
        GOOD_CHAT,
    ),
    Rule(
        "JSN005", "lone-surrogate", "error", "A string holds half of a surrogate pair.",
        "It stands for no character and cannot be encoded as UTF-8; a cut emoji is the usual cause.",
        _RFC, _SEEN,
        Sample(_LINE.replace(b"Paris", rb"Paris \ud83d")), Sample(_LINE.replace(b"Paris", rb"Paris \ud83d\ude00")),
    ),
    Rule(
        "JSN006", "nul-character", "error", "The text holds the character U+0000.",
        "Databases and C libraries on the way cut the text there.",
        "PostgreSQL documentation, JSON types (\\u0000 is rejected)", _SEEN,
        Sample(_LINE.replace(b"Paris", rb"Paris\u0000"), path="$.messages[1].content"), GOOD_CHAT, fixable=True,
    ),
    Rule(
        "JSN008", "several-values-on-one-line", "error", "The line holds several JSON values.",
        "A line is one example; a missing newline between two is the usual cause.",
        _RFC, _SEEN,
        Sample(_LINE + _LINE.replace(b"France", b"Peru").replace(b"Paris", b"Lima")), GOOD_CHAT, fixable=True,
    ),
    Rule(
        "JSN009", "bare-conversation", "error", "The line is a list of messages, without an object around it.",
        "It is one conversation, but the server asks for an object: 'every line is a JSON dictionary'.",
        "unsloth#321; OpenAI error text (OpenAI-API-dotnet#59)", _SEEN,
        Sample(orjson.dumps([ASK, ANSWER])), GOOD_CHAT, fixable=True,
    ),
)  # fmt: skip

_EXCERPT = 30
"""Characters shown on either side of a syntax error."""
_SPACED_QUOTE = re.compile(rb'"[ \t\r]+:')
_HINTS = {
    "JSN001": 'escape quotes within strings as \\", put keys in double quotes, and keep an example on one line',
    "JSN003": "write null, a number or a string, or leave the key out",
    "JSN005": "write the whole character, or remove the half",
    "JSN006": "remove the character",
}


def line_issues(raw: bytes | None, context: Context) -> tuple[dict[str, Any] | None, list[Issue]]:
    """The object of a line, None where it holds none, and what is wrong with the line.

    `raw` is None for a line that is longer than MAX_LINE_BYTES.
    """
    if raw is None:
        said = f"the line is longer than {MAX_LINE_BYTES >> 20} MiB"
        return None, [issue("FIL005", None, said, "split the example, or give images by URL")]
    if not raw.strip(b" \t\r"):
        return None, [issue("FIL006", None, "the line is blank", "remove it")]
    example, issues = read_line(raw)
    return example, [found for found in issues if context.on(found.code)]


def read_line(line: bytes) -> tuple[dict[str, Any] | None, list[Issue]]:
    r"""The object of a line, and what is wrong with its bytes or its JSON.

    The object is None where the line cannot be used any further.

    >>> read_line(b'{"a": 1}')
    ({'a': 1}, [])
    >>> read_line(b'{"a": 1} {"a": 2}')[1][0].code
    'JSN008'
    """
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as refusal:
        return None, [_diagnosis(line, refusal)]
    issues = []
    if type(value) is list and (wrapped := bare_conversation(value)) is not None:
        value = wrapped
        hint = 'write {"messages": [...]}: `tuneset check --fix` does'
        issues.append(issue("JSN009", None, "the line is a list of messages; allowed: an object that holds it", hint))
    if type(value) is not dict:
        hint = "wrap the value in an object" if value is not None else "remove the line"
        return None, [issue("JSN002", None, f"the line is {kind(value)}; allowed: an object", hint)]
    if b"\\u0000" not in line:
        return value, issues
    return value, issues + nul_issues(value)


def nul_issues(value: Mapping[str, Any]) -> list[Issue]:
    """JSN006 for each string and key of an example that holds U+0000."""
    return [issue("JSN006", path, "the text holds U+0000", _HINTS["JSN006"]) for path in _nul_places(value, ())]


def bare_conversation(value: Any) -> dict[str, Any] | None:  # noqa: ANN401  any JSON value
    """The chat line that a list of messages stands for, those of ShareGPT with `role` and `content`; else None.

    >>> bare_conversation([{"from": "human", "value": "Hi"}])
    {'messages': [{'role': 'user', 'content': 'Hi'}]}
    >>> bare_conversation([{"messages": []}]) is bare_conversation([]) is None
    True
    """
    if not isinstance(value, list) or not value or not all(_is_message(entry) for entry in value):
        return None
    return {"messages": [_message(entry) for entry in value]}


def _is_message(value: Any) -> bool:  # noqa: ANN401  any JSON
    if not isinstance(value, dict) or "messages" in value:
        return False
    if isinstance(value.get("role"), str):
        return "content" in value or "tool_calls" in value or "function_call" in value
    return isinstance(value.get("from"), str) and "value" in value


def _message(entry: dict[str, Any]) -> dict[str, Any]:
    if "role" in entry:
        return entry
    rest = {key: child for key, child in entry.items() if key not in ("from", "value")}
    return {"role": known_role(entry["from"]) or entry["from"], "content": entry["value"], **rest}


def repeated_keys(line: bytes, value: dict[str, Any]) -> list[Issue]:
    """One issue for each key that an object of the line has twice; `value` is what orjson makes of the line.

    >>> repeated_keys(b'{"a":1,"a":2}', {"a": 2})[0].path
    '$.a'
    """
    if not _may_repeat_a_key(line, _count_keys(value)):
        return []
    marked = json.loads(line, object_pairs_hook=_Pairs)
    return [issue("JSN004", path, "the key is there twice", "keep one of the two") for path in _pair_paths(marked, ())]


def _may_repeat_a_key(line: bytes, keys: int) -> bool:
    r"""Whether an object in the line may have a key twice; False is certain, True is not.

    orjson keeps the last of two equal keys, so there are then more keys in the text than in its value. Outside
    strings `":` ends a key; inside them it can only be `\":`, or the colon of a string that begins with one.

    >>> _may_repeat_a_key(b'{"a":1,"a":2}', 1), _may_repeat_a_key(b'{"a":"\\":"}', 1)
    (True, False)
    """
    if (b" :" in line or b"\t:" in line or b"\r:" in line) and _has_spaced_key(line):
        return True
    in_text = line.count(b'":')
    if in_text == keys:
        return False
    return b'\\\\":' in line or in_text - line.count(b'\\":') != keys


def _has_spaced_key(line: bytes) -> bool:
    r"""Whether white space may stand between a key and its colon, which hides the key from the count.

    >>> _has_spaced_key(b'{"a" :1}'), _has_spaced_key(b'{"a":"\\"b\\" : 1"}')
    (True, False)
    """
    for found in _SPACED_QUOTE.finditer(line):
        before = line[max(0, found.start() - 2) : found.start()]
        if not before.endswith(b"\\") or before == b"\\\\":
            return True
    return False


def _count_keys(value: Any) -> int:  # noqa: ANN401  any JSON value
    if type(value) is dict:
        count = len(value)
        for child in value.values():
            if type(child) is dict or type(child) is list:
                count += _count_keys(child)
        return count
    return sum(_count_keys(child) for child in value if type(child) is dict or type(child) is list)


class _Pairs(list[tuple[str, Any]]):
    """An object as the pairs that it was written with."""


def _pair_paths(value: Any, path: tuple[str | int, ...]) -> list[tuple[str | int, ...]]:  # noqa: ANN401  any JSON
    found = []
    if isinstance(value, _Pairs):
        seen: set[str] = set()
        for key, child in value:
            if key in seen:
                found.append((*path, key))
            seen.add(key)
            found += _pair_paths(child, (*path, key))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            found += _pair_paths(child, (*path, index))
    return list(dict.fromkeys(found))


def _nul_places(value: Any, path: tuple[str | int, ...]) -> list[tuple[str | int, ...]]:  # noqa: ANN401  any JSON
    r"""The places of all strings and keys that hold U+0000.

    >>> _nul_places({"a": ["x", "y\0"]}, ())
    [('a', 1)]
    """
    if isinstance(value, str):
        return [path] if "\0" in value else []
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found: list[tuple[str | int, ...]] = []
    for key, child in entries:
        found += [(*path, key)] if isinstance(key, str) and "\0" in key else _nul_places(child, (*path, key))
    return found


# --- lines that are not JSON ---------------------------------------------------------------------------------------


def _diagnosis(line: bytes, refusal: json.JSONDecodeError) -> Issue:
    """Why orjson refuses a line, as one issue."""
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        said = f"byte {error.start + 1} of the line is 0x{line[error.start]:02x}, which is not UTF-8"
        return issue("FIL002", None, said, "save the file as UTF-8")
    start = len(text) - len(text.lstrip(" \t\r"))
    try:
        value, end = decode_value(text, start)
        rest = text[end:].lstrip(" \t\r,")
        if rest[:1] in ("{", "["):
            hint = "put each value on a line of its own"
            return issue("JSN008", None, "a second value begins after the first", hint)
        if rest:
            raise json.JSONDecodeError("there is text after the value", text, len(text) - len(rest))
    except (ValueError, RecursionError) as error:
        return _issue_of(error, text)
    return _issue_of(refusal, text, check_parts(value, "line"))


def _issue_of(error: Exception, text: str, found: tuple[str, str] | None = None) -> Issue:
    """What is wrong with a line, by what a reader raised unless it is known; a syntax error is shown with a caret."""
    code, said = found or explain(error, text, "line")
    is_deep = (code, said) == too_deep("line")
    hint = "flatten the example" if is_deep else _HINTS[code]
    if is_deep or code != "JSN001" or found or not isinstance(error, json.JSONDecodeError):
        return issue(code, None, said, hint)
    start = max(0, error.pos - _EXCERPT)
    excerpt = text[start : error.pos + _EXCERPT]
    # The excerpt is cut, so a secret in it may have lost its start: look at what is around it as well.
    if may_hold_secret(text[max(0, start - 200) : error.pos + 200]):
        return issue(code, None, said, hint)
    shown = "".join(character if character.isprintable() else "·" for character in excerpt)
    return issue(code, None, f"{said}\n{shown}\n{' ' * (error.pos - start)}^", hint)
