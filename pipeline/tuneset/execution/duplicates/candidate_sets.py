"""Sets of the examples that share bands with others, made shard by shard in workers: of shingles, and of what is said.

What is said is wanted of rows alone that are alike others; where that is known first, those of others are not made.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from tuneset.execution import row_steps, shard_store, storage
from tuneset.execution.stores.location import Location
from tuneset.model import Tables
from tuneset.params import Params
from tuneset.similarity import boilerplate
from tuneset.similarity.other_questions import line_sets
from tuneset.similarity.ragged import Hashes, Positions, Ragged
from tuneset.similarity.shingles import shingle_sets
from tuneset.similarity.told_apart import said_sets
from tuneset.stages import near_texts

SIDES = 2
"""A prompt and an answer: of fewer texts none is held against the other."""
SAID_SETS = 4
"""Of what an example says: prompt, answer, the prompt by lines, and the system text."""


def collect(
    task: tuple[str, npt.NDArray[np.bool_]],
    *,
    source: Location,
    folder: Location,
    make: Callable[[Tables], Sequence[Ragged]],
) -> list[tuple[Location, Positions]]:
    """Write the sets that `make` makes of the wanted examples of a shard; give a file for each text of an example.

    A file holds the values of all sets, and beside it is said where each starts.
    """
    name, wanted = task
    tables = shard_store.open_tables(source, name).keep(pl.Series(wanted))
    written = []
    for side, sets in enumerate(make(tables)):
        path = folder / f"{name}.sets-{side}"
        storage.write(path, np.ascontiguousarray(sets.values).data.cast("B"))
        written.append((path, sets.starts))
    return written


def shingles_of(tables: Tables, params: Params, common: Sequence[Hashes]) -> list[Ragged]:
    """The shingle sets of examples, by side; boilerplate, which is given for each side, is left out of the texts."""
    near = params.dedup.near
    words = near_texts.near_sides(row_steps.line_format(params), near)
    return [
        shingle_sets(one, words[side], functools.partial(boilerplate.left_out, known=common[side]))
        for side, one in enumerate(near_texts.near_pieces(tables, near.key))
    ]


def said_of(tables: Tables, params: Params) -> list[Ragged]:
    """The SAID_SETS of what prompt and answer say, with boilerplate; none where `are_told_apart` says so."""
    if not are_told_apart(params):
        return []
    near = params.dedup.near
    prompts, answers = near_texts.near_pieces(tables, near.key)
    words = near_texts.near_sides(row_steps.line_format(params), near)
    systems = shingle_sets(near_texts.system_pieces(tables), words[0])
    answered = said_sets(answers, near_texts.left_out_answers(tables))
    return [said_sets(prompts), answered, line_sets(prompts, words[0]), systems]


def side_count(params: Params) -> int:
    """How many sets `shingles_of` gives of an example."""
    return len(near_texts.near_sides(row_steps.line_format(params), params.dedup.near))


def are_told_apart(params: Params) -> bool:
    """Whether alike examples can say something else: of fewer texts than SIDES none is held against another."""
    return side_count(params) == SIDES
