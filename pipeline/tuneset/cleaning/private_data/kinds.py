"""The kinds of private data, what may be done about each, and what a find and a placeholder look like.

No detection here: each kind has its own file.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import importlib
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Literal

Kind = str
"""The name of a kind, as in `clean.redact`; which there are, `detectors.DETECTORS` says."""
Policy = Literal["redact", "drop", "flag", "off"]

# For the hints of a fast engine that knows no look-behind. In JSON, which is searched as it is written, the letter of
# an escape such as `\n` is no part of a word.
WORD = "0-9A-Za-z_"
"""Inside brackets: what a value must not touch. ASCII alone: scripts without spaces write values right beside words."""
UNSPACED = r"\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef"
"""Inside brackets: Chinese, Japanese and Korean characters with their punctuation, which end a value."""
NUMBER_LEFT = r"(?:^[.:/-]?|[^0-9A-Za-z_.:/-]|[^0-9][.:/-]|\\(?:[a-z]|u[0-9A-Fa-f]{4}))"
NUMBER_RIGHT = r"(?:[^0-9A-Za-z_]|$)"

DEFAULT_REGIONS = ("US", "GB", "DE", "FR", "ES", "IT", "NL", "BR", "IN")
"""Countries (ISO 3166) whose phone numbers are known without their `+` code."""


@dataclasses.dataclass(frozen=True)
class Rules:
    """What is done about each kind, and the countries whose national phone numbers count.

    A kind that `policies` does not name is redacted. `optional` are the detectors of kinds that are off by
    default, as far as they are on: nothing is searched for the others.
    """

    policies: Mapping[Kind, Policy] = dataclasses.field(default_factory=dict)
    regions: tuple[str, ...] = DEFAULT_REGIONS
    optional: tuple[Detector, ...] = ()

    def policy(self, kind: Kind) -> Policy:
        """The policy for one kind."""
        return self.policies.get(kind, "redact")


@dataclasses.dataclass(frozen=True)
class Span:
    """One find: `text[start:end]` is private data of that kind.

    `value` is its canonical form, equal for two spellings of the same thing; it never shows in a repr.
    """

    start: int
    end: int
    kind: Kind
    value: str = dataclasses.field(repr=False)


class Signs(enum.IntEnum):
    """Detectors that look for the same signs, and so are asked together (`suspects`)."""

    AT = 1
    NATIONAL = 2
    ADDRESS = 4
    KEY = 8
    NAMED = 16
    PAYMENT = 32
    PHONE = 64
    LOGIN = 128
    OWN = 256  # a detector with a pattern of its own
    OPTIONAL = 512  # one that is looked for where it is asked for alone


EVERY = sum(Signs)

Finder = Callable[[str, tuple[str, ...]], Iterator[Span]]
"""Yields the finds in a text; the countries whose national numbers count are given as well."""


@dataclasses.dataclass(frozen=True)
class Detector:
    """What is known of one kind of private data.

    Args:
        kind: its name, the key of its policy in `clean.redact`, and its placeholder in small letters.
        words: what a finding calls it, with its article.
        find: yields its finds.
        secret: whether it opens a door; the others are personal data.
        strict: whether its form is so strict that it wins over a longer find of another kind.
        groups: a sum of `Signs` values, any of which calls for it.
        hint: for a detector of Signs.OWN or Signs.OPTIONAL, a pattern of the fast engine that matches wherever it
            finds something.
        needs: what is searched for first, where `find` takes long.
    """

    kind: Kind
    words: str
    find: Finder
    secret: bool = False
    strict: bool = False
    groups: int = Signs.OWN
    hint: str = ""
    needs: re.Pattern[str] | None = None


def anywhere(find: Callable[[str], Iterator[Span]]) -> Finder:
    """A finder that does the same in all countries."""
    return lambda text, _regions: find(text)


def late(address: str, *, regions: bool = False) -> Finder:
    """The finder at `module:function` of this folder, loaded when a text first asks for it.

    Patterns of all kinds, and tables of all countries' numbers, take longer to load than most checks last. With
    `regions` it is given the countries whose national numbers count.

    >>> [span.kind for span in late("email:emails")("ann@acme.org", ())]
    ['email']
    """

    def find(text: str, of_regions: tuple[str, ...]) -> Iterator[Span]:
        function = _finder_at(address)
        found: Iterator[Span] = function(text, of_regions) if regions else function(text)
        return found

    return find


@functools.cache
def _finder_at(address: str) -> Callable[..., Iterator[Span]]:
    module, _, name = address.partition(":")
    function: Callable[..., Iterator[Span]] = getattr(importlib.import_module(f"{__package__}.{module}"), name)
    return function


def placeholder(kind: Kind, number: int) -> str:
    """What is written in place of the `number`th different value of a kind.

    >>> placeholder("national_id", 2)
    '<NATIONAL_ID_2>'
    """
    return f"<{kind.upper()}_{number}>"


def before(text: str, start: int, width: int = 40) -> str:
    """The text just before a find, where the words stand that say what it is.

    >>> before("her SSN is 078-05-1120", 11, width=7)
    'SSN is '
    """
    return text[max(0, start - width) : start]
