"""What becomes of duplicates, over many machines: rows that name each other are decided over together, in lots.

Exact duplicates, near duplicates and conversations tie rows to others. Tied rows are connected by `connected_rows.py`;
all that a decision names stands in the component of its row, so that `dedup.decide` of some whole components decides
what it decides of all rows at once. A lot has the row ids and the keys of its rows. This process holds counts.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import polars as pl

from tuneset.execution import exchange, shard_store
from tuneset.execution.duplicates import (
    boilerplate_rows,
    connected_rows,
    conversation_parts,
    decisions,
    row_blocks,
    sample,
)
from tuneset.execution.duplicates.decisions import Decided
from tuneset.execution.duplicates.near_lots import FOUND
from tuneset.execution.duplicates.row_blocks import Blocks
from tuneset.execution.exchange import Piece, Records, Written
from tuneset.execution.executor import Executor
from tuneset.execution.stores.location import Location
from tuneset.similarity import near_duplicates, stars
from tuneset.stages import dedup

LABEL = "dedup: decisions"
ROWS_A_LOT = 1 << 19
"""Tied rows that one task decides over, if their components are small: some 200 bytes each."""

_LINK = np.dtype(np.uint64)
_NAME = np.dtype([("row", np.uint32), ("row_id", np.uint64), ("high", np.uint64), ("low", np.uint64)])
_NONE = 255
_DECIDED = np.dtype(
    [
        ("row", np.uint32),
        *((name, np.uint64) for name in ("row_id", "kept", "component", "high", "low")),
        ("code", np.uint8),  # of `dedup.CODE`, or _NONE
        ("similarity", np.float64),  # or no number
        *((f"has_{name}", np.bool_) for name in ("kept", "component", "conversation")),
    ]
)
_LISTED = np.dtype(
    [
        ("row", np.uint32),
        ("kind", np.uint8),
        *((name, np.uint64) for name in ("group", "row_id", "kept_row_id")),
        ("similarity", np.float64),  # or no number
    ]
)


class Ties(NamedTuple):
    """What ties rows to others, by the block of the row.

    Args:
        exact: links of rows with the one that they repeat.
        near: FOUND.
        named: NAMED of rows of conversations.
        held: links of rows with the one that holds them.
    """

    exact: Written
    near: Written
    named: Written
    held: Written


_KINDS = (_LINK, FOUND, conversation_parts.NAMED, _LINK)
"""What the records of `Ties` are."""


class How(NamedTuple):
    """What `dedup.decide` is told."""

    policy: Literal["drop", "keep_together"]
    prefixes: Literal["longest", "together"]


def decide(
    ties: Ties,
    blocks: Blocks,
    source: Location,
    folder: Location,
    how: How,
    executor: Executor,
    lots: int | None = None,
) -> Decided:
    """Decide over all rows, and have it written shard by shard into `folder`; the files of `ties` go.

    By default there are lots of ROWS_A_LOT rows, and more than one a worker.
    """
    every = functools.partial(executor.map, label=LABEL, size=0)
    numbers = range(blocks.number)
    files = [folder / f"{block}.ties" for block in numbers]
    tasks = ((file, _of_part(ties, block)) for block, file in enumerate(files))
    tie = functools.partial(write_ties, blocks=blocks)
    links = exchange.written(files, every(tie, tasks, count=blocks.number), blocks.number)
    links = connected_rows.connect(links, folder, blocks, executor, name="tied", label=LABEL)
    lots = lots or max(2 * executor.workers, links.total // 2 // ROWS_A_LOT + 1)
    route = functools.partial(write_lots, source=source, folder=folder, blocks=blocks, lots=lots)
    routed = list(every(route, ((block, links.of_part(block), _of_part(ties, block)) for block in numbers),
                        count=blocks.number))  # fmt: skip
    _remove([links, *ties])
    parts = [
        exchange.written([folder / f"{block}.to-lots-{kind}" for block in numbers], counts, lots)
        for kind, counts in enumerate(zip(*routed, strict=True))
    ]
    judge = functools.partial(decide_lot, folder=folder, blocks=blocks, how=how)
    done = list(every(judge, ((lot, _of_part(parts, lot)) for lot in range(lots)), count=lots))
    _remove(parts)
    decided, listed = (
        exchange.written([folder / f"{lot}.{part}" for lot in range(lots)], counts, blocks.number)
        for part, counts in (("decided", [one for one, _, _ in done]), ("listed", [one for _, one, _ in done]))
    )
    write = functools.partial(write_block, folder=folder, blocks=blocks)
    places = ((block, decided.of_part(block), listed.of_part(block)) for block in numbers)
    digests = [digest for one in every(write, places, count=blocks.number) for digest in one]
    _remove([decided, listed])
    least = sample.merged([one for _, _, one in done])
    return Decided(
        dict(zip(blocks.names, digests, strict=True)), least, sample.shards(least, blocks.names, blocks.heights)
    )


# --- in workers --------------------------------------------------------------------------------------------------


def write_ties(task: tuple[Location, Sequence[Sequence[Piece]]], *, blocks: Blocks) -> list[int]:
    """Write the ties of a block as links."""
    file, pieces = task
    exact, near, named, _ = _read(pieces)
    groups, talks = (stars.links(one["row"], one[to]) for one, to in ((near, "group"), (named, "label")))
    links = np.concatenate([exact, groups, talks])
    row, other = stars.ends(links)
    return connected_rows.write_links(file, links[row != other], blocks)


def write_lots(
    task: tuple[int, Sequence[Piece], Sequence[Sequence[Piece]]],
    *,
    source: Location,
    folder: Location,
    blocks: Blocks,
    lots: int,
) -> list[list[int]]:
    """Write the ties of a block by the lots of their rows, and then the names of all its rows that are tied."""
    block, linked, pieces = task
    rows, labels = stars.ends(stars.labels(exchange.read(linked, np.uint64)))
    lot = stars.lot_of(labels, lots)
    names = np.zeros(len(rows), _NAME)
    names["row"] = rows
    for shard in blocks.shards(block):
        inside = row_blocks.of_shard(rows, shard)
        if not inside.any():
            continue
        here = rows[inside].astype(np.int64) - shard.first
        frame = shard_store.read_frame(source / f"{shard.name}.examples", ["row_id", "prompt_key"])[here]
        names["row_id"][inside] = boilerplate_rows.number(frame["row_id"], pl.UInt64()).to_numpy()
        for half, start in (("high", 0), ("low", 16)):
            digits = frame["prompt_key"].str.slice(start, 16)
            names[half][inside] = boilerplate_rows.number(digits, pl.UInt64()).to_numpy()
    found = [*_read(pieces), names]
    own = [stars.ends(one)[0] if one.dtype == _LINK else one["row"] for one in found]
    return [
        exchange.write(folder / f"{block}.to-lots-{kind}", one, lot[np.searchsorted(rows, of)], lots)
        for kind, (one, of) in enumerate(zip(found, own, strict=True))
    ]


def decide_lot(
    task: tuple[int, Sequence[Sequence[Piece]]], *, folder: Location, blocks: Blocks, how: How
) -> tuple[list[int], list[int], sample.Least]:
    """Decide over the rows of a lot; write decisions and groups by block. Gives the least alike groups too."""
    lot, pieces = task
    exact, near, named, held, names = [*_read(pieces[:-1]), exchange.read(pieces[-1], _NAME)]
    names = names[np.argsort(names["row"])]

    def places(rows: Records) -> Records:
        """Rows by their places in this lot, which have the same order."""
        return np.searchsorted(names["row"], rows).astype(np.uint32)

    row_ids = pl.Series(names["row_id"], dtype=pl.UInt64)
    row, kept = (places(end) for end in stars.ends(exact))
    repeats = pl.DataFrame({"row": row, "kept": kept}).sort("row")
    columns = {name: places(near[name]) for name in ("row", "kept", "group")}
    groups = pl.DataFrame({**columns, "similarity": near["similarity"]}, near_duplicates.GROUPS_SCHEMA).sort("row")
    talks = named.copy()
    for name in conversation_parts.NAMED.names or ():
        talks[name] = places(named[name])
    holders = stars.links(*(places(end) for end in stars.ends(held)))
    decided = dedup.decide(repeats, groups, how.policy, conversation_parts.chains(talks, holders), how.prefixes)
    listed = decisions.listed(repeats, groups, decided, row_ids)
    whole = pl.Series("row", names["row"])
    listed = listed.with_columns(whole.gather(listed["row"]))
    found = np.zeros(decided.height, _DECIDED)
    found["row"] = names["row"][decided["row"].to_numpy()]
    found["row_id"] = names["row_id"][decided["row"].to_numpy()]
    for name in ("kept", "component", "conversation"):
        has = found[f"has_{name}"] = decided[name].is_not_null().to_numpy()
        of = decided[name].drop_nulls().to_numpy()
        for column, given in (("high", "high"), ("low", "low")) if name == "conversation" else ((name, "row_id"),):
            found[column][has] = names[given][of]
    found["code"] = decided["code"].to_physical().fill_null(_NONE).to_numpy()
    found["similarity"] = decided["similarity"].fill_null(np.nan).to_numpy()
    groups_of = np.zeros(listed.height, _LISTED)
    for name in ("row", "group", "row_id", "kept_row_id"):
        groups_of[name] = listed[name].to_numpy()
    groups_of["kind"] = listed["kind"].to_physical().to_numpy()
    groups_of["similarity"] = listed["similarity"].fill_null(np.nan).to_numpy()
    return (
        exchange.write(folder / f"{lot}.decided", found, blocks.of(found["row"]), blocks.number),
        exchange.write(folder / f"{lot}.listed", groups_of, blocks.of(groups_of["row"]), blocks.number),
        sample.least(listed),
    )


def write_block(task: tuple[int, Sequence[Piece], Sequence[Piece]], *, folder: Location, blocks: Blocks) -> list[str]:
    """Write what was decided about the rows of each shard of a block; give the digests."""
    block, decided_pieces, listed_pieces = task
    decided, listed = exchange.read(decided_pieces, _DECIDED), exchange.read(listed_pieces, _LISTED)
    decided, listed = (one[np.argsort(one["row"], kind="stable")] for one in (decided, listed))
    return [
        decisions.write(
            (
                shard.name,
                _decided(decided[row_blocks.of_shard(decided["row"], shard)]),
                _listed(listed[row_blocks.of_shard(listed["row"], shard)]),
            ),
            folder=folder,
        )
        for shard in blocks.shards(block)
    ]


def _decided(found: Records) -> pl.DataFrame:
    """Decisions with row ids as numbers, as `decisions.write` takes them."""
    keys = [f"{high:016x}{low:016x}" for high, low in zip(found["high"].tolist(), found["low"].tolist(), strict=True)]
    return pl.DataFrame(
        {
            "row": found["row_id"],
            "kept": _where(found["has_kept"], pl.Series(found["kept"])),
            "code": _where(found["code"] != _NONE, _category(found["code"], dedup.CODE)),
            "similarity": pl.Series(found["similarity"]).fill_nan(None),
            "component": _where(found["has_component"], pl.Series(found["component"])),
            "conversation": _where(found["has_conversation"], pl.Series(keys, dtype=pl.String)),
        }
    )


def _listed(found: Records) -> pl.DataFrame:
    numbers = {name: found[name] for name in ("row", "group", "row_id", "kept_row_id")}
    kind = _category(found["kind"], decisions.KIND)
    similarity = pl.Series(found["similarity"]).fill_nan(None)
    return pl.DataFrame({**numbers, "kind": kind, "similarity": similarity}).select(decisions.LISTED_SCHEMA.names())


def _category(numbers: Records, kind: pl.Enum) -> pl.Series:
    names = [*kind.categories, *[None] * (256 - len(kind.categories))]
    return pl.Series([names[number] for number in numbers.tolist()], dtype=kind)


def _where(there: Records, values: pl.Series) -> pl.Series:
    nothing = pl.Series([None], dtype=values.dtype)
    return values.zip_with(pl.Series(there, dtype=pl.Boolean), nothing)


def _read(pieces: Sequence[Sequence[Piece]]) -> list[Records]:
    return [exchange.read(one, kind) for one, kind in zip(pieces, _KINDS, strict=True)]


# --- in this process ---------------------------------------------------------------------------------------------


def _of_part(written: Sequence[Written], part: int) -> list[list[Piece]]:
    return [one.of_part(part) for one in written]


def _remove(written: Sequence[Written]) -> None:
    for one in written:
        one.remove()
