"""The embedded endpoint as an ASGI application: OpenAI's Files, Uploads and fine-tuning jobs API.

Routes, authorisation, request ids and the envelope of errors; the handlers are in `file_routes`,
`upload_routes` and `job_routes`.
Two applications must not be open on one state folder: `server` sees to that.
"""

from __future__ import annotations

import contextlib
import hmac
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tuneset.endpoint.api import file_routes, job_routes, upload_routes
from tuneset.endpoint.api.api_errors import ApiError, internal, no_such_route, wrong_method
from tuneset.endpoint.api.running_endpoint import RunningEndpoint
from tuneset.endpoint.jobs.job_worker import Worker
from tuneset.endpoint.object_ids import new_id
from tuneset.endpoint.state.expiry import remove_expired
from tuneset.endpoint.state.object_store import unix_time
from tuneset.endpoint.state.state_folder import open_state
from tuneset.endpoint.state.uploads import remove_left_overs
from tuneset.profile import embedded_profile

ROUTES = [
    Route("/v1/files", file_routes.create_file, methods=["POST"]),
    Route("/v1/files", file_routes.list_files, methods=["GET"]),
    Route("/v1/files/{file_id}", file_routes.retrieve_file, methods=["GET"]),
    Route("/v1/files/{file_id}", file_routes.delete_file, methods=["DELETE"]),
    Route("/v1/files/{file_id}/content", file_routes.file_content, methods=["GET"]),
    Route("/v1/uploads", upload_routes.create_upload, methods=["POST"]),
    Route("/v1/uploads/{upload_id}/parts", upload_routes.add_part, methods=["POST"]),
    Route("/v1/uploads/{upload_id}/complete", upload_routes.complete_upload, methods=["POST"]),
    Route("/v1/uploads/{upload_id}/cancel", upload_routes.cancel_upload, methods=["POST"]),
    Route("/v1/fine_tuning/jobs", job_routes.create_job, methods=["POST"]),
    Route("/v1/fine_tuning/jobs", job_routes.list_jobs, methods=["GET"]),
    Route("/v1/fine_tuning/jobs/{job_id}", job_routes.retrieve_job, methods=["GET"]),
    Route("/v1/fine_tuning/jobs/{job_id}/cancel", job_routes.cancel, methods=["POST"]),
    Route("/v1/fine_tuning/jobs/{job_id}/pause", job_routes.pause, methods=["POST"]),
    Route("/v1/fine_tuning/jobs/{job_id}/resume", job_routes.resume, methods=["POST"]),
    Route("/v1/fine_tuning/jobs/{job_id}/events", job_routes.list_events, methods=["GET"]),
    Route("/v1/fine_tuning/jobs/{job_id}/checkpoints", job_routes.list_checkpoints, methods=["GET"]),
    Route("/v1/models", job_routes.list_models, methods=["GET"]),
    Route("/v1/models/{model}", job_routes.retrieve_model, methods=["GET"]),
]


def create_app(state: Path, *, api_key: str | None = None, clock: Callable[[], int] = unix_time) -> Starlette:
    """The application over the state folder `state`, which is made where there is none.

    The folder is open, and jobs are trained, while the application's lifespan lasts. With an `api_key` every request
    must bring it as a bearer token; without one any token will do, or none. `clock` gives the Unix time.
    """

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        profile = embedded_profile()
        opened = open_state(state, clock)
        remove_expired(opened)
        remove_left_overs(opened)
        worker = Worker(opened, profile)
        app.state.endpoint = RunningEndpoint(opened, worker, profile)
        worker.start()
        try:
            yield
        finally:
            worker.stop()
            opened.store.close()

    return Starlette(
        routes=ROUTES,
        lifespan=lifespan,
        middleware=[Middleware(_RequestId), Middleware(_Authorization, api_key=api_key)],
        exception_handlers={ApiError: _refuse, HTTPException: _refuse_route, Exception: _admit_defect},
    )


class _RequestId:
    """Gives each request an id, and each answer the header `x-request-id`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = new_id("req_")
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["x-request-id"] = request_id
            await send(message)

        await self._app(scope, receive, send_with_id)


class _Authorization:
    """Refuses a request without the right bearer token, before its body is read."""

    def __init__(self, app: ASGIApp, *, api_key: str | None) -> None:
        self._app = app
        self._api_key = api_key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._api_key is not None:
            scheme, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
            if scheme.lower() != "bearer" or not token:
                message = (
                    "You didn't provide an API key. You need to provide your API key in an Authorization header using "
                    "Bearer auth (i.e. Authorization: Bearer YOUR_KEY)."
                )
                await _answer(ApiError(401, message))(scope, receive, send)
                return
            if not hmac.compare_digest(token.encode(), self._api_key.encode()):
                await _answer(ApiError(401, "Incorrect API key provided.", code="invalid_api_key"))(
                    scope, receive, send
                )
                return
        await self._app(scope, receive, send)


def _answer(error: ApiError) -> JSONResponse:
    return JSONResponse(error.body(), status_code=error.status)


async def _refuse(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return _answer(error)


async def _refuse_route(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    refuse = wrong_method if error.status_code == 405 else no_such_route
    return _answer(refuse(request.method, request.url.path))


async def _admit_defect(request: Request, _error: Exception) -> Response:
    response = _answer(internal())
    response.headers["x-request-id"] = request.scope.get("state", {}).get("request_id", "")
    return response
