"""A request makes one job: not two after a lost answer, and one new one after a job that ended badly."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from tests.providers.protocol_server import (
    KEY,
    Fault,
    Server,
    acted_then,
    answer,
    catch_up,
    cut,
    error,
    late,
    late_then_refused,
    lost,
    refused,
)
from tuneset.errors import RemoteError, UsageError
from tuneset.params import TuneParams
from tuneset.providers.endpoint import Endpoint
from tuneset.providers.jobs.follow import follow, require_success
from tuneset.providers.jobs.jobs import check_model, ensure_job
from tuneset.providers.jobs.wanted_job import WantedJob
from tuneset.providers.records import RemoteJob

CREATE, LIST = "POST /fine_tuning/jobs", "GET /fine_tuning/jobs"


@pytest.fixture
def server() -> Server:
    return Server()


def wanted_job(**params: object) -> WantedJob:
    return WantedJob(TuneParams(**params), "file-1", "a" * 64, "file-2", "b" * 64)  # type: ignore[arg-type]


def ensure(server: Server, folder: Path, wanted: WantedJob | None = None) -> RemoteJob:
    return ensure_job(server.endpoint(), wanted or wanted_job(), receipts_folder=folder)


def run(server: Server, folder: Path, endpoint: Endpoint | None = None) -> RemoteJob:
    """As the tune stage does it: ensure, follow, require success."""
    endpoint = endpoint or server.endpoint()
    job = ensure_job(endpoint, wanted_job(), receipts_folder=folder)
    job = follow(endpoint, job, timeout_s=600)
    require_success(wanted_job().run_key(endpoint.identity), job, folder)
    return job


def paid(server: Server, monkeypatch: pytest.MonkeyPatch) -> Endpoint:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    return server.endpoint(profile="openai")


# Models


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"model": "gpt-9"}, "tune.model gpt-9: OpenAI does not train it"),
        (
            {"model": "gpt-4o-mini-2024-07-18", "method": "dpo"},
            "tune.method dpo: OpenAI does not offer it for gpt-4o-mini-2024-07-18",
        ),
        (
            {"model": "gpt-4.1-nano-2025-04-14"},
            "tune.model gpt-4.1-nano-2025-04-14: OpenAI shut it down on 2026-10-23",
        ),
    ],
)
def test_a_model_that_cannot_be_trained_is_refused_before_any_request(
    server: Server, monkeypatch: pytest.MonkeyPatch, params: dict[str, object], message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        check_model(paid(server, monkeypatch), TuneParams(**params), dt.date(2026, 11, 20))  # type: ignore[arg-type]
    assert caught.value.message == message
    assert server.requests == []


def test_a_model_before_its_last_day_and_any_model_of_an_unknown_endpoint_pass(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_model(paid(server, monkeypatch), TuneParams(model="gpt-4.1-2025-04-14"), dt.date(2027, 1, 13))
    check_model(server.endpoint(base_url="http://127.0.0.1:1/v1"), TuneParams(model="any"), dt.date(2027, 1, 13))


def test_a_method_that_needs_a_grader_is_refused(server: Server, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"tune\.reinforcement\.grader: is not set"):
        ensure(server, tmp_path, wanted_job(method="reinforcement"))
    assert server.count(CREATE) == 0


# Created once


def test_a_job_is_asked_for_with_everything_that_params_say(server: Server, tmp_path: Path) -> None:
    wanted = wanted_job(
        model="local-tiny", n_epochs=2, batch_size=8, learning_rate_multiplier=0.5, suffix="mine", seed=11
    )
    ensure(server, tmp_path, wanted)
    (body,) = server.bodies
    hyperparameters = {"n_epochs": 2, "batch_size": 8, "learning_rate_multiplier": 0.5}
    assert body == {
        "model": "local-tiny",
        "training_file": "file-1",
        "validation_file": "file-2",
        "method": {"type": "supervised", "supervised": {"hyperparameters": hyperparameters}},
        "seed": 11,
        "suffix": "mine",
        "metadata": {"tuneset_run": wanted.run_key(server.endpoint().identity), "tuneset_attempt": "1"},
    }


def test_without_validation_no_validation_file_is_named(server: Server, tmp_path: Path) -> None:
    ensure(server, tmp_path, WantedJob(TuneParams(), "file-1", "a" * 64))
    assert "validation_file" not in server.bodies[0]
    assert "suffix" not in server.bodies[0]


def test_the_same_request_is_the_same_job(server: Server, tmp_path: Path) -> None:
    assert [ensure(server, tmp_path).id for _ in range(3)] == ["ftjob-1"] * 3
    assert len(list(tmp_path.glob("*.json"))) == 1


def test_without_receipts_the_job_is_found_at_the_server(server: Server, tmp_path: Path) -> None:
    assert ensure(server, tmp_path / "a").id == ensure(server, tmp_path / "b").id
    assert server.count(CREATE) == 1


@pytest.mark.parametrize(
    "other",
    [
        wanted_job(n_epochs=4),
        wanted_job(seed=8),
        wanted_job(suffix="other"),
        wanted_job(model="other"),
        WantedJob(TuneParams(), "file-1", "c" * 64, "file-2", "b" * 64),
        WantedJob(TuneParams(), "file-1", "a" * 64),
    ],
)
def test_another_request_is_another_job(server: Server, tmp_path: Path, other: WantedJob) -> None:
    assert ensure(server, tmp_path).id != ensure(server, tmp_path, other).id


def test_file_ids_do_not_make_another_request(server: Server) -> None:
    same = WantedJob(TuneParams(), "file-8", "a" * 64, "file-9", "b" * 64)
    assert same.run_key(server.endpoint().identity) == wanted_job().run_key(server.endpoint().identity)


FAULTS: dict[str, Fault] = {
    "nobody listens": refused(),
    "answer lost after the server acted": lost(),
    "no answer in time, though the server acted": lost(httpx2.ReadTimeout),
    "500 though the server acted": acted_then(lambda _: error(500, "oops")),
    "503": answer(lambda: error(503, "busy")),
    "409 though the server acted": acted_then(lambda _: error(409, "locked")),
    "429": answer(lambda: error(429, "slow down")),
    "half an answer": acted_then(cut),
    "another object": acted_then(lambda _: httpx2.Response(200, json={"id": "x"})),
    "file still being processed": answer(
        lambda: error(400, "File 'file-1' is still being processed and is not ready to be used for fine-tuning.")
    ),
}


def test_a_server_that_acts_after_we_have_looked_is_left_with_one_job_that_runs(server: Server, tmp_path: Path) -> None:
    slow: list[Callable[[], httpx2.Response]] = []
    server.job_states = ["running"] * 9
    server.faults[CREATE] = [late(slow), catch_up(slow)]
    job = ensure(server, tmp_path)
    assert job.id == "ftjob-1"
    assert [one["status"] for one in server.jobs.values()] == ["validating_files", "cancelled"]
    assert ensure(server, tmp_path).id == "ftjob-1"


def test_a_server_that_acts_late_and_refuses_in_between_is_left_with_one_job_that_runs(
    server: Server, tmp_path: Path
) -> None:
    server.job_states = ["running"] * 9
    server.faults[CREATE] = late_then_refused([])
    assert ensure(server, tmp_path).id == "ftjob-1"
    assert [one["status"] for one in server.jobs.values()] == ["validating_files", "cancelled"]


def test_of_two_jobs_the_one_that_has_succeeded_is_adopted_whatever_its_attempt(server: Server, tmp_path: Path) -> None:
    first = ensure(server, tmp_path / "a")
    server.jobs[first.id] |= {"status": "succeeded", "ahead": []}
    metadata = server.jobs[first.id]["metadata"] | {"tuneset_attempt": "2"}
    server.jobs["ftjob-2"] = server.jobs[first.id] | {"id": "ftjob-2", "status": "running", "metadata": metadata}
    assert ensure(server, tmp_path / "b").id == first.id
    server.jobs[first.id]["status"] = "running"
    assert ensure(server, tmp_path / "c").id == "ftjob-2"


@pytest.mark.parametrize("keeps_metadata", [True, False])
@pytest.mark.parametrize("name", FAULTS)
def test_one_fault_at_the_creation_leaves_exactly_one_job(
    server: Server, tmp_path: Path, name: str, keeps_metadata: bool
) -> None:
    server.keeps_metadata = keeps_metadata
    server.faults[CREATE] = [FAULTS[name]]
    first = ensure(server, tmp_path)
    again = ensure(server, tmp_path)
    assert list(server.jobs) == [first.id] == [again.id]


def test_jobs_of_others_are_never_adopted(server: Server, tmp_path: Path) -> None:
    server.keeps_metadata = False
    other = ensure(server, tmp_path / "other")
    server.faults[CREATE] = [lost()]
    assert ensure(server, tmp_path).id != other.id
    assert len(server.jobs) == 2


def test_a_list_without_jobs_route_is_gone_round(server: Server, tmp_path: Path) -> None:
    server.faults[LIST] = [answer(lambda: error(404, "no such route")) for _ in range(9)]
    assert ensure(server, tmp_path).id == "ftjob-1"


def test_a_paid_endpoint_that_does_not_know_our_job_gets_no_second_one(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = paid(server, monkeypatch)
    ensure_job(endpoint, wanted_job(), receipts_folder=tmp_path)
    server.jobs.clear()
    with pytest.raises(RemoteError) as caught:
        ensure_job(endpoint, wanted_job(), receipts_folder=tmp_path)
    assert caught.value.code == "job_unknown"
    assert caught.value.message == "our receipt names job ftjob-1, which https://api.openai.com/v1 does not know"
    assert server.count(CREATE) == 1


def test_an_endpoint_without_cost_that_was_emptied_gets_a_new_job(server: Server, tmp_path: Path) -> None:
    ensure(server, tmp_path)
    server.jobs.clear()
    assert ensure(server, tmp_path).attempt == 2
    assert server.count(CREATE) == 2


# After a bad end

FAILURE = {
    "code": "invalid_training_file",
    "message": "The job failed due to an invalid training file. Example 100, message 2 Discriminator 'role' is missing",
    "param": "training_file",
}


def fail_first_job(server: Server, status: str = "failed") -> None:
    """The next job to be looked at ends badly."""

    def fail(request: httpx2.Request, act: Callable[[], httpx2.Response]) -> httpx2.Response:
        job = next(iter(server.jobs.values()))
        job.update(status=status, ahead=[], error=FAILURE if status == "failed" else {})
        return act()

    server.faults["GET /fine_tuning/jobs/ID"] = [fail]


def test_a_failed_job_ends_with_the_servers_own_code_and_words(server: Server, tmp_path: Path) -> None:
    fail_first_job(server)
    with pytest.raises(RemoteError) as caught:
        run(server, tmp_path)
    assert str(caught.value) == (
        f"job ftjob-1 failed: {FAILURE['message']} (at training_file)\n"
        "  do: correct what the server names; the next run creates one new job\n"
        "  code: job_failed (the server's code: invalid_training_file)"
    )
    assert caught.value.exit_code == 4


@pytest.mark.parametrize("status", ["cancelled", "canceled"])
def test_a_cancelled_job_has_a_code_of_its_own(server: Server, tmp_path: Path, status: str) -> None:
    fail_first_job(server, status)
    with pytest.raises(RemoteError) as caught:
        run(server, tmp_path)
    assert (caught.value.code, caught.value.message) == ("job_cancelled", "job ftjob-1 was cancelled")


def test_after_a_failure_that_was_told_the_next_run_creates_one_new_job(server: Server, tmp_path: Path) -> None:
    fail_first_job(server)
    with pytest.raises(RemoteError):
        run(server, tmp_path)
    again = run(server, tmp_path)
    assert (again.id, again.attempt) == ("ftjob-2", 2)
    assert run(server, tmp_path).id == "ftjob-2"
    assert len(server.jobs) == 2


def test_the_new_attempt_is_created_once_though_its_answer_is_lost(server: Server, tmp_path: Path) -> None:
    fail_first_job(server)
    with pytest.raises(RemoteError):
        run(server, tmp_path)
    server.faults[CREATE] = [lost()]
    assert run(server, tmp_path).id == "ftjob-2"
    assert len(server.jobs) == 2


def test_a_failure_that_nobody_was_told_of_is_told_before_money_is_spent_again(server: Server, tmp_path: Path) -> None:
    ensure(server, tmp_path)  # and the run is killed; meanwhile the job fails
    fail_first_job(server)
    with pytest.raises(RemoteError) as caught:
        run(server, tmp_path)
    assert caught.value.code == "job_failed"
    assert len(server.jobs) == 1
    assert run(server, tmp_path).id == "ftjob-2"


def test_without_receipts_a_failed_job_at_the_server_is_followed_by_the_next_attempt(
    server: Server, tmp_path: Path
) -> None:
    ensure(server, tmp_path / "lost")
    server.jobs["ftjob-1"].update(status="failed", ahead=[])
    job = ensure(server, tmp_path)
    assert (job.id, job.attempt) == ("ftjob-2", 2)
    assert server.bodies[1]["metadata"]["tuneset_attempt"] == "2"
