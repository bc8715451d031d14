"""Many plain conversations at once, over the columns of the tables: which of them surely have no issue.

The fast pass of `example.py`, for stages that have tables and no examples: it may say no to a clean example but never
yes to one that has an issue (a property test holds it to that). Only conversations of text are judged here.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import polars as pl

from tuneset.model import Tables, is_plain
from tuneset.rules.context import Context
from tuneset.rules.text_rule import Suspect

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
    """Which texts a rule minds: suspects are looked for in all texts at once, then each of them is judged."""
    minded = np.zeros(len(texts), np.bool_)
    lengths, sizes = texts.str.len_chars(), texts.str.len_bytes()
    several = [look.suspect.literals for _, look in context.text.looks if len(look.suspect.literals) > 1]
    # In one look over all texts; each by itself is one more, and few texts hold any.
    holding = texts.str.contains("|".join(map(re.escape, itertools.chain(*several)))) if several else None
    for _, look in context.text.looks:
        suspects = _suspects(texts, lengths, sizes, holding, look.suspect)
        places = suspects.to_numpy() if suspects is not None else np.arange(len(texts))
        if len(places):
            minded[places] |= [look.find(text or "") is not None for text in texts.gather(places).to_list()]
    return minded


def _suspects(
    texts: pl.Series, lengths: pl.Series, sizes: pl.Series, holding: pl.Series | None, suspect: Suspect
) -> pl.Series | None:
    """Where in a column the suspects stand; None where all are. A text that is null stands nowhere: it is not plain.

    `holding` says which texts hold a literal of any look that has several.
    """
    narrow: list[Callable[[pl.Series], pl.Series]] = []
    holds: pl.Series | None = None
    if suspect.longest is not None:
        holds = lengths <= suspect.longest
    if suspect.blank:
        blank = texts.str.strip_chars_start(_WHITE_SPACE) == ""
        holds = blank if holds is None else holds & blank
    if suspect.characters:
        foreign = lengths != sizes
        holds = foreign if holds is None else holds & foreign
        narrow.append(lambda column: column.str.contains_any(list(suspect.characters)))
    if len(suspect.literals) > 1 and holding is not None:
        holds = holding if holds is None else holds & holding
    if suspect.literals:
        narrow.append(lambda column: _holds_one(column, suspect.literals))
    places = None if holds is None else holds.fill_null(value=False).arg_true()
    for look in narrow:
        found = look(texts if places is None else texts.gather(places)).fill_null(value=False)
        places = found.arg_true() if places is None else places.filter(found)
    return places


def _holds_one(texts: pl.Series, literals: tuple[str, ...]) -> pl.Series:
    """Which texts hold one of the literals."""
    first, *more = (texts.str.contains(literal, literal=True) for literal in literals)
    for one in more:
        first |= one
    return first
