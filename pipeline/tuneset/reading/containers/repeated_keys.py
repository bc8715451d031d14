r"""Objects of JSON that have a key twice, with two different values: which of them is meant, nobody can say.

Parsers keep the last one in silence, so that the first would be in no example. A key that stands there twice with the
same value loses nothing and is no fault. That a text has no such key is found without parsing it again: what a parser
leaves out takes the quotes around its key with it, so the value written anew has as many quotes as the text; only an
escape (`\u0022`) hides one.
"""

from __future__ import annotations

import json

import orjson

from tuneset.json_text import JsonValue, shown_key
from tuneset.reading.containers.relaxed_json import skip_between, without_comments

_HIDDEN_QUOTE = b"\\u0022"
_QUOTE = b'"'


class _RepeatedKeyError(ValueError):
    """An object has a key twice, with different values; its text is the key."""


def lose_nothing(raw: bytes, values: list[JsonValue]) -> bool:
    r"""Whether a text has for certain no more keys than the values that were read from it.

    >>> lose_nothing(b'{"a": 1}\n{"a" : "\\""}', [{"a": 1}, {"a": '"'}]), lose_nothing(b'{"a":1,"a":2}', [{"a": 2}])
    (True, False)
    """
    if _HIDDEN_QUOTE in raw:
        return False
    try:
        return raw.count(_QUOTE) == orjson.dumps(values).count(_QUOTE)
    except (TypeError, ValueError):  # too deep, an integer of many digits, half of a surrogate pair
        return False


def repeated(text: str, value: JsonValue) -> tuple[str, str] | None:
    """Code and sentence where an object in a text has a key twice with different values; `value` was read from it.

    >>> repeated('{"answer": "Yes.", "answer": "No."}', {"answer": "No."})
    ('JSN004', 'the key answer is there twice, with different values')
    >>> repeated('{"id": 7, "id": 7}', {"id": 7}) is None
    True
    """
    if lose_nothing(text.encode("utf-8", "surrogatepass"), [value]):
        return None
    for read in (str, without_comments):
        written = read(text)
        try:
            _DECODER.raw_decode(written, skip_between(written, 0))
        except _RepeatedKeyError as error:
            return "JSN004", f"the key {shown_key(str(error))} is there twice, with different values"
        except json.JSONDecodeError:
            continue
        except RecursionError:
            pass
        return None
    return None


def _once(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    value = dict(pairs)
    if len(value) != len(pairs):
        met: dict[str, JsonValue] = {}
        for key, inner in pairs:
            if key in met and met[key] != inner:
                raise _RepeatedKeyError(key)
            met[key] = inner
    return value


_DECODER = json.JSONDecoder(object_pairs_hook=_once)
