"""A search in vector stores, as their own route and the tool of responses ask for it."""

from __future__ import annotations

import contextlib
import functools
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import anyio.to_thread

from tuneset.endpoint.api.api_errors import ApiError, try_later
from tuneset.endpoint.api.running_endpoint import RunningEndpoint
from tuneset.endpoint.retrieval import search_index
from tuneset.endpoint.retrieval.attribute_filters import Filter
from tuneset.endpoint.state.objects import Document
from tuneset.endpoint.state.state_folder import State
from tuneset.endpoint.state.vector_stores import mark_active

_Given = TypeVar("_Given")


@dataclass(frozen=True)
class Result:
    """A passage that was found: its file's id, name and attributes, its text, and how well it fits, from 0 to 1."""

    file_id: str
    filename: str
    attributes: Mapping[str, Any]
    text: str
    score: float


def vector_store_of(state: State, vector_store_id: str) -> Document:
    """A vector store of this project. Raises ApiError 404 where there is none."""
    record = state.store.get("vector_store", vector_store_id)
    if record is None:
        message = f"Vector store with id '{vector_store_id}' not found."
        raise ApiError(404, message, param="vector_store_id")
    return record.document


def usable(state: State, vector_store_id: str) -> Document:
    """A vector store that can be searched and added to. Raises ApiError: 404 where there is none, 400 once expired."""
    document = vector_store_of(state, vector_store_id)
    if document["status"] == "expired":
        message = f"Vector store '{vector_store_id}' has expired."
        raise ApiError(400, message, param="vector_store_id", code="vector_store_expired")
    return document


async def find(
    endpoint: RunningEndpoint,
    vector_stores: Sequence[Document],
    queries: Sequence[str],
    *,
    wanted: Filter | None,
    most: int,
    threshold: float,
) -> list[Result]:
    """The passages that fit best, of all vector stores together, the best first.

    Raises ApiError 503 where an index is damaged; it is made again.
    """
    state, found = endpoint.state, list[Result]()
    for document in {one["id"]: one for one in vector_stores}.values():
        with contextlib.suppress(sqlite3.OperationalError):  # on a full disk it is searched all the same
            mark_active(state.store, document)
        search = functools.partial(_search_one, state, document["id"], queries, wanted, most)
        found += [one for one in await from_index(endpoint, document["id"], search) if one.score >= threshold]
    return sorted(found, key=lambda one: -one.score)[:most]


async def from_index(endpoint: RunningEndpoint, vector_store_id: str, read: Callable[[], _Given]) -> _Given:
    """What `read` gives of an index, in a thread: a store may have ten thousand files, and others ask meanwhile.

    Raises ApiError: 404 where the vector store was deleted just now, 503 where the index is damaged; it is made again.
    """
    try:
        return await anyio.to_thread.run_sync(read)
    except sqlite3.DatabaseError as error:
        vector_store_of(endpoint.state, vector_store_id)
        if isinstance(error, sqlite3.OperationalError):
            raise
        endpoint.indexer.make_again(vector_store_id)
        raise try_later() from None


def _search_one(
    state: State, vector_store_id: str, queries: Sequence[str], wanted: Filter | None, most: int
) -> list[Result]:
    """What is found in one vector store, of files that were read and that the filter wants."""
    if wanted is None:
        files = state.store.ids("vector_store_file", parent=vector_store_id, status="completed")
    else:
        files = [
            record.document["id"]
            for record in state.store.every("vector_store_file", parent=vector_store_id)
            if record.document["status"] == "completed" and wanted(record.document["attributes"])
        ]
    passages = search_index.search(state.index(vector_store_id), queries, files, most)
    return [result for one in passages if (result := _result(state, vector_store_id, one)) is not None]


def _result(state: State, vector_store_id: str, found: search_index.Found) -> Result | None:
    """A passage with its file; None where that was taken out or deleted just now."""
    file = state.store.get("file", found.file)
    attached = state.store.get("vector_store_file", f"{vector_store_id}/{found.file}")
    if file is None or attached is None:
        return None
    return Result(found.file, file.document["filename"], attached.document["attributes"], found.text, found.score)
