"""What small servers of protocols other than OpenAI's share: requests counted by kind, faults, an endpoint to them."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import Any

import httpx2

from tests.providers.protocol_server import QUICK, Fault, _form
from tuneset.params import EndpointParams
from tuneset.providers.endpoint import Endpoint, connect
from tuneset.providers.places import Places

STORAGE = "https://storage.example.com"


@dataclasses.dataclass
class NativeServer:
    """State is the subclass's; `act` is what a good server does and answers. The storage is the same server."""

    profile: str
    requests: list[str] = dataclasses.field(default_factory=list)
    seen: list[httpx2.Request] = dataclasses.field(default_factory=list)
    faults: dict[str, list[Fault]] = dataclasses.field(default_factory=dict)
    tune: dict[str, Any] = dataclasses.field(default_factory=dict)
    """Params of the section `tune` without which no job is made."""

    def assert_once(self, places: Places, case: str) -> None:
        """Assert that what was sent is there once, and one job."""

    def endpoint(self, **params: Any) -> Endpoint:  # noqa: ANN401  any endpoint param
        """An endpoint whose requests come here."""
        given = EndpointParams(profile=self.profile, **params)
        endpoint = connect(given, http_client=self.client(), patience=QUICK)
        quick = endpoint.profile.endpoint.model_copy(update={"poll_s": 5.0})
        return dataclasses.replace(endpoint, profile=endpoint.profile.model_copy(update={"endpoint": quick}))

    def client(self) -> Any:  # noqa: ANN401  as the protocol's library has it
        """What carries requests here."""
        return httpx2.Client(transport=httpx2.MockTransport(self.handle))

    def count(self, call: str) -> int:
        """How many requests of that kind have come."""
        return self.requests.count(call)

    def handle(self, request: httpx2.Request) -> httpx2.Response:
        request.read()
        call = f"{request.method} {self.kind(request)}"
        self.requests.append(call)
        self.seen.append(request)
        waiting = self.faults.get(call, [])
        return waiting.pop(0)(request, lambda: self.act(request)) if waiting else self.act(request)

    def act(self, request: httpx2.Request) -> httpx2.Response:
        raise NotImplementedError

    @staticmethod
    def kind(request: httpx2.Request) -> str:
        """A request's path without ids."""
        path = request.url.path.removeprefix("/v1")
        return "/" + "/".join("ID" if re.search(r"\d", part) else part for part in path.strip("/").split("/"))


def form_of(request: httpx2.Request) -> dict[str, str]:
    """The fields of a form without files."""
    return {name: text.decode() for name, (_, text) in _form(request).items()}


def file_of(request: httpx2.Request, name: str) -> bytes:
    """The content of a field."""
    return _form(request)[name][1]


def json_of(request: httpx2.Request) -> dict[str, Any]:
    """The JSON body."""
    found: dict[str, Any] = json.loads(request.content or b"{}")
    return found


def fault(status: int, message: str, code: str | None = None) -> httpx2.Response:
    """An error in the shape that these providers share with OpenAI."""
    return httpx2.Response(status, json={"error": {"message": message, "type": "error", "param": None, "code": code}})
