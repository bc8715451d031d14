"""Numbers of all blocks of validation together, so that a training row is held against them once, not block by block.

A table is divided by the leading bits of its numbers; a part is made by one process of what each block has for it, and
mapped by those that look into it. Before the parts stands a filter, a bit for some leading bits of a number, that most
strange numbers do not pass. It grows with validation up to a bound. Beyond, more numbers pass and are looked for in
vain: that takes time, up to a limit that does not grow with validation, and finds the same.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tuneset.execution.gate import array_file
from tuneset.execution.gate.array_file import Array, Arrays
from tuneset.execution.stores import local_copies
from tuneset.execution.stores.location import Location
from tuneset.similarity import lookup
from tuneset.similarity.ragged import Hashes, Positions, distinct

MOST_FILTER_BITS = 30
"""Of the largest table: 128 MiB, mapped, for 1 GiB of validation (some million rows) or more."""
_LEAST_FILTER_BITS = 16
_BYTE_BITS = 3
_OWNERS, _PLACES, _STARTS = "-owners", "-places-of-", "-starts"
_OWNER_BITS = 32
_FILTERS = "filters"


class Kind(NamedTuple):
    """What is kept of the numbers of one name.

    Args:
        owned: whose each is: its block and, in that, a number for the owner. Otherwise each is there once.
        placed: where the numbers of each block stand.
        fewer: of the filter the binary logarithm of how many times smaller it is than the largest.
    """

    owned: bool = False
    placed: bool = False
    fewer: int = 4


KINDS: Mapping[str, Kind] = {
    "words_13": Kind(placed=True, fewer=0),  # some 40 of an example
    "characters_50": Kind(placed=True),  # 3, and so are the keys by which they are found
    "keys": Kind(),
    "prompt": Kind(owned=True, fewer=2),  # some 7 of an example
    "answer": Kind(owned=True, fewer=1),  # some 17
    "hints-asked": Kind(),  # one, like all others
    "hints-answers": Kind(),
    "asked": Kind(owned=True),
    "equal_answer": Kind(owned=True),
    "last_exchange": Kind(owned=True),
    "beginning": Kind(owned=True),
    "going_on": Kind(owned=True),
}


class NumberTables(NamedTuple):
    """The tables of all blocks, by name.

    Args:
        filters: bits, by leading bits of a number.
        parts: by the leading bits of a number what there is of it, as `write_part` wrote it.
    """

    filters: Arrays
    parts: Sequence[Arrays]

    def passing(self, name: str, values: Hashes) -> Positions:
        """The places of those values that the table has, and of some others."""
        bits = self.filters[name]
        shift = 64 - _BYTE_BITS - (len(bits).bit_length() - 1)
        found = bits.take((values >> np.uint64(shift + _BYTE_BITS)).view(np.int64), mode="clip")
        found >>= (values >> np.uint64(shift)).astype(np.uint8) & np.uint8(7)
        found &= 1
        return np.flatnonzero(found.view(np.bool_))

    def by_part(self, name: str, values: Hashes) -> Iterator[tuple[int, Positions, Positions]]:
        """Yield by part the places of values that the table has, and the place of each in this part of the table."""
        common = _common_bits(len(self.parts))
        order, ends = np.arange(len(values)), [0, len(values)]
        if common:
            leading = (values >> np.uint64(64 - common)).astype(np.uint16)
            order = np.argsort(leading, kind="stable")  # a radix sort: of 16 bits
            ends = np.searchsorted(leading[order], np.arange(len(self.parts) + 1)).tolist()
        for part, (start, stop) in enumerate(itertools.pairwise(ends)):
            if start < stop:
                arrays, chosen = self.parts[part], order[start:stop]
                known = lookup.Buckets(arrays[name], arrays[name + _STARTS])
                places, entries = known.among(values[chosen] << np.uint64(common))
                yield part, chosen[places], entries

    def held(self, name: str, values: Hashes) -> Positions:
        """The places of those values that the table has, ascending."""
        passing = self.passing(name, values)
        found = [places for _, places, _ in self.by_part(name, values[passing])]
        return np.sort(passing[np.concatenate([np.zeros(0, np.int64), *found])])

    def owners(self, name: str, values: Hashes) -> tuple[Positions, Positions]:
        """The owners of those values that the table has: the place of the value and the owner, for `by_block`."""
        passing = self.passing(name, values)
        found = [
            (places, self.parts[part][name + _OWNERS][entries])
            for part, places, entries in self.by_part(name, values[passing])
        ]
        places, owners = (np.concatenate([np.zeros(0, np.int64), *(one[side] for one in found)]) for side in range(2))
        return passing[places], owners

    def size(self, name: str, part: int) -> int:
        """How many numbers there are in a part of a table."""
        return len(self.parts[part][name])

    def places_of(self, name: str, part: int, block: int) -> Array:
        """Where in a part of a table the numbers of a block stand, in their order."""
        return self.parts[part][f"{name}{_PLACES}{block}"]


def parts_for(blocks: int) -> int:
    """How many parts the tables of so many blocks have: up to two blocks a part, and a power of two.

    >>> [parts_for(blocks) for blocks in (1, 2, 3, 4, 5, 9)]
    [1, 1, 2, 2, 4, 8]
    """
    return 1 << max((blocks - 1).bit_length() - 1, 0)


def filter_bits(size: int) -> int:
    """The binary logarithm of the bits of the largest filter, for a validation file of so many bytes.

    >>> filter_bits(0), filter_bits(1 << 27), filter_bits(1 << 40)
    (16, 27, 30)
    """
    return min(max(size.bit_length() - 1, _LEAST_FILTER_BITS), MOST_FILTER_BITS)


def numbers_of(name: str, numbers: Hashes, owners: Positions | None = None) -> dict[str, Array]:
    """What a block has for a table: numbers, ascending, and where it keeps owners, which of the block each has."""
    if not KINDS[name].owned:
        return {name: numbers}
    return {name: numbers, name + _OWNERS: np.zeros(len(numbers), np.int64) if owners is None else owners}


def cut(numbers: Arrays, parts: int) -> Iterator[dict[str, Array]]:
    """What a block has for each of so many parts.

    >>> [one["keys"].tolist() for one in cut({"keys": np.array([3, 1 << 63], np.uint64)}, 2)]
    [[3], [9223372036854775808]]
    """
    return (cut_one(numbers, part, parts) for part in range(parts))


def cut_one(numbers: Arrays, part: int, parts: int) -> dict[str, Array]:
    """What a block has for one of so many parts."""
    shift = 64 - _common_bits(parts)
    found: dict[str, Array] = {}
    for name in numbers:
        if name in KINDS:
            start = np.searchsorted(numbers[name], np.uint64(part << shift)) if part else 0
            stop = np.searchsorted(numbers[name], np.uint64((part + 1) << shift)) if part + 1 < parts else None
            chosen = slice(start, stop)
            found |= {one: numbers[one][chosen] for one in (name, name + _OWNERS) if one in numbers}
    return found


def write_part(given: Iterable[Arrays], folder: Location, part: int, *, parts: int, bits: int) -> None:
    """Write one of so many parts of the tables, and of their filters, given what each block has for it, in order.

    The largest filter has the binary logarithm `bits`.
    """
    of_blocks = list(given)
    common = _common_bits(parts)
    arrays: dict[str, Array] = {}
    filters: dict[str, Array] = {}
    for name in [name for name in KINDS if name in of_blocks[0]]:
        kind, numbers = KINDS[name], [one[name] for one in of_blocks]
        if kind.owned:
            together, arrays[name + _OWNERS] = _owned(numbers, [one[name + _OWNERS] for one in of_blocks])
        else:
            together = numbers[0] if len(numbers) == 1 else distinct(np.concatenate(numbers))
        if kind.placed:
            for block, own in enumerate(numbers):
                arrays[f"{name}{_PLACES}{block}"] = np.searchsorted(together, own).astype(np.uint32)
        known = lookup.buckets(together << np.uint64(common))
        arrays |= {name: known.numbers, name + _STARTS: known.starts}
        filters[name] = _filter(known.numbers, max(bits - kind.fewer - common, _BYTE_BITS))
    with local_copies.to_write(folder) as here:
        array_file.write(here / _part_file(part), arrays)
        array_file.write(here / f"{_part_file(part)}-filters", filters)


def write_filters(folder: Location, parts: int) -> None:
    """Put the filters of all parts together, once these are written."""
    names = [f"{_part_file(part)}-filters" for part in range(parts)]
    with local_copies.to_read(folder, names) as here:
        of_parts = [array_file.mapped(here / name) for name in names]
        pieces = {name: [one[name] for one in of_parts] for name in of_parts[0]}
        filters = {name: array_file.Pieces(np.uint8, sum(map(len, some)), some) for name, some in pieces.items()}
        with local_copies.to_write(folder) as written:
            array_file.write(written / _FILTERS, filters)


@functools.lru_cache(maxsize=1)
def opened(folder: Location, parts: int) -> NumberTables:
    """The tables in a folder, mapped. Of those in a store this process keeps a copy, until it opens others."""
    return NumberTables(
        array_file.opened(folder / _FILTERS), [array_file.opened(folder / _part_file(part)) for part in range(parts)]
    )


def blocks_of(owners: Positions) -> Positions:
    """The block of each owner.

    >>> blocks_of(np.array([2 << 32 | 7, 1])).tolist()
    [2, 0]
    """
    return owners >> _OWNER_BITS


def by_block(owners: Positions) -> Iterator[tuple[int, Positions, Positions]]:
    """Yield by block which of the owners are of it, in their order, and what they are in the block.

    >>> [(block, which.tolist(), own.tolist()) for block, which, own in by_block(np.array([2 << 32 | 7, 1, 2 << 32]))]
    [(0, [1], [1]), (2, [0, 2], [7, 0])]
    """
    blocks = blocks_of(owners)
    order = np.argsort(blocks.astype(np.uint16), kind="stable")  # a radix sort: of 16 bits
    blocks, own = blocks[order], owners[order] & ((1 << _OWNER_BITS) - 1)
    starts = np.flatnonzero(np.append(True, blocks[1:] != blocks[:-1]) if len(blocks) else np.zeros(0, np.bool_))
    for start, stop in itertools.pairwise([*starts.tolist(), len(blocks)]):
        yield int(blocks[start]), order[start:stop], own[start:stop]


def _owned(numbers: Sequence[Hashes], owners: Sequence[Positions]) -> tuple[Hashes, Positions]:
    """The numbers of all blocks, ascending, and the owner of each."""
    of_blocks = [own | (block << _OWNER_BITS) for block, own in enumerate(owners)]
    if len(numbers) == 1:
        return numbers[0], of_blocks[0]
    together = np.concatenate(numbers)
    order = np.argsort(together)
    return together[order], np.concatenate(of_blocks)[order]


def _filter(numbers: Hashes, bits: int) -> npt.NDArray[np.uint8]:
    """One bit for each of the leading bits, so many, with which a number begins; the numbers ascend.

    >>> _filter(np.array([0, 1, 9 << 60], np.uint64), 4).tolist()
    [1, 2]
    """
    found = np.zeros(1 << (bits - _BYTE_BITS), np.uint8)
    places = (numbers >> np.uint64(64 - bits)).view(np.int64)
    of_bytes = places >> _BYTE_BITS
    starts = np.flatnonzero(np.append(True, of_bytes[1:] != of_bytes[:-1]) if len(places) else np.zeros(0, np.bool_))
    if len(starts):
        found[of_bytes[starts]] = np.bitwise_or.reduceat(np.left_shift(1, places & 7).astype(np.uint8), starts)
    return found


def _common_bits(parts: int) -> int:
    """How many leading bits all numbers of a part have in common."""
    return parts.bit_length() - 1


def _part_file(part: int) -> str:
    return f"numbers-{part}"
