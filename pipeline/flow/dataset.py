"""The written dataset: routes rendered lines into `train.jsonl` and `validation.jsonl`, and keeps the account.

Reads shard by shard, so memory holds one shard and a few small columns of all rows.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import polars as pl

from pipeline import artifacts, ledger
from pipeline.flow import store
from pipeline.flow.pool import Pool
from pipeline.params import Params
from pipeline.stages import split

PLACED_COLUMNS = ("row_id", "source", "line", "item", "side", "tokens", "characters", "prompt_key", "joined")
KEPT_COLUMNS = ("side", "tokens", "characters", "prompt_key")
BUFFER_BYTES = 1 << 20


def assign(lines: Path, names: Sequence[str], params: Params) -> pl.DataFrame:
    """Decide the side of every rendered example: `side, joined`, in the order of the shards."""
    columns = ("group", "component", "stratum")
    groups = pl.concat([store.read_frame(lines / f"{name}.lines", columns).select(columns) for name in names])
    return split.assign_sides(groups, params.split.validation, params.split.test)


def route_shard(task: tuple[str, pl.DataFrame], *, lines: Path, placed: Path) -> dict[str, tuple[int, int]]:
    """Write the lines of one shard by side (`NAME.train` ...), and where each row went (`NAME.placed`, without text).

    The task is the shard's name and the sides of its rows. Gives examples and tokens by side.
    """
    name, sides = task
    frame = store.read_frame(lines / f"{name}.lines").with_columns(sides["side"].cast(pl.String), sides["joined"])
    texts, tokens = frame["text"], frame["tokens"]
    counts = {}
    for side in split.SIDES:
        here = frame["side"] == side
        written = texts.filter(here).to_list()
        (placed / f"{name}.{side}").write_bytes(b"".join(written))
        counts[side] = (len(written), int(tokens.filter(here).sum()))
    store.write_frame(placed / f"{name}.placed", frame.select(PLACED_COLUMNS), "uncompressed")
    return counts


def write_files(
    lines: Path, names: Sequence[str], sides: pl.DataFrame, target: Path, placed: Path, pool: Pool
) -> dict[str, dict[str, int | str]]:
    """Write the files into `target`, and into `placed` where each row went.

    A test file is written only where there is a row for it. Gives bytes, sha256, examples and tokens of each file, for
    the manifest.
    """
    tasks, start = [], 0
    for name in names:
        height = store.height(lines / f"{name}.lines")
        tasks.append((name, sides[start : start + height]))
        start += height
    route = functools.partial(route_shard, lines=lines, placed=placed)
    size = sum(path.stat().st_size for path in lines.glob("*.lines"))
    buffer = bytearray(BUFFER_BYTES)
    with contextlib.ExitStack() as open_files:
        files: dict[str, _File] = {}
        counts = pool.map(route, tasks, label="write", size=size)
        for name, count in zip(names, counts, strict=True):  # joined while the next shards are routed
            for side, (examples, tokens) in count.items():
                part = placed / f"{name}.{side}"
                if side not in files and (examples or side != split.TEST):
                    handle = open_files.enter_context(artifacts.writing(target / f"{side}.jsonl"))
                    files[side] = _File(handle, hashlib.sha256())
                if side in files:
                    files[side].append(part, buffer)
                    files[side].examples += examples
                    files[side].tokens += tokens
                part.unlink()
    if split.TEST not in files:
        (target / f"{split.TEST}.jsonl").unlink(missing_ok=True)
    return {f"{side}.jsonl": files[side].entry() for side in split.SIDES if side in files}


@dataclasses.dataclass
class _File:
    """A file of the dataset as it grows."""

    handle: IO[bytes]
    digest: hashlib._Hash
    size: int = 0
    examples: int = 0
    tokens: int = 0

    def append(self, part: Path, buffer: bytearray) -> None:
        with part.open("rb", buffering=0) as source:
            while count := source.readinto(buffer):
                piece = memoryview(buffer)[:count]
                self.handle.write(piece)
                self.digest.update(piece)
                self.size += count

    def entry(self) -> dict[str, int | str]:
        """What the manifest says of it."""
        counted = {"bytes": self.size, "examples": self.examples, "tokens": self.tokens}
        return {"sha256": self.digest.hexdigest(), **counted}


def read_kept(placed: Path, names: Sequence[str]) -> pl.DataFrame:
    """`side, tokens, characters, prompt_key` of all written examples; of the key a number that tells it from others.

    Of two million keys two get one number once in ten million sets.
    """
    brief = (pl.col("side").cast(split.SIDE), "tokens", "characters", pl.col("prompt_key").hash())
    return pl.concat([store.read_frame(placed / f"{name}.placed", KEPT_COLUMNS).select(*brief) for name in names])


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
        .collect(engine="streaming")  # the ledger has every row, these are few
    )
    listed = groups.join(places, on="row_id", how="left", maintain_order="left")
    path = target / "duplicates.parquet"
    with artifacts.replacing(path) as temporary, store.arrow_errors(path):
        listed.write_parquet(temporary, compression="zstd")
