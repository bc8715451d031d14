"""Where a stage's rows lie: a folder of numbered shards, whole or absent.

A shard is three Arrow files (`NAME.examples`, `NAME.messages`, `NAME.rejects`). The rejects, and the counts in
`stats.json`, are those of all stages so far: a folder holds the whole account of the rows that were read. Shards are
named in the order of their sources, and a row keeps its shard through all stages.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import polars as pl

from pipeline import artifacts
from pipeline.errors import InputError
from pipeline.model import Tables
from schemas.tables import check_tables

STATS_FILE = "stats.json"
Stats = Mapping[str, Mapping[str, int]]
"""Counts by stage and name: `rows_in`, `rows_out`, `dropped`, `dropped.CODE` and the stage's own metrics."""


@contextlib.contextmanager
def building(folder: Path) -> Iterator[Path]:
    """Yield an empty folder beside `folder` that takes its place if the block ends well, and vanishes if not."""
    temporary = folder.parent / f"{artifacts.TEMPORARY_PREFIX}{folder.name}"
    try:
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        yield temporary
        shutil.rmtree(folder, ignore_errors=True)
        temporary.replace(folder)
    except OSError as error:
        raise artifacts.write_error(folder, error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write_shard(folder: Path, name: str, tables: Tables, rejects: pl.DataFrame) -> None:
    """Write one shard. Its files count only once `building` has put the folder in its place."""
    for part, frame in (("examples", tables.examples), ("messages", tables.messages), ("rejects", rejects)):
        write_frame(folder / f"{name}.{part}", frame)


def write_frame(path: Path, frame: pl.DataFrame) -> None:
    """Write a frame as an Arrow file. Raises InputError where the disk is full."""
    try:
        frame.write_ipc(path, compression="lz4")
    except OSError as error:
        raise artifacts.write_error(path, error) from error
    except pl.exceptions.PolarsError as error:
        raise InputError(f"{path}: cannot be written", hint="is the disk full?") from error


def read_frame(path: Path, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """Read an Arrow file, or some of its columns. Raises InputError where it is missing or damaged."""
    try:
        return pl.read_ipc(path, columns=list(columns) if columns else None)
    except FileNotFoundError as error:
        raise InputError(f"{path}: is missing", hint="run the stage before it again") from error
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError(f"{path}: is damaged", hint="run the stage before it again") from error


def read_tables(folder: Path, name: str) -> Tables:
    """Read one shard and check its tables. Raises InputError where they are not what stages pass on."""
    tables = Tables(read_frame(folder / f"{name}.examples"), read_frame(folder / f"{name}.messages"))
    check_tables(tables, folder / name)
    return tables


def read_rejects(folder: Path, name: str) -> pl.DataFrame:
    """The rejects of one shard, of all stages so far."""
    return read_frame(folder / f"{name}.rejects")


def read_column_frame(folder: Path, columns: Sequence[str]) -> pl.DataFrame:
    """Some columns of the examples of all shards, in order."""
    frames = [read_frame(folder / f"{name}.examples", columns).select(columns) for name in shard_names(folder)]
    return pl.concat(frames)


def shard_names(folder: Path, part: str = "examples") -> list[str]:
    """The names of a folder's shards that have this part, in order. Raises InputError where the stage has not run."""
    if not (folder / STATS_FILE).is_file():
        raise InputError(f"{folder}: no rows here yet", hint=f"run `tuneset {folder.name}` first, or `dvc repro`")
    return sorted(path.stem for path in folder.glob(f"*.{part}"))


def size(folder: Path) -> int:
    """Bytes of all messages in a folder: how much work lies in it."""
    return sum(path.stat().st_size for path in folder.glob("*.messages"))


def write_stats(folder: Path, stats: Stats) -> None:
    """Write the counts; a folder with this file is complete."""
    artifacts.write_json(folder / STATS_FILE, stats)


def read_stats(folder: Path) -> Stats:
    """The counts of all stages so far."""
    stats: Stats = artifacts.read_json(folder / STATS_FILE)
    return stats


def add_stats(stats: Sequence[Stats]) -> Stats:
    """Sum counts over shards.

    >>> add_stats([{"clean": {"rows_in": 1}}, {"clean": {"rows_in": 2}}])
    {'clean': {'rows_in': 3}}
    """
    total: dict[str, dict[str, int]] = {}
    for one in stats:
        for stage, counts in one.items():
            into = total.setdefault(stage, {})
            for name, count in counts.items():
                into[name] = into.get(name, 0) + count
    return total
