"""Files ingested row by row in this process, as a run does it, for whoever looks at raw rows once more.

Which columns hold classes, only the whole file tells: from the first batch that may judge by one on, the file is
looked through for that. In a run the shards are read by workers, and `shards_again` settles it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tuneset import class_columns
from tuneset.model import Format, StageResult
from tuneset.params import Params
from tuneset.reading.containers.base import Shard
from tuneset.reading.read import read_records
from tuneset.reading.records import Records
from tuneset.stages import ingest


def ingested(shards: Sequence[Shard], params: Params, line_format: Format) -> Iterator[tuple[Shard, StageResult]]:
    """Yield what `ingest` makes of all rows of some files, batch by batch, as a run makes it."""
    known: dict[str, frozenset[str]] = {}
    for shard in shards:
        for records in read_records(shard, params.ingest.mapping, line_format):
            yield shard, with_classes(records, shard.source, shards, params, line_format, known)


def with_classes(
    records: Records,
    source: str,
    shards: Sequence[Shard],
    params: Params,
    line_format: Format,
    known: dict[str, frozenset[str]],
) -> StageResult:
    """What `ingest` makes of some rows of a file, all of whose `shards` are at hand; `known` keeps classes by file."""
    result = ingest.ingest(records, source, params.ingest, line_format, known.get(source, ()))
    if source not in known and class_columns.judges(result.metrics):
        known[source] = _classes([shard for shard in shards if shard.source == source], params, line_format)
        result = ingest.ingest(records, source, params.ingest, line_format, known[source])
    return result


def _classes(shards: Sequence[Shard], params: Params, line_format: Format) -> frozenset[str]:
    """The columns in which some row of a file has a class."""
    metrics = (
        ingest.ingest(records, shard.source, params.ingest, line_format).metrics
        for shard in shards
        for records in read_records(shard, params.ingest.mapping, line_format)
    )
    return frozenset().union(*class_columns.of_files(metrics).values())
