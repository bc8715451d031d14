"""What the training file has of validation, put together of all its ranges, and judged block by block.

What is kept of all ranges grows with validation and not with the training file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from tuneset.execution.gate import exchanges, near_rows, number_tables, shared_pieces, validation_blocks
from tuneset.execution.gate.shared_numbers import Small, Tally
from tuneset.execution.gate.training_ranges import Asking, OfBlock, OfPart
from tuneset.execution.gate.validation_blocks import Block, KnownBlock
from tuneset.execution.stores.location import Location
from tuneset.params import NearParams
from tuneset.stages import gate

SHOWN = 5  # examples of each leak that are named
_MET_AT_ONCE = 1 << 18  # so many entries are put together, or as many again as there were


class BlockFindings(NamedTuple):
    """What was found of a block.

    Args:
        train: examples of the training file.
        examples: of the block.
        leaks: by the names of `gate.LEAKS` how many examples of the block; without those that nobody looked for.
        sample: by the same names the first of them, as `gate.Measured` has them; lines of the block from 1.
    """

    train: int
    examples: int
    leaks: Mapping[str, int]
    sample: Mapping[str, Sequence[tuple[int, int]]]


class Counted:
    """Holds what the ranges of the training file have of one part of the tables, which are added in their order."""

    def __init__(self, folder: Location, part: int, parts: int) -> None:
        self._tables, self._part, self._rows = number_tables.opened(folder, parts), part, 0
        self._pieces = shared_pieces.tallies(self._tables, part)

    def add(self, one: OfPart) -> None:
        """Add what the next range has."""
        examples, pieces = one
        for tally, found in zip(self._pieces, pieces, strict=True):
            tally.add(found, self._rows)
        self._rows += examples

    def of_block(self, block: int) -> OfNumbers:
        """What was found at those numbers of a block that are in this part."""
        return shared_pieces.of_block(self._pieces, self._tables, self._part, block)


OfNumbers = list[tuple[Small, Small]]
"""By `shared_pieces.NAMES` the first rows that have the numbers of a block, and how many have each."""


def count(found: Iterable[OfPart], *, folder: Location, part: int, parts: int, blocks: int) -> list[OfNumbers]:
    """Put together what all ranges have of one part of the tables, and give it block by block; in a worker."""
    counting = Counted(folder, part, parts)
    for one in found:
        counting.add(one)
    return [counting.of_block(block) for block in range(blocks)]


class BlockJudge:
    """Holds what the ranges of the training file have of one block, which are added in their order."""

    def __init__(self, known: KnownBlock, block: Block) -> None:
        self._known, self._block = known, block
        self._near = [] if block.near is None else near_rows.tallies(block.near)
        self._asking: dict[bytes, int] = {}
        self._met = [exchanges.NOTHING]
        self._entries, self._room, self._rows = 0, _MET_AT_ONCE, 0

    def add(self, one: OfBlock) -> None:
        """Add what the next range has."""
        examples, looked = one
        if looked is not None:
            for tally, found in zip(self._near, looked.near or [], strict=looked.near is not None):
                tally.add(found, self._rows)
            if looked.asking is not None:
                self._add_asking(looked.asking)
            if looked.met is not None:
                self._add_met(looked.met)
        self._rows += examples

    def judged(self, pieces: Iterable[OfNumbers], near: NearParams) -> BlockFindings:
        """What all ranges have in common with the block; `pieces` is by part of the tables what they have of it."""
        self._gather()
        tallies = [Tally.joined(by_part) for by_part in zip(*pieces, strict=True)]
        known, own = self._known, self._known.own
        leaks = {
            "equal_prompt": gate.equal_prompts(list(self._asking.values()), b"".join(self._asking), known.asked),
            **exchanges.leaks(known.numbers, self._met[0]),
            **shared_pieces.leaks(tallies, known.examples, self._block.pieces),
            **({} if own is None else near_rows.leaks(own, self._near, near)),
        }
        return BlockFindings(
            self._rows,
            known.examples,
            {name: len(places) for name, places in leaks.items()},
            {name: sorted(places.items())[:SHOWN] for name, places in leaks.items()},
        )

    def _add_asking(self, asking: Asking) -> None:
        for place, row in enumerate(asking.rows.tolist()):
            digest = asking.digests[place * gate.DIGEST_BYTES : (place + 1) * gate.DIGEST_BYTES]
            self._asking.setdefault(digest, row + self._rows)

    def _add_met(self, met: exchanges.Met) -> None:
        self._met.append(met._replace(rows=met.rows + self._rows))
        self._entries += len(met.rows)
        if self._entries > self._room:
            self._gather()
            self._room = max(2 * self._entries, _MET_AT_ONCE)

    def _gather(self) -> None:
        self._met = [exchanges.gathered(self._met)]
        self._entries = len(self._met[0].rows)


def judge(
    looked: Iterable[OfBlock], pieces: Iterable[OfNumbers], *, folder: Location, number: int, near: NearParams
) -> BlockFindings:
    """Judge one block, whose index is in `folder`; in a worker."""
    judging = BlockJudge(validation_blocks.read_known(folder, number), validation_blocks.opened(folder, number))
    for one in looked:
        judging.add(one)
    return judging.judged(pieces, near)


def measured(blocks: Sequence[BlockFindings]) -> gate.Measured:
    """What was found of all blocks, in their order."""
    examples = sum(one.examples for one in blocks)
    before = np.cumsum([0, *(one.examples for one in blocks)]).tolist()
    names = blocks[0].leaks
    shares = {name: sum(one.leaks[name] for one in blocks) / examples if examples else 0.0 for name in names}
    sample: dict[str, list[tuple[int, int]]] = {
        name: [
            (line + start, theirs)
            for one, start in zip(blocks, before, strict=False)
            for line, theirs in one.sample[name]
        ]
        for name in names
    }
    return gate.Measured(
        blocks[0].train,
        examples,
        {leak.name: shares.get(leak.name) for leak in gate.LEAKS},
        {leak.name: sample.get(leak.name, [])[:SHOWN] for leak in gate.LEAKS},
    )
