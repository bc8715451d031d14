"""The indexer: what is not read is read after a restart, nothing that is gone is left, trouble passes by itself."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import signal
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from openai import OpenAI
from starlette.testclient import TestClient

from tests.endpoint.conftest import BASE_URL, serving
from tests.endpoint.support import LIMIT_S
from tuneset.endpoint.app import create_app
from tuneset.endpoint.project_keys import ProjectKey
from tuneset.endpoint.retrieval import indexer
from tuneset.endpoint.retrieval.reader import Reader
from tuneset.endpoint.retrieval.reading_process import Kept, answer
from tuneset.endpoint.retrieval.search_index import opened, search

WORD = ("a.txt", b"a word")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexer, "REST_S", 0.01)


@contextlib.contextmanager
def answering(answer: Any) -> Iterator[None]:  # noqa: ANN401  what the process answers, or what gives it
    """A reader that answers so."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Reader, "ask", answer if callable(answer) else lambda *_: answer)
        yield


def settled(client: OpenAI, store: str, file: str) -> Any:  # noqa: ANN401  as the client has it
    return client.vector_stores.files.poll(file, vector_store_id=store, poll_interval_ms=10)


def found(client: OpenAI, store: str) -> list[str]:
    return [one.filename for one in client.vector_stores.search(store, query="word")]


def passages(client: OpenAI, store: str, file: str) -> list[str]:
    return [str(one.text) for one in client.vector_stores.files.content(file, vector_store_id=store)]


def start(client: OpenAI) -> tuple[str, str]:
    """A vector store and a file that goes into it."""
    file = client.files.create(file=WORD, purpose="user_data").id
    return client.vector_stores.create(file_ids=[file]).id, file


def test_what_was_not_read_by_a_server_is_read_by_the_next(state: Path) -> None:
    with answering({"later": "not yet"}), serving(state) as client:
        store, file = start(client)
        assert client.vector_stores.files.retrieve(file, vector_store_id=store).status == "in_progress"
    with serving(state) as client:
        assert settled(client, store, file).status == "completed"
        assert found(client, store) == ["a.txt"]


def test_a_full_disk_fails_no_file(state: Path) -> None:
    answers = [{"later": "full"}, {"later": "full"}]
    ask = Reader.ask

    def full_at_first(self: Reader, order: dict[str, Any]) -> dict[str, Any]:
        return answers.pop() if answers else ask(self, order)

    with answering(full_at_first), serving(state) as client:
        assert settled(client, *start(client)).status == "completed"
    assert answers == []


def test_a_defect_fails_the_file_and_the_next_one_is_read(state: Path) -> None:
    ask = Reader.ask
    faults = [RuntimeError("a defect")]

    def faulty(self: Reader, order: dict[str, Any]) -> dict[str, Any]:
        if faults:
            raise faults.pop()
        return ask(self, order)

    with answering(faulty), serving(state) as client:
        failed = settled(client, *start(client))
        assert (failed.status, failed.last_error.code) == ("failed", "server_error")
        assert settled(client, *start(client)).status == "completed"


def test_a_slow_file_holds_up_no_other_project(state: Path) -> None:
    ask, goes_on = Reader.ask, threading.Event()

    def slowly(self: Reader, order: dict[str, Any]) -> dict[str, Any]:
        if order.get("name") == "slow.txt":
            goes_on.wait(LIMIT_S)
        return ask(self, order)

    keys = [ProjectKey("slow", "sk-slow"), ProjectKey("quick", "sk-quick")]
    with answering(slowly), TestClient(create_app(state, projects=keys), base_url=BASE_URL) as http:
        slow, quick = (OpenAI(api_key=one.key, base_url=BASE_URL, http_client=http, max_retries=0) for one in keys)
        files = [slow.files.create(file=(name, b"a word"), purpose="user_data").id for name in ("slow.txt", "b.txt")]
        held_up = slow.vector_stores.create(file_ids=files).id
        store, file = start(quick)
        assert settled(quick, store, file).status == "completed"
        quick.vector_stores.files.delete(file, vector_store_id=store)
        another = quick.files.create(file=WORD, purpose="user_data").id
        quick.vector_stores.files.create(store, file_id=another)
        assert settled(quick, store, another).status == "completed"
        with opened(state / "vector_stores" / f"{store}.sqlite3") as index:
            assert [name for (name,) in index.execute("SELECT file FROM passages")] == [another]
        counts = slow.vector_stores.retrieve(held_up).file_counts
        assert (counts.in_progress, counts.completed) == (2, 0)
        goes_on.set()
        assert [settled(slow, held_up, one).status for one in files] == ["completed", "completed"]


def test_passages_of_what_went_while_it_was_read_do_not_stay(state: Path) -> None:
    ask = Reader.ask

    def deleted_meanwhile(self: Reader, order: dict[str, Any]) -> dict[str, Any]:
        answer = ask(self, order)
        if order["do"] == "index" and order["file"] == file:
            client.vector_stores.files.delete(file, vector_store_id=store)
        return answer

    with serving(state) as client:
        store = client.vector_stores.create().id
        file = client.files.create(file=WORD, purpose="user_data").id
        with answering(deleted_meanwhile):
            client.vector_stores.files.create(store, file_id=file)
            last = client.files.create(file=WORD, purpose="user_data").id
            settled(client, store, last) if client.vector_stores.files.create(store, file_id=last) else None
    with serving(state) as client:
        settled(client, store, client.vector_stores.files.create(store, file_id=last).id)
        with opened(state / "vector_stores" / f"{store}.sqlite3") as index:
            assert [name for (name,) in index.execute("SELECT file FROM passages")] == [last]


@pytest.mark.parametrize("read", [lambda client, store, _: found(client, store), passages], ids=["search", "content"])
@pytest.mark.parametrize("content", [None, b"no database at all, but a text that is long enough" * 30])
def test_an_index_that_is_lost_or_damaged_is_made_again(
    state: Path, content: bytes | None, read: Callable[[OpenAI, str, str], list[str]]
) -> None:
    with serving(state) as client:
        store, file = start(client)
        settled(client, store, file)
    for path in (state / "vector_stores").iterdir():
        path.unlink()
    if content is not None:
        (state / "vector_stores" / f"{store}.sqlite3").write_bytes(content)
    with serving(state) as client:
        if content is not None:  # it is seen when somebody searches, or reads what was found
            with pytest.raises(openai.InternalServerError) as caught:
                read(client, store, file)
            assert caught.value.status_code == 503
        assert settled(client, store, file).status == "completed"
        assert read(client, store, file)


def test_indexes_of_stores_that_are_gone_are_removed(state: Path) -> None:
    with serving(state) as client:
        store, file = start(client)
        settled(client, store, file)
        client.vector_stores.delete(store)
        assert list((state / "vector_stores").iterdir()) == []
    (state / "vector_stores" / "vs_gone.sqlite3").write_bytes(b"")
    with serving(state):
        assert list((state / "vector_stores").iterdir()) == []


def test_a_file_that_ends_the_process_or_takes_too_long_fails_and_the_next_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"a word")
    order = {"do": "read", "path": str(path), "name": "a.txt"}
    process = Reader(tmp_path / "log")
    assert process.ask(order) == {"text": "a word"}
    endless = tmp_path / "pipe"
    os.mkfifo(endless)  # whoever opens it waits until somebody writes
    monkeypatch.setattr(process, "_longest_s", 0.0)
    assert process.ask({**order, "path": str(endless)})["fault"]["code"] == "invalid_file"
    monkeypatch.undo()
    assert process.ask(order) == {"text": "a word"}
    (running,) = process._processes.values()
    os.kill(running.pid, signal.SIGKILL)
    assert {"text": "a word"} in (process.ask(order), process.ask(order))
    assert process.ask({"do": "read", "path": str(tmp_path / "none"), "name": ""})["fault"]["code"] == "invalid_file"
    process.close()
    assert process.ask(order) == {"closed": True}


def test_a_file_that_takes_its_time_holds_up_none_but_itself(tmp_path: Path) -> None:
    slow, path = tmp_path / "pipe", tmp_path / "a"
    os.mkfifo(slow)  # whoever opens it waits until somebody writes
    path.write_bytes(b"a word")
    several = Reader(tmp_path / "log", 2)

    async def ask_both() -> None:
        waiting = asyncio.create_task(several.answer({"do": "read", "path": str(slow), "name": "b.txt"}))
        for _ in range(3):
            assert await several.answer({"do": "read", "path": str(path), "name": "a.txt"}) == {"text": "a word"}
        assert not waiting.done()
        await asyncio.to_thread(slow.write_bytes, b"another")
        assert await waiting == {"text": "another"}

    asyncio.run(ask_both())
    several.close()


def test_a_reader_that_is_closed_while_it_is_asked_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    process = Reader(tmp_path / "log")
    submit = process._threads.submit

    def closing(*order: Any) -> Any:  # noqa: ANN401  as `submit` has it
        monkeypatch.undo()
        process.close()
        return submit(*order)

    monkeypatch.setattr(process._threads, "submit", closing)
    assert process.ask({"do": "read", "path": str(tmp_path / "a"), "name": "a"}) == {"closed": True}


def test_a_process_that_is_started_while_its_reader_is_closed_reads_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    several, closes = Reader(tmp_path / "log"), threading.Event()
    start, shutdown = subprocess.Popen, several._threads.shutdown
    closing = threading.Thread(target=several.close)

    def ended() -> None:
        closes.set()
        shutdown()

    def started_late(*command: Any, **options: Any) -> Any:  # noqa: ANN401  as `Popen` has it
        closing.start()
        closes.wait()
        return start(*command, **options)

    monkeypatch.setattr(several._threads, "shutdown", ended)
    monkeypatch.setattr(subprocess, "Popen", started_late)
    assert several.ask({"do": "read", "path": str(tmp_path / "a"), "name": "a"}) == {"closed": True}
    closing.join()
    assert not several._processes


def test_an_index_that_is_removed_while_it_is_kept_open_is_made_anew(tmp_path: Path) -> None:
    kept, index = Kept(), tmp_path / "vs.sqlite3"
    for number in range(3):
        (tmp_path / str(number)).write_bytes(b"a word")

    def put(number: int) -> None:
        order = {"do": "index", "index": str(index), "path": str(tmp_path / str(number)), "name": "a.txt"}
        assert answer(order | {"file": str(number), "most": 100, "overlap": 0, "room": None}, kept)["usage"] > 0

    put(0)
    put(1)
    assert len(search(index, ["word"], ["0", "1", "2"], 5)) == 2
    for path in tmp_path.glob("vs.*"):
        path.unlink()
    put(2)
    kept.close()
    assert [one.file for one in search(index, ["word"], ["0", "1", "2"], 5)] == ["2"]


def no_such_module() -> sqlite3.Error:
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        with pytest.raises(sqlite3.OperationalError) as caught:
            connection.execute("CREATE VIRTUAL TABLE one USING a_module_that_is_not_there(terms)")
        return caught.value


def test_a_server_without_full_text_search_says_so_and_another_fault_is_a_defect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_path: Path) -> sqlite3.Connection:
        raise no_such_module()

    monkeypatch.setattr("tuneset.endpoint.retrieval.search_index.connect", fails)
    (tmp_path / "a").write_bytes(b"a word")
    order = {"do": "index", "index": str(tmp_path / "vs"), "path": str(tmp_path / "a"), "name": "a.txt", "file": "a"}
    whole = order | {"most": 100, "overlap": 0, "room": None}
    with pytest.raises(sqlite3.OperationalError):
        answer(whole, Kept())
    monkeypatch.setattr("tuneset.endpoint.retrieval.search_index.has_full_text_search", lambda: False)
    assert "without FTS5" in answer(whole, Kept())["fault"]["message"]


@pytest.mark.parametrize(
    ("error", "key"),
    [
        (OSError(errno.ENOSPC, ""), "later"),
        (MemoryError(), "fault"),
    ],
)
def test_what_stops_an_index_from_being_written_is_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, key: str
) -> None:
    def fails(_path: Path) -> sqlite3.Connection:
        raise error

    monkeypatch.setattr("tuneset.endpoint.retrieval.search_index.connect", fails)
    (tmp_path / "a").write_bytes(b"a word")
    order = {"do": "index", "index": str(tmp_path / "vs"), "path": str(tmp_path / "a"), "name": "a.txt", "file": "a"}
    assert list(answer(order | {"most": 100, "overlap": 0, "room": None}, Kept())) == [key]
    with pytest.raises(IsADirectoryError):
        answer({"do": "read", "path": str(tmp_path), "name": ""}, Kept())
