"""Opens what is to be looked at: a dataset with its ledger, or files.

Files of chat lines are looked at where they are. Other raw files are read as `prepare` reads them, into a file of lines
that is forgotten in the end. What is read here is small columns and line ends, never all texts at once.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import orjson
import polars as pl
import xxhash

from tuneset import artifacts
from tuneset.errors import InputError
from tuneset.example_tables import to_examples
from tuneset.execution.progress import Progress
from tuneset.execution.whole_files.ingested import ingested
from tuneset.json_text import dump_line
from tuneset.ledger import LEDGER_SCHEMA
from tuneset.params import Params
from tuneset.reading.raw_shards import cut, numbered
from tuneset.terms import Format
from tuneset.viewing.line_file import LineFile
from tuneset.viewing.rows import NO_FILE, ROWS_SCHEMA, Rows

SIDES = ("train", "validation", "test")
LEDGER, MANIFEST, METRICS = "ledger.parquet", "manifest.json", "metrics.json"
_PART_ROWS = 50_000
"""Of a ledger at a time."""
FILE_SIDE = "row"
"""What is said in place of a side where nothing was divided."""


class DatasetPlaces(NamedTuple):
    """Where the written files of a dataset lie, and where its reports."""

    files: Path
    reports: Path


def open_rows(paths: Sequence[Path], params: Params, scratch: Path, progress: Progress) -> Rows:
    """Open a dataset's folder, or files and folders of files.

    `scratch` is a folder for the lines of raw files. Raises InputError where there is nothing to look at, or it cannot
    be read.
    """
    for path in paths:
        if not path.exists():
            raise InputError(f"{path}: there is no such file or folder", hint="check the path")
    if len(paths) == 1 and (places := dataset_places(paths[0])) is not None:
        return _dataset(paths[0], places)
    files = [file for path in paths for file in (_chat_files_of(path) if path.is_dir() else [path])]
    if files and all(_is_chat_lines(file) for file in files):
        return _files(files)
    return _raw(paths, params, scratch, progress)


def dataset_places(path: Path) -> DatasetPlaces | None:
    """Where a dataset lies that a path means: its folder, its ledger, or DVC's data folder; None where it is none."""
    folder = path.parent if path.name == LEDGER else path
    for reports, files in ((folder, folder), (folder, folder.parent / "dataset"), (folder.parent / "reports", folder),
                           (folder / "reports", folder / "dataset")):  # fmt: skip
        if (reports / LEDGER).is_file() and (files / "train.jsonl").is_file():
            return DatasetPlaces(files, reports)
    return None


def without_ledger(paths: Sequence[Path]) -> list[Path]:
    """The folders that `prepare` wrote and whose ledger has gone: of them only the written rows can be looked at."""
    return [path for path in paths if (path / MANIFEST).is_file() and dataset_places(path) is None]


def _dataset(path: Path, places: DatasetPlaces) -> Rows:
    ledger = places.reports / LEDGER
    files = [places.files / f"{side}.jsonl" for side in SIDES]
    sides = [file.stem for file in files if file.is_file()]
    try:
        sources, frame = _of_ledger(ledger, sides)
    except (pl.exceptions.PolarsError, OSError) as error:
        hint = "run `tuneset prepare` or `dvc repro` again, or name the .jsonl files to look at them alone"
        raise InputError(f"{ledger}: is no readable ledger", hint=hint) from error
    manifest = artifacts.read_json(places.reports / MANIFEST) if (places.reports / MANIFEST).is_file() else {}
    metrics = artifacts.read_json(places.reports / METRICS) if (places.reports / METRICS).is_file() else {}
    shapes = {str(entry["source"]): list(entry["shapes"]) for entry in metrics.get("sources", ())}
    lines = [LineFile(file) for file in files if file.is_file()]
    return Rows(str(path), frame, sources, lines, places.files, ledger, manifest, shapes)


def _of_ledger(ledger: Path, sides: Sequence[str]) -> tuple[list[str], pl.DataFrame]:
    """The sources of a ledger, and its rows as ROWS_SCHEMA, a part at a time: its texts take ten times their memory.

    `sides` are those whose files are there.
    """
    scanned = pl.scan_parquet(ledger)
    there = scanned.collect_schema().names()
    lacking = [name for name in ("source", "line", "row_id", "outcome", "written_line") if name not in there]
    if lacking:
        raise InputError(f"{ledger}: has no column {lacking[0]}", hint="run `tuneset prepare` again")
    wanted = scanned.select(name for name in LEDGER_SCHEMA if name in there and name not in ("detail", "tokens_exact"))
    sources: dict[str, int] = {}
    parts: list[pl.DataFrame] = []
    while True:
        part = wanted.slice(len(parts) * _PART_ROWS, _PART_ROWS).collect()
        for source in part["source"].unique(maintain_order=True):
            sources.setdefault(source, len(sources))
        parts.append(_compact(part, sources, sides))
        if part.height < _PART_ROWS:
            return list(sources), _joined(parts)


def _joined(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The parts as one frame; the columns that numpy looks at are one piece each, or it would copy them.

    The others stay in parts: all columns in one piece would be there twice for as long as polars keeps what is freed.
    """
    frame = pl.concat(parts)
    return frame.with_columns(frame[name].rechunk() for name in ("id", "file", "at"))


def _compact(ledger: pl.DataFrame, sources: Mapping[str, int], sides: Sequence[str]) -> pl.DataFrame:
    """Rows of a ledger as ROWS_SCHEMA has them."""

    def number(column: str, dtype: Any) -> pl.Expr:  # noqa: ANN401  a type of polars
        return (pl.col(column) if column in ledger.columns else pl.lit(None)).cast(dtype)

    file = pl.col("outcome").replace_strict(list(sides), range(len(sides)), default=NO_FILE, return_dtype=pl.Int16)
    return ledger.select(
        pl.col("row_id").str.to_integer(base=16, dtype=pl.UInt64).alias("id"),
        pl.col("source").replace_strict(sources, return_dtype=pl.UInt32),
        pl.col("line").cast(pl.Int64),
        number("item", pl.Int32).fill_null(0).alias("item"),
        pl.col("outcome").cast(ROWS_SCHEMA["side"]).alias("side"),
        pl.when(pl.col("outcome") == "dropped").then("stage").cast(ROWS_SCHEMA["stage"]).alias("stage"),
        pl.col("code").cast(ROWS_SCHEMA["code"]).alias("code"),
        number("tokens", pl.Int32).alias("tokens"),
        number("trained_tokens", pl.Int32).alias("trained_tokens"),
        pl.col("kept_row_id").str.to_integer(base=16, dtype=pl.UInt64).alias("kept_id"),
        pl.when(pl.col("written_line").is_null()).then(NO_FILE).otherwise(file).cast(pl.Int16).alias("file"),
        (pl.col("written_line").cast(pl.Int64) - 1).fill_null(0).alias("at"),
    )


# --- files -------------------------------------------------------------------------------------------------------


def _chat_files_of(folder: Path) -> list[Path]:
    """The written files of a folder without a ledger; none where it is another kind of folder."""
    named = [folder / f"{side}.jsonl" for side in SIDES]
    return [file for file in named if file.is_file()]


def _is_chat_lines(path: Path) -> bool:
    """Whether the first line of a file that is no archive is an example of a line format."""
    try:
        with path.open("rb") as handle:
            first = next((line for line in handle if line.strip()), b"")
        found = orjson.loads(first.removeprefix(b"\xef\xbb\xbf"))
    except (OSError, orjson.JSONDecodeError):
        return False
    if not isinstance(found, dict):
        return False
    holder = found["input"] if isinstance(found.get("input"), dict) else found
    messages = holder.get("messages")
    return isinstance(messages, list) and all(isinstance(one, dict) and "role" in one for one in messages)


def _files(paths: Sequence[Path]) -> Rows:
    """Files of chat lines, as they are; the side is that of their names."""
    frames, files = [], []
    for number, path in enumerate(paths):
        file = LineFile(path)
        files.append(file)
        full = np.flatnonzero(np.diff(file.starts()) > 1)  # a line end alone is a blank line
        side = path.stem if path.stem in SIDES else FILE_SIDE
        frames.append(
            _frame(
                ids=_ids(str(path), (full + 1).tolist(), [0] * len(full)),
                source=number,
                lines=full + 1,
                items=np.zeros(len(full), np.int32),
                side=side,
                file=number,
                at=full,
            )
        )
    title = ", ".join(map(str, paths[:3])) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")
    return Rows(title, pl.concat(frames), [str(path) for path in paths], files, paths[0].parent)


def _raw(paths: Sequence[Path], params: Params, scratch: Path, progress: Progress) -> Rows:
    """Raw files of any shape, read as `prepare` reads them; rows that give no example are dropped ones."""
    lines = scratch / "raw.jsonl"
    frames: list[pl.DataFrame] = []
    sources: list[str] = []
    shapes: dict[str, list[str]] = {}
    written = 0
    with lines.open("wb") as handle:
        for batch in _read(paths, params, progress):
            if batch.source not in sources:
                sources.append(batch.source)
            number = sources.index(batch.source)
            found = shapes.setdefault(batch.source, [])
            found += [shape for shape in batch.shapes if shape not in found]
            examples = batch.result.tables.examples
            handle.writelines(map(dump_line, to_examples(batch.result.tables)))
            frames.append(
                _frame(
                    ids=examples["row_id"].str.to_integer(base=16, dtype=pl.UInt64),
                    source=number,
                    lines=examples["line"].to_numpy(),
                    items=examples["item"].to_numpy(),
                    side=FILE_SIDE,
                    file=0,
                    at=np.arange(written, written + examples.height),
                )
            )
            written += examples.height
            rejects = batch.result.rejects
            dropped = _frame(
                ids=rejects["row_id"].str.to_integer(base=16, dtype=pl.UInt64),
                source=number,
                lines=rejects["line"].to_numpy(),
                items=rejects["item"].to_numpy(),
                side="dropped",
                file=NO_FILE,
                at=np.zeros(rejects.height, np.int64),
            )
            frames.append(dropped.with_columns(rejects[name].cast(ROWS_SCHEMA[name]) for name in ("stage", "code")))
    if not frames:
        raise InputError(f"{', '.join(map(str, paths))}: no rows in any file")
    frame = pl.concat(frames).sort("source", "line", "item", maintain_order=True)
    folder = paths[0] if paths[0].is_dir() else paths[0].parent
    return Rows(", ".join(map(str, paths)), frame, sources, [LineFile(lines)], folder, shapes=shapes)


class RawBatch(NamedTuple):
    """Some rows of one raw file."""

    source: str
    shapes: Sequence[str]
    result: Any


def _read(paths: Sequence[Path], params: Params, progress: Progress) -> Iterator[RawBatch]:
    """The rows of raw files, batch by batch."""
    shards = list(numbered(cut(paths, params.ingest.encoding, "skip")))
    places = {(shard.source, shard.start): number for number, shard in enumerate(shards)}
    line_format: Format = "sft"
    for shard, result in ingested(shards, params, line_format):
        progress("read", places[shard.source, shard.start], len(shards))
        shapes = [name.removeprefix("shape.") for name in result.metrics if name.startswith("shape.")]
        yield RawBatch(shard.source, shapes, result)
    progress("read", len(shards), len(shards))


def _ids(source: str, lines: Sequence[int], items: Sequence[int]) -> pl.Series:
    """Row ids as `ingest` makes them, as numbers."""
    name = os.fsencode(source)
    hashed = xxhash.xxh3_64_intdigest
    return pl.Series(
        [hashed(b"%b\0%d\0%d" % (name, line, item)) for line, item in zip(lines, items, strict=True)], dtype=pl.UInt64
    )


def _frame(
    *,
    ids: pl.Series,
    source: int,
    lines: np.typing.NDArray[np.int64],
    items: np.typing.NDArray[Any],
    side: str,
    file: int,
    at: np.typing.NDArray[np.int64],
) -> pl.DataFrame:
    """Rows of one source, as ROWS_SCHEMA, of which nothing else is known."""
    columns: Mapping[str, Any] = {
        "id": ids,
        "line": pl.Series(lines, dtype=pl.Int64),
        "item": pl.Series(items).cast(pl.Int32),
        "at": pl.Series(at, dtype=pl.Int64),
    }
    told = {"source": source, "side": side, "file": file}
    frame = pl.DataFrame(columns)
    return frame.with_columns(
        pl.lit(told.get(name)).cast(dtype).alias(name) for name, dtype in ROWS_SCHEMA.items() if name not in columns
    ).select(ROWS_SCHEMA.names())
