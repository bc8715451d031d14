"""A full disk and a locked database: the answer says so, the worker goes on by itself, and deleting still works."""

from __future__ import annotations

import errno
import os
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from openai import OpenAI

from tests.endpoint.conftest import serving
from tests.endpoint.support import Clock, create, examples, messages, supervised, upload, wait
from tests.endpoint.test_app import refusal
from tuneset.endpoint.jobs import checks, job_worker
from tuneset.endpoint.retrieval import indexer
from tuneset.endpoint.state import object_store, state_folder
from tuneset.endpoint.state.object_store import Store
from tuneset.errors import InputError

ONE_EPOCH = supervised(n_epochs=1)


class Refusal:
    """What the database says to each change while it is set."""

    error: sqlite3.OperationalError | None = None

    def full(self) -> None:
        """As SQLite says it of a disk without room."""
        self.error = sqlite3.OperationalError("database or disk is full")
        self.error.sqlite_errorcode = sqlite3.SQLITE_FULL

    def locked(self) -> None:
        """As SQLite says it where another program holds the database."""
        self.error = sqlite3.OperationalError("database is locked")
        self.error.sqlite_errorcode = sqlite3.SQLITE_BUSY


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> Iterator[Refusal]:
    refusal = Refusal()

    def refusing(name: str) -> None:
        change = getattr(Store, name)

        def refuse_or_change(self: Store, *given: Any, **named: Any) -> Any:  # noqa: ANN401  as the method
            if refusal.error is not None:
                raise refusal.error
            return change(self, *given, **named)

        monkeypatch.setattr(Store, name, refuse_or_change)

    for name in ("insert", "put", "delete"):
        refusing(name)
    monkeypatch.setattr(job_worker, "REST_S", 0.02)
    monkeypatch.setattr(checks, "REST_S", 0.02)
    yield refusal
    refusal.error = None


@pytest.mark.parametrize(
    ("state_of_it", "status", "code"), [("full", 507, "insufficient_storage"), ("locked", 503, "overloaded")]
)
def test_what_cannot_be_kept_is_refused_by_its_reason(
    client: OpenAI, state: Path, refused: Refusal, state_of_it: str, status: int, code: str
) -> None:
    getattr(refused, state_of_it)()
    with pytest.raises(openai.APIStatusError) as caught:
        upload(client, examples()[:10])
    assert (caught.value.status_code, refusal(caught.value)["code"]) == (status, code)
    assert client.files.list().data == []
    refused.error = None
    upload(client, examples()[:10])
    assert len([*(state / "blobs").iterdir()]) == 1


@pytest.mark.slow
@pytest.mark.parametrize("state_of_it", ["full", "locked"])
def test_jobs_wait_until_there_is_room_and_none_fails(client: OpenAI, refused: Refusal, state_of_it: str) -> None:
    file = upload(client, examples()[:10]).id
    jobs = [create(client, file, method=ONE_EPOCH) for _ in range(2)]
    for _ in range(4):
        getattr(refused, state_of_it)()
        assert {client.fine_tuning.jobs.retrieve(job.id).status for job in jobs} <= {
            "validating_files", "queued", "running", "succeeded",
        }  # fmt: skip
        refused.error = None
    for job in jobs:
        assert wait(client, job.id).status == "succeeded"
        told = messages(client, job.id)
        assert len(told) == len(set(told))


def test_a_full_disk_gives_its_reserve_for_deleting(client: OpenAI, state: Path) -> None:
    """What makes room is refused as long as the reserve is there, as on a disk that holds nothing beside it."""
    file = upload(client, examples()[:10]).id
    reserve = state / "reserve"
    assert reserve.stat().st_size == state_folder.RESERVE_BYTES
    calls = []

    def forget() -> bool:
        calls.append(reserve.exists())
        if reserve.exists():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return True

    opened = state_folder.State(state, object_store.Store(state / "endpoint.sqlite3"))
    assert state_folder.with_reserve(state, forget)
    assert calls == [True, False]
    opened.store.close()
    client.files.delete(file)
    assert reserve.stat().st_size == state_folder.RESERVE_BYTES
    assert not (state / "blobs" / file).exists()


def test_an_error_that_is_a_defect_is_not_taken_for_a_full_disk(client: OpenAI, state: Path) -> None:
    file = upload(client, examples()[:10])
    (state / "blobs" / file.id).unlink()
    with pytest.raises(FileNotFoundError):  # the test client raises what a server answers with 500
        client.files.content(file.id)


def test_what_the_system_says_is_seen_through_the_words_for_a_person() -> None:
    def worded(number: int) -> InputError:
        error = InputError("cannot be written")
        error.__cause__ = OSError(number, os.strerror(number))
        return error

    log = sqlite3.OperationalError("disk I/O error")
    log.sqlite_errorcode = sqlite3.SQLITE_IOERR_SHMSIZE
    assert [state_folder.is_full(one) for one in (worded(errno.ENOSPC), log)] == [True, True]
    assert not state_folder.is_full(worded(errno.EACCES))
    assert state_folder.is_passing(worded(errno.EMFILE))
    assert not state_folder.is_passing(InputError("no such thing"))


def test_as_much_is_kept_in_reserve_as_there_is_room_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room = [0]

    def written(path: Path, data: bytes) -> None:
        if len(data) > room[0]:
            raise InputError("the disk is full")
        path.write_bytes(data)

    monkeypatch.setattr(state_folder, "write_bytes", written)
    sizes = []
    for room[0] in (0, 70_000, 70_000, 1 << 20, 0):
        state_folder.keep_reserve(tmp_path)
        reserve = tmp_path / "reserve"
        sizes.append(reserve.stat().st_size if reserve.exists() else 0)
    assert sizes == [0, 1 << 16, 1 << 16, 1 << 20, 1 << 20]


@pytest.mark.parametrize("state_of_it", ["full", "locked"])
def test_a_server_starts_on_a_full_disk_and_takes_its_jobs_up_once_there_is_room(
    state: Path, refused: Refusal, monkeypatch: pytest.MonkeyPatch, state_of_it: str
) -> None:
    taken_up = threading.Event()

    def requeue(_: object) -> None:
        if refused.error is not None:
            raise refused.error
        taken_up.set()

    monkeypatch.setattr(job_worker, "requeue_interrupted", requeue)
    monkeypatch.setattr(indexer, "REST_S", 0.02)
    getattr(refused, state_of_it)()
    with serving(state) as client:
        assert client.files.list().data == []
        assert not taken_up.is_set()
        refused.error = None
        assert taken_up.wait(300)


def test_what_has_expired_on_a_full_disk_refuses_no_request_and_goes_later(
    clocked: OpenAI, clock: Clock, refused: Refusal
) -> None:
    vector_store = clocked.vector_stores.create(expires_after={"anchor": "last_active_at", "days": 1})
    clock.now += 2 * 86_400
    refused.full()
    assert clocked.files.list().data == []
    assert clocked.vector_stores.retrieve(vector_store.id).status == "completed"
    refused.error = None
    assert clocked.vector_stores.retrieve(vector_store.id).status == "expired"


def test_what_ends_work_on_a_full_disk_has_the_reserve_too(
    client: OpenAI, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = create(client, upload(client, examples()[:10]).id)
    client.fine_tuning.jobs.pause(job.id)
    begun = client.uploads.create(filename="a.jsonl", bytes=9, mime_type="text/plain", purpose="fine-tune")
    put = Store.put

    def put_from_reserve(self: Store, *given: Any) -> None:  # noqa: ANN401  as the method
        if (state / "reserve").exists():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        put(self, *given)

    monkeypatch.setattr(Store, "put", put_from_reserve)
    assert client.fine_tuning.jobs.cancel(job.id).status == "cancelled"
    assert client.uploads.cancel(begun.id).status == "cancelled"
    monkeypatch.setattr(Store, "put", put)
    assert (state / "reserve").exists()
