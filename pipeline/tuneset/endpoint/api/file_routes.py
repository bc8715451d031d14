"""The Files API: create, list, retrieve, content, delete."""

from __future__ import annotations

from typing import IO, Any

import anyio.to_thread
import orjson
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.types import Receive, Scope, Send

from tuneset.endpoint.api.api_errors import ApiError, no_such_file
from tuneset.endpoint.api.file_form import Received, receiving
from tuneset.endpoint.api.idempotency import create_once
from tuneset.endpoint.api.json_body import Body, read_record
from tuneset.endpoint.api.paging import MAX_PAGE, page
from tuneset.endpoint.api.project_limits import announced_bytes, check_room
from tuneset.endpoint.api.running_endpoint import endpoint_of
from tuneset.endpoint.state.objects import Document, Query
from tuneset.endpoint.state.purposes import MONTH_S, PURPOSES, ExpiresAfter, check_name, check_purpose, lifetime
from tuneset.endpoint.state.state_folder import add_file, check_received, content_fault, remove_file


class FileRequest(Body):
    """`POST /files`, without the file. In a form the keys of `expires_after` stand in brackets after its name."""

    purpose: str
    expires_after: ExpiresAfter | None = None


async def create_file(request: Request) -> Response:
    """POST /v1/files. The answer comes when the bytes are on the disk; a small training file is checked by then."""
    endpoint = endpoint_of(request)
    limit = endpoint.profile.limit("file_bytes")
    assert limit is not None
    check_room(endpoint, announced_bytes(request))
    async with receiving(request, endpoint.state.blobs, int(limit)) as received:
        asked = _asked(received)
        fault = await anyio.to_thread.run_sync(content_fault, received, asked.purpose)
        content = orjson.dumps([received.filename, received.sha256, asked.model_dump()])

        def create() -> Document:
            check_room(endpoint, received.bytes)
            return add_file(endpoint.state, received, asked.purpose, lifetime(asked.expires_after), fault)

        document = create_once(request, content, create)
    endpoint.worker.wake()
    return JSONResponse(document)


async def list_files(request: Request) -> Response:
    """GET /v1/files, newest first unless `order=asc`; `purpose` filters."""
    purpose = request.query_params.get("purpose")
    return page(request, Query("file", MAX_PAGE, equal={"purpose": purpose} if purpose else {}))


async def retrieve_file(request: Request) -> Response:
    """GET /v1/files/{file_id}."""
    return JSONResponse(_file(request))


async def file_content(request: Request) -> Response:
    """GET /v1/files/{file_id}/content: the bytes, except of purposes that the protocol does not give back."""
    document = _file(request)
    if not PURPOSES[document["purpose"]].download:
        raise ApiError(400, f"Not allowed to download files of purpose: {document['purpose']}")
    try:
        handle = endpoint_of(request).state.blob(document["id"]).open("rb")
    except FileNotFoundError:
        if endpoint_of(request).state.store.get("file", document["id"]) is None:  # deleted just now
            raise no_such_file(document["id"]) from None
        raise
    return _OpenFile(handle, document["filename"])


class _OpenFile(FileResponse):
    """A download that goes on to its end when the file is deleted meanwhile: what is open stays readable."""

    def __init__(self, handle: IO[bytes], filename: str) -> None:
        super().__init__(f"/dev/fd/{handle.fileno()}", media_type="application/octet-stream", filename=filename)
        self._handle = handle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._handle:
            await super().__call__(scope, receive, send)


async def delete_file(request: Request) -> Response:
    """DELETE /v1/files/{file_id}."""
    file_id = request.path_params["file_id"]
    if not remove_file(endpoint_of(request).state, file_id):
        raise no_such_file(file_id)
    endpoint_of(request).indexer.wake()
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
        nested = bool(inner)
        if outer in document and (not nested or not isinstance(document[outer], dict)):
            raise ApiError(400, f"'{outer}' was given both as a value and in parts", param=outer)
        if nested:
            document.setdefault(outer, {})[inner.removesuffix("]")] = _number(text)
        else:
            document[outer] = _json_object(text) if outer == "expires_after" else text
    if "purpose" not in document:
        raise ApiError(400, "'purpose' is a required property", param="purpose")
    asked = read_record(document, FileRequest)
    check_purpose(asked.purpose)
    check_name(asked.purpose, received.filename)
    if received.bytes == 0:
        raise ApiError(400, "The file is empty", param="file")
    check_received(received, asked.purpose)
    return asked


def _json_object(text: str) -> Any:  # noqa: ANN401  any JSON document
    """An object of a form as JSON, which is how OpenAPI has it where nothing else is said; any other text as it stands.

    >>> _json_object('{"seconds": 3600}'), _json_object("never")
    ({'seconds': 3600}, 'never')
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def _number(text: str) -> int | str:
    """A field's text as the number that it is, or as it stands.

    >>> _number("3600"), _number("created_at"), _number("9" * 30)[:3]
    (3600, 'created_at', '999')
    """
    short = len(text) <= len(str(MONTH_S))  # Python refuses to read numbers of thousands of digits
    return int(text) if short and text.isascii() and text.isdigit() else text
