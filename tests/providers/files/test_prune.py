"""Pruning proposes only what this project uploaded and no job needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.providers.protocol_server import Server, answer, error, write_dataset
from tuneset.errors import RemoteError
from tuneset.params import Params
from tuneset.providers import remote_stages
from tuneset.providers.files.prune import own_files
from tuneset.providers.places import Places


def silent(_: str) -> None:
    """Nobody listens."""


@pytest.fixture
def places(tmp_path: Path) -> Places:
    write_dataset(tmp_path)
    return Places(tmp_path)


@pytest.fixture
def server(places: Places) -> Server:
    server = Server()
    remote_stages.upload(server.endpoint(), places, say=silent)
    return server


def proposed(server: Server, places: Places) -> dict[str, str | None]:
    return {one.file.id: one.needed_by for one in own_files(server.endpoint(), places.receipts)}


def test_files_of_others_are_not_touched(server: Server, places: Places) -> None:
    server.add_file("train-000000000000.jsonl", b"x", "fine-tune")
    assert proposed(server, places) == {"file-1": None, "file-2": None}


def test_a_file_that_has_become_another_is_not_ours_any_more(server: Server, places: Places) -> None:
    server.files["file-1"]["filename"] = "other.jsonl"
    server.files["file-2"]["bytes"] += 1
    assert proposed(server, places) == {}


def test_a_file_that_is_gone_is_not_proposed(server: Server, places: Places) -> None:
    del server.files["file-1"]
    assert proposed(server, places) == {"file-2": None}


def test_receipts_of_another_endpoint_are_left_alone(server: Server, places: Places) -> None:
    other = server.endpoint(base_url="http://127.0.0.1:1/v1")
    assert own_files(other, places.receipts) == []


@pytest.mark.parametrize("lists_jobs", [True, False])
def test_what_an_unfinished_job_uses_is_kept(server: Server, places: Places, lists_jobs: bool) -> None:
    server.job_states = ["running"] * 99
    remote_stages.start(server.endpoint(), places, Params(), say=silent)
    if not lists_jobs:
        server.faults["GET /fine_tuning/jobs"] = [answer(lambda: error(404, "no such route"))]
    assert proposed(server, places) == {"file-1": "ftjob-1", "file-2": "ftjob-1"}


def test_what_a_finished_job_used_is_proposed(server: Server, places: Places) -> None:
    remote_stages.tune(server.endpoint(), places, Params(), say=silent)
    assert proposed(server, places) == {"file-1": None, "file-2": None}


def test_where_it_cannot_be_known_what_jobs_need_nothing_is_proposed(server: Server, places: Places) -> None:
    server.faults["GET /fine_tuning/jobs"] = [answer(lambda: error(403, "no"))]
    with pytest.raises(RemoteError) as caught:
        proposed(server, places)
    assert caught.value.code == "permission_denied"
