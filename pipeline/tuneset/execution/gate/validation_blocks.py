"""The index of the validation file, block by block: what a block holds, and what it has for the tables of all.

A block is a part of the file that one process indexes; nothing of one block asks about another, so that no process
holds more than a block, whatever the size of the file. What is told apart because many texts of validation have it
(a shingle in the beginnings of more than MOST_OWNERS texts, a beginning that goes on in many ways) is asked of a block.
"""

from __future__ import annotations

import functools
import itertools
import pickle
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tuneset import artifacts
from tuneset.execution.gate import array_file, exchanges, near_rows, shared_pieces
from tuneset.execution.gate.array_file import Array, Arrays
from tuneset.execution.gate.examples import examples_of, texts_of
from tuneset.execution.gate.hints import hints_of
from tuneset.execution.gate.number_tables import numbers_of
from tuneset.execution.gate.texts import unit_batches
from tuneset.execution.stores import local_copies
from tuneset.execution.stores.file_ranges import Range, lines
from tuneset.execution.stores.location import Location
from tuneset.params import NearParams
from tuneset.similarity.ragged import Hashes, distinct
from tuneset.stages import gate

BLOCK_BYTES = 128 << 20
"""Of the validation file, some 100,000 examples: 400 MB while it is indexed, and as much on the disk of each worker."""
ASKED, HINTED = "asked", ("hints-asked", "hints-answers")
_HALF_DIGEST = np.dtype("<u8")


class IndexedBlock(NamedTuple):
    """What a range of the validation file holds.

    Args:
        asked: a digest of what each example asks, one after the other.
        hints: by which these are told apart at first, and its answers.
        answered: which of its examples have an answer.
        numbers: of its answers, exchanges and beginnings, with the place of each example in the range.
        near: its sets of shingles, by side; none where nobody looks for near duplicates.
        pieces: its runs of words and pieces.
    """

    asked: bytes
    hints: tuple[Hashes, Hashes]
    answered: list[bool]
    numbers: exchanges.Numbers
    near: list[near_rows.IndexedRows]
    pieces: shared_pieces.IndexedPieces


class KnownBlock(NamedTuple):
    """What a block holds beside its index, to judge what training has of it.

    Args:
        asked: a digest of what each example asks, one after the other.
        examples: how many it has.
        numbers: of its answers, exchanges and beginnings.
        own: its sets of shingles; None where nobody looks for near duplicates.
    """

    asked: bytes
    examples: int
    numbers: exchanges.Numbers
    own: near_rows.Own | None


class Block(NamedTuple):
    """The index of a block, mapped, beside what it has in the tables of all blocks.

    Args:
        pieces: runs of words and pieces.
        near: sets of shingles; None where nobody looks for near duplicates.
    """

    pieces: shared_pieces.KnownPieces
    near: near_rows.KnownRows | None


def blocks(ranges: Sequence[Range]) -> list[list[Range]]:
    """The ranges of each block, which follow one another; at least one block.

    >>> [len(block) for block in blocks([Range(Path("a"), start, start + 1, 9) for start in (0, 1, BLOCK_BYTES)])]
    [2, 1]
    """
    return [list(of_block) for _, of_block in itertools.groupby(ranges, lambda one: one.start // BLOCK_BYTES)]


def index_range(part: Range, *, near: NearParams, folder: Location) -> IndexedBlock:
    """Look at a range of the validation file; its sets of shingles are written into `folder`."""
    examples = examples_of(lines(part), part.file)
    texts = texts_of(examples)
    batches = list(unit_batches(texts.sides, texts.beside))
    unanswered = set(texts.unanswered)
    return IndexedBlock(
        b"".join(gate.prompt_digests(examples)),
        hints_of(texts, batches)[:2],
        [place not in unanswered for place in range(len(examples))],
        exchanges.numbers_of(examples),
        near_rows.index(batches, near, folder, f"{part.start:x}") if near.enabled else [],
        shared_pieces.index(batches, part.size),
    )


def put_together(given: Iterable[IndexedBlock], near: NearParams, file: Path) -> tuple[KnownBlock, Arrays]:
    """Write one index of all ranges of a block; give what is held of it until training was looked at, and its numbers.

    The numbers are for the tables of all blocks.
    """
    parts = list(given)
    asked = b"".join(part.asked for part in parts)
    sizes = [len(part.answered) for part in parts]
    numbers = exchanges.joined([part.numbers for part in parts], sizes)
    tables = numbers_of(ASKED, distinct(halves(asked)))
    for place, name in enumerate(HINTED):
        tables |= numbers_of(name, distinct(np.concatenate([part.hints[place] for part in parts])))
    for name, (values, _) in numbers.items():
        tables |= numbers_of(name, distinct(values))
    arrays: dict[str, Array | array_file.Pieces] = {}
    of_pieces, its_tables = shared_pieces.put_together([part.pieces for part in parts], sizes)
    arrays.update(of_pieces)
    tables |= its_tables
    own = None
    if near.enabled:
        answered = [one for part in parts for one in part.answered]
        of_near, its_tables, own = near_rows.put_together([part.near for part in parts], answered)
        arrays |= of_near
        tables |= its_tables
    array_file.write(file, arrays)
    return KnownBlock(asked, sum(sizes), numbers, own), tables


def write_block(given: Iterable[IndexedBlock], near: NearParams, folder: Location, number: int) -> Arrays:
    """As `put_together`, with all of it but the numbers in files of the folder, wherever it lies."""
    with local_copies.to_write(folder) as here:
        known, tables = put_together(given, near, here / _file(number))
        artifacts.write_bytes(here / f"{_file(number)}.known", pickle.dumps(known))
    return tables


def read_known(folder: Location, number: int) -> KnownBlock:
    """What `write_block` wrote beside an index."""
    known: KnownBlock = pickle.loads((folder / f"{_file(number)}.known").read_bytes())  # noqa: S301  written by this run
    return known


def opened(folder: Location, number: int) -> Block:
    """The index of a block. Of one in a store this process keeps a copy, until it opens one of another folder."""
    known = _opened(folder)
    if number not in known:
        known[number] = _block(array_file.opened(folder / _file(number)))
    return known[number]


def halves(digests: bytes) -> Hashes:
    """The first half of each digest of `gate.prompt_digests`."""
    return np.frombuffer(digests, _HALF_DIGEST).reshape(-1, gate.DIGEST_BYTES // _HALF_DIGEST.itemsize)[:, 0]


def path_of(folder: Path, number: int) -> Path:
    """Where the index of a block lies in a local folder."""
    return folder / _file(number)


def _block(arrays: Arrays) -> Block:
    return Block(shared_pieces.known(arrays), near_rows.known(arrays) if "pairs" in arrays else None)


@functools.lru_cache(maxsize=1)
def _opened(folder: Location) -> dict[int, Block]:  # noqa: ARG001  the cache's key
    return {}


def _file(number: int) -> str:
    return f"block-{number}"
