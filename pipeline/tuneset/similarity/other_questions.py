"""Whether prompts that are nearly the same ask something else: two questions about one long text.

What both have line by line, or sentence by sentence, is no evidence that they ask the same. If what each has beside it
is unlike by itself, two prompts ask two things. Where they share no line, where one only has words more, and where an
answer says enough to show what was asked, nothing is told apart. A number that is written out is its digits, and a
greeting at the beginning of a line is nothing.
"""

from __future__ import annotations

import itertools
import re

import numpy as np
import numpy.typing as npt
import xxhash

from tuneset.similarity.ragged import Hashes, Positions, Ragged, Texts, distinct, joined
from tuneset.similarity.set_store import SetStore, chunks, read
from tuneset.similarity.shingles import SET_BITS, shingle_hashes
from tuneset.similarity.special_words import OPENING, special_words, with_plain_numbers
from tuneset.similarity.words import fold_texts, unit_hashes

FEW_WORDS = 8
"""An answer of fewer different words is given to many questions: "Yes", "In 1999", a label."""
TEXTS_AT_ONCE = 512
_HALF_BITS = SET_BITS // 2
_HALF = np.uint64(_HALF_BITS)
_MASK = np.uint64((1 << _HALF_BITS) - 1)
_IS_UNIT = np.uint64(1)  # the lowest bit of a value
_ENDS = re.compile(
    r"\n+|(?<=[.?!])\s+|(?<=[\u3002\uff01\uff1f])"
    r"|\s(?=[^\W\d]{3,20}:\s)|\t+|(?<=\s)\|+(?=\s)"  # "question: ... passage: ..."; cells of a table
    r"|(?<=>)|(?=<[/\w])"  # tags
)
"""What ends a line, or a part of it that could as well be a line.

White space around that says nothing. To look for it from each of its characters on would take time that grows with the
square of how much there is.
"""


def line_sets(texts: Texts, n: int) -> Ragged:
    r"""The shingles of n units of each line or sentence of each text, and its units, each with its line, ascending.

    >>> import polars as pl
    >>> one, other = (line_sets(Texts.whole(pl.Series([text])), 2) for text in ("It is. Who?", "Who?\nit is"))
    >>> one.values.tolist() == other.values.tolist(), one.counts.tolist()
    (True, [5])
    """
    parts = []
    pieces = with_plain_numbers(texts.pieces.fill_null("")).to_list()
    for first in range(0, len(texts.starts) - 1, TEXTS_AT_ONCE):
        starts = texts.starts[first : first + TEXTS_AT_ONCE + 1].tolist()
        lines = [
            (number, line)
            for number, (start, end) in enumerate(itertools.pairwise(starts))
            for piece in pieces[start:end]
            for line in _ENDS.split(piece)
        ]
        owners = np.array([number for number, _ in lines], np.uint64)
        parts.append(_batch(fold_texts([line for _, line in lines]), owners, len(starts) - 1, n))
    return joined(parts)


def _batch(lines: list[bytes], owners: Hashes, count: int, n: int) -> Ragged:
    units = _plain(unit_hashes(lines))
    edges = units.starts.tolist()
    said = [xxhash.xxh3_64_intdigest(units.values[a:b].tobytes()) for a, b in itertools.pairwise(edges)]
    above = owners << np.uint64(SET_BITS) | np.array(said, np.uint64) >> np.uint64(64 - _HALF_BITS) << _HALF
    keys = distinct(
        np.concatenate([
            np.repeat(above, some.counts) | some.values >> np.uint64(64 - _HALF_BITS) & ~_IS_UNIT | kind
            for some, kind in ((shingle_hashes(units, n), np.uint64(0)), (units, _IS_UNIT))
        ])
    )  # fmt: skip
    held = np.bincount((keys >> np.uint64(SET_BITS)).astype(np.int64), minlength=count)
    return Ragged(keys & np.uint64((1 << SET_BITS) - 1), np.concatenate([[0], np.cumsum(held)]))


def _plain(units: Ragged) -> Ragged:
    """The units of lines, those that stand for others as these, without greetings at the beginning."""
    special = special_words()
    places, entries = special.among(units.values)
    values = units.values.copy()
    values[places] = special.stands_for[entries]
    lines = np.searchsorted(units.starts, places, side="right") - 1
    gone = np.zeros(len(values), np.bool_)
    gone[places[special.greets[entries] & (places < units.starts[lines] + OPENING)]] = True
    counts = units.counts - np.bincount(
        np.searchsorted(units.starts, np.flatnonzero(gone), side="right") - 1, minlength=len(units.counts)
    )
    return Ragged(values[~gone], np.concatenate([[0], np.cumsum(counts)]))


def ask_otherwise(lines: SetStore, left: Positions, right: Positions, at_least: float) -> npt.NDArray[np.bool_]:
    """Which pairs of texts, by their numbers in the store, share a line and have others that are unlike.

    These are unlike where each text has a word in them that the other has not, and fewer than `at_least` of their
    words and shingles are shared.
    """
    otherwise = np.zeros(len(left), np.bool_)
    for chunk in chunks(np.arange(len(left)), lines.sizes[left] + lines.sizes[right]):
        here, there = (_numbered(lines, numbers[chunk]) for numbers in (left, right))
        common, common_there = np.isin(here >> _HALF, there >> _HALF), np.isin(there >> _HALF, here >> _HALF)
        own, others = distinct(_shingles(here[~common])), distinct(_shingles(there[~common_there]))
        shared = np.intersect1d(own, others, assume_unique=True)
        in_lines, of_own, of_others, of_both = (
            np.bincount((some >> _HALF).astype(np.int64), minlength=len(chunk))
            for some in (_shingles(here[common]), own, others, shared)
        )
        more_here, more_there = (
            np.bincount((some >> _HALF).astype(np.int64), minlength=len(chunk)) > 0
            for some in (np.setdiff1d(one[one & _IS_UNIT > 0], shared, assume_unique=True) for one in (own, others))
        )
        either = of_own + of_others - of_both
        otherwise[chunk] = (in_lines > 0) & more_here & more_there & (of_both < at_least * either)
    return otherwise


def _numbered(lines: SetStore, numbers: Positions) -> Hashes:
    """The values of the numbered texts, above each the number of its pair."""
    pairs = np.arange(len(numbers), dtype=np.uint64) << np.uint64(SET_BITS)
    return read(lines, numbers) | np.repeat(pairs, lines.sizes[numbers])


def _shingles(values: Hashes) -> Hashes:
    """The shingles of numbered values without their lines, above each the number of its pair."""
    return values >> np.uint64(SET_BITS) << _HALF | values & _MASK
