"""What the training file has of a block of validation: looked at range by range, and judged when all ranges are in.

What is kept of a range, and of all of them, grows with the block and not with the training file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import orjson

from tuneset.execution.gate import exchanges, near_rows, shared_pieces, validation_blocks
from tuneset.execution.gate.examples import texts_of
from tuneset.execution.gate.found import Found
from tuneset.execution.gate.hints import hinted, hints_of
from tuneset.execution.gate.texts import unit_batches
from tuneset.execution.gate.validation_blocks import Block, Known
from tuneset.execution.stores.file_ranges import Range, lines
from tuneset.execution.stores.location import Location
from tuneset.params import NearParams
from tuneset.similarity.ragged import Positions
from tuneset.stages import gate

SHOWN = 5  # examples of each leak that are named
_MET_AT_ONCE = 1 << 18  # so many entries are put together, or as many again as there were


class Looked(NamedTuple):
    """What a range of the training file holds of what a block of validation has.

    Args:
        examples: how many it has in all.
        asking: the first of them that asks each of what the block asks, perhaps.
        digests: of what they ask, one after the other.
        met: answers, exchanges and beginnings.
        near: sets of shingles that are alike.
        pieces: runs of words and pieces.
    """

    examples: int
    asking: Positions
    digests: bytes
    met: exchanges.Met
    near: list[Found]
    pieces: list[Found]


class Judged(NamedTuple):
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


def look_range(part: Range, *, folder: Location, blocks: int, near: NearParams) -> list[Looked]:
    """Look at a range of the training file, and hold it against each of so many blocks, whose index is in `folder`."""
    examples = [orjson.loads(line) for line in lines(part)]
    texts = texts_of(examples)
    batches = list(unit_batches(texts.sides, texts.beside))
    hinting = hints_of(texts, batches)
    sets = near_rows.sets_of(batches, near, folder) if near.enabled else []
    found = []
    for number in range(blocks):
        block = validation_blocks.opened(folder, number)
        asking, answering = (hinted(own, known) for own, known in zip(hinting[:2], block.hints, strict=True))
        digests = gate.prompt_digests([examples[place] for place in asking.tolist()])
        first = _first_of_known(digests, block)
        found.append(
            Looked(
                len(examples),
                asking[first],
                b"".join(digests[place] for place in first),
                exchanges.met(examples, np.unique(hinting.owners[answering]).tolist(), block.numbers),
                [] if block.near is None else near_rows.look(sets, near, block.near),
                shared_pieces.look(batches, block.pieces),
            )
        )
    return found


class Judge:
    """Holds what the ranges of the training file have of one block, which are added in their order."""

    def __init__(self, known: Known, block: Block) -> None:
        self._known, self._block = known, block
        self._pieces = shared_pieces.tallies(block.pieces)
        self._near = [] if block.near is None else near_rows.tallies(block.near)
        self._asking: dict[bytes, int] = {}
        self._met: list[exchanges.Met] = []
        self._entries, self._room, self._rows = 0, _MET_AT_ONCE, 0

    def add(self, one: Looked) -> None:
        """Add what the next range has."""
        for tally, found in zip((*self._pieces, *self._near), (*one.pieces, *one.near), strict=True):
            tally.add(found, self._rows)
        for place, row in enumerate(one.asking.tolist()):
            digest = one.digests[place * gate.DIGEST_BYTES : (place + 1) * gate.DIGEST_BYTES]
            self._asking.setdefault(digest, row + self._rows)
        self._met.append(one.met._replace(rows=one.met.rows + self._rows))
        self._entries += len(one.met.rows)
        if self._entries > self._room:
            self._gather()
            self._room = max(2 * self._entries, _MET_AT_ONCE)
        self._rows += one.examples

    def judged(self, near: NearParams) -> Judged:
        """What all ranges have in common with the block."""
        self._gather()
        known, own = self._known, self._known.own
        leaks = {
            "equal_prompt": gate.equal_prompts(list(self._asking.values()), b"".join(self._asking), known.asked),
            **(exchanges.leaks(known.numbers, self._met[0]) if self._met else {}),
            **shared_pieces.leaks(self._pieces, known.examples, self._block.pieces),
            **({} if own is None else near_rows.leaks(own, self._near, near)),
        }
        return Judged(
            self._rows,
            known.examples,
            {name: len(places) for name, places in leaks.items()},
            {name: sorted(places.items())[:SHOWN] for name, places in leaks.items()},
        )

    def _gather(self) -> None:
        if self._met:
            self._met = [exchanges.gathered(self._met)]
            self._entries = len(self._met[0].rows)


def judge(looked: Iterable[Looked], *, folder: Location, number: int, near: NearParams) -> Judged:
    """Judge one block, whose index is in `folder`; in a worker."""
    judging = Judge(validation_blocks.read_known(folder, number), validation_blocks.opened(folder, number))
    for one in looked:
        judging.add(one)
    return judging.judged(near)


def measured(blocks: Sequence[Judged]) -> gate.Measured:
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


def _first_of_known(digests: Sequence[bytes], block: Block) -> list[int]:
    """The first place of each of these digests that the block may have."""
    if not digests:
        return []
    known = hinted(validation_blocks.halves(b"".join(digests)), block.asked)
    first: dict[bytes, int] = {}
    for place in known.tolist():
        first.setdefault(digests[place], place)
    return list(first.values())
