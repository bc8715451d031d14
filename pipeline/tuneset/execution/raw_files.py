"""Raw files in folders that all machines share, cut into shards by workers: each file is looked through by one."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path

from tuneset.errors import InputError
from tuneset.execution.executor import Executor
from tuneset.params import Params
from tuneset.reading import decode, raw_shards
from tuneset.reading.containers.base import Shard
from tuneset.reading.rows_file import Raw, RowsFile


def cut(raw: Sequence[Raw], params: Params, executor: Executor) -> list[Shard]:
    """Cut files, and all files in folders, into shards as `raw_shards.cut` does, with their lines numbered."""
    rows = list(raw_shards.numbered(raw_shards.cut([given for given in raw if isinstance(given, RowsFile)])))
    files = raw_shards.files_of([given for given in raw if not isinstance(given, RowsFile)])
    look = functools.partial(cut_file, encoding=params.ingest.encoding, shard_bytes=raw_shards.SHARD_BYTES)
    size = sum(file.stat().st_size for file in files)
    # Names depend on the folder that one is in, which is this process's.
    tasks = [(file, decode.source_label(file)) for file in files]
    cuts = list(executor.map(look, tasks, label="raw data", size=size)) if files else []
    refused = [error for _, errors in cuts for error in errors]
    if refused and params.ingest.unreadable == "error":
        raise raw_shards.all_of(refused)
    return rows + raw_shards.with_company([shard for shards, _ in cuts for shard in shards])


def cut_file(task: tuple[Path, str], *, encoding: str | None, shard_bytes: int) -> tuple[list[Shard], list[InputError]]:
    """Cut one file, given how ledgers name it: look at all of it, and number its lines. In a worker."""
    shards, refused = raw_shards.cut_file(*task, encoding, shard_bytes)
    return list(raw_shards.numbered(shards)), refused
