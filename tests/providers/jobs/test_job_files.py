"""A job's files: from the endpoint, else the local copy with the very bytes; never another file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.providers.protocol_server import write_dataset
from tuneset.endpoint.app import create_app
from tuneset.errors import RemoteError
from tuneset.params import EndpointParams
from tuneset.providers import remote_stages
from tuneset.providers.endpoint import Endpoint, connect
from tuneset.providers.files import remote_files
from tuneset.providers.jobs.job_files import bring
from tuneset.providers.places import Places


@pytest.fixture
def endpoint(tmp_path: Path) -> Iterator[Endpoint]:
    with TestClient(create_app(tmp_path / "state"), base_url="http://localhost/v1") as client:
        yield connect(EndpointParams(), base_url="http://localhost/v1", http_client=client)


@pytest.fixture
def places(endpoint: Endpoint, tmp_path: Path) -> Places:
    write_dataset(tmp_path)
    found = Places(tmp_path)
    remote_stages.upload(endpoint, found, say=lambda line: None)
    return found


def file_id(endpoint: Endpoint, name: str) -> str:
    return next(one.id for one in remote_files.list_files(endpoint) if name in one.filename)


def refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    def fetch(*_: object) -> int:
        raise RemoteError("no", code="purpose_download_forbidden")

    monkeypatch.setattr(remote_files, "fetch", fetch)


def test_without_a_copy_of_the_same_bytes_there_is_none(
    endpoint: Endpoint, places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch)
    other = tmp_path / "other"
    other.mkdir()
    train = places.dataset("train").read_bytes()
    (other / "train.jsonl").write_bytes(train[:-2] + b" \n")  # as long, and not the same
    with pytest.raises(RemoteError, match="no local file has its bytes") as caught:
        bring(endpoint, file_id(endpoint, "train"), tmp_path / "x", places.receipts, [other], print)
    assert caught.value.code == "no_copy"
    with pytest.raises(RemoteError, match="no receipt knows what was in it"):
        bring(endpoint, "file-unknown", tmp_path / "x", places.receipts, [places.dataset("train").parent], print)
    assert not (tmp_path / "x").exists()


def test_the_endpoint_is_asked_first_and_the_local_copy_stands_in(
    endpoint: Endpoint, places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train = places.dataset("train")
    wanted = file_id(endpoint, "train")
    brought = bring(endpoint, wanted, tmp_path / "x", places.receipts, [], print)
    assert (brought.source, brought.path.read_bytes()) == ("endpoint", train.read_bytes())
    refuse(monkeypatch)
    copied = bring(endpoint, wanted, tmp_path / "y", places.receipts, [train.parent], print)
    assert (copied.source, copied.path.read_bytes()) == (str(train), train.read_bytes())
    assert copied.sha256 == brought.sha256


def test_a_fault_that_is_no_refusal_is_told_as_it_is(
    endpoint: Endpoint, places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetch(*_: object) -> int:
        raise RemoteError("later", code="rate_limited")

    monkeypatch.setattr(remote_files, "fetch", fetch)
    with pytest.raises(RemoteError, match="later"):
        bring(endpoint, "file-1", tmp_path / "x", places.receipts, [places.dataset("train").parent], print)
