"""No second paid job at servers that keep no mark, lose answers, and list late, little or nothing."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from tests.providers.protocol_server import (
    KEY,
    QUICK,
    FakeClock,
    Fault,
    Server,
    acted_then,
    answer,
    error,
    lost,
)
from tuneset.errors import RemoteError, UsageError
from tuneset.params import TuneParams
from tuneset.providers.endpoint import Endpoint
from tuneset.providers.jobs import job_settling
from tuneset.providers.jobs.jobs import ensure_job
from tuneset.providers.jobs.wanted_job import WantedJob
from tuneset.providers.records import RemoteJob

CREATE, LIST = "POST /fine_tuning/jobs", "GET /fine_tuning/jobs"
WANTED = WantedJob(TuneParams(model="some-model", n_epochs=3), "file-1", "a" * 64, "file-2", "b" * 64)
OTHER = dataclasses.replace(WANTED, params=TuneParams(model="some-model", n_epochs=4))


class KilledError(BaseException):
    """What ends a process at once, as far as code can tell; nothing catches it."""


def killed() -> Fault:
    """The server acts, and the client is gone before an answer comes."""

    def fault(request: httpx2.Request, act: Callable[[], httpx2.Response]) -> httpx2.Response:
        act()
        raise KilledError

    return fault


def killed_before() -> Fault:
    """The client is gone before the server acts."""

    def fault(request: httpx2.Request, act: Callable[[], httpx2.Response]) -> httpx2.Response:
        raise KilledError

    return fault


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def server() -> Server:
    return Server(keeps_metadata=False, job_states=["running"] * 99)


@pytest.fixture
def endpoint(server: Server, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> Endpoint:
    """A paid endpoint at an address of one's own."""
    monkeypatch.setenv("THEIR_KEY", KEY)
    found = server.endpoint(base_url="https://api.example.com/v1", api_key_env="THEIR_KEY")
    assert found.profile.endpoint.paid
    return clock.on(found)


def ensure(
    endpoint: Endpoint, folder: Path, wanted: WantedJob = WANTED, say: Callable[[str], None] = lambda _: None
) -> RemoteJob:
    return ensure_job(endpoint, wanted, receipts_folder=folder, say=say)


def ended(endpoint: Endpoint, folder: Path, wanted: WantedJob = WANTED) -> None:
    """A run that ends before it knows of a job."""
    with contextlib.suppress(KilledError, KeyboardInterrupt, RemoteError):
        ensure(endpoint, folder, wanted)
        pytest.fail("the run ended well")


# What an earlier run was doing


@pytest.mark.parametrize("keeps_metadata", [True, False])
def test_a_client_killed_while_it_asks_leaves_one_job(
    server: Server, endpoint: Endpoint, tmp_path: Path, keeps_metadata: bool
) -> None:
    server.keeps_metadata = keeps_metadata
    server.faults[CREATE] = [killed()]
    ended(endpoint, tmp_path)
    assert ensure(endpoint, tmp_path).id == "ftjob-1"
    assert ensure(endpoint, tmp_path).id == "ftjob-1"
    assert len(server.jobs) == 1


def test_a_client_killed_before_the_server_acts_gets_one_job_after_a_minute(
    server: Server, endpoint: Endpoint, clock: FakeClock, tmp_path: Path
) -> None:
    server.faults[CREATE] = [killed_before()]
    ended(endpoint, tmp_path)
    assert ensure(endpoint, tmp_path).id == "ftjob-1"
    assert sum(clock.slept) == pytest.approx(60)
    assert len(server.jobs) == 1
    assert not list(tmp_path.glob("intent-*"))


def test_a_request_of_long_ago_is_looked_for_once(
    server: Server, endpoint: Endpoint, clock: FakeClock, tmp_path: Path
) -> None:
    server.faults[CREATE] = [killed_before()]
    ended(endpoint, tmp_path)
    clock.time += 3600
    assert ensure(endpoint, tmp_path).id == "ftjob-1"
    assert clock.slept == []


def test_a_lost_answer_and_a_list_that_fails_make_no_second_job(
    server: Server, endpoint: Endpoint, tmp_path: Path
) -> None:
    good, failing = (lambda _, act: act()), answer(lambda: error(500, "oops"))
    server.faults[CREATE] = [acted_then(lambda _: error(500, "oops"))]
    server.faults[LIST] = [good, good, *[failing] * 200]
    with pytest.raises(RemoteError) as caught:
        ensure(endpoint, tmp_path)
    assert caught.value.code == "outcome_unknown"
    assert "jobs settle" in caught.value.hint
    ended(endpoint, tmp_path)  # the list still fails
    server.faults[LIST] = []
    assert ensure(endpoint, tmp_path).id == "ftjob-1"
    assert len(server.jobs) == 1


def test_without_any_list_a_killed_client_has_to_settle(server: Server, endpoint: Endpoint, tmp_path: Path) -> None:
    server.faults[LIST] = [answer(lambda: error(404, "no such route")) for _ in range(99)]
    server.faults[CREATE] = [killed()]
    ended(endpoint, tmp_path)
    for _ in range(2):
        with pytest.raises(RemoteError) as caught:
            ensure(endpoint, tmp_path)
        assert caught.value.code == "outcome_unknown"
    assert server.count(CREATE) == 1


def test_a_refusal_leaves_nothing_to_look_for(
    server: Server, endpoint: Endpoint, clock: FakeClock, tmp_path: Path
) -> None:
    server.faults[CREATE] = [answer(lambda: error(400, "bad suffix"))]
    ended(endpoint, tmp_path)
    assert not list(tmp_path.glob("intent-*"))
    ensure(endpoint, tmp_path)
    assert clock.slept == []


# Lists that are late or short


@pytest.mark.parametrize("late_s", [3, 30, 59])
@pytest.mark.parametrize("fault", [lost(), killed()])
def test_a_list_that_shows_a_job_only_later_leaves_one_job(
    server: Server, endpoint: Endpoint, clock: FakeClock, tmp_path: Path, fault: Fault, late_s: float
) -> None:
    start = clock.time
    server.shown_jobs = lambda jobs: jobs if clock.time >= start + late_s else []
    server.faults[CREATE] = [fault]
    with contextlib.suppress(KilledError):
        ensure(endpoint, tmp_path)
    assert ensure(endpoint, tmp_path).id == "ftjob-1"
    assert len(server.jobs) == 1


def crowd(server: Server, number: int) -> None:
    """Jobs of others."""
    for place in range(number):
        job_id = f"ftjob-other{place}"
        server.jobs[job_id] = {
            "id": job_id, "status": "succeeded", "training_file": f"file-o{place}", "created_at": place, "ahead": [],
        }  # fmt: skip


@pytest.mark.parametrize("order", [1, -1])
def test_a_list_of_the_oldest_twenty_tells_nothing_and_nothing_is_sent_again(
    server: Server, endpoint: Endpoint, tmp_path: Path, order: int
) -> None:
    crowd(server, 25)
    server.shown_jobs = lambda jobs: jobs[-20:][::order]
    server.faults[CREATE] = [lost()]
    with pytest.raises(RemoteError) as caught:
        ensure(endpoint, tmp_path)
    assert caught.value.code == "outcome_unknown"
    ended(endpoint, tmp_path)
    assert server.count(CREATE) == 1


@pytest.mark.parametrize("page_size", [7, 20, 100])
def test_a_long_list_that_is_whole_shows_the_new_job(
    server: Server, endpoint: Endpoint, tmp_path: Path, page_size: int
) -> None:
    server.page_size = page_size
    crowd(server, 45)
    server.faults[CREATE] = [lost(), killed_before()]
    assert ensure(endpoint, tmp_path).id == "ftjob-46"
    assert server.count(CREATE) == 1


# Which job it is


def test_a_job_of_another_request_is_not_taken_for_ours(server: Server, endpoint: Endpoint, tmp_path: Path) -> None:
    server.faults[CREATE] = [killed_before()]
    ended(endpoint, tmp_path)
    assert ensure(endpoint, tmp_path, OTHER).id == "ftjob-1"
    assert ensure(endpoint, tmp_path).id == "ftjob-2"


def test_two_killed_requests_for_one_file_are_told_apart(server: Server, endpoint: Endpoint, tmp_path: Path) -> None:
    server.faults[CREATE] = [killed(), killed()]
    ended(endpoint, tmp_path)
    ended(endpoint, tmp_path, OTHER)
    for job, epochs in zip(server.jobs.values(), (3, 4), strict=True):
        job["hyperparameters"] = {"n_epochs": epochs}
    assert ensure(endpoint, tmp_path, OTHER).id == "ftjob-2"
    assert ensure(endpoint, tmp_path).id == "ftjob-1"


def test_a_server_that_renames_the_model_and_takes_its_own_seed_is_still_known(
    server: Server, endpoint: Endpoint, tmp_path: Path
) -> None:
    server.faults[CREATE] = [killed()]
    ended(endpoint, tmp_path)
    server.jobs["ftjob-1"] |= {"model": "their-name-for-it", "seed": 42}
    assert ensure(endpoint, tmp_path).id == "ftjob-1"


def test_a_second_job_that_the_same_request_has_made_is_told(
    server: Server, endpoint: Endpoint, tmp_path: Path
) -> None:
    server.faults[CREATE] = [killed()]
    ended(endpoint, tmp_path)
    server.jobs["ftjob-2"] = server.jobs["ftjob-1"] | {"id": "ftjob-2", "created_at": 3000}
    said: list[str] = []
    assert ensure(endpoint, tmp_path, say=said.append).id == "ftjob-1"
    assert any("tuneset jobs cancel ftjob-2" in line for line in said)


# Settling


def unsettled(server: Server, endpoint: Endpoint, folder: Path) -> None:
    server.faults[LIST] = [answer(lambda: error(404, "no such route")) for _ in range(99)]
    server.faults[CREATE] = [killed()]
    ended(endpoint, folder)


def test_a_request_is_settled_by_naming_its_job(server: Server, endpoint: Endpoint, tmp_path: Path) -> None:
    unsettled(server, endpoint, tmp_path)
    (intent,) = job_settling.open_requests(endpoint, tmp_path)
    job_settling.settle(endpoint, tmp_path, intent, "ftjob-1")
    assert ensure(endpoint, tmp_path).id == "ftjob-1"
    assert server.count(CREATE) == 1
    assert job_settling.open_requests(endpoint, tmp_path) == []


def test_a_request_is_settled_by_saying_that_it_made_nothing(
    server: Server, endpoint: Endpoint, tmp_path: Path
) -> None:
    unsettled(server, endpoint, tmp_path)
    server.jobs.clear()
    intent = job_settling.choose(endpoint, tmp_path, None)
    job_settling.settle(endpoint, tmp_path, intent, None)
    assert ensure(endpoint, tmp_path).id == "ftjob-1"


def test_a_job_that_trains_another_file_is_not_the_one(server: Server, endpoint: Endpoint, tmp_path: Path) -> None:
    unsettled(server, endpoint, tmp_path)
    server.jobs["ftjob-1"]["training_file"] = "file-9"
    intent = job_settling.choose(endpoint, tmp_path, None)
    with pytest.raises(UsageError, match="trains file-9, the request was about file-1"):
        job_settling.settle(endpoint, tmp_path, intent, "ftjob-1")
    with pytest.raises(RemoteError):
        job_settling.settle(endpoint, tmp_path, intent, "ftjob-none")
    assert job_settling.choose(endpoint, tmp_path, intent.key[:4]) == intent


def test_which_of_several_requests_has_to_be_said(server: Server, endpoint: Endpoint, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no request of this project"):
        job_settling.choose(endpoint, tmp_path, None)
    unsettled(server, endpoint, tmp_path)
    server.faults[CREATE] = [killed()]
    ended(endpoint, tmp_path, OTHER)
    with pytest.raises(UsageError, match="2 requests are open"):
        job_settling.choose(endpoint, tmp_path, None)
    server.faults[LIST] = []
    newest = job_settling.open_requests(endpoint, tmp_path)[0]
    server.jobs["ftjob-2"]["created_at"] = int(newest.at)  # all that tells which are new, where no list was there
    assert [job.id for job in job_settling.fitting_jobs(endpoint, tmp_path, newest)] == ["ftjob-2"]


# Where it costs nothing


def test_where_it_costs_nothing_nobody_waits(server: Server, clock: FakeClock, tmp_path: Path) -> None:
    endpoint = clock.on(server.endpoint())
    server.faults[CREATE] = [killed_before(), answer(lambda: error(503, "busy"))]
    ended(endpoint, tmp_path)
    assert ensure(endpoint, tmp_path).id == "ftjob-1"
    assert sum(clock.slept) < QUICK.attempts * QUICK.longest_wait_s + 0.001


def test_intents_hold_no_key(server: Server, endpoint: Endpoint, tmp_path: Path) -> None:
    server.faults[CREATE] = [killed()]
    ended(endpoint, tmp_path)
    written = [path.read_text() for path in tmp_path.glob("*.json")]
    assert written
    assert not any(KEY in text for text in written)
