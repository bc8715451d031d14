r"""How the lines of texts are indented beside each other, whatever the width: two programs can differ in nothing else.

A line that says something has a depth: how many lesser indentations its text has. The depths, line after line, make one
number. A tab reaches up to the next multiple of 8; a no-break space, with which web pages indent, is a space. What a
line says makes no difference here.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from tuneset.similarity.ragged import Hashes, Positions
from tuneset.similarity.words import mix

NO_LAYOUT = np.uint64(0)
"""The number of a text whose lines are indented alike, or in which none behind the first is indented."""

_TEXTS_AT_ONCE = 1024
_WIDEST = 63  # columns: a word has one bit for each
_TAB_STOP = 8
_NEWLINE, _SPACE, _TAB = b"\n \t"
_INDENTED = ["\n ", "\n\t", "\n\u00a0"]
"""Literals, not an expression: polars keeps 32 compiled, and a shard has as many (`private_data/suspects.py`)."""
_CHARACTER_BYTES = 4  # at most
_WORD_BYTES = 8
_SPACES, _ONE = np.uint64(0x2020202020202020), np.uint64(1)
_DEPTH_BITS = np.uint64(16)


def layouts(texts: pl.Series) -> Hashes:
    r"""A number for each text of a String column; NO_LAYOUT of a null as well.

    >>> two, tab, alike, low, high = layouts(
    ...     pl.Series(["if a:\n  b", "if c:\n\td", "  a\n  b", "a\n b\nc", "a\n b\n c"])
    ... ).tolist()
    >>> two == tab, alike, low == high
    (True, 0, False)
    """
    numbers = np.full(len(texts), NO_LAYOUT)
    places = texts.str.contains_any(_INDENTED).fill_null(value=False).arg_true()
    for start in range(0, len(places), _TEXTS_AT_ONCE):
        chosen = places.slice(start, _TEXTS_AT_ONCE)
        numbers[chosen.to_numpy()] = _at_once(texts.gather(chosen).cast(pl.Binary).to_list())
    return numbers


def _at_once(texts: list[bytes]) -> Hashes:
    """The numbers of texts as one buffer."""
    raw = b"\n%b\n" % b"\n".join(texts)
    characters = np.frombuffer(raw, np.uint8)
    begins = np.flatnonzero(characters == _NEWLINE)[:-1] + 1
    ends = np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)) + 1)
    firsts = np.searchsorted(begins, np.concatenate([[0], ends[:-1]]) + 1)
    widths = _spaces(raw, begins)
    places = begins + widths  # where each line says something
    tabbed = np.flatnonzero(characters[places] == _TAB)
    places[tabbed], widths[tabbed] = _tabs(characters, places[tabbed], widths[tabbed])
    met = characters[places]
    odd = (widths > _WIDEST) | (met == _SPACE) | (met == _TAB)
    for line in np.flatnonzero((met != _NEWLINE) & ((met < _SPACE) | (met >= 0x80))).tolist():
        character = raw[places[line] : places[line] + _CHARACTER_BYTES].decode(errors="ignore")
        odd[line] |= character[:1].isspace()
    numbers = _numbers(widths, met != _NEWLINE, firsts)
    for text in np.flatnonzero(np.logical_or.reduceat(odd, firsts)).tolist():
        numbers[text] = _by_itself(texts[text].decode())
    return numbers


def _spaces(raw: bytes, begins: Positions) -> Positions:
    r"""How many spaces lines begin with, up to one more than _WIDEST; a word of 8 bytes is looked at at a time.

    >>> _spaces(b"  a\n" + b" " * 9 + b"\n", np.array([0, 4])).tolist()
    [2, 9]
    """
    windows: Hashes = np.ndarray((len(raw),), np.dtype("<u8"), raw + bytes(_WORD_BYTES), 0, (1,))
    counts = np.zeros(len(begins), np.int64)
    moving = np.arange(len(begins))
    for done in range(0, _WIDEST + 1, _WORD_BYTES):
        others = windows[begins[moving] + done] ^ _SPACES
        # The bits below the lowest that is set: eight for each space.
        found = np.bitwise_count((others & -others) - _ONE) >> 3
        counts[moving] += found
        moving = moving[found == _WORD_BYTES]
        if not len(moving):
            break
    return counts


def _tabs(characters: npt.NDArray[np.uint8], places: Positions, widths: Positions) -> tuple[Positions, Positions]:
    r"""Move over the white space of lines, given where they stand and at which column: where they stand then.

    >>> [moved.tolist() for moved in _tabs(np.frombuffer(b" \t a", np.uint8), np.array([1]), np.array([1]))]
    [[3], [9]]
    """
    places, widths = places.copy(), widths.copy()
    moving = np.arange(len(places))
    while len(moving):
        met, width = characters[places[moving]], widths[moving]
        widths[moving] = np.where(met == _TAB, width - width % _TAB_STOP + _TAB_STOP, width + (met == _SPACE))
        white = (met == _TAB) | (met == _SPACE)
        places[moving] += white
        moving = moving[white & (width <= _WIDEST)]
    return places, widths


def _numbers(widths: Positions, said: npt.NDArray[np.bool_], firsts: Positions) -> Hashes:
    """The numbers of texts whose first lines are given, of how wide each line is indented and whether it speaks.

    >>> _numbers(np.array([0, 2, 2, 2]), np.array([True, True, True, True]), np.array([0, 2]))[1]
    np.uint64(0)
    """
    bits = np.where(said, _ONE << np.clip(widths, 0, _WIDEST).astype(np.uint64), np.uint64(0))
    counts = np.diff(firsts, append=len(widths))
    every = np.bitwise_or.reduceat(bits, firsts)
    depths = np.bitwise_count(np.repeat(every, counts) & (bits - _ONE)).astype(np.uint64)
    return _of_depths(depths, said, firsts, np.bitwise_count(every) > 1)


def _of_depths(depths: Hashes, said: npt.NDArray[np.bool_], firsts: Positions, differ: npt.NDArray[np.bool_]) -> Hashes:
    before: Positions = np.cumsum(said) - said
    lines: Positions = before - np.repeat(before[firsts], np.diff(firsts, append=len(said)))
    each = mix((lines.astype(np.uint64) << _DEPTH_BITS) + depths + _ONE)
    sums = mix(np.add.reduceat(np.where(said, each, np.uint64(0)), firsts))
    return np.where(differ, np.maximum(sums, NO_LAYOUT + _ONE), NO_LAYOUT)


def _by_itself(text: str) -> np.uint64:
    r"""The number of a text, whatever its white space.

    >>> int(_by_itself("a\n b")) == int(layouts(pl.Series(["a\n b"]))[0]), int(_by_itself("a\nb"))
    (True, 0)
    """
    lines = text.expandtabs(_TAB_STOP).split("\n")
    widths = [len(line) - len(words) for line in lines if (words := line.lstrip())]
    known = sorted(set(widths))
    if len(known) < 2:
        return NO_LAYOUT
    depths = np.searchsorted(np.array(known), np.array(widths)).astype(np.uint64)
    first, yes = np.zeros(1, np.int64), np.ones(1, np.bool_)
    number: np.uint64 = _of_depths(depths, np.ones(len(depths), np.bool_), first, yes)[0]
    return number
