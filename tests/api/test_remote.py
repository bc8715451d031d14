"""Files and jobs from Python: the same receipts, the same refusals and the same once as of the commands."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

import tuneset
from tests.providers.protocol_server import KEY, Server, write_dataset
from tests.providers.socket_server import on_a_socket
from tuneset.errors import RemoteError, UsageError
from tuneset.providers.records import RemoteJob

CSV = b"step,train_loss\n1,0.5\n"


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    write_dataset(tmp_path)
    return tmp_path / "dataset"


@pytest.fixture
def server() -> Server:
    found = Server()
    found.result_files = [found.add_file("step_metrics.csv", CSV, "fine-tune-results")]
    return found


def at(address: str, **tune: object) -> dict[str, object]:
    return {"endpoint": {"base_url": address}, "tune": {"poll_s": 0.01, **tune}}


def test_wrong_params_are_refused_before_anything_is_opened() -> None:
    with pytest.raises(UsageError, match=r"unknown key endpoint\.profil"), tuneset.remote({"endpoint": {"profil": ""}}):
        pass


def test_a_paid_endpoint_gets_no_job_above_the_limit(
    dataset: Path, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    section = {"profile": "openai", "spend_limit_usd": 1.0}
    with on_a_socket(server) as address:
        params = {"endpoint": {**section, "base_url": address}, "tune": {"model": "gpt-4.1-2025-04-14"}}
        with tuneset.remote(params, data=tmp_path) as remote:
            train = remote.files.upload(dataset / "train.jsonl")
            with pytest.raises(UsageError, match=r"estimated at 1\.50 USD, endpoint\.spend_limit_usd is 1\.00"):
                remote.jobs.create(train, metrics={"cost": {"estimate_usd": 1.5}})
    assert server.count("POST /fine_tuning/jobs") == 0


def test_the_whole_way_twice_makes_everything_once(dataset: Path, server: Server, tmp_path: Path) -> None:
    with on_a_socket(server) as address:
        for _ in range(2):
            with tuneset.remote(at(address), data=tmp_path) as remote:
                train = remote.files.upload(dataset / "train.jsonl")
                job = remote.jobs.create(train, tune={"n_epochs": 2})
                job = remote.jobs.follow(job)
                fetched = remote.jobs.results(job, tmp_path / "results")
                assert fetched.metrics["final"] == {"train_loss": 0.5}
                assert remote.files.content(job.result_files[0]) == CSV
                assert [one.id for one in remote.jobs.list()] == [job.id]
    assert (server.count("POST /files"), server.count("POST /fine_tuning/jobs")) == (1, 1)
    assert server.bodies[-1]["method"]["supervised"]["hyperparameters"]["n_epochs"] == 2


def test_a_job_that_failed_is_told_once_and_then_replaced(dataset: Path, server: Server, tmp_path: Path) -> None:
    server.job_states = ["failed"]
    with on_a_socket(server) as address, tuneset.remote(at(address), data=tmp_path) as remote:
        train = remote.files.upload(dataset / "train.jsonl")
        with pytest.raises(RemoteError, match="job ftjob-1 failed"):
            remote.jobs.follow(remote.jobs.create(train))
        server.job_states = ["succeeded"]
        assert remote.jobs.follow(remote.jobs.create(train)).id == "ftjob-2"


def test_a_file_that_no_job_needs_is_pruned(dataset: Path, server: Server, tmp_path: Path) -> None:
    with on_a_socket(server) as address, tuneset.remote(at(address), data=tmp_path) as remote:
        kept = remote.files.upload(dataset / "train.jsonl")
        other = remote.files.upload(dataset / "validation.jsonl")
        server.job_states = ["running"] * 99
        remote.jobs.create(kept)
        assert [one.id for one in remote.files.prune()] == [other.file.id]


def test_calls_that_are_awaited_do_the_same_and_run_beside_each_other(
    dataset: Path, server: Server, tmp_path: Path
) -> None:
    async def go(address: str) -> RemoteJob:
        async with tuneset.remote_async(at(address), data=tmp_path) as remote:
            sides = [remote.files.upload(dataset / f"{side}.jsonl") for side in ("train", "validation")]
            train, validation = await asyncio.gather(*sides)
            return await remote.jobs.follow(await remote.jobs.create(train, validation))

    with on_a_socket(server) as address:
        assert asyncio.run(go(address)).state == "succeeded"
    assert server.count("POST /files") == 2


def test_a_call_that_is_cancelled_ends_at_its_next_wait(dataset: Path, server: Server, tmp_path: Path) -> None:
    server.job_states = ["running"] * 999

    async def go(address: str) -> None:
        loop, looked = asyncio.get_running_loop(), asyncio.Event()

        def seen(_: RemoteJob) -> None:
            loop.call_soon_threadsafe(looked.set)

        async with tuneset.remote_async(at(address, poll_s=300), data=tmp_path) as remote:
            job = await remote.jobs.create(await remote.files.upload(dataset / "train.jsonl"))
            call = remote.jobs.follow(job, on_status=seen)
            following = asyncio.create_task(call)
            await looked.wait()
            following.cancel()
            with pytest.raises(asyncio.CancelledError):
                await following

    with on_a_socket(server) as address:
        asyncio.run(go(address))  # which waits for its threads
