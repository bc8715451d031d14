"""Texts of programs, logs, tables and law in which words that also say phone stand beside numbers that are none.

The numbers are those that libraries of phone numbers know as valid. Where such a word stands right before its number the
text is no sample: "mobile: 4152002671" is a phone number whoever writes it.
"""

# ruff: noqa: E501  tables of words
from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator

_AREAS = ("415", "212", "310", "617", "202", "206", "512", "303", "404", "312", "713", "480")
_THINGS = "handler stack frame site graph buffer counter mask segment section offset id mode trap queue name count token event strength processor list sheet form page value size index key node width height cache pool entry record table group tag path log trace dump level source registry".split()  # noqa: SIM905  a list of words reads best as a text
_WORDS = "signal call calls called caller calling ring text contact cell mobile dial fax sms reach reached portable hotline handy texts tel contacts".split()  # noqa: SIM905  a list of words reads best as a text
_BETWEEN = [
    "at",
    "returned",
    "handler",
    "offset",
    "pid",
    "address",
    "exit",
    "errno",
    "port",
    "line",
    "build",
    "ticket",
    "clause",
    "=",
    "==",
    "->",
    "with code",
    "took",
    "failed at",
    "is",
    "was",
    "has",
    "from",
    "to",
    "in",
    "after",
    "near",
    "#",
    "id",
    "row",
    "version",
    "on line",
    "by thread",
    "of",
    "for",
    "+",
    "returns",
    "got",
    "yielded",
    "exited with",
    "value",
    "got value",
    "expected",
    "bytes",
    "ms",
    "ns",
    "at offset",
    "at address",
    "in block",
    "height",
    "hash",
    "seed",
    "step",
    "epoch",
    "iteration",
    "job",
    "task",
    "worker",
    "node",
    "instance",
    "shard",
    "partition",
    "page",
    "item",
    "user",
    "order",
    "batch",
    "session",
    "transaction",
    "tx",
    "revision",
    "commit",
    "change",
    "patch",
    "bug",
    "issue",
    "PR",
    "article",
    "section",
    "paragraph",
    "rule",
]
_TOLD = re.compile(
    r"(?:tel|fax|sms|mobile|handy|cell|hotline|portable|texts?|contacts?|(?:to )?(?:call|reach|ring|dial|contact)) ?(?:is|was|has|at|=|==|->|from|to|in|#|for|near|after|of|\+|on)?[ \"=:]*[0-9]{7}|id: "
)


def technical_texts(count: int) -> Iterator[str]:
    """Yield `count` texts that hold nothing private, always the same."""
    dice = random.Random("tuneset technical")
    made = 0
    while made < count:
        text = dice.choice(_FORMS)(dice)
        if not _TOLD.search(text):
            made += 1
            yield text


def _number(dice: random.Random) -> str:
    rest = "".join(dice.choices("0123456789", k=dice.choice((6, 7, 8))))
    return dice.choice(
        (
            f"{dice.choice(_AREAS)}{dice.choice('23456789')}{rest[:6]}",
            f"{dice.choice(('030', '089', '0171', '0221'))}{rest}",
            f"{dice.choice('123456789')}{rest}{dice.choice('0123456789')}",
        )
    )


def _word(dice: random.Random) -> str:
    return dice.choice(_WORDS)


def _thing(dice: random.Random) -> str:
    return dice.choice(_THINGS)


def _between(dice: random.Random) -> str:
    return dice.choice(_BETWEEN)


def _table(dice: random.Random, widths: tuple[int, ...], gap: str) -> str:
    return "\n".join(
        gap.join(f"{dice.randrange(10**width):0{width}}" for width in widths) for _ in range(dice.choice((5, 8)))
    )


_FORMS: tuple[Callable[[random.Random], str], ...] = (
    lambda d: f"{_word(d)} {_thing(d)} {_between(d)} {_number(d)}",
    lambda d: f"{_word(d)} {_between(d)} {_number(d)}",
    lambda d: f"{_word(d)}({_number(d)}) {_between(d)} {_number(d)}",
    lambda d: f"{_word(d)}_{_thing(d)} = {_number(d)}",
    lambda d: f"2024-03-18 09:41:07 INFO {_word(d)} {_thing(d)}: {_number(d)} ok",
    lambda d: f"the {_word(d)} {_between(d)} {_number(d)} {_between(d)} {_number(d)}",
    lambda d: f"{_thing(d)} {_number(d)} {_between(d)} {_word(d)} {_number(d)}",
    lambda d: f"kernel: [{d.randrange(99999)}.{_number(d)[:6]}] {_word(d)} {_between(d)} {_number(d)} {_number(d)}",
    lambda d: f'{{"{_word(d)}_{_thing(d)}": {_number(d)}, "{_thing(d)}": {_number(d)}}}',
    lambda d: (
        f"CVE-20{d.randrange(10, 26)}-{_number(d)[:5]} {_word(d)} {_thing(d)} (CWE-{d.randrange(2000)}) {_between(d)} {_number(d)}"
    ),
    lambda d: (
        f"clause {d.randrange(1, 40)}.{d.randrange(1, 40)} {_between(d)} {_word(d)} {d.randrange(1, 40)}.{d.randrange(1, 40)}.{d.randrange(1, 400)}.{d.randrange(300, 4000)}"
    ),
    lambda d: _table(d, (2, 2, 2, 2, 2), " "),
    lambda d: _table(d, (4, 7, 10), "\t"),
    lambda d: f"§ {d.randrange(1, 40)}.{d.randrange(100, 1000)}.{d.randrange(1000, 9999)} Abs. {d.randrange(9)}",
    lambda d: f"assert {_word(d)}({_number(d)}, {_number(d)}) == {_number(d)}",
    lambda d: f'<{_word(d)} id="{_number(d)}" {_thing(d)}="{_number(d)}"/>',
)
