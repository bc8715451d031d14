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

PLACED_COLUMNS = ("row_id", "source", "line", "item", "side", "tokens", "characters", "prompt_key", "joined")
KEPT_COLUMNS = ("side", "tokens", "characters", "prompt_key")


def assign(lines: Path, names: Sequence[str], params: Params) -> pl.DataFrame:
    """Decide the side of every rendered example: `row_id, side, joined`."""
    columns = ("row_id", "group", "component", "stratum")
    groups = pl.concat([store.read_frame(lines / f"{name}.lines", columns).select(columns) for name in names])
    return split.assign_sides(groups, params.split.validation, params.split.test, params.split.salt)


def write_files(
    lines: Path, names: Sequence[str], sides: pl.DataFrame, target: Path, placed: Path
) -> dict[str, dict[str, int | str]]:
    """Write the files into `target`, and into `placed` where each row went (`NAME.placed`, without its text).

    A test file is written only where there is a row for it. Gives bytes, sha256, examples and tokens of each file, for
    the manifest.
    """
    written = [side for side in split.SIDES if side != split.TEST or (sides["side"] == split.TEST).any()]
    counts = {side: {"bytes": 0, "examples": 0, "tokens": 0} for side in written}
    digests = {side: hashlib.sha256() for side in written}
    with contextlib.ExitStack() as stack:
        handles: dict[str, IO[bytes]] = {
            side: stack.enter_context(artifacts.writing(target / f"{side}.jsonl")) for side in written
        }
        for name in names:
            frame = store.read_frame(lines / f"{name}.lines").join(sides, on="row_id", maintain_order="left")
            for side in written:
                part = frame.filter(pl.col("side") == side)
                data = "".join(f"{text}\n" for text in part["text"]).encode()
                handles[side].write(data)
                digests[side].update(data)
                counts[side]["bytes"] += len(data)
                counts[side]["examples"] += part.height
                counts[side]["tokens"] += int(part["tokens"].sum())
            store.write_frame(placed / f"{name}.placed", frame.select(PLACED_COLUMNS))
    if split.TEST not in written:
        (target / f"{split.TEST}.jsonl").unlink(missing_ok=True)
    return {f"{side}.jsonl": {"sha256": digests[side].hexdigest(), **counts[side]} for side in written}


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
        with store.arrow_errors(path):
            pl.scan_ipc([Path(parts) / f"{name}.ledger" for name in names]).sink_parquet(temporary, compression="zstd")


def write_duplicates(groups: pl.DataFrame, target: Path) -> None:
    """Write `duplicates.parquet` beside the ledger: every row of every group, where it stands and what became of it."""
    ledger_path = target / "ledger.parquet"
    places = (
        pl.scan_parquet(ledger_path)
        .select("row_id", "source", "line", "outcome")
        .filter(pl.col("row_id").is_in(groups["row_id"].implode()))
        .collect()
    )
    listed = groups.join(places, on="row_id", how="left", maintain_order="left")
    path = target / "duplicates.parquet"
    with artifacts.replacing(path) as temporary, store.arrow_errors(path):
        listed.write_parquet(temporary, compression="zstd")
