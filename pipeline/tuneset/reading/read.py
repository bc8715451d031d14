"""The door to raw data: from a shard to its records, whatever the container."""

from __future__ import annotations

from collections.abc import Iterator

from tuneset.reading import decode
from tuneset.reading.containers import delimited, json_values, jsonl, parquet
from tuneset.reading.raw_shards import SHARD_BYTES, Shard
from tuneset.reading.records import Records, in_batches


def read_records(shard: Shard) -> Iterator[Records]:
    """Yield the records of a shard in order, in batches of bounded size.

    A shard of plain JSONL comes as one batch unless a single line is larger than a shard should be. Raises
    InputError where the file has gone, or turns out to be damaged.
    """
    text = decode.text_pieces(shard.path, shard.content)
    if shard.container == "parquet":
        yield from in_batches(parquet.read_rows(shard.path, shard.content, shard.source))
    elif shard.container == "csv":
        yield from in_batches(delimited.read_rows(text, shard.source))
    elif shard.container == "json":
        yield from in_batches(json_values.read_values(text))
    elif shard.end is None:
        yield from jsonl.parse_stream(text)
    elif shard.end - shard.start > 2 * SHARD_BYTES:
        yield from jsonl.parse_stream(_pieces(shard, shard.end), shard.line)
    else:
        yield jsonl.parse_lines(b"".join(_pieces(shard, shard.end)), shard.line)


def _pieces(shard: Shard, end: int) -> Iterator[bytes]:
    """The bytes of a shard that is a range of its file, at most SHARD_BYTES at a time."""
    with decode.reading(shard.path), shard.path.open("rb") as handle:
        handle.seek(shard.start)
        while piece := handle.read(min(SHARD_BYTES, end - handle.tell())):
            yield piece
