"""How requests are answered, counted by route: how many, with which status, and how long they take.

A route is named by its template, and a method that HTTP does not have by OTHER, so that a count tells nothing of what
was asked: no id, no name, no body. How the counts are shown is the business of `api.metrics_routes`.
"""

from __future__ import annotations

import bisect
import collections
import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence

from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tuneset.endpoint.state.objects import DEFAULT_PROJECT

DURATIONS_S = (0.005, 0.025, 0.1, 0.5, 2.5, 10.0, 60.0)
"""Upper ends of the classes in which durations are counted; one more has all that take longer."""

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"})
"""RFC 9110 (section 9) and RFC 5789. A client may send any other word."""

OTHER = "OTHER"
NO_ROUTE = "none"


@dataclasses.dataclass(frozen=True)
class Answered:
    """A request that was answered, to its end or until its client went.

    Args:
        method: of HTTP, or OTHER.
        route: the template of its path, or NO_ROUTE.
        status: of the answer.
        seconds: from its head to the end of the answer.
        bytes: of the answer's body as far as it was sent; None where the server failed before there was any.
        request_id: the `x-request-id` of the answer.
        project: whose key it brought; that of a server without projects where it brought none.
    """

    method: str
    route: str
    status: int
    seconds: float
    bytes: int | None
    request_id: str
    project: str = DEFAULT_PROJECT


Log = Callable[[Answered], None]


class Traffic:
    """The counts of one project of a server since its start. All calls come from the loop that answers."""

    def __init__(self) -> None:
        self.requests: collections.Counter[tuple[str, str, int]] = collections.Counter()
        self.durations: dict[tuple[str, str], list[int]] = {}
        self.seconds: collections.defaultdict[tuple[str, str], float] = collections.defaultdict(float)

    def add(self, answered: Answered) -> None:
        """Count one."""
        asked = (answered.route, answered.method)
        self.requests[*asked, answered.status] += 1
        classes = self.durations.setdefault(asked, [0] * (len(DURATIONS_S) + 1))
        classes[bisect.bisect_left(DURATIONS_S, answered.seconds)] += 1
        self.seconds[asked] += answered.seconds


class Observed:
    """Counts each request once it is answered, and hands it to `log` where there is one."""

    def __init__(
        self, app: ASGIApp, *, routes: Sequence[Route], traffic: Mapping[str, Traffic], log: Log | None
    ) -> None:
        self._app = app
        self._routes = routes
        self._traffic = traffic
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, with an eye on its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 500  # what is sent where nothing was
        size: int | None = None

        async def send_seen(message: Message) -> None:
            nonlocal status, size
            await send(message)
            if message["type"] == "http.response.start":
                status, size = message["status"], 0
            elif size is not None and scope["method"] != "HEAD":
                size += len(message.get("body", b""))

        try:
            await self._app(scope, receive, send_seen)
        finally:
            method = scope["method"] if scope["method"] in METHODS else OTHER
            seconds = time.perf_counter() - began
            route, request_id = template(scope["path"], self._routes), scope["state"]["request_id"]
            project = scope["state"].get("project", DEFAULT_PROJECT)
            answered = Answered(method, route, status, seconds, size, request_id, project)
            self._traffic[project].add(answered)
            if self._log is not None:
                self._log(answered)


def template(path: str, routes: Sequence[Route]) -> str:
    """The template of the route that a path belongs to, whether or not it can be asked with that method.

    >>> async def answer(request): ...
    >>> template("/v1/files/file-1", [Route("/v1/files/{file_id}", answer)]), template("/v2", [])
    ('/v1/files/{file_id}', 'none')
    """
    return next((route.path for route in routes if route.path_regex.match(path)), NO_ROUTE)
