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

import numpy as np
import numpy.typing as npt
import xxhash

from tuneset.similarity.ragged import Hashes, Positions, Ragged
from tuneset.similarity.shingles import shingle_hashes
from tuneset.similarity.words import Spans

WORDS = 13
PIECE, PIECES = 50, 3
KEY_WORDS = 5
NO_PIECE = 0
_CUT_BYTES = 4 * PIECE  # of ASCII: enough where not three of four characters are signs
_WIDE_CUT_BYTES = 3 * _CUT_BYTES
_TRIES = 8
_LAST_ASCII = 0x7F
_OTHERS = bytes(value for value in range(128) if chr(value) not in string.ascii_letters + string.digits)
_IS_BARE = np.array([chr(value) in string.ascii_letters + string.digits for value in range(256)])


def word_runs(units: Ragged, words: int = WORDS) -> Ragged:
    """A number for each run of so many words of each text, given its units; shorter texts have none.

    >>> runs = word_runs(Ragged(np.arange(19, dtype=np.uint64), np.array([0, 14, 19])))
    >>> runs.counts.tolist()
    [2, 0]
    """
    runs = shingle_hashes(units, words)
    long = units.counts >= words
    if long.all():
        return runs
    counts = np.where(long, runs.counts, 0)
    return Ragged(runs.values[np.repeat(long, runs.counts)], np.concatenate([[0], np.cumsum(counts)]))


def pieces_at(spans: Spans, texts: Positions, places: Positions) -> Hashes:
    """The number of the piece that begins with a unit of a text; NO_PIECE where less than a piece is left of it.

    `places` count the units of a text.

    >>> from tuneset.similarity.words import unit_spans
    >>> spans = unit_spans([b"one " * 20, b"so: " + b"One, " * 20])
    >>> first, second, third = pieces_at(spans, np.array([0, 1, 1]), np.array([0, 1, 15])).tolist()
    >>> first == second, third
    (True, 0)
    """
    begins, ends = spans.begins[spans.units.starts[texts] + places], spans.ends[texts]
    raw = np.frombuffer(spans.raw, np.uint8)
    bare = np.flatnonzero(_IS_BARE[raw])
    first = np.searchsorted(bare, begins)
    stops = np.minimum(ends, begins + _CUT_BYTES)
    last = np.append(bare, np.full(PIECE, len(raw)))[first + PIECE - 1]  # of the piece
    wide = np.zeros(len(texts), np.bool_) if spans.raw.isascii() else _any_between(raw > _LAST_ASCII, begins, stops)
    kept, numbers = raw[bare].tobytes(), np.full(len(texts), NO_PIECE, np.uint64)
    whole = np.flatnonzero(~wide & (last < stops))
    hashed = [xxhash.xxh3_64_intdigest(kept[place : place + PIECE]) or 1 for place in first[whole].tolist()]
    numbers[whole] = np.array(hashed, np.uint64)
    for place in np.flatnonzero(wide).tolist():
        piece = _bare(spans.raw, int(begins[place]), int(ends[place]))
        numbers[place] = xxhash.xxh3_64_intdigest(piece.encode()) or 1 if len(piece) == PIECE else NO_PIECE
    return numbers


def _any_between(marks: npt.NDArray[np.bool_], begins: Positions, stops: Positions) -> npt.NDArray[np.bool_]:
    """Whether a mark stands from each beginning up to its stop.

    >>> _any_between(np.array([False, True, False]), np.array([0, 1, 2]), np.array([1, 2, 3])).tolist()
    [False, True, False]
    """
    marked = np.flatnonzero(marks)
    return np.searchsorted(marked, begins) < np.searchsorted(marked, stops)


def drawn(spans: Spans) -> tuple[Positions, Positions]:
    """The texts and places of up to PIECES pieces of each text, one of each third of it, as its content decides.

    >>> from tuneset.similarity.words import unit_spans
    >>> texts, places = drawn(unit_spans([b"one two three four five six " * 9, b"short"]))
    >>> texts.tolist(), bool((np.diff(places) > 0).all())
    ([0, 0, 0], True)
    """
    texts, places = [], []
    for text, (start, stop) in enumerate(itertools.pairwise(spans.units.starts.tolist())):
        seed = int(spans.units.values[start]) >> 1 if stop > start else 0
        bounds = [(stop - start) * part // PIECES for part in range(PIECES + 1)]
        for low, high in itertools.pairwise(bounds):
            tries = (low + (seed + step) % (high - low) for step in range(min(_TRIES, high - low)))
            place = next((place for place in tries if _stands(spans, text, start + place, stop)), None)
            if place is not None:
                texts.append(text)
                places.append(place)
    return np.array(texts, np.int64), np.array(places, np.int64)


def _stands(spans: Spans, text: int, unit: int, stop: int) -> bool:
    """Whether a piece begins with a unit that has KEY_WORDS whole units, of a text whose units stop there."""
    if unit + KEY_WORDS >= stop:
        return False
    begin, end = int(spans.begins[unit]), int(spans.ends[text])
    words = _bare(spans.raw, begin, int(spans.begins[unit + KEY_WORDS]))
    return len(words) < PIECE == len(_bare(spans.raw, begin, end))


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
