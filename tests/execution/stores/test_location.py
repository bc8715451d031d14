"""Locations: what lies in a store is asked for again where it fails for now, and no secret comes out of it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from tuneset.errors import InputError, UsageError
from tuneset.execution.stores import location as module
from tuneset.execution.stores.location import ATTEMPTS, RemotePath, location


class Failing(MemoryFileSystem):  # type: ignore[misc]  # fsspec has no types
    """Fails so many times, with an error whose text nobody may see."""

    protocol = "failing"
    times = 0
    error: type[Exception] = OSError

    def cat_file(self, path: str, start: int | None = None, end: int | None = None, **more: object) -> bytes:
        if Failing.times:
            Failing.times -= 1
            raise Failing.error("AKIA-SECRET")
        found: bytes = super().cat_file(path, start, end, **more)
        return found


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Failing]]:
    fsspec.register_implementation("failing", Failing, clobber=True)
    monkeypatch.setattr(module, "FIRST_WAIT_S", 0.0)
    yield Failing
    Failing.times, Failing.error = 0, OSError


@pytest.mark.parametrize("text", ["a:b/c", "C:", "data/s3/x", "s3:", "http", "S3://b/x", "./s3:/x"])
def test_what_is_no_url_is_a_path(text: str) -> None:
    assert location(text) == Path(text)


@pytest.mark.parametrize("text", ["s3://key:secret@bucket/a", "sftp://me:secret@host/a"])
def test_a_location_with_credentials_is_refused_and_they_are_not_repeated(text: str) -> None:
    with pytest.raises(UsageError, match="carries credentials") as caught:
        location(text)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("text", ["abfs://container@account.dfs.core.windows.net/a", "hf://datasets/me/set@v1/a"])
def test_a_name_with_an_at_sign_carries_no_credentials(text: str) -> None:
    assert str(location(text)) == text


def test_a_file_url_is_a_local_path() -> None:
    assert location("file:///data/a") == Path("/data/a")


def test_what_fails_for_now_is_asked_for_again(failing: type[Failing]) -> None:
    file = RemotePath(f"failing://{secrets.token_hex(4)}/a")
    file.write(b"data")
    failing.times = ATTEMPTS - 1
    assert file.read_bytes() == b"data"
    failing.times = ATTEMPTS
    with pytest.raises(InputError, match=r"^failing://\w+/a: cannot be read: OSError\n") as caught:
        file.read_bytes()
    assert "SECRET" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_what_is_not_allowed_is_asked_once(failing: type[Failing]) -> None:
    file = RemotePath("failing://bucket/a")
    file.write(b"data")
    failing.times, failing.error = ATTEMPTS, PermissionError
    with pytest.raises(InputError, match="PermissionError"):
        file.read_bytes()
    assert failing.times == ATTEMPTS - 1


def test_a_scheme_that_nothing_reads_names_what_to_install() -> None:
    with pytest.raises(UsageError, match="nothing installed here can read it"):
        RemotePath("nosuchscheme://bucket/a").read_bytes()


def test_what_is_there_is_not_created_again() -> None:
    file = RemotePath(f"memory://{secrets.token_hex(4)}/a")
    assert (file.create(b"one"), file.create(b"two"), file.read_bytes()) == (True, False, b"one")
