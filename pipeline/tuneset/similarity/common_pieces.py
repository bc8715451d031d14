"""What two texts have literally in common, by the measures with which others look for contamination.

- WORDS words in a row (GPT-3, arXiv 2005.14165, appendix C): any of them that stands in both.
- PIECE characters in a row, letters and digits alone (GPT-4, arXiv 2303.08774, appendix C): one of PIECES pieces that
  are drawn from the one stands in the other. Here they begin where a word begins, and have KEY_WORDS whole words at
  least, by which they are found.

Case and compatibility forms are folded. Shorter texts have nothing to compare: they are no evidence.
"""

from __future__ import annotations

import string
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


class Bare(NamedTuple):
    """Some texts with their letters and digits of ASCII alone.

    Args:
        spans: the texts.
        letters: the letters and digits of all, one after the other, and 8 bytes more.
        ranks: how many of them stand before each byte of the texts, and before their end.
        wide: where bytes stand that are no ASCII.
    """

    spans: Spans
    letters: bytes
    ranks: Positions
    wide: Positions

    def counts(self, begins: Positions, stops: Positions) -> Positions:
        """How many letters and digits stand from each beginning up to its stop."""
        found: Positions = self.ranks[stops] - self.ranks[begins]
        return found

    def is_wide(self, begins: Positions, stops: Positions) -> npt.NDArray[np.bool_]:
        """Whether something beyond ASCII stands from each beginning up to its stop."""
        if not len(self.wide):
            return np.zeros(len(begins), np.bool_)
        return np.searchsorted(self.wide, begins) < np.searchsorted(self.wide, stops)


def bare(spans: Spans) -> Bare:
    """The letters and digits of texts.

    >>> from tuneset.similarity.words import unit_spans
    >>> found = bare(unit_spans([b"a-b", "\u00e9 7".encode()]))
    >>> found.letters[:3], found.counts(np.array([0, 1]), np.array([3, 8])).tolist(), found.wide.tolist()
    (b'ab7', [2, 2], [4, 5])
    """
    marks = np.frombuffer(spans.raw.translate(_IS_BARE), np.uint8)
    ranks = np.zeros(len(marks) + 1, np.int64)
    np.cumsum(marks, out=ranks[1:])
    wide = () if spans.raw.isascii() else np.flatnonzero(np.frombuffer(spans.raw, np.uint8) > _LAST_ASCII)
    return Bare(spans, spans.raw.translate(None, _OTHERS) + bytes(8), ranks, np.array(wide, np.int64))


def word_runs(units: Ragged, words: int = WORDS) -> Ragged:
    """A number for each run of so many words of each text, given its units; shorter texts have none.

    >>> runs = word_runs(Ragged(np.arange(19, dtype=np.uint64), np.array([0, 14, 19])))
    >>> runs.counts.tolist()
    [2, 0]
    """
    return runs_of(Runs(units.values), units.starts, words)


def runs_of(runs: Runs, starts: Positions, words: int) -> Ragged:
    """The same of texts whose units begin at `starts`, from runs of units that are at hand."""
    counts = np.maximum(np.diff(starts) - words + 1, 0)
    ends = np.cumsum(counts)
    places = np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts[:-1] - ends + counts, counts)
    return Ragged(runs.of(words)[places], np.concatenate([[0], ends]))


def pieces_at(texts: Bare, units: Positions, of_units: Positions) -> Hashes:
    """The number of the piece that begins with a unit; NO_PIECE where less than a piece is left of its text.

    `of_units` are the texts in which the units stand.

    >>> from tuneset.similarity.words import unit_spans
    >>> spans = unit_spans([b"one " * 20, b"so: " + b"One, " * 20])
    >>> first, second, third = pieces_at(bare(spans), np.array([0, 21, 35]), np.array([0, 1, 1])).tolist()
    >>> first == second, third
    (True, 0)
    """
    spans = texts.spans
    begins, ends = spans.begins[units], spans.ends[of_units]
    stops = np.minimum(ends, begins + _CUT_BYTES)
    wide = texts.is_wide(begins, stops)
    numbers = np.full(len(units), NO_PIECE, np.uint64)
    whole = ~wide & (texts.counts(begins, stops) >= PIECE)
    numbers[whole] = _numbers(texts.letters, texts.ranks[begins[whole]])
    for place in np.flatnonzero(wide).tolist():
        piece = _bare(spans.raw, int(begins[place]), int(ends[place]))
        numbers[place] = _number(piece) if len(piece) == PIECE else NO_PIECE
    return numbers


def _number(piece: str) -> int:
    """The number of a piece, whatever its characters are."""
    raw = piece.encode()
    return int(_numbers(raw, np.zeros(1, np.int64))[0]) if piece.isascii() else xxhash.xxh3_64_intdigest(raw) or 1


def _numbers(letters: bytes, begins: Positions) -> Hashes:
    """The numbers of pieces of ASCII that begin at some places.

    >>> one, other, third = _numbers(b"ab" * 40, np.array([0, 2, 3])).tolist()
    >>> one == other, one == third
    (True, False)
    """
    size = max(len(letters) - 7, 0)
    windows: Hashes = np.ndarray((size,), np.dtype("<u8"), letters, 0, (1,))  # one begins at every byte
    numbers = np.zeros(len(begins), np.uint64)
    for chunk in _CHUNKS:
        numbers = chain(numbers, mix(windows[begins + chunk]))
    return np.maximum(mix(numbers), np.uint64(NO_PIECE + 1))


def drawn(texts: Bare) -> tuple[Positions, Positions]:
    """The units with which up to PIECES pieces of each text begin, one of each third of it, and the text of each.

    The content decides where in a third it begins.

    >>> from tuneset.similarity.words import unit_spans
    >>> units, of_units = drawn(bare(unit_spans([b"one two three four five six " * 9, b"short"])))
    >>> of_units.tolist(), bool((np.diff(units) > 0).all())
    ([0, 0, 0], True)
    """
    starts, counts = texts.spans.units.starts, texts.spans.units.counts
    held = np.flatnonzero(counts)
    seeds = (texts.spans.units.values[starts[held]] >> np.uint64(1)).view(np.int64)
    found = []
    for part in range(PIECES):
        low, high = (counts[held] * edge // PIECES for edge in (part, part + 1))
        open_, room = np.flatnonzero(high > low), high - low
        for step in range(_TRIES):
            open_ = open_[step < room[open_]]
            units = starts[held[open_]] + low[open_] + (seeds[open_] % room[open_] + step) % room[open_]
            stand = _stand(texts, units, held[open_])
            found.append(np.stack([held[open_[stand]], units[stand]]))
            open_ = open_[~stand]
    of_units, units = np.concatenate([np.zeros((2, 0), np.int64), *found], axis=1)
    order = np.argsort(units)
    return units[order], of_units[order]


def _stand(texts: Bare, units: Positions, of_units: Positions) -> npt.NDArray[np.bool_]:
    """Whether a piece begins with a unit that has KEY_WORDS whole units."""
    spans = texts.spans
    behind = units + KEY_WORDS
    inside = behind < spans.units.starts[of_units + 1]
    begins, ends = spans.begins[units], spans.ends[of_units]
    words = spans.begins[np.where(inside, behind, units)]
    cut = begins + _CUT_BYTES
    wide = np.flatnonzero(inside & texts.is_wide(begins, np.minimum(ends, cut)))
    stand: npt.NDArray[np.bool_] = (
        inside
        & (texts.counts(begins, np.minimum(words, cut)) < PIECE)
        & (texts.counts(begins, np.minimum(ends, cut)) >= PIECE)
    )
    for place in wide.tolist():
        key = _bare(spans.raw, int(begins[place]), int(words[place]))
        stand[place] = len(key) < PIECE == len(_bare(spans.raw, int(begins[place]), int(ends[place])))
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
    return "".join([one for one in text if one.isalnum()])[:PIECE]
