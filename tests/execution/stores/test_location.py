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


@pytest.mark.parametrize(
    "text",
    [
        "s3://key:secret@bucket/a",
        "sftp://me:secret@host/a",
        "s3://AKIA:a/secret+b/c@bucket/a",
        "s3://AKIA:a@secret@bucket/a",
        "https://secret@host/a.jsonl",
        "s3://bucket/a?X-Amz-Algorithm=x&X-Amz-Signature=secret",
        "https://bucket.s3.amazonaws.com/a?AWSAccessKeyId=secret&Expires=1",
        "https://storage.googleapis.com/b/a?x-goog-credential=secret",
        "az://container/a?sv=2024-01-01&sig=secret",
        "https://host/a?api_key=secret",
        "hf://datasets/me/set?access_token=secret",
    ],
)
def test_a_location_with_credentials_is_refused_and_they_are_not_repeated(text: str) -> None:
    with pytest.raises(UsageError, match="carries credentials") as caught:
        location(text)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "abfs://container@account.dfs.core.windows.net/a",
        "hf://datasets/me/set@v1/a",
        "s3://bucket/10:30/me@home.jsonl",
        "s3://arn:aws:s3:us-west-2:123456789012:accesspoint/name/me@home",
        "hdfs://host:8020/me@home/a",
        "s3://bucket/why?/design=new&keyboard=1",
    ],
)
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


def test_a_bucket_that_is_not_there_is_told_with_its_name(
    failing: type[Failing], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*given: object, **more: object) -> None:
        raise FileNotFoundError("The specified bucket does not exist")

    monkeypatch.setattr(failing, "pipe_file", refused)
    with pytest.raises(InputError, match=r"^failing://nowhere/a: cannot be written: FileNotFoundError\n"):
        RemotePath("failing://nowhere/a").write(b"data")


@pytest.mark.parametrize("error", [NotImplementedError, TypeError, ValueError])
def test_what_is_not_there_is_created_where_a_store_knows_no_condition(
    error: type[Exception], failing: type[Failing], monkeypatch: pytest.MonkeyPatch
) -> None:
    written = Failing.pipe_file

    def unconditional(files: Failing, path: str, value: bytes, mode: str = "overwrite") -> None:
        if mode == "create":
            raise error("mode must be wb")
        written(files, path, value)

    monkeypatch.setattr(failing, "pipe_file", unconditional)
    file = RemotePath(f"failing://{secrets.token_hex(4)}/a")
    assert (file.create(b"one"), file.create(b"two"), file.read_bytes()) == (True, False, b"one")


@pytest.mark.parametrize(
    ("data", "start", "end", "read"),
    [(b"", 0, None, b""), (b"", 0, 9, b""), (b"abc", 3, None, b""), (b"abc", 1, 1, b""), (b"abc", 1, 9, b"bc")],
)
def test_a_range_without_a_byte_is_empty_where_a_store_refuses_such_ranges(
    data: bytes, start: int, end: int | None, read: bytes, failing: type[Failing], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = RemotePath(f"failing://{secrets.token_hex(4)}/a")
    file.write(data)

    def strict(files: Failing, path: str, start: int | None = None, end: int | None = None) -> bytes:
        if (start or 0) >= len(data) or (end is not None and end <= (start or 0)):
            raise OSError("The requested range is not satisfiable")
        return data[start:end]

    monkeypatch.setattr(failing, "cat_file", strict)
    assert file.read_range(start, end) == read
