"""Where a stage's rows lie: a folder of shards, each with a marker that says that it is finished.

A shard is a few Arrow files (`NAME.examples`, `NAME.messages`, `NAME.rejects` ...) and `NAME.done`, written last: what
it was made from, what it counted, how large its files are. A run that finds a marker with the fingerprint that it would
write takes the shard as it is, so a killed run goes on where it stopped. `index.json`, written when all shards are
finished, names them in the order of their sources. The rejects and counts are those of all stages so far: a folder
holds the whole account of the rows that were read.
"""

from __future__ import annotations

import contextlib
import errno
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import polars as pl

from tuneset import artifacts
from tuneset.errors import InputError
from tuneset.execution import storage
from tuneset.execution.stores import local_copies
from tuneset.execution.stores.location import Location
from tuneset.model import EXAMPLES_SCHEMA, MESSAGES_SCHEMA, Tables
from tuneset.table_columns import check_tables

INDEX_FILE = "index.json"
MARKER = ".done"
REPORT_TABLES = ("private", "review", "contamination", "trace")
"""Parts of a shard that only the report reads; a stage writes them with some params alone."""

_SCHEMAS = {"examples": EXAMPLES_SCHEMA, "messages": MESSAGES_SCHEMA}

Compression = Literal["uncompressed", "lz4"]
"""Whether a file is made for reading once, or for staying."""

Part = pl.DataFrame | bytes | memoryview
"""A part of a shard: an Arrow file, or bytes as they are."""

Stats = Mapping[str, Mapping[str, int]]
"""Counts by stage and name: `rows_in`, `rows_out`, `dropped`, `dropped.CODE` and the stage's own metrics."""


class Done(NamedTuple):
    """What one task left in a folder.

    Args:
        shards: the shards it wrote, in order, each with its fingerprint.
        stats: what it counted.
    """

    shards: Mapping[str, str]
    stats: Stats


# --- one shard ---------------------------------------------------------------------------------------------------


def write_shard(folder: Location, name: str, parts: Mapping[str, Part], *, brief: bool) -> list[Location]:
    """Write the parts of one shard, `NAME.PART` each; give its files. `brief` says that they will soon be removed.

    With the outcome of a stage, the tables for the report go that an earlier run left and this one did not make.
    """
    for table in REPORT_TABLES if "rejects" in parts else ():
        if table not in parts:
            (folder / f"{name}.{table}").unlink(missing_ok=True)
    compression: Compression = "uncompressed" if brief else "lz4"
    files = []
    for kind, part in parts.items():
        path = folder / f"{name}.{kind}"
        files.append(path)
        if isinstance(part, pl.DataFrame):
            write_frame(path, _without_empty(part, kind) if kind in _SCHEMAS else part, compression)
        else:
            with write_errors(path):
                storage.write(path, part)
    return files


def finish(folder: Location, task: str, fingerprint: str, done: Done, files: Sequence[Location]) -> Done:
    """Write the marker of a task whose files are all written; give `done` back."""
    sizes = {path.name: storage.size(path) for path in files}
    document = {"fingerprint": fingerprint, "shards": done.shards, "stats": done.stats, "files": sizes}
    storage.write_whole(folder / f"{task}{MARKER}", artifacts.json_bytes(document))
    return done


def finished(folder: Location, task: str, fingerprint: str) -> Done | None:
    """What a task left, if it is finished, was made from the same, and its files are whole; else None.

    A marker of something else is removed, because its files are about to be written over: were this run killed then,
    a later one might take what is there for what the marker says.
    """
    marker = folder / f"{task}{MARKER}"
    if not marker.is_file():
        return None
    document = storage.read_json(marker)
    if document["fingerprint"] == fingerprint and all(
        storage.size(folder / name) == size for name, size in document["files"].items()
    ):
        return Done(document["shards"], document["stats"])
    marker.unlink()
    return None


def read_tables(folder: Location, name: str) -> Tables:
    """Read one shard and check its tables. Raises InputError where they are not what stages pass on."""
    tables = open_tables(folder, name)
    check_tables(tables, folder / name)
    return tables


def open_tables(folder: Location, name: str) -> Tables:
    """Read one shard that was checked already."""
    examples, messages = (_complete(read_frame(folder / f"{name}.{kind}"), kind) for kind in _SCHEMAS)
    return Tables(examples, messages)


def read_meta(folder: Location, name: str) -> pl.Series:
    """The raw columns of a shard's examples, JSON or null; they were not written where no row of the shard has any."""
    path = folder / f"{name}.examples"
    rows = read_frame(path, ["row_id"])["row_id"]  # says so where the file is missing or damaged
    if "meta" in pl.read_ipc_schema(storage.readable(path)):
        return read_frame(path, ["meta"])["meta"]
    return pl.repeat(None, len(rows), dtype=_SCHEMAS["examples"]["meta"], eager=True).alias("meta")


def _without_empty(frame: pl.DataFrame, kind: str) -> pl.DataFrame:
    """A table without those columns of its schema in which there is nothing: each would take 16 bytes a row."""
    empty = [name for name in _SCHEMAS[kind] if name in frame.columns and frame[name].null_count() == frame.height > 0]
    return frame.drop(empty)


def _complete(frame: pl.DataFrame, kind: str) -> pl.DataFrame:
    """A table with all columns of its schema again, in their order, and then its further ones."""
    schema = _SCHEMAS[kind]
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in schema.items() if name not in frame.columns]
    further = [name for name in frame.columns if name not in schema]
    return frame.with_columns(missing).select(*schema, *further) if missing else frame


def read_report_table(folder: Location, name: str) -> pl.DataFrame | None:
    """One of REPORT_TABLES, of all shards of a folder; None where no stage of it writes that one."""
    paths = [folder / f"{shard}.{name}" for shard in shards(folder)]
    frames = [read_frame(path) for path in paths if path.is_file()]
    return pl.concat(frames) if frames else None


def put_together(folder: Location, parts: Sequence[str], path: Path, *, row_group_size: int | None = None) -> None:
    """Write Arrow files of a folder as one Parquet file, row by row in their order; few rows are in memory at a time.

    Of a folder in a store there are copies on this machine's disk meanwhile. With `row_group_size` the bytes do not
    depend on how rows are divided into parts.
    """
    with (
        artifacts.replacing(path) as temporary,
        local_copies.to_read(folder, parts) as here,
        write_errors(path),
    ):
        pl.scan_ipc([here / part for part in parts]).sink_parquet(
            temporary, compression="zstd", row_group_size=row_group_size
        )


def read_rejects(folder: Location, name: str) -> pl.DataFrame:
    """The rejects of one shard, of all stages so far."""
    return read_frame(folder / f"{name}.rejects")


# --- a folder ----------------------------------------------------------------------------------------------------


def begin(folder: Location) -> None:
    """Make the folder ready to be written: it has no index, and nothing that was only half written counts."""
    try:
        storage.make_folder(folder)
        (folder / INDEX_FILE).unlink(missing_ok=True)
    except OSError as error:
        raise artifacts.write_error(folder, error) from error


def complete(folder: Location, tasks: Iterable[str], done: Iterable[Done], before: Stats | None = None) -> Stats:
    """Write the index, having removed what belongs to no shard of it; give the counts of all stages so far.

    `tasks` are the names of the markers to keep, `before` the counts of the stages before.
    """
    found = list(done)
    shards = {name: fingerprint for one in found for name, fingerprint in one.shards.items()}
    stats = add_stats([*([before] if before else []), *(one.stats for one in found)])
    kept = {*shards, *tasks}
    for path in folder.iterdir():
        if path.suffix and path.stem not in kept and path.is_file() and path.name != INDEX_FILE:
            path.unlink()
    storage.write_whole(folder / INDEX_FILE, artifacts.json_bytes({"shards": list(shards.items()), "stats": stats}))
    return stats


def shards(folder: Location) -> dict[str, str]:
    """A folder's shards in order, each with its fingerprint. Raises InputError where the stage has not run."""
    return dict(_index(folder)["shards"])


def read_stats(folder: Location) -> Stats:
    """The counts of all stages so far."""
    stats: Stats = _index(folder)["stats"]
    return stats


def size(folder: Location) -> int:
    """Bytes of all messages in a folder: how much work lies in it."""
    return sum(storage.size(path) or 0 for path in folder.iterdir() if path.suffix == ".messages")


def add_stats(stats: Iterable[Stats]) -> Stats:
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


def _index(folder: Location) -> dict[str, Any]:
    if not (folder / INDEX_FILE).is_file():
        raise InputError(f"{folder}: no rows here yet", hint=f"run `tuneset {folder.name}` first, or `dvc repro`")
    return storage.read_json(folder / INDEX_FILE)


# --- Arrow files -------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def write_errors(path: Location) -> Iterator[None]:
    """Turn what goes wrong while `path` is written into an InputError; polars has no error of its own for it."""
    try:
        yield
    except OSError as error:
        raise artifacts.write_error(path, error) from error
    except pl.exceptions.PolarsError as error:
        full = f"(os error {errno.ENOSPC})" in str(error)  # so Rust ends the words of every error of the system
        raise artifacts.write_error(
            path, OSError(errno.ENOSPC if full else errno.EIO, "polars cannot write it")
        ) from error


def write_frame(path: Location, frame: pl.DataFrame, compression: Compression = "lz4") -> None:
    """Write a frame as an Arrow file. Raises InputError where the disk is full."""
    with write_errors(path):
        if isinstance(path, Path):
            frame.write_ipc(path, compression=compression)
        else:
            buffer = io.BytesIO()
            frame.write_ipc(buffer, compression=compression)
            storage.write(path, buffer.getbuffer())


def read_frame(path: Location, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """Read an Arrow file, or some of its columns. Raises InputError where it is missing or damaged."""
    try:
        return pl.read_ipc(storage.readable(path), columns=list(columns) if columns else None)
    except FileNotFoundError as error:
        raise InputError(f"{path}: is missing", hint="run the stage before it again") from error
    except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise InputError(f"{path}: is damaged", hint="run the stage before it again") from error
