"""The embedded endpoint as an ASGI application: OpenAI's Files, Uploads, fine-tuning, models and chat API.

Authorisation, request ids and the envelope of errors; the routes are in `routes`.
Two applications must not be open on one state folder: `server` sees to that.
"""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import functools
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tuneset.endpoint.access import admit
from tuneset.endpoint.api import chat_routes
from tuneset.endpoint.api.api_errors import ApiError, internal, no_room, no_such_route, try_later, wrong_method
from tuneset.endpoint.api.running_endpoint import RunningEndpoint
from tuneset.endpoint.batches.batch_runner import BatchRunner
from tuneset.endpoint.body_room import BodyRoom
from tuneset.endpoint.connections import TimeLimits
from tuneset.endpoint.inference.local_models import LocalModels
from tuneset.endpoint.inference.upstream import Inference, Upstream
from tuneset.endpoint.jobs.bases import LocalBase, ready_models, with_bases
from tuneset.endpoint.jobs.job_worker import Worker
from tuneset.endpoint.object_ids import new_id
from tuneset.endpoint.project_keys import ProjectKey, only_key
from tuneset.endpoint.retrieval.indexer import PROJECTS, Indexer
from tuneset.endpoint.retrieval.reader import ProjectReaders, Reader
from tuneset.endpoint.routes import ANSWERING, PAGE, ROUTES
from tuneset.endpoint.state.expiry import remove_expired
from tuneset.endpoint.state.object_store import unix_time
from tuneset.endpoint.state.state_folder import is_full, is_passing, open_state
from tuneset.endpoint.state.uploads import remove_left_overs
from tuneset.endpoint.target_forms import OneForm
from tuneset.endpoint.traffic import Log, Observed, Traffic
from tuneset.errors import UsageError
from tuneset.pages.served import BrowserRules
from tuneset.profile import Profile, embedded_profile
from tuneset.training.trainer import first_device

CLIENT_GONE = 499
"""The status of what is answered to nobody, as nginx has it."""


def create_app(
    state: Path,
    *,
    api_key: str | None = None,
    projects: Sequence[ProjectKey] = (),
    aliases: Mapping[str, str] | None = None,
    bases: Mapping[str, LocalBase] | None = None,
    devices: Sequence[str] = (),
    inference: Inference | None = None,
    disk_limit: int | None = None,
    log: Log | None = None,
    clock: Callable[[], int] = unix_time,
) -> Starlette:
    """The application over the state folder `state`, which is made where there is none.

    The folder is open, and jobs are trained, while the application's lifespan lasts. With an `api_key` every request
    must bring it as a bearer token; without one any token will do, or none, from programs of this machine (`access`).
    `projects` are keys in its place, each of which sees the objects of its project alone.
    `aliases` are further names of base models (further name -> name), `bases` models at hand that can be trained
    (name -> where and how). Jobs are trained on `devices`, names of GPUs as CUDA has them, one job each at a time;
    where none is named, on the first that there is or on the processor. `inference` is a server to which requests for
    answers are handed on; without one the models answer here. `disk_limit` is how many bytes the files of a project may
    have. `log` gets each request once it is
    answered. `clock` gives the Unix time.

    Raises UsageError for an alias of a model that there is not, and what `with_bases` raises.
    """
    profile = with_aliases(with_bases(ready_models(embedded_profile()), bases or {}), aliases or {})
    keys = projects or only_key(api_key)
    traffic: collections.defaultdict[str, Traffic] = collections.defaultdict(Traffic)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        opened = open_state(state, clock)
        remove_expired(opened)
        remove_left_overs(opened)
        worker = Worker(opened, profile, devices or [first_device()])
        local_models = LocalModels(opened, profile)
        upstream = None if inference is None else Upstream(inference, opened, aliases or {})
        answering = Starlette(routes=ANSWERING, middleware=[Middleware(_RequestId)], exception_handlers=_HANDLERS)
        batches = BatchRunner(opened, answering, functools.partial(_model_fault, app))
        log_of_reading = opened.folder / "reading.log"
        reader, readers = Reader(log_of_reading, PROJECTS + 1), ProjectReaders(log_of_reading)
        indexer = Indexer(opened, reader, disk_limit)
        app.state.endpoint = RunningEndpoint(
            opened, worker, profile, local_models, upstream, batches, indexer, readers, disk_limit
        )
        answering.state.endpoint = app.state.endpoint
        app.state.traffic = traffic
        worker.start()
        indexer.start()
        batches.start()
        try:
            yield
        finally:
            await batches.close()
            await local_models.close()
            if upstream is not None:
                await upstream.close()
            readers.close()
            reader.close()
            indexer.stop()
            worker.stop()
            opened.store.close()

    return Starlette(
        routes=ROUTES,
        lifespan=lifespan,
        middleware=[
            Middleware(OneForm),
            Middleware(_RequestId),
            Middleware(BrowserRules),
            Middleware(Observed, routes=ROUTES, traffic=traffic, log=log),
            Middleware(_Access, keys=keys),
            Middleware(TimeLimits),
            Middleware(BodyRoom),
        ],
        exception_handlers=_HANDLERS,
    )


def with_aliases(profile: Profile, aliases: Mapping[str, str]) -> Profile:
    """A profile in which base models have further names (further name -> name).

    Raises UsageError where there is no such model, or the further name is a model's own.
    """
    for alias, name in aliases.items():
        if name not in profile.models or alias in profile.models or not alias or alias.startswith("ft:"):
            raise UsageError(
                f"--alias {alias}={name}: there is no base model {name}, or {alias} cannot be a further name",
                allowed=f"NEW_NAME=NAME with a name out of {', '.join(profile.models)}",
            )
    further = {alias: profile.models[name] for alias, name in aliases.items()}
    return profile.model_copy(update={"models": profile.models | further})


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


class _Access:
    """Refuses a request that `access` does not let in, before its body is read. The page itself needs no key.

    Of the others it says whose project they are about.
    """

    _open = frozenset(route.path for route in PAGE)

    def __init__(self, app: ASGIApp, *, keys: Sequence[ProjectKey]) -> None:
        self._app = app
        self._keys = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not (self._keys and scope["path"] in self._open):
            try:
                scope["state"]["project"] = admit(Headers(scope=scope), self._keys)
            except ApiError as refused:
                await _answer(refused)(scope, receive, send)
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
    response = _answer(refuse(request.method, request.url.path))
    if error.status_code == 405:
        response.headers["allow"] = ", ".join(_methods(request.url.path))
    return response


def _methods(path: str) -> list[str]:
    """The methods with which a path can be asked: several routes may have the same path.

    >>> _methods("/v1/files/file-1")
    ['DELETE', 'GET', 'HEAD']
    """
    return sorted({method for route in ROUTES if route.path_regex.match(path) for method in route.methods or ()})


async def _refuse_for_now(_request: Request, error: Exception) -> Response:
    """Say that the disk is full or the database is locked. Any other error is a defect, and raised again."""
    if is_full(error):
        return _answer(no_room())
    if not is_passing(error):
        raise error
    return _answer(try_later())


async def _leave_off(_request: Request, _error: Exception) -> Response:
    """Who has asked is gone; what is answered reaches nobody but the log."""
    return Response(status_code=CLIENT_GONE)


async def _admit_defect(request: Request, _error: Exception) -> Response:
    response = _answer(internal())
    response.headers["x-request-id"] = request.scope.get("state", {}).get("request_id", "")
    return response


def _model_fault(app: Starlette, project: str, name: str) -> str | None:
    """Why the requests of a project's batch cannot go to a model; a server behind this one says it for itself."""
    endpoint = app.state.endpoint
    try:
        if endpoint.upstream is None:
            chat_routes.model_of(dataclasses.replace(endpoint, state=endpoint.state.within(project)), name)
    except ApiError as error:
        return error.message
    return None


_HANDLERS: Mapping[Any, Callable[[Request, Exception], Awaitable[Response]]] = {
    ApiError: _refuse,
    HTTPException: _refuse_route,
    OSError: _refuse_for_now,
    sqlite3.OperationalError: _refuse_for_now,
    ClientDisconnect: _leave_off,
    Exception: _admit_defect,
}
