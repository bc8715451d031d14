"""What is wrong with a params document, in a person's words, with the nearest key that is known."""

from __future__ import annotations

import contextlib
import difflib
import re
from collections.abc import Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from tuneset.params.root import Params


def faults(error: ValidationError, document: dict[str, Any]) -> list[str]:
    """Pydantic's faults in a person's words, such as `unknown key split.validaton; did you mean validation?`.

    The alternatives of one value, which pydantic reports one by one, are one fault.
    """
    unknown: list[str] = []
    allowed: dict[tuple[str, str], list[str]] = {}
    for fault in error.errors(include_url=False):
        place, found = _look_up(fault["loc"], document)
        dotted = ".".join(str(part) for part in place)
        if fault["type"] in ("extra_forbidden", "invalid_key"):
            unknown.append(f"unknown key {dotted}{_remedy(place)}")
            continue
        if fault["type"] == "model_type":
            words = f"a section with the keys {', '.join(_known_keys(place))}"
        else:
            words = _plain(re.sub(r"^\w+ should (?:be|have) ", "", fault["msg"]))
        allowed.setdefault((dotted, kind(found)), []).append(words)
    wrong = [f"{dotted} is {kind}; allowed: {', or '.join(words)}" for (dotted, kind), words in allowed.items()]
    return unknown + wrong


_WORDS = {
    "a valid number": "a number",
    "a valid integer": "a whole number",
    "a valid boolean": "true or false",
    "a valid string": "a text",
    "a valid list": "a list, such as [a, b]",
    "a valid dictionary": "a section with keys below it",
}
"""Pydantic's names of kinds of values, as a person calls them."""


def _plain(words: str) -> str:
    """What is allowed, in plain words.

    >>> _plain("a valid number"), _plain("greater than or equal to 1")
    ('a number', 'at least 1')
    """
    plain = words.replace("greater than or equal to ", "at least ").replace("less than or equal to ", "at most ")
    kind = plain.partition(", unable to parse")[0]
    return _WORDS.get(kind, plain)


def _look_up(location: Sequence[int | str], document: dict[str, Any]) -> tuple[list[int | str], object]:
    """The keys of a location, without the names that pydantic gives to alternatives, and the value that stands there.

    >>> _look_up(("tune", "n_epochs", "constrained-int"), {"tune": {"n_epochs": 99}})
    (['tune', 'n_epochs'], 99)
    """
    place: list[int | str] = []
    found: Any = document
    for part in location:
        with contextlib.suppress(KeyError, IndexError, TypeError):
            found = found[part]
            place.append(part)
    return place, found


_ELSEWHERE = {"format": "tune.method decides the format: supervised, dpo, reinforcement or kto"}
"""Keys that no section has and people look for, as `check --format` has them."""


def _remedy(place: Sequence[int | str]) -> str:
    """What to write instead: a key that is like it, one of the same name in another section, or any of the section's.

    >>> _remedy(["split", "validaton"]), _remedy(["split", "method"])
    ('; did you mean validation?', '; did you mean tune.method?')
    """
    known = _known_keys(place[:-1])
    name = str(place[-1])
    if name in _ELSEWHERE:
        return f"; {_ELSEWHERE[name]}"
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    near = near or [f"{section}.{name}" for section in _known_keys([]) if name in _known_keys([section])]
    return f"; did you mean {' or '.join(near)}?" if near else f"; known keys: {', '.join(known)}"


def kind(value: object) -> str:
    """A value as an error shows it: numbers and words of params are no secrets, but long ones are cut."""
    names = {dict: "a section", list: "a list", type(None): "empty"}
    shown = repr(value)
    return names.get(type(value), shown if len(shown) <= 40 else shown[:37] + "...")


def _known_keys(place: Sequence[object]) -> list[str]:
    model: type[BaseModel] = Params
    for part in place:
        if isinstance(part, int):
            continue  # a place in a list of sections
        found = next((f for n, f in model.model_fields.items() if part in (n, f.alias)), None)
        annotation = found.annotation if found else None
        models = _models(annotation)
        if not models:
            return []
        model = models[0]
    return sorted(field.alias or name for name, field in model.model_fields.items())


def _models(annotation: object) -> list[type[BaseModel]]:
    """The sections that a value may be, however they are wrapped.

    >>> [model.__name__ for model in _models(list[Params] | None)]
    ['Params']
    """
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for inner in get_args(annotation) for model in _models(inner)]
