"""Bodies that are in memory together have an end, each project's its own, and none is counted once it is answered."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from starlette.types import Message, Receive, Scope, Send

from tuneset.endpoint import body_room
from tuneset.endpoint.api.api_errors import ApiError
from tuneset.endpoint.body_room import BodyRoom


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body_room, "MOST_HELD", 100)
    monkeypatch.setattr(body_room, "ALWAYS", 10)


class Requests:
    """Requests to an application that reads a body and answers when it is told to."""

    def __init__(self) -> None:
        self.room = BodyRoom(self._answer)
        self.answered = asyncio.Event()

    async def _answer(self, _scope: Scope, receive: Receive, _send: Send) -> None:
        while (await receive())["more_body"]:
            pass
        await self.answered.wait()

    async def send(self, *sizes: int, project: str = "a", path: str = "/v1/chat/completions") -> asyncio.Task[None]:
        """One whose body comes in pieces of these sizes; it is answered, refused or waits afterwards."""
        pieces = list(sizes)

        async def receive() -> Message:
            return {"type": "http.request", "body": b" " * pieces.pop(0), "more_body": bool(pieces)}

        async def send(_message: Message) -> None:
            raise AssertionError

        scope = {"type": "http", "path": path, "state": {"project": project}}
        task = asyncio.ensure_future(self.room(scope, receive, send))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return task


def refused(task: asyncio.Task[None]) -> bool:
    if not task.done():
        return False
    with contextlib.suppress(ApiError):
        task.result()
        return False
    return True


def test_bodies_beyond_what_a_project_may_have_are_refused_until_others_are_answered() -> None:
    async def walk() -> None:
        requests = Requests()
        assert not refused(await requests.send(30, 30))
        assert refused(await requests.send(20, 21))
        assert not refused(await requests.send(20, 20))
        assert refused(await requests.send(11))
        assert not refused(await requests.send(10))
        assert not refused(await requests.send(100, project="b"))
        assert not refused(await requests.send(1_000, path="/v1/files"))
        assert not refused(await requests.send(1_000, path="/v1/uploads/upload_1/parts"))
        requests.answered.set()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        last = await requests.send(100)
        await last
        assert not refused(last)
        assert not requests.room._held

    asyncio.run(walk())
