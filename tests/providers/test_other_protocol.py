"""What stands above the interface promises the same of any protocol: once, found again, and at an end."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path

import pytest

from tests.providers import dummy_protocol
from tests.providers.dummy_protocol import RESULT, World
from tests.providers.protocol_server import QUICK, write_dataset
from tuneset.artifacts import read_json
from tuneset.errors import RemoteError
from tuneset.params import EndpointParams, Params
from tuneset.profile import EndpointProfile, Profile
from tuneset.providers import endpoint as endpoint_module
from tuneset.providers import remote_stages
from tuneset.providers.endpoint import Endpoint, connect
from tuneset.providers.places import Places
from tuneset.providers.protocols import PROTOCOLS, JobProtocol

PROFILE = Profile(
    name="dummy",
    title="Dummy AI",
    as_of=dt.date(2026, 11, 20),
    endpoint=EndpointProfile(
        base_url="https://dummy.example.com", api_key_env=None, paid=False, protocol="dummy", poll_s=0.001
    ),
    default_model="",
    limits={},
    models={},
)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """A protocol that is registered by one line, and a profile that names it."""
    monkeypatch.setattr(dummy_protocol, "WORLD", World())
    monkeypatch.setitem(PROTOCOLS, "dummy", JobProtocol("Dummy", "tests.providers.dummy_protocol:connect"))
    monkeypatch.setattr(endpoint_module, "load_profile", lambda _: PROFILE)
    return dummy_protocol.WORLD


@pytest.fixture
def places(tmp_path: Path) -> Places:
    write_dataset(tmp_path)
    return Places(tmp_path)


@pytest.fixture
def endpoint(world: World) -> Endpoint:
    return dataclasses.replace(connect(EndpointParams(profile="dummy")), patience=QUICK)


def silent(_: str) -> None:
    """Nobody listens."""


def tune(endpoint: Endpoint, places: Places) -> str:
    remote_stages.upload(endpoint, places, say=silent)
    return str(remote_stages.tune(endpoint, places, Params(), say=silent)["job_id"])


def test_from_a_dataset_to_results_and_a_second_time_nothing_is_made(
    world: World, endpoint: Endpoint, places: Places
) -> None:
    job_id = tune(endpoint, places)
    remote_stages.fetch_results(endpoint, places)
    assert (places.results / "raw" / "metrics.csv").read_bytes() == RESULT
    assert read_json(places.job)["status"] == "COMPLETED"
    assert tune(endpoint, places) == job_id
    assert list(world.jobs) == [job_id]
    assert len(world.contents) == 3


@pytest.mark.parametrize("lost", [[True], [False], [False, True], [True, True]])
def test_a_job_whose_answer_was_lost_is_found_by_what_the_protocol_keeps(
    world: World, endpoint: Endpoint, places: Places, lost: list[bool]
) -> None:
    world.lost = lost
    assert tune(endpoint, places) == tune(endpoint, places)
    assert len(world.jobs) == 1


def test_where_no_job_can_be_found_a_lost_answer_ends_it_and_receipts_know_the_others(
    world: World, endpoint: Endpoint, places: Places
) -> None:
    world.keeps_suffix = False
    job_id = tune(endpoint, places)
    assert tune(endpoint, places) == job_id
    for receipt in places.receipts.glob("job-*"):
        receipt.unlink()
    world.lost = [True]
    with pytest.raises(RemoteError) as caught:
        tune(endpoint, places)
    assert caught.value.code == "outcome_unknown"
    assert len(world.jobs) == 2


def test_a_failed_job_of_a_word_of_its_own_is_no_job_to_wait_for(
    world: World, endpoint: Endpoint, places: Places
) -> None:
    world.last_word = "USER_ERROR"
    with pytest.raises(RemoteError) as caught:
        tune(endpoint, places)
    assert caught.value.code == "job_failed"
    world.last_word = "COMPLETED"
    assert tune(endpoint, places) != "j3"
    assert len(world.jobs) == 2
