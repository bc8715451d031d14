"""The Batch API: create, retrieve, list, cancel."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tuneset.endpoint.api.api_errors import ApiError
from tuneset.endpoint.api.idempotency import create_once
from tuneset.endpoint.api.json_body import Body, parse_body, read_body
from tuneset.endpoint.api.paging import page
from tuneset.endpoint.api.project_limits import check_queue
from tuneset.endpoint.api.running_endpoint import endpoint_of
from tuneset.endpoint.batches.batch_objects import UNFINISHED, cancel_batch, keep_input, new_batch
from tuneset.endpoint.state.objects import Document, Query
from tuneset.endpoint.state.purposes import ExpiresAfter, lifetime
from tuneset.endpoint.state.state_folder import keep_reserve, with_reserve

BATCHES_PAGE = 20
"""Objects of a page where the query asks for no number. OpenAI API specification, 2026-08-21."""

BatchUrl = Literal["/v1/chat/completions", "/v1/completions", "/v1/responses"]


class BatchRequest(Body):
    """`POST /batches`."""

    input_file_id: str
    endpoint: BatchUrl
    completion_window: Literal["24h"]
    metadata: Annotated[dict[str, str], Field(max_length=16)] | None = None
    output_expires_after: ExpiresAfter | None = None


async def create_batch(request: Request) -> Response:
    """POST /v1/batches. The input file is validated after the answer."""
    endpoint = endpoint_of(request)
    body = await read_body(request)
    asked = parse_body(body, BatchRequest)

    def create() -> Document:
        store = endpoint.state.store
        record = store.get("file", asked.input_file_id)
        if record is None:
            message = f"File '{asked.input_file_id}' does not exist."
            raise ApiError(400, message, param="input_file_id", code="file_not_found")
        if record.document["purpose"] != "batch":
            message = f"File '{asked.input_file_id}' was not uploaded with purpose 'batch'."
            raise ApiError(400, message, param="input_file_id", code="invalid_file_purpose")
        check_queue(endpoint, "batch", UNFINISHED)
        batch = new_batch(asked.input_file_id, asked.endpoint, asked.completion_window, asked.metadata, store.now())
        keep_input(endpoint.state, batch)
        store.insert("batch", batch, {"output_lifetime_s": lifetime(asked.output_expires_after)})
        return batch

    batch = create_once(request, body, create)
    endpoint.batches.wake()
    return JSONResponse(batch)


async def list_batches(request: Request) -> Response:
    """GET /v1/batches, newest first."""
    return page(request, Query("batch", BATCHES_PAGE))


async def retrieve_batch(request: Request) -> Response:
    """GET /v1/batches/{batch_id}."""
    return JSONResponse(_batch(request))


async def cancel(request: Request) -> Response:
    """POST /v1/batches/{batch_id}/cancel. Requests that are open are still answered; the others get an error line."""
    batch, state = _batch(request), endpoint_of(request).state
    cancelled = with_reserve(state.folder, lambda: cancel_batch(state.store, batch["id"]))
    keep_reserve(state.folder)
    if not cancelled:
        status = _batch(request)["status"]
        if status != "cancelling":
            raise ApiError(409, f"Cannot cancel a batch with status '{status}'.", param="batch_id")
    return JSONResponse(_batch(request))


def _batch(request: Request) -> Document:
    batch_id = request.path_params["batch_id"]
    record = endpoint_of(request).state.store.get("batch", batch_id)
    if record is None:
        raise ApiError(404, f"No batch found with id '{batch_id}'.", param="batch_id")
    return record.document
