"""Plain calls over HTTP, for protocols that bring no client of their own. Each is made once; nothing is followed.

Raises CallFault alone. The key goes to the provider's address and nowhere else.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, BinaryIO, TypeVar

import httpx2

from tuneset.providers.call_fault import CallFault
from tuneset.providers.provider import HasId, Page
from tuneset.providers.records import Content
from tuneset.providers.wire import connection, guards
from tuneset.providers.wire.answer import UnexpectedAnswer, document, is_page, page
from tuneset.providers.wire.reader import Fields
from tuneset.providers.wire.status import status_fault, transport_fault

Response = httpx2.Response
Item = TypeVar("Item", bound=HasId)
READ_TIMEOUT = httpx2.Timeout(60.0, connect=10.0)
"""For calls whose answer is small, in seconds for each wait on the socket."""
SEND_TIMEOUT = httpx2.Timeout(600.0, connect=10.0)
_PIECE = 1 << 20
_PARTIAL, _LAST_GOOD = 206, 299


@dataclasses.dataclass(frozen=True)
class Http:
    """An address and what is sent along to it. `key` is what faults must not show."""

    client: httpx2.Client
    address: str
    key: str | None

    def call(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,  # noqa: ANN401  any JSON value
        query: Mapping[str, str | int] | None = None,
        form: Mapping[str, Any] | None = None,
        expected: Collection[int] = (),
        timeout: httpx2.Timeout = READ_TIMEOUT,
    ) -> Response:
        """The answer, of a good status or one that is expected beside."""
        with self._faults():
            response = self.client.request(
                method,
                self.address + path,
                json=json,
                params=query,
                files=form,
                headers={"Authorization": f"Bearer {self.key}"} if self.key else None,
                timeout=timeout,
                extensions={guards.ELSEWHERE: bool(expected)},
            )
            return self._good(response, expected)

    def document(self, method: str, path: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401  what `call` takes
        """The JSON object that is answered."""
        response = self.call(method, path, **more)
        with self._faults():
            return document(response)

    def page(self, path: str, parse: Callable[[Fields], Item], **more: Any) -> Page[Item]:  # noqa: ANN401  as above
        """A page of the list at a path."""
        response = self.call("GET", path, **more)
        with self._faults():
            return page(response, parse)

    def put(self, url: str, content: BinaryIO, length: int, headers: Mapping[str, str] | None = None) -> Response:
        """Send bytes to an address of a storage, which gets no key."""
        with self._faults():
            response = self.client.put(
                url,
                content=_pieces(content),
                headers={"Content-Length": str(length), **(headers or {})},
                timeout=SEND_TIMEOUT,
                extensions={guards.ELSEWHERE: True},
            )
            return self._good(response, ())

    @contextlib.contextmanager
    def content(self, path: str, start: int, query: Mapping[str, str | int] | None = None) -> Iterator[Content]:
        """What lies at a path of the provider or an address of a storage, from byte `start` on if that is offered."""
        own = path.startswith("/")
        headers = {"Authorization": f"Bearer {self.key}"} if self.key and own else {}
        if start:
            headers["Range"] = f"bytes={start}-"
        with (
            self._faults(),
            self.client.stream(
                "GET",
                self.address + path if own else path,
                params=query,
                headers=headers,
                timeout=SEND_TIMEOUT,
                follow_redirects=True,  # a redirection to another host loses the key
                extensions={guards.ELSEWHERE: True},
            ) as response,
        ):
            if response.status_code > _LAST_GOOD:
                response.read()
                raise status_fault(response, self.key)
            if "html" in response.headers.get("content-type", ""):
                raise UnexpectedAnswer("a web page where a file belongs", passing=False)
            begun = start if response.status_code == _PARTIAL else 0
            yield Content(response.iter_bytes(), begun, _whole_length(response, begun), _md5(response))

    def _good(self, response: Response, expected: Collection[int]) -> Response:
        if response.status_code in expected:
            return response
        if response.is_redirect:
            raise UnexpectedAnswer("a redirection to another address", passing=False, acted=False)
        if response.status_code > _LAST_GOOD:
            raise status_fault(response, self.key)
        if is_page(response):
            raise UnexpectedAnswer("a web page where JSON belongs", passing=False)
        return response

    @contextlib.contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except CallFault:
            raise
        except (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL, UnexpectedAnswer, RecursionError) as fault:
            found = transport_fault(fault, self.key)
            assert found is not None
            raise found from None


def open_http(address: str, key: str | None, *, loopback: bool, http_client: httpx2.Client | None) -> Http:
    """Set up the client for an address; no request is made."""
    client = http_client or connection.http_client(httpx2.Client, loopback=loopback)
    client.follow_redirects = False
    guards.watch(client)
    return Http(client, address.rstrip("/"), key)


def _pieces(content: BinaryIO) -> Iterator[bytes]:
    while piece := content.read(_PIECE):
        yield piece


def _whole_length(response: Response, begun: int) -> int | None:
    stated = response.headers.get("content-length", "")
    packed = "content-encoding" in response.headers
    return begun + int(stated) if stated.isdecimal() and not packed else None


def _md5(response: Response) -> str | None:
    """The md5 in base64 that storages of Google state of a file (`x-goog-hash`), else None."""
    for part in response.headers.get("x-goog-hash", "").split(","):
        name, _, value = part.strip().partition("=")
        if name == "md5":
            return str(value)
    return None
