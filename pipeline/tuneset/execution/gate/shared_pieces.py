"""What written files have literally in common, as others measure it: 13 words in a row, drawn pieces of 50 characters.

What validation has is indexed, and every place of training is looked up. Of a large validation file only every second,
third ... of its runs of words is, so that the index keeps its size; texts of few runs keep them all.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tuneset.execution.gate.found import Found, lines, merged, placed
from tuneset.execution.gate.texts import Units
from tuneset.similarity.common_pieces import KEY_WORDS, drawn, pieces_at, word_runs
from tuneset.similarity.ragged import Hashes, Positions, Ragged, distinct, mapped

NAMES = ("words_13", "characters_50")
MOST_ROWS = 10
"""What more training rows have is boilerplate: instructions, blocks of examples, definitions of tools, disclaimers
(GPT-3, arXiv 2005.14165, appendix C, leaves n-grams of more than 10 documents out)."""
WHOLE_FILE_BYTES, MOST_RATE = 4 << 20, 8
"""Of a validation file of up to so many bytes all runs of words are indexed; of one of twice as many every second."""
FEW_RUNS = 64
"""Of a text of so few runs all are, whatever the size of the file."""
_KEYS = "keys"
_SLOTS_PER_HASH_BITS, _MOST_SLOT_BITS = 5, 24
# of slots for a number, so that few strange ones pass; at most 16 MB


class Indexed(NamedTuple):
    """What a range of the validation file has: numbers by NAMES, the example of each, and the keys of its pieces."""

    numbers: Sequence[Hashes]
    examples: Sequence[Positions]
    keys: Hashes


class _Known(NamedTuple):
    """The distinct numbers, ascending, and which of their leading bits occur at all."""

    numbers: Hashes
    slots: npt.NDArray[np.bool_]

    def among(self, values: Hashes) -> tuple[Positions, Positions]:
        """Which of some values are known: where they stand, and their places among the known ones."""
        if not len(self.numbers) or not len(values):
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        bits = len(self.slots).bit_length() - 1
        perhaps = np.flatnonzero(self.slots[values >> np.uint64(64 - bits)])
        numbers = values[perhaps]
        places = np.minimum(np.searchsorted(self.numbers, numbers), len(self.numbers) - 1)
        hits = np.flatnonzero(self.numbers[places] == numbers)
        return perhaps[hits], places[hits]


def index(batches: Sequence[Units], file_bytes: int) -> Indexed:
    """The runs and pieces of a part of the validation file, which has so many bytes in all."""
    rate = np.uint64(max(min(-(-file_bytes // WHOLE_FILE_BYTES), MOST_RATE), 1))
    found: list[tuple[Hashes, Positions, Hashes, Positions, Hashes]] = []
    for batch in batches:
        spans = batch.whole
        runs = word_runs(spans.units)
        of_run = np.repeat(np.arange(len(runs.counts)), runs.counts)
        kept = (runs.values % rate == 0) | (runs.counts <= FEW_RUNS)[of_run]
        texts, places = drawn(spans)
        keys = word_runs(spans.units, KEY_WORDS)
        found.append(
            (
                runs.values[kept],
                of_run[kept] + batch.first,
                pieces_at(spans, texts, places),
                texts + batch.first,
                keys.values[keys.starts[texts] + places],
            )
        )
    words, of_words, pieces, of_pieces, keys_of = ([one[column] for one in found] for column in range(5))
    return Indexed((_joined(words), _joined(pieces)), (_joined(of_words), _joined(of_pieces)), _joined(keys_of))


def save(parts: Sequence[Indexed], sizes: Sequence[int], folder: Path) -> None:
    """Write an index of all parts of the validation file, whose examples are so many."""
    before = np.cumsum([0, *sizes])
    for place, name in enumerate(NAMES):
        numbers = _joined([part.numbers[place] for part in parts])
        examples = _joined([part.examples[place] + start for part, start in zip(parts, before, strict=False)])
        np.save(folder / f"{name}-numbers.npy", numbers)
        np.save(folder / f"{name}-examples.npy", examples.astype(np.uint32))
        _save(distinct(numbers), folder, name)
    _save(distinct(_joined([part.keys for part in parts])), folder, _KEYS)


def _save(known: Hashes, folder: Path, name: str) -> None:
    bits = min(len(known).bit_length() + _SLOTS_PER_HASH_BITS, _MOST_SLOT_BITS)
    slots = np.zeros(1 << bits, np.bool_)
    slots[known >> np.uint64(64 - bits)] = True
    np.save(folder / f"{name}-known.npy", known)
    np.save(folder / f"{name}-slots.npy", slots)


def look(batches: Sequence[Units], folder: Path) -> list[Found]:
    """What a part of the training file has in common with validation, by NAMES; `folder` is where `save` wrote."""
    words, pieces, keys = (_known(folder, name) for name in (*NAMES, _KEYS))
    runs, found = [], []
    for batch in batches:
        spans = batch.whole
        of_batch = word_runs(spans.units)
        hits, places = words.among(of_batch.values)
        runs.append((_texts(of_batch, hits) + batch.first, places))
        of_batch = word_runs(spans.units, KEY_WORDS)
        hits, _ = keys.among(of_batch.values)
        texts = _texts(of_batch, hits)
        here, places = pieces.among(pieces_at(spans, texts, hits - of_batch.starts[texts]))
        found.append((texts[here] + batch.first, places))
    return [_counted(runs, words), _counted(found, pieces)]


def leaks(found: Sequence[Sequence[Found]], sizes: Sequence[int], folder: Path) -> dict[str, dict[int, int]]:
    """By NAMES the lines of validation that have something in common, each with one line of training; from 1.

    `found` are the ranges of the training file, whose examples are so many.
    """
    return {
        name: lines(
            merged([one[place] for one in found], sizes),
            mapped(folder / f"{name}-numbers.npy"),
            mapped(folder / f"{name}-examples.npy").astype(np.int64),
            MOST_ROWS,
        )
        for place, name in enumerate(NAMES)
    }


def _texts(runs: Ragged, entries: Positions) -> Positions:
    """The texts that some runs stand in."""
    return np.searchsorted(runs.starts, entries, side="right") - 1


def _counted(found: Sequence[tuple[Positions, Positions]], known: _Known) -> Found:
    rows, places = (np.concatenate([np.zeros(0, np.int64), *(one[side] for one in found)]) for side in range(2))
    return placed(rows, places, known.numbers)


def _joined(parts: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    return np.concatenate(parts) if parts else np.zeros(0, np.uint64)


@functools.lru_cache(maxsize=len(NAMES) + 1)
def _known(folder: Path, name: str) -> _Known:
    """What `save` wrote, mapped: processes that open it share its memory."""
    return _Known(*(mapped(folder / f"{name}-{part}.npy") for part in ("known", "slots")))
