"""The Files API: create, list, retrieve, content, delete."""

from __future__ import annotations

import anyio.to_thread
import orjson
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from pipeline.local.api_errors import ApiError, no_such_file
from pipeline.local.requests import MAX_PAGE, create_once, endpoint_of, page
from pipeline.local.state import keep_blob, new_file, remove_file
from pipeline.local.store import Document
from pipeline.local.training_file import check_lines
from pipeline.local.upload_form import Upload, receiving

PURPOSES = ("assistants", "batch", "fine-tune", "vision", "user_data", "evals")
"""What a file can be uploaded for. OpenAI API specification (CreateFileRequest), 2026-08-21."""

NOT_DOWNLOADABLE = frozenset({"assistants", "user_data", "evals"})
"""Purposes whose content OpenAI does not give back (community reports, 2026-11-20).

For `fine-tune` the reports contradict the specification, which says that training data can be retrieved; here it can.
"""


async def create_file(request: Request) -> Response:
    """POST /v1/files. The answer comes when the bytes are on the disk and, for fine-tuning, every line was parsed."""
    endpoint = endpoint_of(request)
    limit = endpoint.profile.limit("file_bytes")
    assert limit is not None
    async with receiving(request, endpoint.state.blobs, int(limit)) as upload:
        purpose = _purpose(upload)
        fault = None
        if purpose == "fine-tune":
            fault = await anyio.to_thread.run_sync(check_lines, upload.path)
        content = orjson.dumps([upload.filename, upload.sha256, purpose])

        def create() -> Document:
            document = new_file(filename=upload.filename, purpose=purpose, size=upload.bytes, fault=fault)
            keep_blob(endpoint.state, upload.path, document["id"])
            endpoint.state.store.insert("file", document, {"sha256": upload.sha256})
            return document

        return JSONResponse(create_once(request, content, create))


async def list_files(request: Request) -> Response:
    """GET /v1/files, newest first unless `order=asc`; `purpose` filters."""
    purpose = request.query_params.get("purpose")
    return JSONResponse(page(request, "file", default_limit=MAX_PAGE, equal={"purpose": purpose} if purpose else None))


async def retrieve_file(request: Request) -> Response:
    """GET /v1/files/{file_id}."""
    return JSONResponse(_file(request))


async def file_content(request: Request) -> Response:
    """GET /v1/files/{file_id}/content: the bytes, except of purposes that the protocol does not give back."""
    document = _file(request)
    if document["purpose"] in NOT_DOWNLOADABLE:
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


def _purpose(upload: Upload) -> str:
    """The purpose of an upload, once its fields and its size are found right."""
    for name in upload.fields:
        if name != "purpose":
            unknown = name.partition("[")[0]
            raise ApiError(400, f"Additional properties are not allowed ('{unknown}' was unexpected)", param=unknown)
    purpose = upload.fields.get("purpose")
    if purpose is None:
        raise ApiError(400, "'purpose' is a required property", param="purpose")
    if purpose not in PURPOSES:
        raise ApiError(400, f"'{purpose}' is not one of {list(PURPOSES)} - 'purpose'", param="purpose")
    if upload.bytes == 0:
        raise ApiError(400, "The file is empty", param="file")
    return purpose
