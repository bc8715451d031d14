"""The Files API: create, list, retrieve, content, delete."""

from __future__ import annotations

from typing import Any

import anyio.to_thread
import orjson
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from tuneset.endpoint.api.api_errors import ApiError, no_such_file
from tuneset.endpoint.api.file_form import Received, receiving
from tuneset.endpoint.api.idempotency import create_once
from tuneset.endpoint.api.json_body import Body, read_record
from tuneset.endpoint.api.paging import MAX_PAGE, page
from tuneset.endpoint.api.running_endpoint import endpoint_of
from tuneset.endpoint.state.object_store import Document, Query
from tuneset.endpoint.state.purposes import PURPOSES, ExpiresAfter, check_purpose, lifetime
from tuneset.endpoint.state.state_folder import add_file, content_fault, remove_file


class FileRequest(Body):
    """`POST /files`, without the file. In a form the keys of `expires_after` stand in brackets after its name."""

    purpose: str
    expires_after: ExpiresAfter | None = None


async def create_file(request: Request) -> Response:
    """POST /v1/files. The answer comes when the bytes are on the disk; a small training file is checked by then."""
    endpoint = endpoint_of(request)
    limit = endpoint.profile.limit("file_bytes")
    assert limit is not None
    async with receiving(request, endpoint.state.blobs, int(limit)) as received:
        asked = _asked(received)
        fault = await anyio.to_thread.run_sync(content_fault, received, asked.purpose)
        content = orjson.dumps([received.filename, received.sha256, asked.model_dump()])

        def create() -> Document:
            return add_file(endpoint.state, received, asked.purpose, lifetime(asked.expires_after), fault)

        document = create_once(request, content, create)
    endpoint.worker.wake()
    return JSONResponse(document)


async def list_files(request: Request) -> Response:
    """GET /v1/files, newest first unless `order=asc`; `purpose` filters."""
    purpose = request.query_params.get("purpose")
    return JSONResponse(page(request, Query("file", MAX_PAGE, equal={"purpose": purpose} if purpose else {})))


async def retrieve_file(request: Request) -> Response:
    """GET /v1/files/{file_id}."""
    return JSONResponse(_file(request))


async def file_content(request: Request) -> Response:
    """GET /v1/files/{file_id}/content: the bytes, except of purposes that the protocol does not give back."""
    document = _file(request)
    if not PURPOSES[document["purpose"]].download:
        raise ApiError(400, f"Not allowed to download files of purpose: {document['purpose']}")
    path = endpoint_of(request).state.blob(document["id"])
    return FileResponse(path, media_type="application/octet-stream", filename=document["filename"])


async def delete_file(request: Request) -> Response:
    """DELETE /v1/files/{file_id}."""
    file_id = request.path_params["file_id"]
    if not remove_file(endpoint_of(request).state, file_id):
        raise no_such_file(file_id)
    return JSONResponse({"id": file_id, "object": "file", "deleted": True})


def _file(request: Request) -> Document:
    file_id = request.path_params["file_id"]
    record = endpoint_of(request).state.store.get("file", file_id)
    if record is None:
        raise no_such_file(file_id)
    return record.document


def _asked(received: Received) -> FileRequest:
    """What is asked for, once the form and the size of the file are found right."""
    document: dict[str, Any] = {}
    for name, text in received.fields.items():
        outer, _, inner = name.partition("[")
        if outer not in FileRequest.model_fields:
            raise ApiError(400, f"Additional properties are not allowed ('{outer}' was unexpected)", param=outer)
        if inner:
            value = int(text) if text.isascii() and text.isdigit() else text
            document.setdefault(outer, {})[inner.removesuffix("]")] = value
        else:
            document[outer] = text
    if "purpose" not in document:
        raise ApiError(400, "'purpose' is a required property", param="purpose")
    asked = read_record(document, FileRequest)
    check_purpose(asked.purpose)
    if received.bytes == 0:
        raise ApiError(400, "The file is empty", param="file")
    return asked
