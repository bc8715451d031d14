"""The models API: list, retrieve, delete; and the weights of a model that a job has made."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator, Mapping
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from tuneset.endpoint.api.api_errors import ApiError, no_such_model
from tuneset.endpoint.api.running_endpoint import RunningEndpoint, endpoint_of
from tuneset.endpoint.jobs.model_archive import archive, archive_bytes, members
from tuneset.endpoint.jobs.trained_models import model_objects, remove_model, weights_of
from tuneset.endpoint.state.objects import Document


async def list_models(request: Request) -> Response:
    """GET /v1/models: the base models and those that jobs made, checkpoints included."""
    return JSONResponse({"object": "list", "data": models(endpoint_of(request))})


async def retrieve_model(request: Request) -> Response:
    """GET /v1/models/{model}."""
    name, there = request.path_params["model"], models(endpoint_of(request))
    for model in there:
        if model["id"] == name:
            return JSONResponse(model)
    raise no_such_model(name, [model["id"] for model in there])


async def model_content(request: Request) -> Response:
    """GET /v1/models/{model}/content, which the protocol does not have: the weights as a tar archive."""
    endpoint, name = endpoint_of(request), request.path_params["model"]
    if name in endpoint.profile.models:
        raise ApiError(400, f"The model '{name}' is a base model; its weights are not given", param="model")
    weights = weights_of(endpoint.state, name)
    with contextlib.ExitStack() as opened:
        try:
            found = [] if weights is None else members(weights, opened)
        except FileNotFoundError:  # deleted just now
            found = []
        if not found:
            raise no_such_model(name, [model["id"] for model in models(endpoint)])
        headers = {
            "content-length": str(archive_bytes(found)),
            "content-disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}.tar",
        }
        return _Archive(opened.pop_all(), archive(found), headers)


class _Archive(StreamingResponse):
    """A download that goes on to its end when the model is deleted meanwhile."""

    def __init__(self, opened: contextlib.ExitStack, content: Iterator[bytes], headers: Mapping[str, str]) -> None:
        super().__init__(content, media_type="application/x-tar", headers=headers)
        self._opened = opened

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._opened:
            await super().__call__(scope, receive, send)


async def delete_model(request: Request) -> Response:
    """DELETE /v1/models/{model}: one that a job made, with its weights."""
    endpoint, name = endpoint_of(request), request.path_params["model"]
    if name in endpoint.profile.models:
        raise ApiError(403, f"The model '{name}' is a base model and cannot be deleted", param="model")
    if not remove_model(endpoint.state, name):
        raise no_such_model(name, [model["id"] for model in models(endpoint)])
    return JSONResponse({"id": name, "object": "model", "deleted": True})


def models(endpoint: RunningEndpoint) -> list[Document]:
    """Every model that can be named, oldest first. Of one that sees it is told, in a key that the protocol has not."""
    as_of = dt.datetime.combine(endpoint.profile.as_of, dt.time(), dt.UTC)
    found = model_objects(endpoint.state.store, dict.fromkeys(endpoint.profile.models, int(as_of.timestamp())))
    sees = endpoint.local_models.sees
    return [model | {"input_modalities": ["text", "image"]} if sees(model["id"]) else model for model in found]
