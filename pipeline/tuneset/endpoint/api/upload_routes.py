"""The Uploads API: create, add a part, complete, cancel."""

from __future__ import annotations

import anyio.to_thread
import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tuneset.artifacts import TEMPORARY_PREFIX
from tuneset.endpoint.api.api_errors import ApiError
from tuneset.endpoint.api.file_form import receiving
from tuneset.endpoint.api.idempotency import answered, create_once
from tuneset.endpoint.api.json_body import parse_body, read_body
from tuneset.endpoint.api.project_limits import announced_bytes, check_room
from tuneset.endpoint.api.running_endpoint import RunningEndpoint, endpoint_of
from tuneset.endpoint.object_ids import new_id
from tuneset.endpoint.state import uploads
from tuneset.endpoint.state.objects import Document
from tuneset.endpoint.state.purposes import check_name, check_purpose
from tuneset.endpoint.state.state_folder import check_received, content_fault


async def create_upload(request: Request) -> Response:
    """POST /v1/uploads."""
    endpoint = endpoint_of(request)
    body = await read_body(request)
    asked = parse_body(body, uploads.UploadRequest)
    check_purpose(asked.purpose)
    check_name(asked.purpose, asked.filename)
    limit = _limit(endpoint, "upload_bytes")
    if asked.bytes > limit:
        raise ApiError(400, f"An Upload can accept at most {limit} bytes in total", param="bytes")
    return JSONResponse(create_once(request, body, lambda: uploads.new_upload(endpoint.state, asked)))


async def add_part(request: Request) -> Response:
    """POST /v1/uploads/{upload_id}/parts. Parts may come in any order and several at a time."""
    endpoint, upload_id = endpoint_of(request), request.path_params["upload_id"]
    state = endpoint.state
    uploads.pending_upload(state, upload_id)  # refused before the bytes are read
    check_room(endpoint, announced_bytes(request))
    part_limit, limit = _limit(endpoint, "upload_part_bytes"), _limit(endpoint, "upload_bytes")
    async with receiving(request, state.blobs, part_limit, name="data") as received:
        for name in received.fields:
            raise ApiError(400, f"Additional properties are not allowed ('{name}' was unexpected)", param=name)
        content = orjson.dumps(received.sha256)

        def add() -> Document:
            check_room(endpoint, received.bytes)
            return uploads.add_part(state, upload_id, received, limit)

        return JSONResponse(create_once(request, content, add))


async def complete_upload(request: Request) -> Response:
    """POST /v1/uploads/{upload_id}/complete. The answer holds the file that the parts make."""
    endpoint, upload_id = endpoint_of(request), request.path_params["upload_id"]
    state = endpoint.state
    body = await read_body(request)
    asked = parse_body(body, uploads.UploadCompletion)
    known = answered(request, body)
    if known is not None:
        return JSONResponse(known)
    target = state.blobs / new_id(TEMPORARY_PREFIX)
    try:
        content = await anyio.to_thread.run_sync(uploads.put_together, state, upload_id, asked, target)
        purpose = uploads.pending_upload(state, upload_id).document["purpose"]
        check_received(content, purpose)
        fault = await anyio.to_thread.run_sync(content_fault, content, purpose)

        def complete() -> Document:
            return uploads.complete(state, upload_id, content, fault)

        upload = create_once(request, body, complete)
    finally:
        target.unlink(missing_ok=True)
    await anyio.to_thread.run_sync(uploads.remove_parts, state, upload_id)
    endpoint.worker.wake()
    return JSONResponse(upload)


async def cancel_upload(request: Request) -> Response:
    """POST /v1/uploads/{upload_id}/cancel."""
    return JSONResponse(uploads.end(endpoint_of(request).state, request.path_params["upload_id"], "cancelled"))


def _limit(endpoint: RunningEndpoint, name: str) -> int:
    """A number of bytes from the profile."""
    limit = endpoint.profile.limit(name)
    assert limit is not None
    return int(limit)
