"""No request goes on for ever, and none leads to another host."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import httpx2
import pytest

from tests.providers.protocol_server import Server, answer
from tuneset.errors import RemoteError
from tuneset.providers.call_fault import CallFault
from tuneset.providers.files import remote_files
from tuneset.providers.wire import guards


class Blanks(httpx2.SyncByteStream):
    """A blank for each tick of the clock, for ever."""

    def __iter__(self) -> Iterator[bytes]:
        return itertools.repeat(b" ")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    ticks = itertools.count()
    monkeypatch.setattr(guards, "time", SimpleNamespace(monotonic=lambda: float(next(ticks))))
    return Server()


@pytest.mark.parametrize("headers", [{}, {"content-length": "100000"}])
def test_an_answer_that_trickles_ends(server: Server, headers: dict[str, str]) -> None:
    server.faults["GET /files/ID"] = [answer(lambda: httpx2.Response(200, headers=headers, stream=Blanks()))]
    with pytest.raises(CallFault) as caught:
        server.endpoint().provider.files.get("file-1")
    assert (caught.value.kind, caught.value.passing, caught.value.acted) == ("timeout", True, True)


def test_a_download_that_trickles_ends_and_leaves_no_file(server: Server, tmp_path: Path) -> None:
    slow = [answer(lambda: httpx2.Response(200, stream=Blanks())) for _ in range(9)]
    server.faults["GET /files/ID/content"] = slow
    with pytest.raises(RemoteError) as caught:
        remote_files.save_content(server.endpoint(), "file-1", tmp_path / "x")
    assert caught.value.code == "timeout"
    assert list(tmp_path.iterdir()) == []


def test_a_stream_of_events_is_not_waited_for(server: Server) -> None:
    headers = {"content-type": "text/event-stream; charset=utf-8"}
    server.faults["GET /files/ID"] = [answer(lambda: httpx2.Response(200, headers=headers, stream=Blanks()))]
    with pytest.raises(CallFault) as caught:
        server.endpoint().provider.files.get("file-1")
    assert caught.value.found == "answered with a stream of events where JSON belongs"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirection_to_another_host_is_refused_and_nothing_is_sent_there(server: Server, status: int) -> None:
    def away() -> httpx2.Response:
        return httpx2.Response(status, headers={"location": "https://elsewhere.example.com/v1/files"})

    server.faults["GET /files"] = [answer(away)]
    with pytest.raises(CallFault) as caught:
        server.endpoint().provider.files.list(None, None)
    assert (caught.value.kind, caught.value.acted) == ("unexpected_answer", False)
    assert caught.value.found == "answered with a redirection to another host"
    assert server.requests == ["GET /files"]
