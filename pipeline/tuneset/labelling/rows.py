"""The rows of raw files in their order, each with whether it asks; and the line that an answer makes of one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tuneset.labelled_by import COLUMN
from tuneset.labelling.prompts import Asked, Read, Unasked, reader
from tuneset.params import IngestParams, Mappings
from tuneset.reading.raw_shards import cut, numbered
from tuneset.reading.read import read_records
from tuneset.reading.shapes.base import Message, Record
from tuneset.reading.shapes.choose import chooser, shapes_of
from tuneset.reading.shapes.companions import read_row

COLUMNS = "other_columns"
"""Where a row's other columns go if its messages would be read otherwise beside them."""


class Row(NamedTuple):
    """A raw row: where it stands, what it holds (None where it cannot be read), and whether it asks."""

    source: str
    line: int
    item: int
    record: Record | None
    read: Read

    @property
    def place(self) -> str:
        """Where it stands, as `tuneset explain` takes it."""
        return f"{self.source}:{self.line}" + (f":{self.item + 1}" if self.item else "")


def rows(paths: Sequence[Path], mapping: Mappings, params: IngestParams) -> Iterator[Row]:
    """Yield every row of some files and folders, in the order of their names. Raises InputError as `raw_shards.cut`."""
    source, read = None, reader(mapping, "")
    for shard in numbered(cut(paths, params.encoding, params.unreadable)):
        if shard.source != source:
            source, read = shard.source, reader(mapping, shard.source)
        for records in read_records(shard, mapping, "rft"):  # prompts alone are rows here
            found = [
                Row(shard.source, line, item, record, read(record))
                for line, item, record in zip(records.lines, records.items, records.values, strict=True)
            ]
            found += [
                Row(shard.source, one.line, one.item, None, Unasked(one.code, one.detail)) for one in records.rejects
            ]
            yield from sorted(found, key=lambda row: (row.line, row.item))


def labelled(asked: Asked, answer: Message, mark: Mapping[str, Any]) -> dict[str, Any]:
    """The chat line of a row with its answer: its own columns stand beside the messages, and `labelled_by` as `mark`.

    It is read by `ingest` as the same example. Where the other columns would change that, they go into COLUMNS.

    >>> question = Asked({"messages": [{"role": "user", "content": "?"}]}, {"id": 7})
    >>> labelled(question, {"role": "assistant", "content": "!"}, {"model": "m"})["id"]
    7
    """
    example = {**asked.example, "messages": [*asked.example["messages"], answer]}
    rest = dict(asked.rest or {})
    line = {**rest, **example, COLUMN: dict(mark)}
    if rest and (rest.keys() & {*example, COLUMN} or not _is_read_as(line, example)):
        return {**example, COLUMNS: rest, COLUMN: dict(mark)}
    return line


_shape_of = chooser(shapes_of("sft"))


def _is_read_as(line: Record, example: Mapping[str, Any]) -> bool:
    shape = _shape_of(line)
    return shape is not None and read_row(shape, line)[0] == example
