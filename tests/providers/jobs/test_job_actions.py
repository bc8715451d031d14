"""Cancelling, pausing and resuming: done once or told why not, also when the answer was lost."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from tests.providers.protocol_server import Fault, Server, acted_then, answer, error, lost
from tuneset.errors import RemoteError
from tuneset.providers.jobs.job_actions import act, list_jobs
from tuneset.providers.records import Action


def server_with_job(status: str = "running", paused: bool = True) -> Server:
    server = Server()
    job: dict[str, Any] = {"id": "ftjob-1", "status": status, "ahead": []}
    server.jobs["ftjob-1"] = job
    server.can_pause = paused
    return server


def raised(server: Server, action: Action, **params: str) -> RemoteError:
    with pytest.raises(RemoteError) as caught:
        act(server.endpoint(**params), "ftjob-1", action)
    return caught.value


CUSTOM = {"base_url": "http://127.0.0.1:1/v1"}


def test_a_job_that_has_ended_before_is_told_with_its_state() -> None:
    server = server_with_job("succeeded")
    failed = raised(server, "cancel")
    assert (failed.code, failed.message) == ("job_ended", "job ftjob-1 has ended before: succeeded")


def test_a_job_that_is_not_there_is_not_found() -> None:
    failed = raised(Server(), "cancel")
    assert (failed.code, failed.message) == (
        "not_found", "looking up job ftjob-1: http://127.0.0.1:1/v1 answered 404: No such object: ftjob-1",
    )  # fmt: skip


def test_an_endpoint_without_pausing_is_said_to_have_none() -> None:
    failed = raised(server_with_job(paused=False), "pause", **CUSTOM)
    assert (failed.code, failed.message) == ("not_supported", "OpenAI-compatible endpoint cannot pause a job")


def test_a_profile_without_pausing_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEBIUS_API_KEY", "x")
    server = server_with_job()
    assert raised(server, "pause", profile="nebius").code == "not_supported"
    assert server.requests == []


@pytest.mark.parametrize(
    ("action", "before", "after"),
    [("cancel", "running", "cancelled"), ("pause", "running", "paused"), ("resume", "paused", "running")],
)
@pytest.mark.parametrize("fault", [None, lost(httpx2.ReadTimeout), acted_then(lambda _: error(500, "oops"))])
def test_an_action_is_done_though_its_answer_is_lost(
    action: Action, before: str, after: str, fault: Fault | None
) -> None:
    server = server_with_job(before)
    if fault is not None:
        server.faults[f"POST /fine_tuning/jobs/ID/{action}"] = [fault]
    assert act(server.endpoint(**CUSTOM), "ftjob-1", action).status == after
    assert server.jobs["ftjob-1"]["status"] == after


def test_a_refusal_for_another_reason_is_passed_on() -> None:
    server = server_with_job("running")
    server.faults["POST /fine_tuning/jobs/ID/cancel"] = [answer(lambda: error(400, "not now", "their_code"))]
    assert raised(server, "cancel").server_code == "their_code"


def test_jobs_are_listed_up_to_the_number_asked_for() -> None:
    server = Server()
    for number in range(1, 46):
        server.jobs[f"ftjob-{number}"] = {"id": f"ftjob-{number}", "status": "running", "ahead": []}
    assert [job.id for job in list_jobs(server.endpoint(), 3)] == ["ftjob-45", "ftjob-44", "ftjob-43"]
    assert server.requests == ["GET /fine_tuning/jobs"]
    assert len(list_jobs(server.endpoint())) == 45
