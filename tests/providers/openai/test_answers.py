"""Words of providers become our closed states; what the protocol does not promise may be missing."""

from __future__ import annotations

import pytest

from tests.providers.protocol_server import Server, answer, error
from tuneset.providers.jobs.job_actions import act
from tuneset.providers.openai.answers import UnexpectedAnswer, parse_file, parse_job
from tuneset.providers.provider import Action, FileState, JobState


@pytest.mark.parametrize("found", [{}, {"id": "j"}, {"status": "running"}, {"id": "", "status": "x"}, {"id": 1}])
def test_an_object_without_id_or_status_is_no_job(found: dict[str, object]) -> None:
    with pytest.raises(UnexpectedAnswer):
        parse_job(found)


@pytest.mark.parametrize(
    ("word", "state", "under_way", "ended"),
    [
        ("validating_files", "waiting", None, False),
        ("queued", "waiting", None, False),
        ("Running", "running", None, False),
        ("paused", "paused", None, False),
        ("a word of tomorrow", "waiting", None, False),
        ("cancelling", "running", "cancel", False),
        ("cancel_requested", "running", "cancel", False),
        ("pausing", "running", "pause", False),
        ("resuming", "paused", "resume", False),
        ("succeeded", "succeeded", None, True),
        ("failed", "failed", None, True),
        ("cancelled", "cancelled", None, True),
        ("canceled", "cancelled", None, True),
    ],
)
def test_a_word_of_the_protocol_has_a_state_and_an_unknown_one_is_waited_on(
    word: str, state: JobState, under_way: Action | None, ended: bool
) -> None:
    job = parse_job({"id": "j", "status": word})
    assert (job.status, job.state, job.under_way, job.ended) == (word.lower(), state, under_way, ended)


@pytest.mark.parametrize(
    ("word", "state"),
    [
        (None, "ready"), ("processed", "ready"), ("succeeded", "ready"), ("uploaded", "processing"),
        ("something new", "processing"), ("error", "refused"), ("deleted", "refused"),
    ],
)  # fmt: skip
def test_a_file_is_waited_for_unless_its_word_says_that_it_is_over(word: str | None, state: FileState) -> None:
    assert parse_file({"id": "f", "filename": "x", "status": word}).state == state


def test_fields_of_another_kind_are_taken_as_missing() -> None:
    job = parse_job({"id": "j", "status": "queued", "trained_tokens": True, "seed": "7", "error": "", "metadata": []})
    assert (job.trained_tokens, job.seed, job.error.message, job.run_key) == (None, None, None, None)


@pytest.mark.parametrize(("action", "word"), [("cancel", "cancelling"), ("pause", "pausing"), ("resume", "resuming")])
def test_an_action_that_is_refused_because_it_is_under_way_is_a_success(action: Action, word: str) -> None:
    server = Server()
    server.jobs["ftjob-1"] = {"id": "ftjob-1", "status": word, "ahead": []}
    server.faults[f"POST /fine_tuning/jobs/ID/{action}"] = [answer(lambda: error(409, "already"))] * 4
    assert act(server.endpoint(base_url="http://127.0.0.1:1/v1"), "ftjob-1", action).status == word
