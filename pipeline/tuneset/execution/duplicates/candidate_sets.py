"""The shingle sets of the examples that share bands with others, made shard by shard in workers."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from tuneset.execution import row_steps, shard_store, storage
from tuneset.execution.stores.location import Location
from tuneset.model import Tables
from tuneset.params import Params
from tuneset.similarity import boilerplate
from tuneset.similarity.ragged import Hashes, Positions, Ragged
from tuneset.similarity.set_store import SetStore
from tuneset.similarity.shingles import shingle_sets
from tuneset.similarity.told_apart import Said, said_sets
from tuneset.stages import near_texts

SAID_SIDES = 2
"""A prompt and an answer: of fewer texts none is held against the other."""


def collect_sets(
    task: tuple[str, npt.NDArray[np.bool_]],
    *,
    source: Location,
    folder: Location,
    params: Params,
    common: Sequence[Hashes],
) -> list[tuple[Location, Positions]]:
    """Write the shingle sets of the wanted examples of a shard; give a file for each text of an example.

    A file holds the values of all sets, and beside it is said where each starts.
    """
    name, wanted = task
    tables = shard_store.open_tables(source, name).keep(pl.Series(wanted))
    written = []
    for side, sets in enumerate(sets_of(tables, params, common)):
        path = folder / f"{name}.sets-{side}"
        storage.write(path, np.ascontiguousarray(sets.values).data.cast("B"))
        written.append((path, sets.starts))
    return written


def sets_of(tables: Tables, params: Params, common: Sequence[Hashes]) -> list[Ragged]:
    """The shingle sets of examples, by side; boilerplate, which is given for each side, is left out of the texts.

    Behind them stand, where there are a prompt and an answer, the sets of what each of both says, with boilerplate.
    """
    near = params.dedup.near
    words = near_texts.near_sides(row_steps.line_format(params), near)
    texts = list(near_texts.near_pieces(tables, near.key))
    sets = [
        shingle_sets(one, words[side], functools.partial(boilerplate.left_out, known=common[side]))
        for side, one in enumerate(texts)
    ]
    return [*sets, *map(said_sets, texts)] if len(texts) == SAID_SIDES else sets


def set_count(params: Params) -> int:
    """How many sets `sets_of` gives of an example."""
    sides = len(near_texts.near_sides(row_steps.line_format(params), params.dedup.near))
    return 2 * sides if sides == SAID_SIDES else sides


def divided(sets: Sequence[SetStore]) -> tuple[Sequence[SetStore], Said | None]:
    """The stores of shingles, and of what examples say."""
    return (sets[:SAID_SIDES], Said(*sets[SAID_SIDES:])) if len(sets) > SAID_SIDES else (sets, None)
