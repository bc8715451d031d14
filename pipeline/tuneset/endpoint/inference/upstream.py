"""A running server of the same protocol (vLLM, llama.cpp), to which requests are handed on: `serve --inference URL`.

Bodies and answers pass as they are, streams piece by piece. The client's key stays here; the other server gets its own.
The adapter of a model that was trained here is loaded there before its first request, by vLLM's
`/v1/load_lora_adapter` (2026-11-20). Where the other server cannot be reached, or answers nothing, that is told as 502
or 504.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator, Iterator, Mapping

import httpx2
import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from tuneset.endpoint.api.api_errors import ApiError
from tuneset.endpoint.jobs.trained_models import weights_of
from tuneset.endpoint.state.state_folder import State
from tuneset.errors import UsageError

TIMEOUT = httpx2.Timeout(600.0, connect=10.0)
"""Seconds for each wait on the socket: a long prompt takes minutes to its first piece on a small machine."""

_PASSED = frozenset({"content-type", "retry-after", "openai-processing-ms", "openai-model"})
"""Headers of an answer that pass; the others are of the connection."""


@dataclasses.dataclass(frozen=True)
class Inference:
    """Where the other server is, by `address`, and the key that it asks for; `transport` takes the network's place."""

    address: str
    key: str | None = None
    transport: httpx2.AsyncBaseTransport | None = None


class Upstream:
    """The other server."""

    def __init__(self, inference: Inference, state: State, aliases: Mapping[str, str]) -> None:
        self._address = inference.address
        self._state = state
        self._aliases = aliases
        headers = {"authorization": f"Bearer {inference.key}"} if inference.key else {}
        self._client = httpx2.AsyncClient(timeout=TIMEOUT, headers=headers, transport=inference.transport)
        self._loaded: set[str] = set()
        self._loading = asyncio.Lock()

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def hand_on(self, request: Request, body: bytes, state: State) -> Response:
        """The other server's answer to a request under /v1. Raises ApiError where there is none.

        `state` has the models that may be asked, beside those that are not of this server.
        """
        name = _model(body)
        if name is not None and self._is_of_others(name, state):
            raise ApiError(404, f"The model '{name}' does not exist", param="model", code="model_not_found")
        if name is not None and name in self._aliases:
            body = orjson.dumps(orjson.loads(body) | {"model": self._aliases[name]})
        await self._load_adapter(name)
        path = request.url.path.removeprefix("/v1") + (f"?{request.url.query}" if request.url.query else "")
        asked = self._client.build_request(
            request.method, self._address + path, content=body, headers={"content-type": "application/json"}
        )
        with faults():
            answer = await self._client.send(asked, stream=True)
        headers = {name: value for name, value in answer.headers.items() if name in _PASSED}
        return StreamingResponse(_pieces(answer), status_code=answer.status_code, headers=headers)

    def _is_of_others(self, name: str, state: State) -> bool:
        """Whether a model was trained here for another project: the other server may have it loaded."""
        return state.store.get("model", name) is None and self._state.store.get("model", name) is not None

    async def _load_adapter(self, name: str | None) -> None:
        """Have the other server load the adapter of a model that was trained here, once."""
        weights = None if name is None else weights_of(self._state, name)
        if name is None or weights is None or name in self._loaded:
            return
        async with self._loading:
            if name in self._loaded:
                return
            order = {"lora_name": name, "lora_path": str(weights)}
            with faults():
                answer = await self._client.post(f"{self._address}/load_lora_adapter", json=order)
            if answer.status_code == 404:
                message = (
                    f"The inference server cannot load the adapter of '{name}': it has no /v1/load_lora_adapter "
                    "(vLLM needs --enable-lora and VLLM_ALLOW_RUNTIME_LORA_UPDATING=True)."
                )
                raise ApiError(400, message, param="model", code="adapter_not_loadable")
            # 400: vLLM's answer to an adapter that it has already
            if answer.is_error and not (answer.status_code == 400 and "already" in answer.text):
                message = f"The inference server refused the adapter of '{name}' (status {answer.status_code})."
                raise ApiError(502, message, param="model", code="adapter_not_loaded", type="server_error")
            self._loaded.add(name)


def address(url: str) -> str:
    """The address of the protocol's root. Raises UsageError where it is none of HTTP.

    >>> address("http://127.0.0.1:8000/"), address("http://127.0.0.1:8000/v1")
    ('http://127.0.0.1:8000/v1', 'http://127.0.0.1:8000/v1')
    """
    try:
        parsed = httpx2.URL(url)
    except httpx2.InvalidURL:
        parsed = httpx2.URL("")
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise UsageError(f"--inference {url}: no address of a server", allowed="such as http://127.0.0.1:8000/v1")
    root = url.rstrip("/")
    return root if root.endswith("/v1") else f"{root}/v1"


def _model(body: bytes) -> str | None:
    """The model that a body names. The other server says what is wrong with a body that names none."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    name = document.get("model") if isinstance(document, dict) else None
    return name if isinstance(name, str) else None


@contextlib.contextmanager
def faults() -> Iterator[None]:
    """Tell what happens on the way to the other server in the protocol's words."""
    try:
        yield
    except httpx2.TimeoutException as error:
        message = f"The inference server did not answer in time ({type(error).__name__})."
        raise ApiError(504, message, code="inference_timeout", type="server_error") from None
    except httpx2.HTTPError as error:
        message = f"The inference server cannot be reached ({type(error).__name__})."
        raise ApiError(502, message, code="inference_unreachable", type="server_error") from None


async def _pieces(answer: httpx2.Response) -> AsyncIterator[bytes]:
    """The body as it comes. Where it breaks off in the middle a stream of events is told so."""
    async with contextlib.aclosing(answer):
        try:
            async for piece in answer.aiter_bytes():
                yield piece
        except httpx2.HTTPError:
            if answer.headers.get("content-type", "").startswith("text/event-stream"):
                message = "The inference server broke off its answer."
                error = ApiError(502, message, code="inference_broke_off", type="server_error")
                yield b"data: " + orjson.dumps(error.body()) + b"\n\n"
            else:
                raise
