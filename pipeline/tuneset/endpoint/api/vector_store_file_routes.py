"""Files in vector stores: put in, list, retrieve, change, take out, what was read of them."""

from __future__ import annotations

import functools

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tuneset.endpoint.api.api_errors import ApiError
from tuneset.endpoint.api.file_search import from_index, usable, vector_store_of
from tuneset.endpoint.api.idempotency import create_once
from tuneset.endpoint.api.json_body import parse_body, read_body
from tuneset.endpoint.api.paging import page
from tuneset.endpoint.api.running_endpoint import endpoint_of
from tuneset.endpoint.api.vector_store_bodies import AttachedFileRequest, AttributesChange, chunking_object
from tuneset.endpoint.api.vector_store_routes import DEFAULT_PAGE, check_count, check_files
from tuneset.endpoint.retrieval.search_index import passages_of
from tuneset.endpoint.state.objects import Document, Query, Record
from tuneset.endpoint.state.state_folder import keep_reserve, with_reserve
from tuneset.endpoint.state.vector_stores import FILE_STATUSES, attach_file, change_attributes, detach_file

POLL_MS = 200
"""Milliseconds after which a client looks again whether a file was read."""


async def create(request: Request) -> Response:
    """POST /v1/vector_stores/{vector_store_id}/files. The file is read after the answer."""
    endpoint, name = endpoint_of(request), request.path_params["vector_store_id"]
    vector_store_of(endpoint.state, name)
    body = await read_body(request)
    asked = parse_body(body, AttachedFileRequest)

    def make() -> Document:
        check_files(endpoint, [asked.file_id], "file_id")
        check_count(usable(endpoint.state, name), 1)
        return attach_file(
            endpoint.state.store,
            name,
            asked.file_id,
            attributes=asked.attributes or {},
            chunking=chunking_object(asked.chunking_strategy),
        )

    document = create_once(request, body, make)
    endpoint.indexer.wake()
    return JSONResponse(document)


async def list_all(request: Request) -> Response:
    """GET /v1/vector_stores/{vector_store_id}/files, newest first; `filter` is a status."""
    document = vector_store_of(endpoint_of(request).state, request.path_params["vector_store_id"])
    query = Query("vector_store_file", DEFAULT_PAGE, parent=document["id"], equal=status_filter(request))
    return page(request, query, within=f"{document['id']}/")


async def retrieve(request: Request) -> Response:
    """GET /v1/vector_stores/{vector_store_id}/files/{file_id}."""
    return polled(_file(request).document)


async def update(request: Request) -> Response:
    """POST /v1/vector_stores/{vector_store_id}/files/{file_id}: its attributes."""
    endpoint = endpoint_of(request)
    _file(request)
    asked = parse_body(await read_body(request), AttributesChange)
    with endpoint.state.store.transaction():
        return JSONResponse(change_attributes(endpoint.state.store, _file(request), asked.attributes or {}))


async def delete(request: Request) -> Response:
    """DELETE /v1/vector_stores/{vector_store_id}/files/{file_id}: out of the vector store; the file stays."""
    endpoint = endpoint_of(request)

    def forget() -> str:
        with endpoint.state.store.transaction():
            record = _file(request)
            detach_file(endpoint.state.store, record)
        return str(record.document["id"])

    name = with_reserve(endpoint.state.folder, forget)
    keep_reserve(endpoint.state.folder)
    endpoint.indexer.wake()
    return JSONResponse({"id": name, "object": "vector_store.file.deleted", "deleted": True})


async def content(request: Request) -> Response:
    """GET /v1/vector_stores/{vector_store_id}/files/{file_id}/content: its passages, as they are found."""
    state, record = endpoint_of(request).state, _file(request)
    file = state.store.get("file", record.document["id"])
    name = record.document["vector_store_id"]
    read = functools.partial(passages_of, state.index(name), record.document["id"])
    texts = await from_index(endpoint_of(request), name, read) if record.document["status"] == "completed" else []
    head = {
        "object": "vector_store.file_content.page",
        "file_id": record.document["id"],
        "filename": "" if file is None else file.document["filename"],
        "attributes": record.document["attributes"],
    }
    data = [{"type": "text", "text": text} for text in texts]
    return JSONResponse(head | {"data": data, "has_more": False, "next_page": None})


def polled(document: Document) -> Response:
    """An object that a client asks for until it is settled, and when to ask again."""
    headers = {"openai-poll-after-ms": str(POLL_MS)} if document["status"] == "in_progress" else {}
    return JSONResponse(document, headers=headers)


def status_filter(request: Request) -> dict[str, str]:
    """The status that a list is asked for. Raises ApiError 400 for one that there is not."""
    status = request.query_params.get("filter")
    if status is not None and status not in FILE_STATUSES:
        raise ApiError(400, f"Invalid 'filter': expected one of {', '.join(FILE_STATUSES)}", param="filter")
    return {} if status is None else {"status": status}


def _file(request: Request) -> Record:
    """The file in the vector store that the path names. Raises ApiError 404 where there is none."""
    state, file_id = endpoint_of(request).state, request.path_params["file_id"]
    document = vector_store_of(state, request.path_params["vector_store_id"])
    record = state.store.get("vector_store_file", f"{document['id']}/{file_id}")
    if record is None:
        message = f"No file found with id '{file_id}' in vector store '{document['id']}'."
        raise ApiError(404, message, param="file_id")
    return record
