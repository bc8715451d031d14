"""The lock of a folder in a store: other work is kept out while the lock is fresh, the same work goes on at once."""

from __future__ import annotations

import datetime as dt
import secrets

import fsspec
import pytest

from tuneset.errors import UsageError
from tuneset.execution.stores import object_lock
from tuneset.execution.stores.location import RemotePath


@pytest.fixture
def lock() -> RemotePath:
    return RemotePath(f"memory://{secrets.token_hex(8)}/work/.lock")


def test_other_work_is_kept_out_and_nothing_is_left(lock: RemotePath) -> None:
    with object_lock.held(lock, "one"):
        with pytest.raises(UsageError, match=r"/work: another run is at work here \(.+, process \d+\)"):
            object_lock.held(lock, "two").__enter__()
        assert [file.name for file in lock.parent.iterdir()] == [".lock"]
    with object_lock.held(lock, "two"):
        pass
    assert list(lock.parent.iterdir()) == []


def test_the_same_work_goes_on_and_the_first_does_not_take_its_lock_away(lock: RemotePath) -> None:
    with object_lock.held(lock, "one"):
        first = lock.read_bytes()
        with object_lock.held(lock, "one"):
            assert lock.read_bytes() != first
    assert not lock.is_file()
    killed = object_lock.held(lock, "one")
    killed.__enter__()
    with object_lock.held(lock, "one"):
        mine = lock.read_bytes()
        killed.__exit__(None, None, None)
        assert lock.read_bytes() == mine


def test_a_lock_that_nobody_renews_keeps_nobody_out(lock: RemotePath) -> None:
    lock.write(b'{"holder": "gone", "work": "one", "token": ""}')
    old = dt.datetime.now(tz=dt.UTC) - dt.timedelta(seconds=object_lock.LEASE_S + 60)
    fsspec.filesystem("memory").store[lock.url.removeprefix("memory:/")].modified = old
    with object_lock.held(lock, "two"):
        assert b"two" in lock.read_bytes()


def test_half_a_lock_keeps_nobody_out(lock: RemotePath) -> None:
    lock.write(b'{"holder": ')
    with object_lock.held(lock, "two"):
        assert b"two" in lock.read_bytes()
