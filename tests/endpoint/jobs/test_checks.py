"""Large files are checked beside everything else: they hold up no job of others, and end with the server."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from openai import OpenAI
from starlette.testclient import TestClient

from tests.endpoint.conftest import BASE_URL
from tests.endpoint.support import LIMIT_S, create, examples, lines, supervised, upload, wait
from tuneset.endpoint.api import job_routes, running_endpoint
from tuneset.endpoint.app import create_app
from tuneset.endpoint.jobs import checks
from tuneset.endpoint.project_keys import ProjectKey
from tuneset.endpoint.state.objects import DEFAULT_PROJECT
from tuneset.endpoint.state.state_folder import new_file, open_state

pytestmark = pytest.mark.usefixtures("quickly_trained")

SLOW, QUICK = ProjectKey("slow", "sk-slow"), ProjectKey("quick", "sk-quick")
ONE_EPOCH = supervised(n_epochs=1, batch_size=10)


@pytest.fixture
def slow_file(state: Path) -> str:
    """A file of the project `slow` that is read until somebody writes to it and closes it: as large as can be."""
    opened = open_state(state)
    file = new_file(opened.store.now(), filename="a.jsonl", purpose="fine-tune", size=1 << 40, status="uploaded")
    opened.store.within("slow").insert("file", file, {})
    os.mkfifo(opened.blob(file["id"]))
    opened.store.close()
    return str(file["id"])


@pytest.fixture
def both(state: Path, slow_file: str) -> Iterator[tuple[OpenAI, OpenAI]]:
    """The server, as the projects `slow` and `quick` see it."""
    assert slow_file
    with TestClient(create_app(state, projects=[SLOW, QUICK]), base_url=BASE_URL) as http:
        slow, quick = (
            OpenAI(api_key=one.key, base_url=BASE_URL, http_client=http, max_retries=0) for one in (SLOW, QUICK)
        )
        yield slow, quick


def test_a_file_that_is_checked_for_long_holds_up_no_job(
    state: Path, both: tuple[OpenAI, OpenAI], slow_file: str
) -> None:
    slow, quick = both
    for client in both:  # jobs of other projects, and its own
        assert wait(client, create(client, upload(client, examples()[:10]).id, method=ONE_EPOCH).id).error is None
    assert slow.files.retrieve(slow_file).status == "uploaded"
    with (state / "blobs" / slow_file).open("wb") as pipe:
        pipe.write(lines(examples()[:3]))
    assert slow.files.wait_for_processing(slow_file, poll_interval=0.02).status == "processed"
    assert quick.files.list().data[-1].id != slow_file


def test_a_job_whose_files_are_checked_for_long_holds_up_no_job_of_others(
    state: Path, both: tuple[OpenAI, OpenAI], slow_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "CHECKED_AT_ONCE", -1)
    slow, quick = both
    waiting = create(slow, slow_file, method=ONE_EPOCH)
    assert wait(quick, create(quick, upload(quick, examples()[:10]).id, method=ONE_EPOCH).id).error is None
    assert slow.fine_tuning.jobs.retrieve(waiting.id).status == "validating_files"
    assert slow.fine_tuning.jobs.cancel(waiting.id).status == "cancelled"
    with (state / "blobs" / slow_file).open("wb") as pipe:
        pipe.write(b"no line\n")
    assert slow.files.wait_for_processing(slow_file, poll_interval=0.02).status == "error"
    faulty = wait(slow, create(slow, upload(slow, examples()[:9]).id).id)
    assert faulty.error is not None
    assert faulty.error.code == "invalid_n_examples"
    assert slow.fine_tuning.jobs.retrieve(waiting.id).status == "cancelled"


def test_the_check_of_what_is_cancelled_ends(
    both: tuple[OpenAI, OpenAI], slow_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "CHECKED_AT_ONCE", -1)
    slow, _ = both
    waiting = create(slow, slow_file, method=ONE_EPOCH)
    slow.files.delete(slow_file)  # nobody will ever write to it
    slow.fine_tuning.jobs.cancel(waiting.id)
    assert wait(slow, create(slow, upload(slow, examples()[:10]).id, method=ONE_EPOCH).id).error is None


def test_a_server_that_stops_leaves_a_check_to_the_next(state: Path, slow_file: str) -> None:
    for _ in range(2):
        with TestClient(create_app(state, projects=[SLOW]), base_url=BASE_URL) as http:
            client = OpenAI(api_key=SLOW.key, base_url=BASE_URL, http_client=http, max_retries=0)
            assert client.files.retrieve(slow_file).status == "uploaded"


def test_who_asks_what_large_files_lack_waits_for_a_turn_and_takes_no_thread_of_other_requests(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on = threading.Event()
    monkeypatch.setattr(checks, "CHECKED_AT_ONCE", -1)
    monkeypatch.setattr(running_endpoint, "LARGE_CHECKS", 1)
    monkeypatch.setattr(job_routes, "files_fault", lambda *_: not goes_on.wait(LIMIT_S) or None)
    app = create_app(state)
    with TestClient(app, base_url=BASE_URL) as http, ThreadPoolExecutor(2) as threads:
        client = OpenAI(api_key="any", base_url=BASE_URL, http_client=http, max_retries=0)
        asked = {"model": "local-tiny", "training_file": upload(client, examples()[:10]).id}
        answers = [threads.submit(http.post, f"{BASE_URL}/fine_tuning/jobs/check", json=asked) for _ in range(2)]
        while not app.state.endpoint.large_checks.waiting(DEFAULT_PROJECT):
            assert not any(answer.done() for answer in answers)
        goes_on.set()
        assert [answer.result().json()["error"] for answer in answers] == [None, None]
