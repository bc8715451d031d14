"""What a range of the training file has that validation has too: looked up once for all blocks of it.

A range is parsed and cut into words once. What it asks for goes to the tables of all blocks (`number_tables.py`), so
that a row costs the same however many blocks there are, but for what it really has in common with each.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tuneset.execution.gate import exchanges, near_rows, number_tables, shared_pieces, validation_blocks
from tuneset.execution.gate.examples import examples_of, texts_of
from tuneset.execution.gate.hints import hints_of
from tuneset.execution.gate.number_tables import NumberTables
from tuneset.execution.gate.shared_numbers import Found
from tuneset.execution.gate.texts import unit_batches
from tuneset.execution.stores.file_ranges import Range, lines
from tuneset.execution.stores.location import Location
from tuneset.params import NearParams
from tuneset.similarity.ragged import Hashes, Positions
from tuneset.stages import gate


class Looked(NamedTuple):
    """What a range of the training file has of a block of validation; None where it has nothing.

    Args:
        asking: the first examples that ask each of what the block asks, perhaps, and digests of what they ask.
        met: answers, exchanges and beginnings.
        near: sets of shingles that are alike.
    """

    asking: Asking | None
    met: exchanges.Met | None
    near: list[Found] | None


class Asking(NamedTuple):
    """Examples, and digests of what they ask, one after the other."""

    rows: Positions
    digests: bytes


OfPart = tuple[int, list[Found]]
"""How many examples a range has, and what it has of a part of the tables: runs of words and pieces."""
OfBlock = tuple[int, Looked | None]
"""The same, and what it has of a block."""


def look_range(
    part: Range, *, folder: Location, blocks: int, parts: int, near: NearParams
) -> tuple[list[OfPart], list[OfBlock]]:
    """Look at a range of the training file, and hold it against so many blocks, whose index is in `folder`.

    Gives what it has of each part of the tables, and of each block.
    """
    tables = number_tables.opened(folder, parts)
    examples = examples_of(lines(part), part.file)
    texts = texts_of(examples)
    batches = list(unit_batches(texts.sides, texts.beside))
    hinting = hints_of(texts, batches)
    asking, answering = (
        tables.held(name, own) for name, own in zip(validation_blocks.HINTED, hinting[:2], strict=True)
    )
    digests = gate.prompt_digests([examples[place] for place in asking.tolist()])

    def blocks_of(name: str, numbers: Hashes) -> tuple[Positions, Positions]:
        places, owners = tables.owners(name, numbers)
        return places, number_tables.blocks_of(owners)

    def near_of(block: int) -> near_rows.KnownRows:
        known = validation_blocks.opened(folder, block).near
        assert known is not None, "sets are indexed where somebody looks for near duplicates"
        return known

    asked = _asked(asking, digests, tables)
    met = exchanges.met(examples, np.unique(hinting.owners[answering]).tolist(), blocks_of)
    alike = near_rows.look(near_rows.sets_of(batches, near, folder), near, tables, near_of) if near.enabled else {}
    found: list[OfBlock] = [(len(examples), None)] * blocks
    for block in {*asked, *met, *alike}:
        found[block] = len(examples), Looked(asked.get(block), met.get(block), alike.get(block))
    return [(len(examples), of_part) for of_part in shared_pieces.look(batches, tables)], found


def _asked(asking: Positions, digests: Sequence[bytes], tables: NumberTables) -> dict[int, Asking]:
    """By block the first of some examples that ask each of what the block asks, perhaps; with the digest of each."""
    if not digests:
        return {}
    places, owners = tables.owners(validation_blocks.ASKED, validation_blocks.halves(b"".join(digests)))
    found = {}
    for block, which, _ in number_tables.by_block(owners):
        first: dict[bytes, int] = {}
        for place in np.sort(places[which]).tolist():
            first.setdefault(digests[place], place)
        found[block] = Asking(asking[list(first.values())], b"".join(first))
    return found
