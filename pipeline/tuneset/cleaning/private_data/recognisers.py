"""Detectors of others that may be asked for (`clean.redact.detectors`): each finds kinds that have no form.

To add one: a function that yields the finds of a text, one that says what they depend on, and its line in RECOGNISERS.
What it finds is replaced, counted, told and spread as what is found here. Its library is an extra, loaded when a
text first asks for it.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tuneset.cleaning.private_data.kinds import Detector, Finder, Kind, Signs, Span
from tuneset.errors import UsageError

RECOGNISED: dict[Kind, str] = {"person": "the name of a person", "location": "the name of a place"}
"""The kinds that only a detector of others finds, with what a finding calls them."""
_EVERY_TEXT = r"\pL"  # a name may be in any text with a letter
_SHARED = 8  # texts whose finds are kept, since each kind is asked for by itself


@dataclasses.dataclass(frozen=True)
class Recogniser:
    """One detector of others.

    Args:
        name: how `clean.redact.detectors` calls it; what follows a colon there is given to its functions.
        kinds: what it finds, all of RECOGNISED.
        find: `module:function` that gets a text and what followed the colon, and yields finds of those kinds.
        version: `module:function` that gets the same and names the versions of all that the finds depend on. Raises
            UsageError where something is not installed, and loads nothing large.
    """

    name: str
    kinds: tuple[Kind, ...]
    find: str
    version: str


_HERE = "tuneset.cleaning.private_data"
RECOGNISERS: tuple[Recogniser, ...] = (
    Recogniser("presidio", ("person", "location"), f"{_HERE}.presidio:names", f"{_HERE}.presidio:version"),
)


def recognised(asked: Sequence[str], wanted: Callable[[Kind], bool]) -> tuple[Detector, ...]:
    """The detectors of the kinds that are wanted, of the recognisers asked for (`NAME` or `NAME:MODEL`).

    >>> [detector.kind for detector in recognised(["presidio:en_core_web_sm"], lambda kind: kind == "person")]
    ['person']
    """
    detectors = []
    for name in asked:
        recogniser, given = _parsed(name)
        for kind in filter(wanted, recogniser.kinds):
            find = _finder(recogniser.find, given, kind)
            detectors.append(Detector(kind, RECOGNISED[kind], find, groups=Signs.OPTIONAL, hint=_EVERY_TEXT))
    return tuple(detectors)


def versions(asked: Sequence[str]) -> list[str]:
    """What the finds of these recognisers depend on. Raises UsageError where one is not known or not installed."""
    return [f"{name}: {_at(recogniser.version)(given)}" for name in asked for recogniser, given in (_parsed(name),)]


def _parsed(asked: str) -> tuple[Recogniser, str]:
    name, _, given = asked.partition(":")
    for recogniser in RECOGNISERS:
        if recogniser.name == name:
            return recogniser, given
    known = ", ".join(recogniser.name for recogniser in RECOGNISERS)
    raise UsageError(f"clean.redact.detectors: {name} is no detector", allowed=known)


@functools.lru_cache(maxsize=32)
def _finder(address: str, given: str, kind: Kind) -> Finder:
    """The same function each time: what is kept of detectors is kept by it."""

    def find(text: str, _regions: tuple[str, ...]) -> Iterator[Span]:
        return (span for span in _finds(address, given, text) if span.kind == kind)

    return find


@functools.lru_cache(maxsize=_SHARED)
def _finds(address: str, given: str, text: str) -> tuple[Span, ...]:
    return tuple(_at(address)(text, given))


@functools.cache
def _at(address: str) -> Callable[..., Any]:
    module, _, name = address.partition(":")
    function: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return function
