"""How much of the disk a project's files take: files, parts of uploads, passages in vector stores; weights not."""

from __future__ import annotations

from tuneset.endpoint.state.object_store import Store


def bytes_used(store: Store) -> int:
    """The bytes of the project of a store."""
    parts = sum(int(record.private["received"]) for record in store.in_status("upload", "pending"))
    return store.size("file")[1] + parts + store.size("vector_store", "usage_bytes")[1]
