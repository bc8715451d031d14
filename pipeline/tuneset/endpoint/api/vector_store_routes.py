"""Vector stores: create, list, retrieve, change, delete, search."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tuneset.endpoint.api.api_errors import ApiError
from tuneset.endpoint.api.file_search import find, usable, vector_store_of
from tuneset.endpoint.api.idempotency import create_once
from tuneset.endpoint.api.json_body import parse_body, read_body
from tuneset.endpoint.api.paging import page
from tuneset.endpoint.api.project_limits import check_room
from tuneset.endpoint.api.running_endpoint import RunningEndpoint, endpoint_of
from tuneset.endpoint.api.vector_store_bodies import (
    SearchRequest,
    VectorStoreChange,
    VectorStoreRequest,
    chunking_object,
)
from tuneset.endpoint.retrieval.attribute_filters import read_filter
from tuneset.endpoint.state.objects import Document, Query
from tuneset.endpoint.state.state_folder import keep_reserve, remove_index, with_reserve
from tuneset.endpoint.state.vector_stores import (
    attach_file,
    change_vector_store,
    delete_vector_store,
    new_vector_store,
)

DEFAULT_PAGE = 20
"""Objects of a page where the query asks for no number. OpenAI API specification, 2026-08-21."""

MOST_FILES = 10_000
"""Files in a vector store. OpenAI's guide to file search, 2026-11-20."""


async def create(request: Request) -> Response:
    """POST /v1/vector_stores. Its files are read after the answer."""
    endpoint = endpoint_of(request)
    body = await read_body(request)
    asked = parse_body(body, VectorStoreRequest)

    def make() -> Document:
        store = endpoint.state.store
        check_files(endpoint, asked.file_ids or [], "file_ids")
        document = new_vector_store(
            store,
            name=asked.name or "",
            description=asked.description,
            metadata=asked.metadata or {},
            expires_after=asked.expires_after.model_dump() if asked.expires_after else None,
        )
        for file_id in dict.fromkeys(asked.file_ids or []):
            attach_file(
                store, document["id"], file_id, attributes={}, chunking=chunking_object(asked.chunking_strategy)
            )
        return vector_store_of(endpoint.state, document["id"])

    document = create_once(request, body, make)
    endpoint.indexer.wake()
    return JSONResponse(document)


async def list_all(request: Request) -> Response:
    """GET /v1/vector_stores, newest first unless `order=asc`."""
    return page(request, Query("vector_store", DEFAULT_PAGE))


async def retrieve(request: Request) -> Response:
    """GET /v1/vector_stores/{vector_store_id}."""
    return JSONResponse(vector_store_of(endpoint_of(request).state, request.path_params["vector_store_id"]))


async def update(request: Request) -> Response:
    """POST /v1/vector_stores/{vector_store_id}: name, metadata, expires_after."""
    endpoint, name = endpoint_of(request), request.path_params["vector_store_id"]
    vector_store_of(endpoint.state, name)
    asked = parse_body(await read_body(request), VectorStoreChange)
    change = asked.model_dump(include=asked.model_fields_set)
    for key, nothing in (("name", ""), ("metadata", {})):
        if key in change and change[key] is None:
            change[key] = nothing
    with endpoint.state.store.transaction():
        vector_store_of(endpoint.state, name)
        return JSONResponse(change_vector_store(endpoint.state.store, name, change))


async def delete(request: Request) -> Response:
    """DELETE /v1/vector_stores/{vector_store_id}, on a full disk too. The files in it stay."""
    state, name = endpoint_of(request).state, request.path_params["vector_store_id"]

    def forget() -> None:
        with state.store.transaction():
            vector_store_of(state, name)
            delete_vector_store(state.store, name)

    with_reserve(state.folder, forget)
    remove_index(state, name)
    keep_reserve(state.folder)
    return JSONResponse({"id": name, "object": "vector_store.deleted", "deleted": True})


async def search(request: Request) -> Response:
    """POST /v1/vector_stores/{vector_store_id}/search. A query without words finds nothing."""
    endpoint = endpoint_of(request)
    vector_store_of(endpoint.state, request.path_params["vector_store_id"])
    asked = parse_body(await read_body(request), SearchRequest)
    found = await find(
        endpoint,
        [usable(endpoint.state, request.path_params["vector_store_id"])],
        asked.queries(),
        wanted=None if asked.filters is None else read_filter(asked.filters),
        most=asked.max_num_results,
        threshold=(asked.ranking_options.score_threshold if asked.ranking_options else None) or 0.0,
    )
    data = [
        {
            "file_id": one.file_id,
            "filename": one.filename,
            "score": one.score,
            "attributes": one.attributes,
            "content": [{"type": "text", "text": one.text}],
        }
        for one in found
    ]
    head = {"object": "vector_store.search_results.page", "search_query": asked.queries()}
    return JSONResponse(head | {"data": data, "has_more": False, "next_page": None})


def check_files(endpoint: RunningEndpoint, file_ids: Iterable[str], param: str) -> None:
    """Raise ApiError where one of these files is not there, or the project keeps more than it may."""
    for file_id in file_ids:
        if endpoint.state.store.get("file", file_id) is None:
            raise ApiError(400, f"No such File object: {file_id}", param=param, code="file_not_found")
    check_room(endpoint, 0)


def check_count(document: Document, more: int) -> None:
    """Raise ApiError 400 where a vector store would have more files than it may have."""
    if document["file_counts"]["total"] + more > MOST_FILES:
        message = f"A vector store may have {MOST_FILES} files; this one has {document['file_counts']['total']}."
        raise ApiError(400, message, param="vector_store_id")
