"""Vector stores: collections of files that can be searched, the files in them, and files that came in together.

A file in a vector store, under the id of the file:

    in_progress -> completed | failed | cancelled

A store is `in_progress` while one of its files is. What a store and a batch count of their files is changed in the
transaction that changes the file. What is found in a file, and where that is kept, is the business of `retrieval`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tuneset.endpoint.object_ids import new_id
from tuneset.endpoint.state.object_store import Store
from tuneset.endpoint.state.objects import Document, Record, key_of

DAY_S = 86_400
ACTIVE_EVERY_S = 60
"""Seconds: `last_active_at` is not written more often; what follows from it is counted in days."""

FILE_STATUSES = ("in_progress", "completed", "failed", "cancelled")

_NO_FILES = {**dict.fromkeys(FILE_STATUSES, 0), "total": 0}


def new_vector_store(
    store: Store, *, name: str, description: str | None, metadata: Mapping[str, str], expires_after: Document | None
) -> Document:
    """Create a vector store without files; `expires_after` has `days` after the last activity."""
    now = store.now()
    document: Document = {
        "id": new_id("vs_"),
        "object": "vector_store",
        "created_at": now,
        "name": name,
        "description": description,
        "usage_bytes": 0,
        "file_counts": dict(_NO_FILES),
        "status": "completed",
        "expires_after": expires_after,
        "expires_at": _expiry(now, expires_after),
        "last_active_at": now,
        "metadata": dict(metadata),
    }
    store.insert("vector_store", document, {})
    return document


def change_vector_store(store: Store, vector_store_id: str, change: Document) -> Document:
    """Change what a client may change of a vector store that exists; it is active by that."""
    with store.transaction():
        document = _vector_store(store, vector_store_id) | change
        now = store.now()
        expired = document["status"] == "expired"
        active = {} if expired else {"last_active_at": now, "expires_at": _expiry(now, document["expires_after"])}
        document |= active
        store.put(Record(document, {}))
    return document


def mark_active(store: Store, document: Document) -> None:
    """Say that a vector store was searched just now; one that was deleted meanwhile stays so."""
    if store.now() - document["last_active_at"] >= ACTIVE_EVERY_S:
        with store.transaction():
            if store.get("vector_store", document["id"]) is not None:
                change_vector_store(store, document["id"], {})


def delete_vector_store(store: Store, vector_store_id: str) -> None:
    """Delete a vector store, what it says of its files and of its batches. The files themselves stay."""
    with store.transaction():
        for kind in ("vector_store_file", "file_batch"):
            for record in store.every(kind, parent=vector_store_id):
                store.delete(key_of(record.document))
        store.delete(vector_store_id)


def expire_vector_store(store: Store, vector_store_id: str) -> None:
    """End a vector store whose time has come: it can be read and not be searched; what was kept of its files goes."""
    with store.transaction():
        for record in store.every("vector_store_file", parent=vector_store_id):
            status = "cancelled" if record.document["status"] == "in_progress" else record.document["status"]
            _change_file(store, record, {"status": status, "usage_bytes": 0})
        store.put(Record(_vector_store(store, vector_store_id) | {"status": "expired"}, {}))


def attach_file(
    store: Store,
    vector_store_id: str,
    file_id: str,
    *,
    attributes: Mapping[str, Any],
    chunking: Document,
    batch_id: str | None = None,
) -> Document:
    """Put a file into a vector store, to be read; one that is there already is read again, with what is given now."""
    document: Document = {
        "id": file_id,
        "object": "vector_store.file",
        "created_at": store.now(),
        "vector_store_id": vector_store_id,
        "status": "in_progress",
        "usage_bytes": 0,
        "last_error": None,
        "chunking_strategy": chunking,
        "attributes": dict(attributes),
    }
    private = {"batch": batch_id, **_round()}
    with store.transaction():
        there = store.get("vector_store_file", key_of(document))
        if there is not None:
            _count(store, there, None)
            store.put(Record(document | {"created_at": there.document["created_at"]}, private))
        else:
            store.insert("vector_store_file", document, private, parent=vector_store_id)
        _count(store, None, Record(document, private))
    return document


def change_attributes(store: Store, record: Record, attributes: Mapping[str, Any]) -> Document:
    """Give a file in a vector store other attributes."""
    document = record.document | {"attributes": dict(attributes)}
    store.put(Record(document, record.private))
    return document


def read_again(store: Store, record: Record) -> None:
    """Have a file be read again, as its passages are lost; what is read of it just now does not count.

    One that was taken out meanwhile, or has no passages as it failed or was cancelled, stays as it is.
    """
    with store.transaction():
        now = store.get("vector_store_file", key_of(record.document))
        if now is not None and now.document["status"] in ("completed", "in_progress"):
            changed = Record(now.document | {"status": "in_progress", "usage_bytes": 0}, now.private | _round())
            store.put(changed)
            _count(store, now, changed)


def settle_attached(store: Store, record: Record, change: Document) -> bool:
    """Say what became of a file that was read. False where it was taken out or put in again meanwhile."""
    with store.transaction():
        now = store.get("vector_store_file", key_of(record.document))
        if now is None or now.document["status"] != "in_progress" or now.private["round"] != record.private["round"]:
            return False
        _change_file(store, now, change)
    return True


def detach_file(store: Store, record: Record) -> None:
    """Take a file out of a vector store; what was found in it is left over until it is removed."""
    with store.transaction():
        _count(store, record, None)
        marker = {name: record.document[name] for name in ("id", "object", "vector_store_id")}
        store.put(Record(marker, {"left_over": True}))
        store.delete(key_of(record.document))


def new_file_batch(store: Store, vector_store_id: str) -> Document:
    """Create a batch of files, without any yet."""
    document: Document = {
        "id": new_id("vsfb_"),
        "object": "vector_store.files_batch",
        "created_at": store.now(),
        "vector_store_id": vector_store_id,
        "status": "completed",
        "file_counts": dict(_NO_FILES),
    }
    store.insert("file_batch", document, {}, parent=vector_store_id)
    return document


def cancel_file_batch(store: Store, batch: Document) -> Document:
    """Cancel what of a batch was not read yet."""
    with store.transaction():
        for record in store.every("vector_store_file", parent=batch["vector_store_id"]):
            if record.private["batch"] == batch["id"] and record.document["status"] == "in_progress":
                _change_file(store, record, {"status": "cancelled"})
        now = store.get("file_batch", batch["id"])
        assert now is not None
        document = now.document | {"status": "cancelled"}
        store.put(Record(document, now.private))
    return document


def attach_all(
    store: Store, vector_store_id: str, files: Iterable[tuple[str, Mapping[str, Any], Document]]
) -> Document:
    """Put files (id, attributes, chunking) into a vector store as one batch."""
    with store.transaction():
        batch = new_file_batch(store, vector_store_id)
        for file_id, attributes, chunking in files:
            attach_file(store, vector_store_id, file_id, attributes=attributes, chunking=chunking, batch_id=batch["id"])
        record = store.get("file_batch", batch["id"])
        assert record is not None
    return record.document


def _round() -> Document:
    """What tells this reading of a file from an earlier one."""
    return {"round": new_id("", 8)}


def _change_file(store: Store, record: Record, change: Document) -> None:
    changed = Record(record.document | change, record.private)
    store.put(changed)
    _count(store, record, changed)


def _count(store: Store, before: Record | None, after: Record | None) -> None:
    """Change what the vector store and the batch count of a file, from what it was to what it is."""
    one = after or before
    assert one is not None
    for kind, key in (("vector_store", one.document["vector_store_id"]), ("file_batch", one.private["batch"])):
        record = None if key is None else store.get("vector_store" if kind == "vector_store" else "file_batch", key)
        if record is None:
            continue
        document = record.document | {"file_counts": dict(record.document["file_counts"])}
        counts = document["file_counts"]
        for file, sign in ((before, -1), (after, 1)):
            if file is None:
                continue
            counts[file.document["status"]] += sign
            counts["total"] += sign
            if kind == "vector_store":
                document["usage_bytes"] += sign * file.document["usage_bytes"]
        if document["status"] not in {"expired", "cancelled"}:
            document["status"] = "in_progress" if counts["in_progress"] else "completed"
        store.put(Record(document, record.private))


def _vector_store(store: Store, vector_store_id: str) -> Document:
    record = store.get("vector_store", vector_store_id)
    assert record is not None
    return record.document


def _expiry(now: int, expires_after: Document | None) -> int | None:
    return None if expires_after is None else now + expires_after["days"] * DAY_S
