"""The rows by which boilerplate is known: some, drawn by a hash of their content, and the spans of their texts."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from tuneset.execution import shard_store
from tuneset.execution.stores.location import Location
from tuneset.params import Params
from tuneset.similarity import boilerplate
from tuneset.similarity.minhash import BATCH_TEXTS
from tuneset.similarity.words import unit_batches
from tuneset.stages import dedup, near_texts


def drawn(lots: npt.NDArray[np.uint64], open_rows: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Some of the open rows, by a hash of their content: the same ones whatever their order.

    >>> drawn(np.array([5, 3], np.uint64), np.array([True, False])).tolist()
    [True, False]
    """
    among = lots[open_rows]
    if len(among) <= boilerplate.SAMPLE_ROWS:
        return open_rows.copy()
    limit = np.partition(among, boilerplate.SAMPLE_ROWS)[boilerplate.SAMPLE_ROWS]
    found: npt.NDArray[np.bool_] = open_rows & (lots < limit)
    return found


def hashes(name: str, source: Location, params: Params) -> pl.Series:
    """The hash of each example of a shard by which some are drawn."""
    key = dedup.KEY_COLUMNS[params.dedup.key]
    return number(shard_store.read_frame(source / f"{name}.examples", [key])[key], pl.UInt128()).hash()


def spans(task: tuple[str, npt.NDArray[np.bool_]], *, source: Location, params: Params) -> list[boilerplate.Spans]:
    """The spans of the drawn examples of a shard, by which boilerplate is known, by side. In a worker."""
    name, chosen = task
    tables = shard_store.open_tables(source, name).keep(pl.Series(chosen))
    return [
        boilerplate.together([boilerplate.spans(units) for _, units in unit_batches(texts, BATCH_TEXTS)])
        for texts in near_texts.near_pieces(tables, params.dedup.near.key)
    ]


def number(digits: pl.Series, dtype: pl.DataType) -> pl.Series:
    """A column of hex digits as numbers.

    >>> number(pl.Series(["0a", "ff"]), pl.UInt8()).to_list()
    [10, 255]
    """
    return digits.str.decode("hex").bin.reinterpret(dtype=dtype, endianness="big")
