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

from tuneset.execution.gate.found import Found, Tally, counted, lines
from tuneset.execution.gate.texts import Units
from tuneset.similarity import lookup
from tuneset.similarity.common_pieces import KEY_WORDS, WORDS, drawn, pieces_at, runs_of
from tuneset.similarity.ragged import Hashes, Positions, distinct, mapped
from tuneset.similarity.words import mix

NAMES = ("words_13", "characters_50")
MOST_ROWS = 10
"""What more training rows have is boilerplate: instructions, blocks of examples, definitions of tools, disclaimers
(GPT-3, arXiv 2005.14165, appendix C, leaves n-grams of more than 10 documents out)."""
WHOLE_FILE_BYTES, MOST_RATE = 4 << 20, 8
"""Of a validation file of up to so many bytes all runs of words are indexed; of one of twice as many every second."""
FEW_RUNS = 64
"""Of a text of so few runs all are, whatever the size of the file."""
_KEYS = "keys"


class Indexed(NamedTuple):
    """What a range of the validation file has: numbers by NAMES, the example of each, and the keys of its pieces."""

    numbers: Sequence[Hashes]
    examples: Sequence[Positions]
    keys: Hashes


def index(batches: Sequence[Units], file_bytes: int) -> Indexed:
    """The runs and pieces of a part of the validation file, which has so many bytes in all."""
    rate = np.uint64(max(min(-(-file_bytes // WHOLE_FILE_BYTES), MOST_RATE), 1))
    found: list[tuple[Hashes, Positions, Hashes, Positions, Hashes]] = []
    for batch in batches:
        runs = runs_of(batch.runs, batch.whole.units.starts, WORDS)
        of_run = np.repeat(np.arange(len(runs.counts)), runs.counts)
        kept = (mix(runs.values) % rate == 0) | (runs.counts <= FEW_RUNS)[of_run]
        units, texts = drawn(batch.whole)
        found.append(
            (
                runs.values[kept],
                of_run[kept] + batch.first,
                pieces_at(batch.whole, units, texts),
                texts + batch.first,
                batch.runs.of(KEY_WORDS)[units],
            )
        )
    words, of_words, pieces, of_pieces, keys_of = ([one[column] for one in found] for column in range(5))
    return Indexed((_joined(words), _joined(pieces)), (_joined(of_words), _joined(of_pieces)), _joined(keys_of))


def save(parts: Sequence[Indexed], sizes: Sequence[int], folder: Path) -> None:
    """Write an index of all parts of the validation file, whose examples are so many."""
    before = np.cumsum([0, *sizes])
    for place, name in enumerate(NAMES):
        numbers = _joined([part.numbers[place] for part in parts])
        order = np.argsort(numbers)
        numbers = numbers[order]
        new = np.ones(len(numbers), np.bool_)
        new[1:] = numbers[1:] != numbers[:-1]
        examples = _joined([part.examples[place] + start for part, start in zip(parts, before, strict=False)])
        np.save(folder / f"{name}-places.npy", (np.cumsum(new) - 1).astype(np.uint32))
        np.save(folder / f"{name}-examples.npy", examples.astype(np.uint32)[order])
        lookup.save(lookup.build(numbers[new]), folder, name)
    lookup.save(lookup.build(distinct(_joined([part.keys for part in parts]))), folder, _KEYS)


def look(batches: Sequence[Units], folder: Path) -> list[Found]:
    """What a part of the training file has in common with validation, by NAMES; `folder` is where `save` wrote."""
    words, pieces, keys = (_known(folder, name) for name in (*NAMES, _KEYS))
    runs, found = [], []
    for batch in batches:
        spans = batch.whole
        texts = np.repeat(np.arange(len(spans.units.counts)), spans.units.counts)
        units, places = _hits(batch, words, WORDS, texts)
        runs.append((texts[units] + batch.first, places))
        units, _ = _hits(batch, keys, KEY_WORDS, texts)
        here, places = pieces.among(pieces_at(spans, units, texts[units]))
        found.append((texts[units[here]] + batch.first, places))
    return [_counted(runs), _counted(found)]


def _hits(batch: Units, known: lookup.Lookup, words: int, texts: Positions) -> tuple[Positions, Positions]:
    """The units with which a known run of words begins, and the place of the run; `texts` is whose each unit is."""
    units, places = known.among(batch.runs.of(words))
    whole = texts[units] == texts[units + words - 1]
    return units[whole], places[whole]


def tallies(folder: Path) -> list[Tally]:
    """What is to be filled with what `look` finds, by NAMES."""
    return [Tally(len(_known(folder, name).numbers)) for name in NAMES]


def leaks(found: Sequence[Tally], size: int, folder: Path) -> dict[str, dict[int, int]]:
    """By NAMES the lines of validation that have something in common, each with one line of training; from 1.

    `found` is what the whole training file has; validation has `size` lines.
    """
    return {
        name: lines(
            one, mapped(folder / f"{name}-places.npy"), mapped(folder / f"{name}-examples.npy"), size, MOST_ROWS
        )
        for name, one in zip(NAMES, found, strict=True)
    }


def _counted(found: Sequence[tuple[Positions, Positions]]) -> Found:
    return counted(*(np.concatenate([np.zeros(0, np.int64), *(one[side] for one in found)]) for side in range(2)))


def _joined(parts: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    return np.concatenate(parts) if parts else np.zeros(0, np.uint64)


@functools.lru_cache(maxsize=len(NAMES) + 1)
def _known(folder: Path, name: str) -> lookup.Lookup:
    """What `save` wrote, mapped: processes that open it share its memory."""
    return lookup.load(folder, name)
