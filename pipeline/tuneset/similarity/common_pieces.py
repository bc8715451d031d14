"""What two texts have literally in common, by the measures with which others look for contamination.

- WORDS words in a row (GPT-3, arXiv 2005.14165, appendix C): any of them that stands in both.
- PIECE characters in a row, letters and digits alone (GPT-4, arXiv 2303.08774, appendix C): one of PIECES pieces that
  are drawn from the one stands in the other. Here they begin where a word begins, and have KEY_WORDS whole words at
  least, by which they are found.

Case and compatibility forms are folded. Shorter texts have nothing to compare: they are no evidence.
"""

from __future__ import annotations

import itertools
import string
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import xxhash

from tuneset.similarity.ragged import Hashes, Positions, Ragged
from tuneset.similarity.shingles import Runs
from tuneset.similarity.words import Spans, chain, mix

WORDS = 13
PIECE, PIECES = 50, 3
KEY_WORDS = 5
NO_PIECE = 0
_CUT_BYTES = 4 * PIECE  # of ASCII: enough where not three of four characters are signs
_WIDE_CUT_BYTES = 3 * _CUT_BYTES
_TRIES = 8
_LAST_ASCII = 0x7F
_BARE = (string.ascii_letters + string.digits).encode()
_OTHERS = bytes(value for value in range(256) if value not in _BARE)
_IS_BARE = bytes(value in _BARE for value in range(256))
_CHUNKS = (*range(0, PIECE - 8, 8), PIECE - 8)  # where 8 bytes of a piece begin that together are all of it


class Letters(NamedTuple):
    """The letters and digits of ASCII of some texts, one after the other, and where they stand."""

    values: npt.NDArray[np.uint8]
    places: Positions


def letters_of(raw: bytes) -> Letters:
    """The letters and digits of folded texts.

    >>> [part.tolist() for part in letters_of(b"a-b")]
    [[97, 98], [0, 2]]
    """
    places = np.flatnonzero(np.frombuffer(raw.translate(_IS_BARE), np.bool_))
    return Letters(np.frombuffer(raw, np.uint8).take(places), places)


def runs_of(runs: Runs, starts: Positions, words: int) -> Ragged:
    """A number for each run of so many words of texts whose units begin at `starts`; shorter texts have none.

    >>> runs_of(Runs(np.arange(19, dtype=np.uint64)), np.array([0, 14, 19]), 13).counts.tolist()
    [2, 0]
    """
    counts = np.maximum(np.diff(starts) - words + 1, 0)
    ends = np.cumsum(counts)
    places = np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts[:-1] - ends + counts, counts)
    return Ragged(runs.of(words)[places], np.concatenate([[0], ends]))


def pieces_at(spans: Spans, letters: Letters, units: Positions, texts: Positions) -> Hashes:
    """The number of the piece that begins with a unit; NO_PIECE where less than a piece is left of its text.

    `texts` are those in which the units stand, `letters` those of all texts.

    >>> from tuneset.similarity.words import unit_spans
    >>> spans = unit_spans([b"one " * 20, b"so: " + b"One, " * 20])
    >>> edges = np.array([0, 21, 35]), np.array([0, 1, 1])
    >>> first, second, third = pieces_at(spans, letters_of(spans.raw), *edges).tolist()
    >>> first == second, third
    (True, 0)
    """
    numbers = np.full(len(units), NO_PIECE, np.uint64)
    if not len(units):
        return numbers
    begins, ends = spans.begins[units], spans.ends[texts]
    stops = np.minimum(ends, begins + _CUT_BYTES)
    wide = _any_between(_wide(spans.raw), begins, stops)
    bare = letters.places
    first = np.searchsorted(bare, begins)
    last = np.append(bare, np.full(PIECE, len(spans.raw)))[first + PIECE - 1]
    whole = np.flatnonzero(~wide & (last < stops))
    numbers[whole] = _numbers(letters.values, first[whole])
    places = np.flatnonzero(wide)
    edges = zip(begins[places].tolist(), ends[places].tolist(), strict=True)
    numbers[places] = _numbers_of([_bare(spans.raw, begin, end) for begin, end in edges])
    return numbers


def _wide(raw: bytes) -> Positions:
    """Where bytes stand that are no ASCII."""
    return np.flatnonzero(np.frombuffer(b"" if raw.isascii() else raw, np.uint8) > _LAST_ASCII)


def _any_between(places: Positions, begins: Positions, stops: Positions) -> npt.NDArray[np.bool_]:
    """Whether one of the places lies from each beginning up to its stop.

    >>> _any_between(np.array([1]), np.array([0, 1, 2]), np.array([1, 2, 3])).tolist()
    [False, True, False]
    """
    return np.searchsorted(places, begins) < np.searchsorted(places, stops)


def _numbers_of(pieces: Sequence[str]) -> Hashes:
    """The numbers of pieces, whatever their characters are; NO_PIECE of less than a piece.

    >>> one, other, short = _numbers_of(["ab" * 25, "\u00e4b" * 25, "short"]).tolist()
    >>> one == int(_numbers(np.frombuffer(b"ab" * 25, np.uint8), np.array([0]))[0]), one == other, short
    (True, False, 0)
    """
    numbers = np.full(len(pieces), NO_PIECE, np.uint64)
    plain = []
    for place, piece in enumerate(pieces):
        if len(piece) == PIECE and not piece.isascii():
            numbers[place] = xxhash.xxh3_64_intdigest(piece.encode()) or NO_PIECE + 1
        elif len(piece) == PIECE:
            plain.append(place)
    letters = np.frombuffer("".join([pieces[place] for place in plain]).encode(), np.uint8)
    numbers[plain] = _numbers(letters, np.arange(len(plain)) * PIECE)
    return numbers


def _numbers(letters: npt.NDArray[np.uint8], begins: Positions) -> Hashes:
    """The numbers of pieces that begin at some of these letters and digits of ASCII.

    >>> one, other, third = _numbers(np.frombuffer(b"ab" * 40, np.uint8), np.array([0, 2, 3])).tolist()
    >>> one == other, one == third
    (True, False)
    """
    windows: Hashes = np.ndarray((max(len(letters) - 7, 0),), np.dtype("<u8"), letters, 0, (1,))
    numbers = np.zeros(len(begins), np.uint64)
    for chunk in _CHUNKS:
        numbers = chain(numbers, mix(windows[begins + chunk]))
    return np.maximum(mix(numbers), np.uint64(NO_PIECE + 1))


def drawn(spans: Spans, letters: Letters) -> tuple[Positions, Positions]:
    """The units with which up to PIECES pieces of each text begin, one of each third of it, and the text of each.

    The content decides where in a third it begins.

    >>> from tuneset.similarity.words import unit_spans
    >>> spans = unit_spans([b"one two three four five six " * 9, b"short"])
    >>> units, texts = drawn(spans, letters_of(spans.raw))
    >>> texts.tolist(), bool((np.diff(units) > 0).all())
    ([0, 0, 0], True)
    """
    starts, counts = spans.units.starts, spans.units.counts
    held = np.flatnonzero(counts)
    seeds = (spans.units.values[starts[held]] >> np.uint64(1)).view(np.int64)
    places = letters.places, _wide(spans.raw)
    found = []
    for part in range(PIECES):
        low, high = (counts[held] * edge // PIECES for edge in (part, part + 1))
        left, room = np.flatnonzero(high > low), high - low
        for step in range(_TRIES):
            left = left[step < room[left]]
            units = starts[held[left]] + low[left] + (seeds[left] % room[left] + step) % room[left]
            stand = _stand(spans, *places, units, held[left])
            found.append(np.stack([units[stand], held[left[stand]]]))
            left = left[~stand]
    units, texts = np.concatenate([np.zeros((2, 0), np.int64), *found], axis=1)
    order = np.argsort(units)
    return units[order], texts[order]


def _stand(spans: Spans, bare: Positions, wide: Positions, units: Positions, texts: Positions) -> npt.NDArray[np.bool_]:
    """Whether a piece begins with a unit that has KEY_WORDS whole units, given where letters and digits stand."""
    behind = units + KEY_WORDS
    inside = behind < spans.units.starts[texts + 1]
    begins, ends = spans.begins[units], spans.ends[texts]
    words = spans.begins[np.where(inside, behind, units)]
    stops = np.minimum(ends, begins + _CUT_BYTES)
    first, key, whole = (np.searchsorted(bare, edge) for edge in (begins, np.minimum(words, stops), stops))
    stand: npt.NDArray[np.bool_] = inside & (key - first < PIECE) & (whole - first >= PIECE)
    for place in np.flatnonzero(inside & _any_between(wide, begins, stops)).tolist():
        begin = int(begins[place])
        piece = _bare(spans.raw, begin, int(ends[place]))
        stand[place] = len(_bare(spans.raw, begin, int(words[place]))) < PIECE == len(piece)
    return stand


def _bare(raw: bytes, begin: int, end: int) -> str:
    """The first PIECE letters and digits of a folded text.

    >>> _bare(b"it's 3 - 4, a!", 0, 14)
    'its34a'
    """
    cut = raw[begin : min(end, begin + _CUT_BYTES)]
    if cut.isascii():
        return cut.translate(None, _OTHERS)[:PIECE].decode()
    text = raw[begin : min(end, begin + _WIDE_CUT_BYTES)].decode(errors="ignore")
    return "".join(itertools.islice(filter(str.isalnum, text), PIECE))
