"""The gate's near duplicates: prompts and answers of validation that training has nearly alike, and pairs of both.

Found by `similarity/prefix_join.py`, exactly and without the signatures and groups by which dedup found its own. The
definition is the same: units in a shingle, the threshold, and that text which many rows share is left out, known from
another sample than dedup's. What shares a key is looked up in the tables of all blocks, and compared block by block.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from tuneset.execution import storage
from tuneset.execution.gate import array_file
from tuneset.execution.gate.array_file import Array, Arrays
from tuneset.execution.gate.examples import texts_of
from tuneset.execution.gate.number_tables import NumberTables, by_block, numbers_of
from tuneset.execution.gate.shared_numbers import Found, Tally, counted, lines
from tuneset.execution.gate.texts import Units, every_second, unit_batches
from tuneset.execution.stores import local_copies
from tuneset.execution.stores.location import Location
from tuneset.params import NearParams
from tuneset.similarity import boilerplate, lookup, prefix_join
from tuneset.similarity.message_text import set_apart
from tuneset.similarity.ragged import Hashes, Positions, Ragged, distinct, joined
from tuneset.similarity.shingles import Runs
from tuneset.similarity.words import mix, unmix

NAMES = ("near_prompt", "near_answer", "near")
SIDES = ("prompt", "answer")
LEAST_SHINGLES = 4
"""An answer of fewer is no evidence by itself: with five words in a shingle these are answers of under eight words."""
MOST_ROWS = 10
"""An answer that is like those of more training rows is what many questions have in common."""
LOOSENED = 2
_HALF = 32
_SAMPLED = "sampled"
_NO_PAIRS = np.zeros(0, np.int64), np.zeros(0, np.int64)


class IndexedRows(NamedTuple):
    """One side of a range of the validation file: its distinct sets of shingles, which lie in a file.

    Args:
        values: the file of their shingles.
        counts: how many each of them has.
        digests: a number for each of them, 0 for the empty one.
        keys: the shingles by which they are found.
        owners: the set of each key.
        outlines: of each set.
        of_examples: which set each example has.
    """

    values: Location
    counts: Positions
    digests: Hashes
    keys: Hashes
    owners: Positions
    outlines: Hashes
    of_examples: Positions


class Own(NamedTuple):
    """What validation has: the set of each example on each side, the pair of both, the answer's size, who answers."""

    prompts: Positions
    answers: Positions
    pairs: Positions
    answer_sizes: Positions
    answered: npt.NDArray[np.bool_]


class _Sampled(NamedTuple):
    """What is known from the sample: runs of units that are left out, on which sides, and the order, by side."""

    common: lookup.Lookup
    on_sides: npt.NDArray[np.bool_]
    popular: prefix_join.Popularity


class KnownRows(NamedTuple):
    """What a block has to be compared: by side its sets and their outlines; and the pairs of sets."""

    sets: Sequence[Ragged]
    outlines: Sequence[Hashes]
    pairs: Positions


def sample(rows: Sequence[Mapping[str, Any]], near: NearParams, folder: Location) -> None:
    """Write what many rows share and how popular shingles are, by side, known from a sample of both files.

    The sample is another one than dedup's; LOOSENED as much is asked of a span, so that what dedup kept apart because
    of boilerplate is not found alike here.
    """
    texts = texts_of(rows)
    batches = list(unit_batches(texts.sides, texts.beside))
    found: dict[str, Array] = {}
    for side, n in zip(SIDES, near.units, strict=True):
        units = [every_second(batch.sides, SIDES.index(side)) for batch in batches]
        common = boilerplate.common([boilerplate.spans(one) for one in units], len(rows), LOOSENED)
        left = joined([boilerplate.left_out(one, common) for one in units])
        found |= {f"{side}-common": common, f"{side}-popular": prefix_join.popularity(left, n)}
    with local_copies.to_write(folder) as here:
        array_file.write(here / _SAMPLED, found)


def sets_of(batches: Sequence[Units], near: NearParams, folder: Location) -> list[Ragged]:
    """The sets of some examples, by side; `folder` is where `sample` wrote."""
    sampled = _sampled(folder)
    found = [prefix_join.ordered_sets(*_told_apart(batch, sampled), near.units, sampled.popular) for batch in batches]
    return [joined([of_batch[side] for of_batch in found]) for side in range(len(SIDES))]


def index(batches: Sequence[Units], near: NearParams, folder: Location, name: str) -> list[IndexedRows]:
    """The sets of a part of the validation file of that name, by side; `folder` is where `sample` wrote."""
    found = []
    for side, sets in zip(SIDES, sets_of(batches, near, folder), strict=True):
        digests, firsts, same = np.unique(prefix_join.equal_sets(sets), return_index=True, return_inverse=True)
        once = prefix_join.taken(sets, firsts)
        path = folder / f"{side}-{name}.sets"
        storage.write(path, np.ascontiguousarray(once.values).view(np.uint8).data)
        keys, owners = prefix_join.prefixes(once, near.threshold)
        found.append(IndexedRows(path, once.counts, digests, keys, owners, prefix_join.outlines(once), same))
    return found


def put_together(
    parts: Sequence[list[IndexedRows]], answered: Sequence[bool]
) -> tuple[dict[str, Array | array_file.Pieces], dict[str, Array], Own]:
    """The arrays of `KnownRows` of some parts of the validation file, their numbers, and what each example has."""
    arrays: dict[str, Array | array_file.Pieces] = {}
    tables: dict[str, Array] = {}
    of_sides: list[Positions] = []
    sizes = np.zeros(0, np.int64)
    for place, side in enumerate(SIDES):
        of_side = [part[place] for part in parts]
        before = np.cumsum([0, *(len(one.digests) for one in of_side)])
        _, firsts, same = np.unique(_joined([one.digests for one in of_side]), return_index=True, return_inverse=True)
        first = firsts[same]  # of equal sets of several parts
        owners = _joined([one.owners + start for one, start in zip(of_side, before, strict=False)])
        once = first[owners] == owners
        tables |= numbers_of(side, *prefix_join.telling(_joined([one.keys for one in of_side])[once], owners[once]))
        counts = _joined([one.counts for one in of_side])
        starts = np.concatenate([[0], np.cumsum(counts)])
        values = array_file.Pieces(np.uint64, int(starts[-1]), _values(of_side))
        outlines = _joined([one.outlines for one in of_side])
        arrays |= {f"{side}-starts": starts, f"{side}-values": values, f"{side}-outlines": outlines}
        of_examples = first[_joined([one.of_examples + start for one, start in zip(of_side, before, strict=False)])]
        of_sides.append(of_examples)
        sizes = counts[of_examples]
    pairs, same = np.unique(_pair(*of_sides), return_inverse=True)
    own = Own(of_sides[0], of_sides[1], same, sizes, np.array(answered, np.bool_))
    return {**arrays, "pairs": pairs}, tables, own


def known(arrays: Arrays) -> KnownRows:
    """What these arrays are of."""
    return KnownRows(
        [Ragged(arrays[f"{side}-values"], np.array(arrays[f"{side}-starts"])) for side in SIDES],
        [arrays[f"{side}-outlines"] for side in SIDES],
        arrays["pairs"],
    )


def look(
    sets: Sequence[Ragged], near: NearParams, tables: NumberTables, known_of: Callable[[int], KnownRows]
) -> dict[int, list[Found]]:
    """What a part of the training file has alike, by block and NAMES, given what `sets_of` gives of it.

    `known_of` is what a block has; it is asked of those blocks alone with which something may be alike.
    """
    prompts, answers = (_alike(side, sets[side], near.threshold, tables, known_of) for side in range(len(SIDES)))
    found = {}
    for block in sorted({*prompts, *answers}):
        of_prompts, of_answers = prompts.get(block, _NO_PAIRS), answers.get(block, _NO_PAIRS)
        both = _both(of_prompts, of_answers, known_of(block).pairs)
        found[block] = [counted(*one) for one in (of_prompts, of_answers, both)]
    return found


def tallies(known: KnownRows) -> list[Tally]:
    """What is to be filled with what `look` finds, by NAMES."""
    return [Tally(size) for size in (*(len(sets.counts) for sets in known.sets), len(known.pairs))]


def leaks(own: Own, found: Sequence[Tally], near: NearParams) -> dict[str, dict[int, int]]:
    """By NAMES the lines of validation that training has nearly alike, each with one line of training; from 1.

    `found` is what the whole training file has. Told apart are short answers, and answers that are like those of more
    than MOST_ROWS rows.
    """
    prompts, answers, both = found
    every = np.arange(len(own.prompts))
    telling = own.answered & (own.answer_sizes >= LEAST_SHINGLES)
    alike = {
        "messages": lines(both, own.pairs, every, len(every)),
        "prompt": lines(prompts, own.prompts, every, len(every)),
        "answer": lines(answers, own.answers, every, len(every)),
    }
    return {
        "near": alike[near.key],
        "near_prompt": alike["prompt"],
        "near_answer": lines(answers, own.answers[telling], every[telling], len(every), MOST_ROWS),
    }


def _told_apart(batch: Units, sampled: _Sampled) -> tuple[Ragged, Runs]:
    """The units of a batch without what many rows share, those beside something else being others; and their runs."""
    units, runs = batch.sides, batch.runs
    if len(sampled.common.buckets.numbers):
        spans = runs.of(boilerplate.SPAN)
        begins, places = sampled.common.among(spans)
        texts = np.searchsorted(units.starts, begins, side="right") - 1
        inside = begins + boilerplate.SPAN <= units.starts[texts + 1]
        begins = begins[inside & sampled.on_sides[texts % len(SIDES), places]]
        units = boilerplate.without(units, begins, mix(spans[begins]))
    units = set_apart(units, batch.beside)
    return units, runs if units is batch.sides else Runs(units.values)


def _joined(parts: Sequence[npt.NDArray[np.int64]] | Sequence[Hashes]) -> npt.NDArray[Any]:
    return np.concatenate([parts[0][:0], *parts])


def _values(parts: Sequence[IndexedRows]) -> Iterator[Hashes]:
    """The shingles of each part; the files stay, so that a task that is done again finds them."""
    return (storage.read_numbers(part.values, np.uint64) for part in parts)


def _pair(prompts: Positions, answers: Positions) -> Positions:
    return prompts << _HALF | answers


def _alike(
    side: int, sets: Ragged, threshold: float, tables: NumberTables, known_of: Callable[[int], KnownRows]
) -> dict[int, tuple[Positions, Positions]]:
    """By block the pairs of one of `sets` and one of the block's that are alike; without blocks that have none."""
    keys, rows = prefix_join.prefixes(sets, threshold)
    places, owners = tables.owners(SIDES[side], mix(keys))
    rows = rows[places]
    perhaps = {
        block: prefix_join.candidates(sets, known_of(block).sets[side], rows[which], own, threshold)
        for block, which, own in by_block(owners)
    }
    hit = distinct(np.concatenate([np.zeros(0, np.int64), *(left for left, _ in perhaps.values())]))
    outlines = prefix_join.outlines(prefix_join.taken(sets, hit))
    found = {}
    for block, (left, right) in perhaps.items():
        known = known_of(block)
        outlined = outlines[np.searchsorted(hit, left)], known.outlines[side]
        pairs = prefix_join.alike(sets, known.sets[side], outlined, (left, right), threshold)
        if len(pairs[0]):
            found[block] = pairs
    return found


def _both(
    prompts: tuple[Positions, Positions], answers: tuple[Positions, Positions], pairs: Positions
) -> tuple[Positions, Positions]:
    """Rows that are like an example of validation on both sides, and the place of that example's pair of sets."""
    if not len(prompts[0]) or not len(answers[0]):
        return _NO_PAIRS
    one, other = (
        pl.DataFrame({"row": rows, name: numbers})
        for (rows, numbers), name in ((prompts, "prompt"), (answers, "answer"))
    )
    both = one.join(other, on="row")
    numbers = _pair(both["prompt"].to_numpy(), both["answer"].to_numpy())
    if not len(pairs) or not len(numbers):
        return _NO_PAIRS
    places = np.minimum(np.searchsorted(pairs, numbers), len(pairs) - 1)
    there = pairs[places] == numbers
    return both["row"].to_numpy()[there], places[there]


@functools.lru_cache(maxsize=1)
def _sampled(folder: Location) -> _Sampled:
    """What `sample` wrote."""
    arrays = array_file.parsed(storage.read_numbers(folder / _SAMPLED, np.uint8))
    by_side = [unmix(arrays[f"{side}-common"]) for side in SIDES]
    runs = distinct(np.concatenate(by_side))
    on_sides = np.array([np.isin(runs, one) for one in by_side])
    return _Sampled(lookup.build(runs), on_sides, np.concatenate([arrays[f"{side}-popular"] for side in SIDES]))
