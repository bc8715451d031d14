"""The kinds of private data, what may be done about each, and what a find and a placeholder look like.

No detection here: each kind has its own file.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Literal, get_args

Kind = Literal[
    "email",
    "phone",
    "card",
    "iban",
    "national_id",
    "ip",
    "url_credentials",
    "api_key",
    "jwt",
    "private_key",
    "connection_string",
    "password",
]
Policy = Literal["redact", "drop", "flag", "off"]

KINDS: tuple[Kind, ...] = get_args(Kind)
SECRET_KINDS: frozenset[Kind] = frozenset(
    {"url_credentials", "api_key", "jwt", "private_key", "connection_string", "password"}
)
"""Kinds that open a door; the others are personal data."""

PLACEHOLDER = re.compile(rf"<({'|'.join(kind.upper() for kind in KINDS)})_([0-9]{{1,9}})>")
"""What stands for a value that was taken out, such as `<EMAIL_1>`."""

# For the hints of a fast engine that knows no look-behind. In JSON, which is searched as it is written, the letter of
# an escape such as `\n` is no part of a word.
NUMBER_LEFT = r"(?:^[.:/-]?|[^0-9A-Za-z_.:/-]|[^0-9][.:/-]|\\(?:[a-z]|u[0-9A-Fa-f]{4}))"
NUMBER_RIGHT = r"(?:[^0-9A-Za-z_]|$)"

DEFAULT_REGIONS = ("US", "GB", "DE", "FR", "ES", "IT", "NL", "BR", "IN")
"""Countries (ISO 3166) whose phone numbers are known without their `+` code."""


@dataclasses.dataclass(frozen=True)
class Rules:
    """What is done about each kind, and the countries whose national phone numbers count.

    A kind that `policies` does not name is redacted.
    """

    policies: Mapping[Kind, Policy] = dataclasses.field(default_factory=dict)
    regions: tuple[str, ...] = DEFAULT_REGIONS

    def policy(self, kind: Kind) -> Policy:
        """The policy for one kind."""
        return self.policies.get(kind, "redact")

    @property
    def any_on(self) -> bool:
        """Whether there is anything to look for."""
        return any(self.policy(kind) != "off" for kind in KINDS)


@dataclasses.dataclass(frozen=True)
class Span:
    """One find: `text[start:end]` is private data of that kind.

    `value` is its canonical form, equal for two spellings of the same thing; it never shows in a repr.
    """

    start: int
    end: int
    kind: Kind
    value: str = dataclasses.field(repr=False)


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
