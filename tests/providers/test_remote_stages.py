"""The stages leave one file of facts each and refuse to build on facts of another endpoint."""

from __future__ import annotations

import fcntl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.providers.protocol_server import KEY, FakeClock, Server, write_dataset
from tuneset.artifacts import read_json, sha256_file, write_json
from tuneset.errors import InputError, RemoteError, UsageError
from tuneset.params import Params, parse_params
from tuneset.providers import remote_stages
from tuneset.providers.files import prune
from tuneset.providers.places import Places


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def places(tmp_path: Path) -> Places:
    write_dataset(tmp_path)
    return Places(tmp_path)


def silent(_: str) -> None:
    """Whoever listens to progress hears nothing."""


def tune(server: Server, places: Places, params: Params | None = None) -> object:
    return remote_stages.tune(server.endpoint(), places, params or Params(), say=silent)


def test_stages_out_of_order_name_the_one_to_run(server: Server, tmp_path: Path) -> None:
    places = Places(tmp_path)
    with pytest.raises(InputError, match=r"train\.jsonl: is missing\n  do: run `tuneset prepare` first, or its stages"):
        remote_stages.upload(server.endpoint(), places, say=silent)
    with pytest.raises(InputError, match=r"upload\.json: is missing\n  do: run `tuneset upload` on this dataset first"):
        tune(server, places)
    with pytest.raises(InputError, match=r"job\.json: is missing\n  do: run `tuneset tune` on this dataset first"):
        remote_stages.fetch_results(server.endpoint(), places)
    assert server.requests == []


@pytest.mark.parametrize("content", [[], {}, {"endpoint": "local"}])
def test_a_file_of_facts_that_was_edited_is_refused(server: Server, places: Places, content: object) -> None:
    write_json(places.upload, content)
    write_json(places.job, content)
    with pytest.raises(InputError, match=r"upload\.json: is not what the upload stage writes"):
        tune(server, places)
    with pytest.raises(InputError, match=r"job\.json: is not what the tune stage writes"):
        remote_stages.fetch_results(server.endpoint(), places)


def test_while_one_process_makes_something_no_other_can(server: Server, places: Places) -> None:
    refusals: list[str] = []

    def try_the_lock(request: httpx2.Request, act: Callable[[], httpx2.Response]) -> httpx2.Response:
        with (places.receipts / ".lock").open("ab") as handle, pytest.raises(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        refusals.append(request.url.path)
        return act()

    server.faults = {"POST /files": [try_the_lock], "POST /fine_tuning/jobs": [try_the_lock]}
    remote_stages.upload(server.endpoint(), places, say=silent)
    tune(server, places)
    assert refusals == ["/v1/files", "/v1/fine_tuning/jobs"]


def test_upload_leaves_ids_hashes_and_sizes(server: Server, places: Places) -> None:
    document = remote_stages.upload(server.endpoint(), places, say=silent)
    assert read_json(places.upload) == document
    for side in ("train", "validation"):
        path = places.dataset(side)
        sha256 = sha256_file(path)
        assert document["files"][side] == {
            "file_id": "file-1" if side == "train" else "file-2",
            "filename": f"{side}-{sha256[:12]}.jsonl",
            "purpose": "fine-tune",
            "sha256": sha256,
            "bytes": path.stat().st_size,
        }


@pytest.mark.parametrize("state", ["empty", "absent"])
def test_a_validation_file_without_content_is_not_sent(server: Server, places: Places, state: str) -> None:
    places.dataset("validation").write_bytes(b"")
    if state == "absent":
        places.dataset("validation").unlink()
    assert list(remote_stages.upload(server.endpoint(), places, say=silent)["files"]) == ["train"]
    tune(server, places)
    assert "validation_file" not in server.bodies[0]


def test_the_whole_way_twice_sends_everything_once(server: Server, places: Places) -> None:
    for _ in range(2):
        remote_stages.upload(server.endpoint(), places, say=silent)
        tune(server, places)
    assert (server.count("POST /files"), server.count("POST /fine_tuning/jobs")) == (2, 1)
    assert read_json(places.job)["fine_tuned_model"] == "ft:ftjob-1"


def test_only_a_job_that_succeeded_is_written_down(server: Server, places: Places) -> None:
    server.job_states = ["running", "failed"]
    remote_stages.upload(server.endpoint(), places, say=silent)
    with pytest.raises(RemoteError, match="job ftjob-1 failed: the server gives no reason"):
        tune(server, places)
    assert not places.job.exists()


def test_facts_of_another_endpoint_are_not_built_on(server: Server, places: Places) -> None:
    remote_stages.upload(server.endpoint(), places, say=silent)
    other = server.endpoint(base_url="http://127.0.0.1:1/v1")
    with pytest.raises(UsageError) as caught:
        remote_stages.tune(other, places, Params(), say=silent)
    assert str(caught.value) == (
        f"{places.upload}: was made at `local`, params name `custom 127.0.0.1:1/v1`\n  do: name in endpoint.profile or "
        "endpoint.base_url where it was made, such as another port; or run the upload stage again, to have it here"
    )


def test_a_training_file_that_is_gone_is_named_before_a_job_is_asked_for(server: Server, places: Places) -> None:
    remote_stages.upload(server.endpoint(), places, say=silent)
    del server.files["file-2"]
    with pytest.raises(RemoteError) as caught:
        tune(server, places)
    assert (caught.value.code, caught.value.message) == (
        "file_missing", "the validation file file-2 is no longer at http://127.0.0.1:1/v1",
    )  # fmt: skip
    assert server.count("POST /fine_tuning/jobs") == 0


def test_what_prune_deleted_is_said_to_be_so_before_a_job_is_asked_for(server: Server, places: Places) -> None:
    endpoint = FakeClock().on(server.endpoint())
    remote_stages.upload(endpoint, places, say=silent)
    for one in prune.own_files(endpoint, places.receipts):
        prune.delete(endpoint, one.file, places.receipts)
    with pytest.raises(RemoteError) as caught:
        remote_stages.tune(endpoint, places, Params(), say=silent)
    assert caught.value.message == (
        "the train file file-1 is no longer at http://127.0.0.1:1/v1; `tuneset files prune` deleted it on 2027-01-15"
    )
    remote_stages.upload(endpoint, places, say=silent)
    remote_stages.tune(endpoint, places, Params(), say=silent)
    assert server.count("POST /fine_tuning/jobs") == 1


def test_a_job_that_has_ended_needs_its_files_no_more(server: Server, places: Places) -> None:
    remote_stages.upload(server.endpoint(), places, say=silent)
    done = tune(server, places)
    server.files.clear()
    assert tune(server, places) == done


def test_a_dataset_that_changed_after_the_upload_is_not_trained_on_by_its_old_copy(
    server: Server, places: Places
) -> None:
    remote_stages.upload(server.endpoint(), places, say=silent)
    places.dataset("train").write_bytes(b"{}\n")
    with pytest.raises(UsageError) as caught:
        tune(server, places)
    assert str(caught.value) == (
        f"{places.dataset('train')}: has changed since it was uploaded\n  do: run the upload stage again"
    )
    assert server.count("POST /fine_tuning/jobs") == 0


def test_a_paid_job_that_runs_is_picked_up_without_a_new_permission(
    server: Server, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    section: dict[str, Any] = {"profile": "openai", "spend_limit_usd": 2.0}
    document = {"endpoint": section, "tune": {"model": "gpt-4.1-2025-04-14"}}
    endpoint = server.endpoint(profile="openai")
    remote_stages.upload(endpoint, places, say=silent)
    write_json(places.metrics, {"cost": {"estimate_usd": 1.5}})
    remote_stages.tune(endpoint, places, parse_params(document, "params.yaml"), say=silent)
    section["spend_limit_usd"] = 0.0
    remote_stages.tune(endpoint, places, parse_params(document, "params.yaml"), say=silent)
    assert server.count("POST /fine_tuning/jobs") == 1


@pytest.mark.parametrize("limit", [None, 1.0])
def test_a_paid_endpoint_gets_no_job_above_the_limit(
    server: Server, places: Places, monkeypatch: pytest.MonkeyPatch, limit: float | None
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    section = {"profile": "openai", "spend_limit_usd": limit}
    params = parse_params({"endpoint": section, "tune": {"model": "gpt-4.1-2025-04-14"}}, "params.yaml")
    endpoint = server.endpoint(profile="openai")
    remote_stages.upload(endpoint, places, say=silent)
    with pytest.raises(UsageError, match=r"spend_limit_usd is not set|cost of this job at OpenAI is not known"):
        remote_stages.tune(endpoint, places, params, say=silent)
    write_json(places.metrics, {"cost": {"estimate_usd": 1.5}})
    with pytest.raises(UsageError, match="spend_limit_usd"):
        remote_stages.tune(endpoint, places, params, say=silent)
    assert server.count("POST /fine_tuning/jobs") == 0


def test_an_interruption_says_that_the_job_goes_on(server: Server, places: Places) -> None:
    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    said: list[str] = []
    remote_stages.upload(server.endpoint(), places, say=silent)
    with pytest.raises(KeyboardInterrupt):
        remote_stages.tune(server.endpoint(), places, Params(), say=said.append, on_status=interrupt)
    assert said == ["job ftjob-1 created", "job ftjob-1 is not lost: the same command goes on with it"]
    assert not places.job.exists()
    tune(server, places)
    assert server.count("POST /fine_tuning/jobs") == 1
