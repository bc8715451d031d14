"""What written files have literally in common, as others measure it: 13 words in a row, drawn pieces of 50 characters.

What validation has is indexed, and every place of training is looked up. Of a large validation file only every second,
third ... of its runs of words is, so that the index keeps its size; texts of few runs keep them all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tuneset.execution.gate.array_file import Array, Arrays
from tuneset.execution.gate.found import Found, Tally, counted, lines
from tuneset.execution.gate.texts import Units
from tuneset.similarity import lookup
from tuneset.similarity.common_pieces import KEY_WORDS, WORDS, drawn, pieces_at, runs_of
from tuneset.similarity.ragged import Hashes, Positions, distinct
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


class Known(NamedTuple):
    """What training is held against: by NAMES numbers, their places and whose these are; and the keys of pieces."""

    numbers: Sequence[lookup.Lookup]
    places: Sequence[Array]
    examples: Sequence[Array]
    keys: lookup.Lookup


def index(batches: Sequence[Units], file_bytes: int) -> Indexed:
    """The runs and pieces of a part of the validation file, which has so many bytes in all."""
    rate = np.uint64(max(min(-(-file_bytes // WHOLE_FILE_BYTES), MOST_RATE), 1))
    found: list[tuple[Hashes, Positions, Hashes, Positions, Hashes]] = []
    for batch in batches:
        runs = runs_of(batch.runs, batch.whole.units.starts, WORDS)
        of_run = np.repeat(np.arange(len(runs.counts)), runs.counts)
        kept = (mix(runs.values) % rate == 0) | (runs.counts <= FEW_RUNS)[of_run]
        units, texts = drawn(batch.whole, batch.letters)
        found.append(
            (
                runs.values[kept],
                of_run[kept] + batch.first,
                pieces_at(batch.whole, batch.letters, units, texts),
                texts + batch.first,
                batch.runs.of(KEY_WORDS)[units],
            )
        )
    words, of_words, pieces, of_pieces, keys_of = ([one[column] for one in found] for column in range(5))
    return Indexed((_joined(words), _joined(pieces)), (_joined(of_words), _joined(of_pieces)), _joined(keys_of))


def put_together(parts: Sequence[Indexed], sizes: Sequence[int]) -> dict[str, Array]:
    """The arrays of an index of some parts of the validation file, whose examples are so many."""
    before = np.cumsum([0, *sizes])
    arrays = lookup.named(lookup.build(distinct(_joined([part.keys for part in parts]))), _KEYS)
    for place, name in enumerate(NAMES):
        numbers = _joined([part.numbers[place] for part in parts])
        order = np.argsort(numbers)
        numbers = numbers[order]
        new = np.ones(len(numbers), np.bool_)
        new[1:] = numbers[1:] != numbers[:-1]
        examples = _joined([part.examples[place] + start for part, start in zip(parts, before, strict=False)])
        arrays[f"{name}-places"] = (np.cumsum(new) - 1).astype(np.uint32)
        arrays[f"{name}-examples"] = examples.astype(np.uint32)[order]
        arrays |= lookup.named(lookup.build(numbers[new]), name)
    return arrays


def known(arrays: Arrays) -> Known:
    """The index of which these are the arrays."""
    places, examples = ([arrays[f"{name}-{part}"] for name in NAMES] for part in ("places", "examples"))
    return Known([lookup.of_name(arrays, name) for name in NAMES], places, examples, lookup.of_name(arrays, _KEYS))


def look(batches: Sequence[Units], known: Known) -> list[Found]:
    """What a part of the training file has in common with validation, by NAMES."""
    words, pieces = known.numbers
    runs, found = [], []
    for batch in batches:
        spans = batch.whole
        texts = np.repeat(np.arange(len(spans.units.counts)), spans.units.counts)
        units, places = _hits(batch, words, WORDS, texts)
        runs.append((texts[units] + batch.first, places))
        units, _ = _hits(batch, known.keys, KEY_WORDS, texts)
        here, places = pieces.among(pieces_at(spans, batch.letters, units, texts[units]))
        found.append((texts[units[here]] + batch.first, places))
    return [_counted(runs), _counted(found)]


def _hits(batch: Units, known: lookup.Lookup, words: int, texts: Positions) -> tuple[Positions, Positions]:
    """The units with which a known run of words begins, and the place of the run; `texts` is whose each unit is."""
    units, places = known.among(batch.runs.of(words))
    whole = texts[units] == texts[units + words - 1]
    return units[whole], places[whole]


def tallies(known: Known) -> list[Tally]:
    """What is to be filled with what `look` finds, by NAMES."""
    return [Tally(len(one.numbers)) for one in known.numbers]


def leaks(found: Sequence[Tally], size: int, known: Known) -> dict[str, dict[int, int]]:
    """By NAMES the lines of validation that have something in common, each with one line of training; from 1.

    `found` is what the whole training file has; validation has `size` lines.
    """
    return {
        name: lines(one, places, examples, size, MOST_ROWS)
        for name, one, places, examples in zip(NAMES, found, known.places, known.examples, strict=True)
    }


def _counted(found: Sequence[tuple[Positions, Positions]]) -> Found:
    return counted(*(np.concatenate([np.zeros(0, np.int64), *(one[side] for one in found)]) for side in range(2)))


def _joined(parts: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    return np.concatenate(parts) if parts else np.zeros(0, np.uint64)
