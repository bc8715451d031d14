"""Files that are put into a vector store together: create, retrieve, cancel, list."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tuneset.endpoint.api.api_errors import ApiError
from tuneset.endpoint.api.file_search import usable, vector_store_of
from tuneset.endpoint.api.idempotency import create_once
from tuneset.endpoint.api.json_body import parse_body, read_body
from tuneset.endpoint.api.paging import page
from tuneset.endpoint.api.running_endpoint import endpoint_of
from tuneset.endpoint.api.vector_store_bodies import AttachedFileRequest, FileBatchRequest, chunking_object
from tuneset.endpoint.api.vector_store_file_routes import polled, status_filter
from tuneset.endpoint.api.vector_store_routes import DEFAULT_PAGE, check_count, check_files
from tuneset.endpoint.state.objects import Document, Query
from tuneset.endpoint.state.vector_stores import attach_all, cancel_file_batch

MAX_BODY = 24 << 20
"""Bytes of a request: each of 2,000 files may have 16 attributes of 576 characters."""


async def create(request: Request) -> Response:
    """POST /v1/vector_stores/{vector_store_id}/file_batches. The files are read after the answer."""
    endpoint, name = endpoint_of(request), request.path_params["vector_store_id"]
    vector_store_of(endpoint.state, name)
    body = await read_body(request, MAX_BODY)
    asked = parse_body(body, FileBatchRequest)
    files = _files(asked)

    def make() -> Document:
        check_files(endpoint, files, "file_ids" if asked.files is None else "files")
        check_count(usable(endpoint.state, name), len(files))
        parts = [(one.file_id, one.attributes or {}, chunking_object(one.chunking_strategy)) for one in files.values()]
        return attach_all(endpoint.state.store, name, parts)

    document = create_once(request, body, make)
    endpoint.indexer.wake()
    return JSONResponse(document)


async def retrieve(request: Request) -> Response:
    """GET /v1/vector_stores/{vector_store_id}/file_batches/{file_batch_id}."""
    return polled(_batch(request))


async def cancel(request: Request) -> Response:
    """POST /v1/vector_stores/{vector_store_id}/file_batches/{file_batch_id}/cancel. What was read stays."""
    store = endpoint_of(request).state.store
    with store.transaction():
        batch = _batch(request)
        if batch["status"] != "in_progress":
            message = f"Cannot cancel a file batch with status '{batch['status']}'."
            raise ApiError(400, message, param="file_batch_id")
        return JSONResponse(cancel_file_batch(store, batch))


async def list_files(request: Request) -> Response:
    """GET /v1/vector_stores/{vector_store_id}/file_batches/{file_batch_id}/files, newest first."""
    batch = _batch(request)
    query = Query(
        "vector_store_file",
        DEFAULT_PAGE,
        parent=batch["vector_store_id"],
        equal=status_filter(request),
        private={"batch": batch["id"]},
    )
    return page(request, query, within=f"{batch['vector_store_id']}/")


def _files(asked: FileBatchRequest) -> dict[str, AttachedFileRequest]:
    """The files of a batch by their ids; the last word on one that is named twice holds."""
    if (asked.file_ids is None) == (asked.files is None):
        raise ApiError(400, "Exactly one of 'file_ids' and 'files' must be given.", param="file_ids")
    if asked.files is not None:
        return {one.file_id: one for one in asked.files}
    return {
        name: AttachedFileRequest(file_id=name, attributes=asked.attributes, chunking_strategy=asked.chunking_strategy)
        for name in asked.file_ids or []
    }


def _batch(request: Request) -> Document:
    """The batch that the path names. Raises ApiError 404 where there is none."""
    state, name = endpoint_of(request).state, request.path_params["file_batch_id"]
    vector_store = vector_store_of(state, request.path_params["vector_store_id"])
    record = state.store.get("file_batch", name)
    if record is None or record.document["vector_store_id"] != vector_store["id"]:
        message = f"No file batch found with id '{name}' in vector store '{vector_store['id']}'."
        raise ApiError(404, message, param="file_batch_id")
    return record.document
