"""Every container that is read: each is one file behind one small interface, and one line here.

To add one: write its file with its `Container`, and put that into CONTAINERS before those that would take its files.
"""

from __future__ import annotations

from tuneset.reading.containers.arrow import ARROW
from tuneset.reading.containers.avro import AVRO
from tuneset.reading.containers.base import Container, Head
from tuneset.reading.containers.batch import BATCH
from tuneset.reading.containers.delimited import DELIMITED
from tuneset.reading.containers.excel import EXCEL
from tuneset.reading.containers.json_values import JSON_VALUES
from tuneset.reading.containers.jsonl import JSON_LINES
from tuneset.reading.containers.parquet import PARQUET
from tuneset.reading.containers.slack import SLACK
from tuneset.reading.containers.whatsapp import WHATSAPP

CONTAINERS: tuple[Container, ...] = (
    *(PARQUET, ARROW, AVRO, EXCEL, WHATSAPP, SLACK, BATCH, JSON_VALUES, DELIMITED, JSON_LINES),
)
"""In the order in which they are asked; the last one takes any text that may be JSON."""


def recognised(head: Head) -> Container | None:
    """What a file that begins so holds, or None where no container knows it.

    >>> recognised(Head(b"{}", b"{}", whole=True)).name
    'jsonl'
    """
    return next((container for container in CONTAINERS if container.recognise(head)), None)


def named(name: str) -> Container:
    """The container of a shard."""
    return next(container for container in CONTAINERS if container.name == name)
