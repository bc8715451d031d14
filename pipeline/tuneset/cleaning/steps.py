"""The steps of cleaning in the order in which they run: each is one file behind a small interface, and one line here.

To add one: write its function in `cleaning/repair/`, add its line, and its switch to `CleanParams` and params.yaml (a
test holds the three together). A step without a switch of its own is on where its `default` says so. Its count
appears in the metrics and its changes in the trace without more.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

import polars as pl

from tuneset.cleaning.repair import spoken_of
from tuneset.cleaning.repair.control_characters import remove_control_characters
from tuneset.cleaning.repair.empty_messages import without_empty_system_messages
from tuneset.cleaning.repair.line_endings import repair_line_endings
from tuneset.cleaning.repair.mojibake import repair_mojibake
from tuneset.cleaning.repair.null_keys import without_null_keys
from tuneset.cleaning.repair.unanswered_turns import without_unanswered_turns
from tuneset.cleaning.repair.unicode_nfc import compose
from tuneset.cleaning.repair.whitespace import strip_white_space
from tuneset.model import Tables
from tuneset.params import CleanParams


class TextStep(NamedTuple):
    """A repair of single texts.

    Args:
        name: its switch, `clean.NAME`; its count is `changed.NAME`.
        repair: gives the column repaired, nulls kept; the very column that it got where nothing is to be done. It
            must end: what it repairs has fewer characters, or fewer that can be repaired.
        default: whether it is on.
        spoken_of: matches texts that speak about what it repairs; their conversations it leaves as they are.
    """

    name: str
    repair: Callable[[pl.Series], pl.Series]
    default: bool = True
    spoken_of: re.Pattern[str] | None = None


class MessageStep(NamedTuple):
    """A change of messages that drops no example.

    Args:
        name: its switch, `clean.NAME`.
        change: gives the messages of the tables changed, and how many were. Turns keep their numbers.
        metric: the name of that count.
        traced: what the trace calls the step.
        default: whether it is on.
        first: whether it runs before the repairs of `rules/repairs/`, which it saves work.
    """

    name: str
    change: Callable[[Tables], tuple[pl.DataFrame, int]]
    metric: str
    traced: str
    default: bool = True
    first: bool = False


TEXT_STEPS: tuple[TextStep, ...] = (
    TextStep("line_endings", repair_line_endings),
    # Before the controls, of which those from U+0080 on are what mojibake is made of.
    TextStep("mojibake", repair_mojibake, spoken_of=spoken_of.ENCODINGS),
    TextStep("control_characters", remove_control_characters, spoken_of=spoken_of.CONTROLS),
    TextStep("unicode_nfc", compose, spoken_of=spoken_of.NORMAL_FORMS),
    TextStep("whitespace", strip_white_space),
)
MESSAGE_STEPS: tuple[MessageStep, ...] = (
    MessageStep("null_keys", without_null_keys, "changed.null_keys", "null_keys", first=True),
    MessageStep("unanswered_turns", without_unanswered_turns, "removed.unanswered_turns", "removed"),
    MessageStep("empty_messages", without_empty_system_messages, "removed.system_messages", "removed"),
)
"""They run after the steps over texts, which may leave a message empty."""

Step = TypeVar("Step", TextStep, MessageStep)


def switched_on(steps: Sequence[Step], params: CleanParams) -> list[Step]:
    """The steps that the params want.

    >>> [step.name for step in switched_on(MESSAGE_STEPS, CleanParams(null_keys=False))]
    ['unanswered_turns', 'empty_messages']
    """
    return [step for step in steps if getattr(params, step.name, step.default)]
