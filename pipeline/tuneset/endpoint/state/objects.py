"""Objects of the protocol as they are kept, and which of them a page shows; how they are kept is for the store."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal

Kind = Literal[
    "file",
    "upload",
    "part",
    "job",
    "event",
    "checkpoint",
    "model",
    "response",
    "batch",
    "vector_store",
    "vector_store_file",
    "file_batch",
]
Order = Literal["asc", "desc"]
Document = dict[str, Any]


DEFAULT_PROJECT = "default"
"""What everything belongs to on a server without projects."""


def key_of(document: Document) -> str:
    """What an object is stored under: its id; of a file in a vector store, which has the id of the file, both ids.

    >>> key_of({"id": "file-1", "object": "file"})
    'file-1'
    >>> key_of({"id": "file-1", "object": "vector_store.file", "vector_store_id": "vs_1"})
    'vs_1/file-1'
    """
    if document.get("object") == "vector_store.file":
        return f"{document['vector_store_id']}/{document['id']}"
    return str(document["id"])


@dataclasses.dataclass(frozen=True)
class Record:
    """An object as the protocol shows it (`document`), what only the endpoint knows of it (`private`), its project."""

    document: Document
    private: Document
    project: str = DEFAULT_PROJECT


@dataclasses.dataclass(frozen=True)
class Page:
    """A page of a list: `documents` as the JSON texts that are stored, the ids of the first and the last of them.

    They are not read: ten thousand may be on a page, and all that is done with them is to send them.
    """

    documents: list[str]
    first: str | None
    last: str | None
    more: bool


@dataclasses.dataclass(frozen=True)
class Query:
    """Which objects a page shows: up to `limit` that follow `after` in the order of creation.

    Args:
        kind: what they are.
        limit: how many there are on a page.
        after: the key of the last one of the page before; None for the first page.
        before: the key of the first one of the page after: the page ends before it.
        order: newest first, or oldest first.
        parent: what they belong to.
        equal: top-level texts that must match.
        private: texts that must match of what only the endpoint knows.
        metadata: pairs that their metadata must have; none means all objects.
        without_metadata: only those whose metadata is null.
    """

    kind: Kind
    limit: int
    after: str | None = None
    before: str | None = None
    order: Order = "desc"
    parent: str | None = None
    equal: Mapping[str, str] = dataclasses.field(default_factory=dict)
    private: Mapping[str, str] = dataclasses.field(default_factory=dict)
    metadata: Mapping[str, str] = dataclasses.field(default_factory=dict)
    without_metadata: bool = False

    def conditions(self) -> tuple[list[str], list[str | int]]:
        """The conditions in SQL, all but that of the place in the order, and the values for their question marks."""
        where: list[str] = ["kind = ?", "NOT deleted"]
        values: list[str | int] = [self.kind]
        if self.parent is not None:
            where.append("parent = ?")
            values.append(self.parent)
        for name, value in self.equal.items():
            where.append("json_extract(document, '$.' || ?) = ?")
            values += [name, value]
        for name, value in self.private.items():
            where.append("json_extract(private, '$.' || ?) = ?")
            values += [name, value]
        for name, value in self.metadata.items():
            where.append(
                "EXISTS (SELECT 1 FROM json_each(document, '$.metadata') AS pair WHERE pair.key = ? AND pair.value = ?)"
            )
            values += [name, value]
        if self.without_metadata:
            where.append("json_type(document, '$.metadata') = 'null'")
        return where, values
