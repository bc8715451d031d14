"""Many plain conversations at once, over the columns of the tables: which of them surely have no issue.

The fast pass of `examples.py`, for stages that have tables and no examples: it may say no to a clean example but never
yes to one that has an issue (a property test holds it to that). Only conversations of text are judged here.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import polars as pl

from tuneset.model import Tables, is_plain
from tuneset.rules.context import Context
from tuneset.rules.families.text import (
    LONGEST_MISSING_VALUE,
    MOJIBAKE_HINT,
    has_placeholder,
    is_missing_value,
    is_mojibake,
)

_WHITE_SPACE = "".join(filter(str.isspace, map(chr, range(0x3001))))
"""What `str.isspace` takes for white space."""

Flags = npt.NDArray[np.bool_]


def surely_clean(tables: Tables, context: Context) -> pl.Series:
    """Which examples surely have no issue of any family but EGR: a Boolean column, one value an example.

    Only of the format sft; the messages of an example stand together and in order, as every stage leaves them.
    """
    messages = tables.messages
    if context.format != "sft" or messages.is_empty():
        return pl.repeat(value=False, n=tables.examples.height, dtype=pl.Boolean, eager=True)
    runs = messages["row_id"].rle()
    first = np.cumsum(runs.struct.field("len").to_numpy(), dtype=np.int64) - runs.struct.field("len").to_numpy()
    clean = _in_turn(messages["role"], first, context)
    clean &= np.logical_and.reduceat(is_plain(messages).to_numpy() & ~_is_suspect(messages["content"], context), first)
    row_ids = runs.struct.field("value").filter(pl.Series(clean))
    plain = tables.examples["tools"].is_null() & tables.examples["extra"].is_null()
    return plain & tables.examples["row_id"].is_in(row_ids.implode())


def _in_turn(roles: pl.Series, first: npt.NDArray[np.int64], context: Context) -> Flags:
    """Which conversations have the roles of a chat: the system, then user and assistant in turn, who ends it."""
    begins = np.zeros(len(roles), np.bool_)
    begins[first] = True
    system, user, assistant = (
        (roles == role).fill_null(value=False).to_numpy() for role in ("system", "user", "assistant")
    )
    good = user | assistant | (system & (begins | _before(system)))
    good &= begins | ~(assistant & _before(assistant))
    if context.on("CNV012"):
        good &= begins | ~(user & _before(user))
    last = np.append(first[1:], len(roles)) - 1
    in_turn: Flags = np.logical_and.reduceat(good, first) & np.logical_or.reduceat(user, first) & assistant[last]
    return in_turn


def _before(flags: Flags) -> Flags:
    """Of each message what holds of the one before it.

    >>> _before(np.array([True, False, True])).tolist()
    [False, True, False]
    """
    return np.concatenate([[False], flags[:-1]])


def _is_suspect(texts: pl.Series, context: Context) -> Flags:
    """Which texts hold something that a rule might mind."""
    suspect: Flags = (texts.str.strip_chars_start(_WHITE_SPACE) == "").fill_null(value=True).to_numpy().copy()
    lengths = texts.str.len_chars()

    def look(possible: pl.Series, minds: Callable[[str], object]) -> None:
        places = possible.fill_null(value=False).arg_true()
        if len(places):
            suspect[places.to_numpy()] |= [bool(minds(text)) for text in texts.gather(places).to_list()]

    look(lengths <= LONGEST_MISSING_VALUE, is_missing_value)
    look(texts.str.contains("{", literal=True), has_placeholder)
    for start in context.special_starts:
        look(texts.str.contains(start, literal=True), context.special_tokens.search)
    look(lengths != texts.str.len_bytes(), _is_damaged)
    return suspect


def _is_damaged(text: str) -> bool:
    """Whether a text was decoded with the wrong encoding, or lost characters.

    >>> _is_damaged("Orl\u00c3\u00a9ans"), _is_damaged("Orl\u00e9ans"), _is_damaged("Orl\ufffdans")
    (True, False, True)
    """
    return bool(MOJIBAKE_HINT.search(text)) and ("\ufffd" in text or is_mojibake(text))
