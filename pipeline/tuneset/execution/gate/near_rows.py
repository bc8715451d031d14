"""The gate's near duplicates: prompts and answers of validation that training has nearly alike, and pairs of both.

Found by `similarity/prefix_join.py`, exactly and without the signatures and groups by which dedup found its own. The
definition is the same: units in a shingle, the threshold, and that text which many rows share is left out, known from
another sample than dedup's.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import orjson
import polars as pl

from tuneset.execution.gate.examples import texts_of
from tuneset.execution.gate.found import Found, Tally, counted, lines
from tuneset.execution.gate.texts import Units, every_second, unit_batches
from tuneset.params import NearParams
from tuneset.similarity import boilerplate, lookup, prefix_join
from tuneset.similarity.message_text import set_apart
from tuneset.similarity.ragged import Hashes, Positions, Ragged, distinct, joined, mapped
from tuneset.similarity.shingles import Runs
from tuneset.similarity.words import unmix

NAMES = ("near_prompt", "near_answer", "near")
SIDES = ("prompt", "answer")
LEAST_SHINGLES = 4
"""An answer of fewer is no evidence by itself: with five words in a shingle these are answers of under eight words."""
MOST_ROWS = 10
"""An answer that is like those of more training rows is what many questions have in common."""
SMALL_LINE_BYTES = 2048  # a file with fewer bytes a sampled row is read whole
LOOSENED = 2
_HALF = 32


class Indexed(NamedTuple):
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

    values: Path
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


class _Known(NamedTuple):
    """What training is held against: by side the index and the sets; and the pairs of sets."""

    indexes: Sequence[prefix_join.PrefixIndex]
    sets: Sequence[Ragged]
    pairs: Positions


def sample(train: Path, validation: Path, near: NearParams, folder: Path) -> None:
    """Write what many rows share and how popular shingles are, by side, known from a sample of both files.

    The sample is another one than dedup's; LOOSENED as much is asked of a span, so that what dedup kept apart because
    of boilerplate is not found alike here.
    """
    rows = [line for path in (train, validation) for line in _spread(path, boilerplate.SAMPLE_ROWS)]
    texts = texts_of([orjson.loads(line) for line in rows])
    batches = list(unit_batches(texts.sides, texts.beside))
    for side, n in zip(SIDES, near.units, strict=True):
        units = [every_second(batch.sides, SIDES.index(side)) for batch in batches]
        common = boilerplate.common([boilerplate.spans(one) for one in units], len(rows), LOOSENED)
        left = joined([boilerplate.left_out(one, common) for one in units])
        np.save(_file(folder, side, "common"), common)
        np.save(_file(folder, side, "popular"), prefix_join.popularity(left, n))


def index(batches: Sequence[Units], near: NearParams, folder: Path, name: str) -> list[Indexed]:
    """The sets of a part of the validation file of that name, by side; `folder` is where `sample` wrote."""
    found = []
    for side, sets in zip(SIDES, _sets(batches, near, _sampled(folder)), strict=True):
        digests, firsts, same = np.unique(prefix_join.equal_sets(sets), return_index=True, return_inverse=True)
        once = prefix_join.taken(sets, firsts)
        path = folder / f"{side}-{name}.sets"
        once.values.tofile(path)
        keys, owners = prefix_join.prefixes(once, near.threshold)
        found.append(Indexed(path, once.counts, digests, keys, owners, prefix_join.outlines(once), same))
    return found


def save(parts: Sequence[list[Indexed]], answered: Sequence[bool], folder: Path) -> Own:
    """Write an index of all parts of the validation file; give what each of its examples has."""
    of_sides: list[Positions] = []
    sizes = np.zeros(0, np.int64)
    for place, side in enumerate(SIDES):
        of_side = [part[place] for part in parts]
        before = np.cumsum([0, *(len(one.digests) for one in of_side)])
        _, firsts, same = np.unique(_joined([one.digests for one in of_side]), return_index=True, return_inverse=True)
        first = firsts[same]  # of equal sets of several parts
        owners = _joined([one.owners + start for one, start in zip(of_side, before, strict=False)])
        once = first[owners] == owners
        outlines = _joined([one.outlines for one in of_side])
        made = prefix_join.build(_joined([one.keys for one in of_side])[once], owners[once], outlines)
        prefix_join.save(made, folder, side)
        counts = _joined([one.counts for one in of_side])
        starts = np.concatenate([[0], np.cumsum(counts)])
        np.save(_file(folder, side, "starts"), starts)
        _put_together(_file(folder, side, "values"), [one.values for one in of_side], int(starts[-1]))
        of_examples = first[_joined([one.of_examples + start for one, start in zip(of_side, before, strict=False)])]
        of_sides.append(of_examples)
        sizes = counts[of_examples]
    pairs, same = np.unique(_pair(*of_sides), return_inverse=True)
    np.save(folder / "pairs.npy", pairs)
    return Own(of_sides[0], of_sides[1], same, sizes, np.array(answered, np.bool_))


def look(batches: Sequence[Units], near: NearParams, folder: Path) -> list[Found]:
    """What a part of the training file has alike, by NAMES; `folder` is where `save` wrote."""
    known = _known(folder)
    prompts, answers = (
        prefix_join.alike(sets, index, of_validation, near.threshold)
        for sets, index, of_validation in zip(
            _sets(batches, near, _sampled(folder)), known.indexes, known.sets, strict=True
        )
    )
    return [counted(*one) for one in (prompts, answers, _both(prompts, answers, known.pairs))]


def tallies(folder: Path) -> list[Tally]:
    """What is to be filled with what `look` finds, by NAMES."""
    known = _known(folder)
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


def _sets(batches: Sequence[Units], near: NearParams, sampled: _Sampled) -> list[Ragged]:
    """The sets of some examples, by side."""
    found = [prefix_join.ordered_sets(*_told_apart(batch, sampled), near.units, sampled.popular) for batch in batches]
    return [joined([of_batch[side] for of_batch in found]) for side in range(len(SIDES))]


def _told_apart(batch: Units, sampled: _Sampled) -> tuple[Ragged, Runs]:
    """The units of a batch without what many rows share, those beside something else being others; and their runs."""
    units, runs = batch.sides, batch.runs
    if len(sampled.common.numbers):
        begins, places = sampled.common.among(runs.of(boilerplate.SPAN))
        texts = np.searchsorted(units.starts, begins, side="right") - 1
        inside = begins + boilerplate.SPAN <= units.starts[texts + 1]
        units = boilerplate.without(units, begins[inside & sampled.on_sides[texts % len(SIDES), places]])
    units = set_apart(units, batch.beside)
    return units, runs if units is batch.sides else Runs(units.values)


def _joined(parts: Sequence[npt.NDArray[np.int64]] | Sequence[Hashes]) -> npt.NDArray[Any]:
    return np.concatenate([parts[0][:0], *parts])


def _put_together(path: Path, parts: Sequence[Path], size: int) -> None:
    """One array of so many numbers from files of them, of which one is in memory at a time.

    They stay, so that a task that is done again finds them.
    """
    whole = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint64, shape=(size,)) if size else None
    if whole is None:
        np.save(path, np.zeros(0, np.uint64))
    done = 0
    for part in parts:
        values = np.fromfile(part, np.uint64)
        if whole is not None:
            whole[done : done + len(values)] = values
        done += len(values)


def _pair(prompts: Positions, answers: Positions) -> Positions:
    return prompts << _HALF | answers


def _both(
    prompts: tuple[Positions, Positions], answers: tuple[Positions, Positions], pairs: Positions
) -> tuple[Positions, Positions]:
    """Rows that are like an example of validation on both sides, and the place of that example's pair of sets."""
    one, other = (
        pl.DataFrame({"row": rows, name: numbers})
        for (rows, numbers), name in ((prompts, "prompt"), (answers, "answer"))
    )
    both = one.join(other, on="row")
    numbers = _pair(both["prompt"].to_numpy(), both["answer"].to_numpy())
    if not len(pairs) or not len(numbers):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    places = np.minimum(np.searchsorted(pairs, numbers), len(pairs) - 1)
    there = pairs[places] == numbers
    return both["row"].to_numpy()[there], places[there]


def _spread(path: Path, number: int) -> list[bytes]:
    """Some lines of a file, from places that are spread evenly over it; all of them where the file is small."""
    size = path.stat().st_size
    if size <= number * SMALL_LINE_BYTES:
        found = path.read_bytes().split(b"\n")
    else:
        found = []
        with path.open("rb") as handle:
            for place in range(number):
                handle.seek(size * place // number)
                handle.readline()  # the rest of a line
                found.append(handle.readline())
    return [line for line in found if line]


@functools.lru_cache(maxsize=1)
def _sampled(folder: Path) -> _Sampled:
    """What `sample` wrote."""
    by_side = [unmix(mapped(_file(folder, side, "common"))) for side in SIDES]
    runs = distinct(np.concatenate(by_side))
    on_sides = np.array([np.isin(runs, one) for one in by_side])
    popular = np.concatenate([np.load(_file(folder, side, "popular")) for side in SIDES])
    return _Sampled(lookup.build(runs), on_sides, popular)


@functools.lru_cache(maxsize=1)
def _known(folder: Path) -> _Known:
    """What `save` wrote, mapped: processes that open it share its memory."""

    def by_side(name: str) -> list[npt.NDArray[Any]]:
        return [mapped(_file(folder, side, name)) for side in SIDES]

    return _Known(
        [prefix_join.load(folder, side) for side in SIDES],
        [Ragged(values, np.array(starts)) for values, starts in zip(by_side("values"), by_side("starts"), strict=True)],
        mapped(folder / "pairs.npy"),
    )


def _file(folder: Path, side: str, name: str) -> Path:
    return folder / f"{side}-{name}.npy"
