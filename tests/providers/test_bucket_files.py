"""Files in a bucket: written whole or not at all, read on from where it broke, and by whose faults."""

from __future__ import annotations

import io
from collections.abc import Callable

import httpx2
import pytest

from tests.providers.bucket import Bucket
from tuneset.providers.bucket.files import BucketFiles
from tuneset.providers.call_fault import CallFault
from tuneset.providers.files.local_file import FileHashes
from tuneset.providers.provider import NewFile
from tuneset.providers.wire.library_faults import fault_of

ROOT = "s3://bucket/in"
NEW = NewFile("train-0123.jsonl", "application/jsonl", "fine-tune", FileHashes(bytes=3, sha256="0", md5="0"), None)


def files(objects: dict[str, bytes]) -> BucketFiles:
    def handle(_: httpx2.Request, act: Callable[[], httpx2.Response]) -> httpx2.Response:
        return act()

    return BucketFiles(ROOT, lambda: Bucket("s3", objects, handle))


class Broken(io.BytesIO):
    def read(self, size: int | None = -1, /) -> bytes:
        raise OSError("the disk is gone")


def test_a_file_that_breaks_off_is_not_there() -> None:
    objects: dict[str, bytes] = {}
    with pytest.raises(CallFault):
        files(objects).create(NEW, Broken(), idempotency_key="")
    assert objects == {}


def test_a_file_is_written_listed_read_from_any_byte_and_deleted() -> None:
    objects: dict[str, bytes] = {"bucket/in/output/x.csv": b"1"}
    made = files(objects).create(NEW, io.BytesIO(b"abc"), idempotency_key="")
    assert (made.id, made.filename, made.bytes) == (f"{ROOT}/train-0123.jsonl", "train-0123.jsonl", 3)
    assert [file.id for file in files(objects).list("fine-tune", None).items] == [made.id]
    assert [file.id for file in files(objects).below(f"{ROOT}/output/")] == [f"{ROOT}/output/x.csv"]
    with files(objects).content(made.id, 1) as content:
        assert (content.start, content.length, b"".join(content.pieces)) == (1, 3, b"bc")
    assert files(objects).delete(made.id)
    with pytest.raises(CallFault) as caught:
        files(objects).get(made.id)
    assert caught.value.kind == "not_found"


def test_an_id_of_another_storage_is_not_known_and_an_empty_bucket_has_no_files() -> None:
    with pytest.raises(CallFault):
        files({}).get("file-1")
    assert files({}).list(None, None).items == ()


class NoCredentialsError(Exception):
    """As botocore calls it."""


class HttpError(Exception):
    code = 503


@pytest.mark.parametrize(
    ("error", "kind", "acted"),
    [
        (NoCredentialsError("Unable to locate credentials"), "authentication_failed", False),
        (OSError("The AWS Access Key Id you provided does not exist in our records."), "authentication_failed", False),
        (OSError("PermanentRedirect: use us-west-2"), "bad_request", False),
        (PermissionError("Forbidden"), "permission_denied", False),
        (ConnectionResetError(), "connection_failed", True),
        (HttpError("busy"), "server_error", True),
        (RuntimeError("odd"), "client_error", False),
    ],
)
def test_what_a_library_raises_has_one_meaning(error: Exception, kind: str, acted: bool) -> None:
    found = fault_of(error)
    assert (found.kind, found.acted) == (kind, acted)


def test_keys_in_what_a_library_says_are_not_shown() -> None:
    said = RuntimeError("refused AKIAABCDEFGHIJKLMNOP token=abc123\nx-amz-security-token:SECRET")
    found = fault_of(said).found
    assert not any(word in found for word in ("AKIAABCDEF", "abc123", "SECRET"))
