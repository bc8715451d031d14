"""The one reader of JSON answers: takes what is there in any form that still says it, and notes what is odd.

Servers write numbers as text, lists as null, times in milliseconds. What a field says is taken where that is plain,
else it counts as missing. `--debug` shows the path of what was odd, and never a value.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import math
from typing import Any

from tuneset.providers.call_fault import one_line

_log = logging.getLogger(__name__)

DEEPEST = 40
"""What is nested deeper is taken as missing."""
LARGEST = 2**63 - 1
"""Whole numbers beyond that are taken as missing; no JSON of ours could hold them."""
LONGEST_ID = 512
"""Characters; ids of providers have less than a hundred."""
KEY_FIELDS = frozenset({"api_key", "apiKey", "wandb_api_key", "hf_api_token"})
"""Fields in which servers repeat keys of other services that a request held."""
HIDDEN = "[key]"
_LAST_SECOND = 253_402_300_799
_MILLISECONDS = 100_000_000_000
"""A time beyond that is in milliseconds."""


def decode(content: bytes) -> Any:  # noqa: ANN401  any JSON value
    r"""The JSON value in an answer, without what no text or JSON of ours could hold. Raises ValueError.

    >>> decode(rb'{"a": 1e999, "b": "\ud800", "c": 12345678901234567890}')
    {'a': None, 'b': '?', 'c': None}
    """
    try:
        return _sound(json.loads(content), "answer", 0)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _sound(value: object, path: str, depth: int) -> Any:  # noqa: ANN401  any JSON value
    if depth > DEEPEST:
        return _odd(path, "nested too deeply")
    if isinstance(value, dict):
        return {
            _sound(key, path, depth): HIDDEN
            if key in KEY_FIELDS and item
            else _sound(item, f"{path}.{key:.40}", depth + 1)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_sound(item, f"{path}[{place}]", depth + 1) for place, item in enumerate(value)]
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, float) and not math.isfinite(value):
        return _odd(path, "no finite number")
    if isinstance(value, int) and abs(value) > LARGEST:
        return _odd(path, "a number beyond 64 bits")
    return value


def _odd(path: str, what: str) -> None:
    _log.debug("%s: %s", one_line(path), what)


class Fields:
    """The fields of one object of an answer. `path` says where it stands, for the log."""

    def __init__(self, found: object, path: str) -> None:
        self.path = path
        self.found: dict[str, Any] = found if isinstance(found, dict) else {}
        if found is not None and not isinstance(found, dict):
            _odd(path, "no object")

    def text(self, name: str) -> str | None:
        """A text that is not empty; a number is taken as its digits.

        >>> Fields({"a": "x", "b": 7, "c": "", "d": []}, "job").text("b")
        '7'
        """
        value = self.found.get(name)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return str(value)
        if isinstance(value, str):
            return value or None
        self._missing(name, value, "no text")
        return None

    def id(self, name: str) -> str | None:
        """An id, which has to fit into an address."""
        value = self.text(name)
        if value is None or (len(value) <= LONGEST_ID and value.isprintable()):
            return value
        self._missing(name, value, "no id")
        return None

    def line(self, name: str) -> str | None:
        """A text on one line, without characters that steer a terminal."""
        value = self.text(name)
        return (one_line(value) or None) if value else None

    def whole(self, name: str) -> int | None:
        """A whole number, also where it is written as text or with a fraction of zero.

        >>> fields = Fields({"a": 3, "b": "3", "c": 3.0, "d": True, "e": 3.5, "f": "three"}, "job")
        >>> [fields.whole(name) for name in "abcdef"]
        [3, 3, 3, None, None, None]
        """
        value = self.found.get(name)
        number = value if isinstance(value, int) and not isinstance(value, bool) else _number(value)
        if number is not None and number == int(number) and abs(number) <= LARGEST:
            return int(number)
        self._missing(name, value, "no whole number")
        return None

    def moment(self, name: str) -> int | None:
        """A time in Unix seconds, also where it is in milliseconds or in ISO 8601.

        >>> fields = Fields({"a": 1700000000, "b": 1700000000000, "c": "2023-11-14T22:13:20Z", "d": -1}, "job")
        >>> [fields.moment(name) for name in "abcd"]
        [1700000000, 1700000000, 1700000000, None]
        """
        value = self.found.get(name)
        if isinstance(value, str) and _number(value) is None:
            try:
                at = dt.datetime.fromisoformat(value)
                return int((at if at.tzinfo else at.replace(tzinfo=dt.UTC)).timestamp())
            except (ValueError, OverflowError):
                self._missing(name, value, "no time")
                return None
        seconds = self.whole(name)
        if seconds is None:
            return None
        seconds = seconds // 1000 if seconds > _MILLISECONDS else seconds
        if 0 <= seconds <= _LAST_SECOND:
            return seconds
        self._missing(name, value, "no time")
        return None

    def number(self, name: str) -> float | None:
        """A finite number, also where it is written as text.

        >>> Fields({"a": "1.5", "b": None}, "job").number("a")
        1.5
        """
        found = _number(self.found.get(name))
        if found is None:
            self._missing(name, self.found.get(name), "no number")
        return found

    def table(self, name: str) -> dict[str, Any]:
        """An object, empty where there is none."""
        value = self.found.get(name)
        if isinstance(value, dict):
            return value
        self._missing(name, value, "no object")
        return {}

    def figures(self, name: str) -> dict[str, Any]:
        """An object of measurements: numbers that are written as text are numbers, what is null is left out.

        >>> Fields({"data": {"loss": "0.5", "step": 3, "note": "x", "none": None}}, "event").figures("data")
        {'loss': 0.5, 'step': 3, 'note': 'x'}
        """
        found = {}
        for key, value in self.table(name).items():
            number = _number(value) if isinstance(value, str) else None
            if value is not None:
                found[key] = value if number is None else number
        return found

    def ids(self, name: str) -> tuple[str, ...]:
        """Ids in a list, a text that holds some, or objects that bear them; what is no id is left out.

        >>> fields = Fields({"a": ["f1", None, {"id": "f2"}], "b": "f3, f4", "c": {"data": ["f5"]}}, "job")
        >>> [fields.ids(name) for name in "abc"]
        [('f1', 'f2'), ('f3', 'f4'), ('f5',)]
        """
        value = self.found.get(name)
        if isinstance(value, str):
            value = _listed(value)
        if isinstance(value, dict):
            value = [value] if value.get("id") else value.get("data", list(value.values()))
        if not isinstance(value, list):
            self._missing(name, value, "no list")
            return ()
        places = [Fields(one if isinstance(one, dict) else {"id": one}, f"{self.path}.{name}") for one in value]
        return tuple(dict.fromkeys(found for one in places if (found := one.id("id"))))

    def _missing(self, name: str, value: object, what: str) -> None:
        """Note a field that is there and says nothing."""
        if value is not None and value != "":
            _odd(f"{self.path}.{name}", what)


def _listed(text: str) -> Any:  # noqa: ANN401  any JSON value
    """What a text lists: as JSON, else between commas and spaces."""
    if text.lstrip()[:1] in ("[", "{"):
        try:
            return decode(text.encode())
        except ValueError:
            pass
    return text.replace(",", " ").split()


def _number(value: object) -> float | None:
    """A finite number, also where it is written as text."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
