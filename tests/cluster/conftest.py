"""An S3 server on loopback (moto's), a proxy before it that answers as a busy store does, and three nodes of Ray."""

from __future__ import annotations

import gzip
import random
import secrets
import warnings
from collections.abc import Iterator
from pathlib import Path

import fsspec
import orjson
import pytest

from tests.cluster import nodes
from tests.cluster.store_proxy import StoreProxy
from tests.execution.conftest import Row, row_line, rows, small_shards, with_copies, write_rows
from tuneset.execution.stores import location as module
from tuneset.execution.stores.location import RemotePath

__all__ = ["rows", "small_shards", "with_copies"]


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    from moto.server import ThreadedMotoServer  # noqa: PLC0415  only `make store` and `make ray` have it

    started = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    started.start()
    host, port = started.get_host_and_port()
    yield f"{host}:{port}"
    started.stop()


@pytest.fixture
def proxy(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[StoreProxy]:
    """A proxy without faults, to which everything of this process and its workers goes that names `s3://`."""
    found = StoreProxy(int(server.rpartition(":")[2]), random.Random(7))
    at = f"http://127.0.0.1:{found.port}"
    for name, value in (
        ("AWS_ACCESS_KEY_ID", "AKIA-LOOPBACK"), ("AWS_SECRET_ACCESS_KEY", "loopback-secret"),
        ("AWS_DEFAULT_REGION", "us-east-1"), ("AWS_ENDPOINT_URL", at),
    ):  # fmt: skip
        monkeypatch.setenv(name, value)
    module._file_system.cache_clear()
    fsspec.filesystem("s3", use_listings_cache=False).clear_instance_cache()
    yield found
    module._file_system.cache_clear()
    fsspec.filesystem("s3", use_listings_cache=False).clear_instance_cache()
    found.close()


@pytest.fixture
def bucket(proxy: StoreProxy) -> RemotePath:
    """A new bucket."""
    found = RemotePath(f"s3://b{secrets.token_hex(6)}")
    found.ask("written", lambda files: files.mkdir(found.url))
    return found


@pytest.fixture(scope="session")
def cluster() -> Iterator[nodes.Nodes]:
    """A cluster of three nodes, which this process has joined."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with nodes.started() as found:
            yield found


@pytest.fixture(scope="session")
def raw(tmp_path_factory: pytest.TempPathFactory, with_copies: list[Row]) -> Path:
    """Raw files of several shards: duplicates within and between them, and classes that only a last shard shows."""
    folder = tmp_path_factory.mktemp("rows") / "raw"
    folder.mkdir()
    write_rows(folder / "a.jsonl", with_copies[:250])
    packed = gzip.compress(b"".join(map(row_line, with_copies[200:260])), mtime=0)
    (folder / "b.jsonl.gz").write_bytes(packed)
    texts = [" ".join(f"w{number * 7919 + place * place}" for place in range(32)) for number in range(120)]
    labelled = ({"question": text, "answer": text[::-1], "label": 2 * (n > 110)} for n, text in enumerate(texts))
    (folder / "c.jsonl").write_bytes(b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in labelled))
    return folder
