"""A run on S3 leaves the bytes of a local one, through every fault of a store that passes, and no secret anywhere."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from tests.cluster.store_proxy import StoreProxy
from tests.command_line import Done, tuneset
from tuneset.execution.stores import object_lock
from tuneset.execution.stores.location import RemotePath

pytestmark = pytest.mark.store

LIMITS = ("--set", "workers=1", "--set", "gate.min_examples=1")
FAULTS = {"none": {}, "busy and slow": {"busy": 0.2, "slow": 0.02}, "torn": {"torn": 0.3}, "late": {"late": 1.0}}


def bytes_of(folder: Path | RemotePath) -> dict[str, bytes]:
    """The files in a folder; twice listed, as the first time a store may be late."""
    list(folder.iterdir())
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.suffix and not file.name.startswith(".")}


def passed(done: Done) -> Done:
    assert done.returncode == 0, done
    return done


@pytest.fixture(scope="module")
def local(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("local")
    passed(tuneset(folder, "prepare", str(raw), "--out", "set", *LIMITS))
    return bytes_of(folder / "set")


@pytest.mark.parametrize("name", FAULTS)
def test_a_run_leaves_the_same_bytes_through_faults(
    name: str,
    raw: Path,
    local: dict[str, bytes],
    bucket: RemotePath,
    proxy: StoreProxy,
    tmp_path: Path,
    small_shards: None,
) -> None:
    proxy.faults = FAULTS[name]
    passed(tuneset(tmp_path, "prepare", str(raw), "--out", f"{bucket}/set", *LIMITS))
    assert set(FAULTS[name]) <= set(proxy.met)
    proxy.faults = {}
    assert bytes_of(bucket / "set") == local


def test_raw_objects_are_read_through_faults(
    raw: Path, local: dict[str, bytes], bucket: RemotePath, proxy: StoreProxy, tmp_path: Path, small_shards: None
) -> None:
    for path in raw.iterdir():
        (bucket / "raw" / path.name).write(path.read_bytes())
    proxy.faults = {"busy": 0.1, "torn": 0.1, "slow": 0.02, "late": 0.5}
    passed(tuneset(tmp_path, "prepare", f"{bucket}/raw", "--out", f"{bucket}/set", *LIMITS))
    proxy.faults = {}
    made = bytes_of(bucket / "set")
    assert {name: made[name] for name in ("train.jsonl", "validation.jsonl")} == {
        name: local[name] for name in ("train.jsonl", "validation.jsonl")
    }


def test_a_store_that_stays_busy_is_told(
    raw: Path,
    local: dict[str, bytes],
    bucket: RemotePath,
    proxy: StoreProxy,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(StoreProxy, "fault", lambda proxy, *request: "busy")
    done = tuneset(tmp_path, "prepare", str(raw), "--out", f"{bucket}/set", *LIMITS)
    assert done.returncode == 3, done
    assert f"{bucket}/set/.work" in done.stderr


def test_a_lock_is_created_by_one_alone(bucket: RemotePath) -> None:
    lock = bucket / "work" / ".lock"
    assert (lock.create(b"one"), lock.create(b"two"), lock.read_bytes()) == (True, False, b"one")
    lock.unlink()
    with object_lock.held(lock, "one"):
        assert not object_lock._is_stale(lock)
    assert not lock.is_file()


def test_no_secret_is_in_what_a_run_leaves_and_says(
    raw: Path, bucket: RemotePath, proxy: StoreProxy, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="tuneset")
    done = passed(tuneset(tmp_path, "prepare", str(raw), "--out", f"{bucket}/set", "--keep-work", *LIMITS))
    assert caplog.records
    said = done.stdout + done.stderr + caplog.text
    files = list(bucket.ask("listed", lambda files: files.find(bucket.url)))
    everything = [said.encode(), *(RemotePath(f"s3://{name}").read_bytes() for name in files)]
    assert len(everything) > 15
    assert not [text for text in everything if b"loopback-secret" in text or b"AKIA" in text]
    assert json.loads((bucket / "set" / "manifest.json").read_bytes())["files"]


def test_a_bucket_that_is_not_there_is_told(proxy: StoreProxy, tmp_path: Path) -> None:
    done = tuneset(tmp_path, "prepare", "s3://no-such-bucket-here/raw", "--out", "set", *LIMITS)
    assert done.returncode == 3
    assert "s3://no-such-bucket-here/raw: holds no data" in done.stderr
