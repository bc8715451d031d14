"""The written dataset: routes rendered lines into `train.jsonl` and `validation.jsonl`, and keeps the account.

Reads shard by shard, so memory holds one shard and a few small columns of all rows.
"""

from __future__ import annotations

import contextlib
import hashlib
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import polars as pl

from pipeline import artifacts, ledger
from pipeline.flow import store
from pipeline.params import Params
from pipeline.stages import split

SIDES = ("train", "validation")
PLACED_COLUMNS = ("row_id", "source", "line", "item", "side", "tokens", "characters", "prompt_key")
KEPT_COLUMNS = ("side", "tokens", "characters", "prompt_key")


def assign(lines: Path, names: Sequence[str], params: Params) -> pl.DataFrame:
    """Decide the side of every rendered example: `row_id, side`."""
    groups = pl.concat([store.read_frame(lines / f"{name}.lines", ["row_id", "group"]) for name in names])
    return split.assign_sides(groups, params.split.validation, params.split.salt)


def write_files(
    lines: Path, names: Sequence[str], sides: pl.DataFrame, target: Path, placed: Path
) -> dict[str, dict[str, int | str]]:
    """Write both files into `target`, and into `placed` where each row went (`NAME.placed`, without its text).

    Gives bytes, sha256, examples and tokens of each file, for the manifest.
    """
    counts = {side: {"bytes": 0, "examples": 0, "tokens": 0} for side in SIDES}
    digests = {side: hashlib.sha256() for side in SIDES}
    with contextlib.ExitStack() as stack:
        handles: dict[str, IO[bytes]] = {
            side: stack.enter_context(artifacts.writing(target / f"{side}.jsonl")) for side in SIDES
        }
        for name in names:
            frame = store.read_frame(lines / f"{name}.lines").join(sides, on="row_id", maintain_order="left")
            for side in SIDES:
                part = frame.filter(pl.col("side") == side)
                data = "".join(f"{text}\n" for text in part["text"]).encode()
                handles[side].write(data)
                digests[side].update(data)
                counts[side]["bytes"] += len(data)
                counts[side]["examples"] += part.height
                counts[side]["tokens"] += int(part["tokens"].sum())
            store.write_frame(placed / f"{name}.placed", frame.select(PLACED_COLUMNS))
    return {f"{side}.jsonl": {"sha256": digests[side].hexdigest(), **counts[side]} for side in SIDES}


def read_kept(placed: Path, names: Sequence[str]) -> pl.DataFrame:
    """`side, tokens, characters, prompt_key` of all written examples."""
    return pl.concat([store.read_frame(placed / f"{name}.placed", KEPT_COLUMNS).select(KEPT_COLUMNS) for name in names])


def write_ledger(account: Path, names: Sequence[str], path: Path) -> None:
    """Write the ledger shard by shard, from the rows that were placed and the rejects of all stages."""
    with (
        artifacts.replacing(path) as temporary,
        tempfile.TemporaryDirectory(dir=path.parent, prefix=artifacts.TEMPORARY_PREFIX) as parts,
    ):
        for name in names:
            kept = store.read_frame(account / f"{name}.placed")
            store.write_frame(Path(parts) / f"{name}.ledger", ledger.build(kept, store.read_rejects(account, name)))
        pl.scan_ipc(sorted(Path(parts).glob("*.ledger"))).sink_parquet(temporary, compression="zstd")
