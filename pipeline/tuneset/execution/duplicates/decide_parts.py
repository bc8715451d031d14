"""Which examples are duplicates, over many machines: the steps of `decide.py`, each by parts, through files.

Nothing of a row is in this process. It holds how many rows each shard has, and how many records files have for parts.
"""

from __future__ import annotations

import numpy as np

from tuneset.execution import shard_store
from tuneset.execution.duplicates import (
    band_files,
    band_parts,
    candidate_sets,
    conversation_parts,
    decide_lots,
    exact_keys,
    near_lots,
    near_parts,
    open_rows,
)
from tuneset.execution.duplicates.band_files import Bands
from tuneset.execution.duplicates.conversation_parts import Talks
from tuneset.execution.duplicates.decide import near_policy
from tuneset.execution.duplicates.decide_lots import How, Ties
from tuneset.execution.duplicates.decisions import Decided
from tuneset.execution.duplicates.exact_keys import Repeats
from tuneset.execution.exchange import Written
from tuneset.execution.executor import Executor
from tuneset.execution.stores.location import Location
from tuneset.params import Params
from tuneset.similarity import boilerplate
from tuneset.stages import near_texts


def decide(source: Location, folder: Location, params: Params, executor: Executor) -> Decided:
    """Decide over all shards of `source`, and have what was decided of each written into `folder`."""
    prefixes = params.dedup.prefixes
    repeats = exact_keys.find(source, folder, list(shard_store.shards(source)), params, executor)
    blocks = repeats.blocks
    nothing = Written([], np.zeros((0, blocks.number), np.int64))
    grown = None
    if prefixes != "off":
        grown = conversation_parts.find(source, folder, repeats, params, executor)
    near = nothing
    if params.dedup.near.enabled:
        near = _near(source, folder, repeats, grown if prefixes == "longest" else None, params, executor) or nothing
    ties = Ties(repeats.links, near, *(grown or (nothing, nothing)))
    how = How(near_policy(params), "longest" if prefixes == "off" else prefixes)
    return decide_lots.decide(ties, blocks, source, folder, how, executor)


def _near(
    source: Location, folder: Location, repeats: Repeats, leave: Talks | None, params: Params, executor: Executor
) -> Written | None:
    """The groups of near duplicates, as `near_lots.find` gives them; None where no rows share enough bands."""
    blocks, size = repeats.blocks, shard_store.size(source)
    signed = band_files.have(source, folder, shard_store.shards(source), params, executor, size)
    bands = Bands(signed, blocks.names, blocks.heights)
    found = open_rows.find(source, folder, repeats, leave, params, executor)
    likeness = near_texts.likeness(params.dedup.near)
    shared = band_parts.candidates(bands, found.files, blocks, likeness, folder, executor, size)
    for file in found.files:
        file.unlink(missing_ok=True)
    if not shared.total:
        shared.keys.remove()
        return None
    labels = near_parts.link(shared, blocks, folder, executor)
    sides = candidate_sets.side_count(params)
    spans = open_rows.spans(source, found.drawn, blocks, params, executor, size)
    common = [boilerplate.common([one[side] for one in spans], len(found.drawn)) for side in range(sides)]
    return near_lots.find(labels, bands, blocks, source, folder, params, common, executor)
