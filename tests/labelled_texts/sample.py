"""One labelled text, and the random choices that make it; no knowledge of the detectors."""

# ruff: noqa: E501, RUF001  the names of the makers say what they make; tables of texts, some of them Chinese
from __future__ import annotations

import dataclasses
import random
import string
from collections.abc import Callable, Sequence

B62 = string.ascii_letters + string.digits
HEX = "0123456789abcdef"


@dataclasses.dataclass(frozen=True)
class Sample:
    """A text of which `text[start:end]` is private data of `kind`; a near miss has no such part and start is -1."""

    kind: str
    text: str
    start: int
    end: int


Maker = Callable[[random.Random], tuple[str, str]]
"""Makes (template with `{}` for the value, value)."""


def positive(kind: str, make: Maker, number: int) -> Sample:
    """The `number`th positive of a kind: always the same."""
    dice = random.Random(f"tuneset {kind} {number}")
    template, value = make(dice)
    head, tail = template.split("{}")
    lead, trail = surroundings(dice)
    return Sample(kind, f"{lead}{head}{value}{tail}{trail}", len(lead + head), len(lead + head + value))


def near_miss(kind: str, make: Maker, number: int) -> Sample:
    """The `number`th near miss of a kind."""
    dice = random.Random(f"tuneset not {kind} {number}")
    template, value = make(dice)
    lead, trail = surroundings(dice)
    return Sample(kind, f"{lead}{template.replace('{}', value)}{trail}", -1, -1)


_LEADS = (
    "", "", "", "Hi team,\n", "Sure, here it is:\n\n", "Thanks for the quick reply! ", "1. ", "> ", "2024-03-18 09:41:07 INFO ",
    "Guten Tag, ", "Bonjour, ", "Hola, ", "你好，", "The customer wrote on Monday that the parcel of 12.5 kg is late. ",
    "```\n", "| id | note |\n|---|---|\n| 17 | ", "# Notes (v2.3.1)\n",
)  # fmt: skip
_TRAILS = (
    "", "", "", "\n\nBest regards", " Please confirm by 5 pm.", "\nThanks!", " (see ticket 4711)", "\n```", "\nMerci d'avance.", " 谢谢",
)  # fmt: skip


def surroundings(dice: random.Random) -> tuple[str, str]:
    """Text before and after."""
    return dice.choice(_LEADS), dice.choice(_TRAILS)


def digits(dice: random.Random, count: int) -> str:
    """Random decimal digits."""
    return "".join(dice.choice(string.digits) for _ in range(count))


def pick(dice: random.Random, alphabet: str, count: int) -> str:
    """Random characters of an alphabet."""
    return "".join(dice.choice(alphabet) for _ in range(count))


def fill(dice: random.Random, form: str) -> str:
    """Replace each `#` by a digit, each `%` by a digit from 1 to 9.

    >>> fill(random.Random(1), "ab")
    'ab'
    """
    return "".join(
        dice.choice(string.digits) if c == "#" else dice.choice("123456789") if c == "%" else c for c in form
    )


def luhn_digit(payload: str) -> str:
    """The check digit of ISO/IEC 7812-1, computed here so that the set does not trust the detectors' library.

    >>> luhn_digit("7992739871")
    '3'
    """
    total = 0
    for place, character in enumerate(reversed(payload)):
        digit = int(character) * (2 if place % 2 == 0 else 1)
        total += digit - 9 if digit > 9 else digit
    return str(-total % 10)


def choose(dice: random.Random, makers: Sequence[Maker]) -> tuple[str, str]:
    """Let one of several makers make."""
    return dice.choice(makers)(dice)
