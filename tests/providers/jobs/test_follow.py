"""A job is followed to its end through states and events of any kind."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.providers.protocol_server import Server, answer, error, page, refused
from tuneset.errors import RemoteError
from tuneset.params import TuneParams
from tuneset.providers.endpoint import Clock
from tuneset.providers.jobs.follow import follow, require_success
from tuneset.providers.jobs.job_events import EventReader
from tuneset.providers.jobs.jobs import ensure_job
from tuneset.providers.jobs.wanted_job import WantedJob
from tuneset.providers.records import RemoteEvent, RemoteJob


class Trickle(httpx2.SyncByteStream):
    """A blank every PAUSE_S at most, for ever; counts them."""

    PAUSE_S = 0.005

    def __init__(self) -> None:
        self.count = 0

    def __iter__(self) -> Iterator[bytes]:
        while True:
            threading.Event().wait(self.PAUSE_S)
            self.count += 1
            yield b" "


EVENTS = "GET /fine_tuning/jobs/ID/events"
WANTED = WantedJob(TuneParams(), "file-1", "a" * 64)


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def job(server: Server, tmp_path: Path) -> RemoteJob:
    return ensure_job(server.endpoint(), WANTED, receipts_folder=tmp_path)


def event(number: int, created_at: int = 0, **more: Any) -> dict[str, Any]:  # noqa: ANN401  any JSON
    plain = {"object": "fine_tuning.job.event", "level": "info", "type": "message", "message": f"m{number}"}
    return {"id": f"ev-{number}", "created_at": created_at, **plain, **more}


def test_unknown_states_are_shown_and_waited_on(server: Server, tmp_path: Path) -> None:
    server.job_states = ["queued", "paused", "Some new STATE", "running", "succeeded"]
    job = ensure_job(server.endpoint(), WANTED, receipts_folder=tmp_path)
    seen: list[str] = []
    ended = follow(server.endpoint(), job, timeout_s=600, on_status=lambda job: seen.append(job.status))
    assert seen == ["queued", "paused", "some new state", "running", "succeeded"]
    assert ended.document["fine_tuned_model"] == "ft:ftjob-1"


def test_an_empty_error_on_a_finished_job_is_no_error(server: Server, job: RemoteJob, tmp_path: Path) -> None:
    ended = follow(server.endpoint(), job, timeout_s=600)
    assert ended.document["error"] == {}
    require_success(None, ended, tmp_path)


def test_a_wait_ends_at_its_limit_and_says_how_to_go_on(server: Server, tmp_path: Path) -> None:
    server.job_states = ["running"]
    job = ensure_job(server.endpoint(), WANTED, receipts_folder=tmp_path)
    with pytest.raises(RemoteError) as caught:
        follow(server.endpoint(), job, timeout_s=0.01)
    assert caught.value.code == "timeout"
    assert caught.value.message == "job ftjob-1 is still `running` after 0 s"
    server.jobs[job.id]["ahead"] = ["succeeded"]
    assert follow(server.endpoint(), job, timeout_s=600).status == "succeeded"


def test_waits_grow_while_nothing_happens_up_to_four_times_the_polls_and_start_anew_with_a_change(
    server: Server, tmp_path: Path
) -> None:
    server.job_states = ["queued", *["running"] * 6, "succeeded"]
    job = ensure_job(server.endpoint(), WANTED, receipts_folder=tmp_path)
    waits: list[float] = []
    still = Clock(monotonic=lambda: 0.0, sleep=waits.append)
    follow(dataclasses.replace(server.endpoint(), clock=still), job, timeout_s=100, poll_s=2.0)
    assert waits == [2.0, 2.0, 3.0, 4.5, 6.75, 8.0, 8.0]


def test_passing_faults_while_following_are_borne(server: Server, job: RemoteJob) -> None:
    server.faults["GET /fine_tuning/jobs/ID"] = [refused(), answer(lambda: error(502, "no")), answer(lambda: page(503))]
    server.faults[EVENTS] = [answer(lambda: error(429, "no"))]
    assert follow(server.endpoint(), job, timeout_s=600).status == "succeeded"


def test_events_that_arrive_before_the_end_are_all_given_once_and_in_order(server: Server, job: RemoteJob) -> None:
    server.events = [event(number, created_at=number // 3) for number in range(50)]
    given: list[str] = []
    follow(server.endpoint(), job, timeout_s=600, on_event=lambda event: given.append(event.id))
    assert given == [f"ev-{number}" for number in range(50)]


@pytest.mark.parametrize("newest_first", [True, False])
@pytest.mark.parametrize("same_second", [True, False])
def test_new_events_are_given_once_whatever_the_servers_order(
    server: Server, job: RemoteJob, newest_first: bool, same_second: bool
) -> None:
    reader = EventReader(server.endpoint(), job.id)
    all_events = [event(number, created_at=0 if same_second else number) for number in range(60)]
    given: list[str] = []
    for known in (3, 3, 25, 60):
        server.events = all_events[:known] if newest_first else all_events[:known][::-1]
        given += [event.id for event in reader.fresh()]
    expected = [f"ev-{number}" for number in range(60)]
    assert sorted(given) == sorted(expected)
    if newest_first or not same_second:
        assert given == expected


def test_only_new_pages_are_read_again(server: Server, job: RemoteJob) -> None:
    server.events = [event(number, created_at=number) for number in range(100)]
    reader = EventReader(server.endpoint(), job.id)
    assert len(reader.fresh()) == 100
    server.requests.clear()
    server.events.append(event(100, created_at=100))
    assert [event.id for event in reader.fresh()] == ["ev-100"]
    assert server.count(EVENTS) == 1


def test_an_endpoint_without_events_is_followed_by_its_states(server: Server, job: RemoteJob) -> None:
    server.faults[EVENTS] = [answer(lambda: error(404, "no such route"))]
    assert follow(server.endpoint(), job, timeout_s=600).status == "succeeded"
    assert server.count(EVENTS) == 1


@pytest.mark.parametrize(
    "broken",
    [
        lambda: error(400, "no"),
        lambda: error(403, "no"),
        lambda: error(500, "no"),
        page,
        lambda: httpx2.Response(200, json=[]),
        lambda: httpx2.Response(200, json="text"),
        lambda: httpx2.Response(200, json={"data": "text"}),
        lambda: httpx2.Response(200, json={"data": None}),
        lambda: httpx2.Response(200, json={"data": [None, 3, {"message": "no id"}, {"id": None}, {"id": {}}]}),
        lambda: httpx2.Response(200, content=b'{"data": ['),
        lambda: httpx2.Response(200, content=b": alive\n\n", headers={"content-type": "text/event-stream"}),
    ],
)
def test_a_job_is_followed_by_its_state_whatever_its_events_are(
    server: Server, job: RemoteJob, broken: Callable[[], httpx2.Response]
) -> None:
    server.jobs[job.id]["ahead"] = ["running"] * 12 + ["succeeded"]
    server.faults[EVENTS] = [answer(broken) for _ in range(99)]
    said: list[str] = []
    assert follow(server.endpoint(), job, timeout_s=600, say=said.append).status == "succeeded"
    assert len(said) <= 1


def test_the_limit_holds_in_the_middle_of_an_answer(server: Server, tmp_path: Path) -> None:
    job = ensure_job(server.endpoint(), WANTED, receipts_folder=tmp_path)
    trickle = Trickle()
    trickling = answer(lambda: httpx2.Response(200, stream=trickle))
    server.faults["GET /fine_tuning/jobs/ID"] = [trickling] * 99
    with pytest.raises(RemoteError) as caught:
        follow(server.endpoint(), job, timeout_s=0.2)
    assert caught.value.code == "timeout"
    assert caught.value.message.startswith(f"job {job.id} is still `validating_files` after ")
    # However slow the machine is: more blanks than these need more time than the limit.
    assert 0 < trickle.count <= 0.2 / Trickle.PAUSE_S + 2


def test_events_without_data_time_or_level_are_taken(server: Server, job: RemoteJob) -> None:
    server.events = [{"id": "ev-1", "message": "a\x1b[31mb\n", "data": None, "level": None}]
    (found,) = EventReader(server.endpoint(), job.id).fresh()
    assert found == RemoteEvent("ev-1", 0, "info", "a[31mb", "message", {})


@pytest.mark.parametrize("value", [None, "1.5", True, float("nan"), float("inf"), [1]])
def test_only_finite_numbers_are_figures(value: object) -> None:
    assert RemoteEvent("e", 0, "info", "", "metrics", {"train_loss": value}).number("train_loss") is None
