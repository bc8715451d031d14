"""What written files have literally in common, as others measure it: 13 words in a row, drawn pieces of 50 characters.

What validation has is indexed, and every place of training is looked up, in the tables of all blocks. Of a large
validation file only every second, third ... of its runs of words is, so that the index keeps its size; texts of few
runs keep them all.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tuneset.execution.gate.array_file import Array, Arrays
from tuneset.execution.gate.number_tables import NumberTables, numbers_of
from tuneset.execution.gate.shared_numbers import Found, Small, Tally, counted, lines
from tuneset.execution.gate.texts import Units
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


class IndexedPieces(NamedTuple):
    """What a range of the validation file has: numbers by NAMES, the example of each, and the keys of its pieces."""

    numbers: Sequence[Hashes]
    examples: Sequence[Positions]
    keys: Hashes


class KnownPieces(NamedTuple):
    """What a block has, to judge what training has of it: by NAMES places among its numbers, and whose these are."""

    places: Sequence[Array]
    examples: Sequence[Array]


def index(batches: Sequence[Units], file_bytes: int) -> IndexedPieces:
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
    return IndexedPieces((_joined(words), _joined(pieces)), (_joined(of_words), _joined(of_pieces)), _joined(keys_of))


def put_together(parts: Sequence[IndexedPieces], sizes: Sequence[int]) -> tuple[dict[str, Array], dict[str, Array]]:
    """The arrays of `KnownPieces` of some parts of the validation file, of so many examples each; and their numbers."""
    before = np.cumsum([0, *sizes])
    arrays: dict[str, Array] = {}
    tables = numbers_of(_KEYS, distinct(_joined([part.keys for part in parts])))
    for place, name in enumerate(NAMES):
        numbers = _joined([part.numbers[place] for part in parts])
        order = np.argsort(numbers)
        numbers = numbers[order]
        new = np.ones(len(numbers), np.bool_)
        new[1:] = numbers[1:] != numbers[:-1]
        examples = _joined([part.examples[place] + start for part, start in zip(parts, before, strict=False)])
        arrays[f"{name}-places"] = (np.cumsum(new) - 1).astype(np.uint32)
        arrays[f"{name}-examples"] = examples.astype(np.uint32)[order]
        tables |= numbers_of(name, numbers[new])
    return arrays, tables


def known(arrays: Arrays) -> KnownPieces:
    """What these arrays are of."""
    places, examples = ([arrays[f"{name}-{part}"] for name in NAMES] for part in ("places", "examples"))
    return KnownPieces(places, examples)


def look(batches: Sequence[Units], tables: NumberTables) -> list[list[Found]]:
    """What a part of the training file has in common with validation: by part of the tables, and by NAMES."""
    words, pieces = NAMES
    runs, keys = [], []
    for batch in batches:
        texts = np.repeat(np.arange(len(batch.whole.units.counts)), batch.whole.units.counts)
        runs.append(_passing(batch, tables, words, WORDS, texts))
        keys.append(_passing(batch, tables, _KEYS, KEY_WORDS, texts))
    held = tables.held(_KEYS, _joined([one.numbers for one in keys]))
    ends = np.cumsum([0, *(len(one.numbers) for one in keys)])
    found = []
    for batch, one, (start, stop) in zip(batches, keys, itertools.pairwise(ends), strict=True):
        low, high = np.searchsorted(held, (start, stop))
        chosen = held[low:high] - start
        units, examples = one.units[chosen], one.examples[chosen]
        numbers = pieces_at(batch.whole, batch.letters, units, examples - batch.first)
        passing = tables.passing(pieces, numbers)
        found.append(_Passing(numbers[passing], examples[passing], units[passing]))
    return [
        list(of_part) for of_part in zip(_by_part(tables, words, runs), _by_part(tables, pieces, found), strict=True)
    ]


def tallies(tables: NumberTables, part: int) -> list[Tally]:
    """What is to be filled with what `look` finds of a part of the tables, by NAMES."""
    return [Tally(tables.size(name, part)) for name in NAMES]


def of_block(found: Sequence[Tally], tables: NumberTables, part: int, block: int) -> list[tuple[Small, Small]]:
    """What was found of a part of the tables, at the numbers of a block that stand in it: rows and counts by NAMES."""
    return [tally.at(tables.places_of(name, part, block)) for name, tally in zip(NAMES, found, strict=True)]


class _Passing(NamedTuple):
    """What passes the filter of a table: the number, the example, and the unit of its batch with which it begins."""

    numbers: Hashes
    examples: Positions
    units: Positions


def _passing(batch: Units, tables: NumberTables, name: str, words: int, texts: Positions) -> _Passing:
    """The runs of so many words that pass a filter; `texts` is whose each unit is."""
    runs = batch.runs.of(words)
    units = tables.passing(name, runs)
    units = units[texts[units] == texts[units + words - 1]]
    return _Passing(runs[units], texts[units] + batch.first, units)


def _by_part(tables: NumberTables, name: str, passing: Sequence[_Passing]) -> list[Found]:
    """What the parts of a table have of what passes its filter."""
    numbers, examples = _joined([one.numbers for one in passing]), _joined([one.examples for one in passing])
    nothing = counted(np.zeros(0, np.int64), np.zeros(0, np.int64))
    found = [nothing] * len(tables.parts)
    for part, places, entries in tables.by_part(name, numbers):
        found[part] = counted(examples[places], entries)
    return found


def leaks(found: Sequence[Tally], size: int, known: KnownPieces) -> dict[str, dict[int, int]]:
    """By NAMES the lines of validation that have something in common, each with one line of training; from 1.

    `found` is what the whole training file has at the numbers of validation, which has `size` lines.
    """
    return {
        name: lines(one, places, examples, size, MOST_ROWS)
        for name, one, places, examples in zip(NAMES, found, known.places, known.examples, strict=True)
    }


def _joined(parts: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    return np.concatenate(parts) if parts else np.zeros(0, np.uint64)
