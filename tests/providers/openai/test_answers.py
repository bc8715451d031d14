"""Words of providers become our closed states; what the protocol does not promise may be missing."""

from __future__ import annotations

import httpx2
import pytest

from tests.providers.protocol_server import KEY, Server, answer, error
from tuneset.providers.call_fault import CallFault
from tuneset.providers.jobs.job_actions import act
from tuneset.providers.openai.answers import parse_file, parse_job
from tuneset.providers.records import Action, FileState, JobState
from tuneset.providers.wire.answer import UnexpectedAnswer


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
    job = parse_job({"id": "j", "status": "queued", "trained_tokens": True, "seed": [], "error": "", "metadata": []})
    assert (job.trained_tokens, job.seed, job.error.message, job.run_key) == (None, None, None, None)


def test_numbers_as_text_and_times_in_other_forms_are_taken() -> None:
    found = {"id": "j", "status": "queued", "trained_tokens": "12", "seed": 7.0, "created_at": "2023-11-14T22:13:20Z"}
    job = parse_job(found | {"estimated_finish": 1_700_000_000_000, "hyperparameters": {"n_epochs": "3"}})
    assert (job.trained_tokens, job.seed, job.created_at, job.estimated_finish) == (12, 7, 1_700_000_000, 1_700_000_000)
    assert job.hyperparameters == {"n_epochs": 3}


@pytest.mark.parametrize(
    "files",
    [
        "file-1", ["file-1"], [{"id": "file-1"}], ["file-1", None, "file-1"], '["file-1"]', "file-1, file-1",
        " file-1 ", {"data": ["file-1"]}, {"metrics": "file-1"}, '{"id": "file-1"}',
    ],
)  # fmt: skip
def test_result_files_in_any_form_are_ids(files: object) -> None:
    assert parse_job({"id": "j", "status": "succeeded", "result_files": files}).result_files == ("file-1",)


@pytest.mark.parametrize("files", [None, 7.5, True, {}, [], [None, {}], "", " ", "[]", {"data": None}])
def test_no_result_files_are_none(files: object) -> None:
    found = parse_job({"id": "j", "status": "succeeded", "result_files": files}).result_files
    assert found == (("7.5",) if files == [7.5] else ())


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ({"status": "completed"}, "succeeded"),
        ({"status": "Expired"}, "failed"),
        ({"status": "error"}, "failed"),
        ({"status": "a new word", "finished_at": 1_700_000_000, "fine_tuned_model": "m"}, "succeeded"),
        ({"status": "a new word", "finished_at": 1_700_000_000}, "failed"),
        ({"status": None, "fine_tuned_model": "m"}, "succeeded"),
        ({"status": "running", "finished_at": 0}, "running"),
    ],
)
def test_other_words_and_facts_tell_that_a_job_has_ended(facts: dict[str, object], state: JobState) -> None:
    assert parse_job({"id": "j", **facts}).state == state


@pytest.mark.parametrize(
    ("error_", "message"),
    [
        ("out of memory", "out of memory"),
        ({"message": "bad", "code": 7}, "bad"),
        ({"detail": [{"loc": ["body", "model"], "msg": "field required"}]}, "body.model: field required"),
        ([{"message": "one"}, "two"], "one; two"),
        ({"error": {"message": "inner"}}, "inner"),
        ({"fault": {"faultstring": "over quota"}}, "over quota"),
        ({"errorMessage": "camel"}, "camel"),
        ({"error_message": "snake"}, "snake"),
        ({"Message": "capital"}, "capital"),
        ({"error": "invalid_token", "error_description": "expired"}, "expired"),
        ({}, None),
        (None, None),
    ],
)
def test_the_reason_of_a_failed_job_is_read_in_any_shape(error_: object, message: str | None) -> None:
    assert parse_job({"id": "j", "status": "failed", "error": error_}).error.message == message


def test_foreign_items_of_a_list_never_stop_ours() -> None:
    server = Server(job_states=["running"])
    server.jobs["ftjob-9"] = {"id": "ftjob-9", "status": "running", "ahead": []}
    nameless: list[object] = [None, 3, "x", [], {}, {"id": None, "status": None}]
    broken = [*nameless, {"id": "ftjob-8", "status": {}, "metadata": [1]}]
    whole = {"data": [*broken, {"id": "ftjob-9", "status": "running"}], "has_more": False}
    server.faults["GET /fine_tuning/jobs"] = [answer(lambda: httpx2.Response(200, json=whole))]
    page = server.endpoint().provider.jobs.list(None, None)
    assert [(job.id, job.state) for job in page.items if job.id.startswith("ftjob")] == [
        ("ftjob-8", "waiting"),
        ("ftjob-9", "running"),
    ]


@pytest.mark.parametrize("answered", [b"", b"OK", b'"OK"', b"null", b"{}", b'{"id": "file-1", "bytes": 3}'])
@pytest.mark.parametrize("status", [200, 202, 204])
def test_a_deletion_is_one_unless_it_is_denied(answered: bytes, status: int) -> None:
    server = Server()
    server.faults["DELETE /files/ID"] = [answer(lambda: httpx2.Response(status, content=answered))]
    assert server.endpoint().provider.files.delete("file-1")


@pytest.mark.parametrize(
    "denied", [{"deleted": False}, {"deleted": 0}, {"deleted": "False"}, {"success": False}, False]
)
def test_a_deletion_that_is_denied_is_none(denied: object) -> None:
    server = Server()
    server.faults["DELETE /files/ID"] = [answer(lambda: httpx2.Response(200, json=denied))]
    assert not server.endpoint().provider.files.delete("file-1")


def test_a_deletion_that_is_answered_by_an_error_is_told_by_its_words() -> None:
    server = Server()
    server.faults["DELETE /files/ID"] = [answer(lambda: httpx2.Response(200, json={"error": {"message": "in use"}}))]
    with pytest.raises(CallFault, match="a good status and an error: in use"):
        server.endpoint().provider.files.delete("file-1")


def test_a_key_that_the_server_repeats_is_nowhere_in_what_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    server = Server()
    server.jobs["ftjob-1"] = {"id": "ftjob-1", "status": "failed", "ahead": [], "error": {"message": f"bad {KEY}"}}
    server.jobs["ftjob-1"] |= {"model": KEY, "metadata": {"note": KEY}}
    assert KEY not in repr(server.endpoint(profile="openai").provider.jobs.get("ftjob-1"))


def test_a_key_that_is_written_with_escapes_is_nowhere_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    text = '{"id": "j", "status": "failed", "model": "KEY", "error": {"message": "KEY"}}'
    escaped = text.replace("KEY", KEY.replace("-", "\\u002d")).encode()
    server = Server()
    server.faults["GET /fine_tuning/jobs/ID"] = [answer(lambda: httpx2.Response(200, content=escaped))]
    job = server.endpoint(profile="openai").provider.jobs.get("ftjob-1")
    assert (KEY in repr(job), job.error.message) == (False, "[key]")


@pytest.mark.parametrize(("action", "word"), [("cancel", "cancelling"), ("pause", "pausing"), ("resume", "resuming")])
def test_an_action_that_is_refused_because_it_is_under_way_is_a_success(action: Action, word: str) -> None:
    server = Server()
    server.jobs["ftjob-1"] = {"id": "ftjob-1", "status": word, "ahead": []}
    server.faults[f"POST /fine_tuning/jobs/ID/{action}"] = [answer(lambda: error(409, "already"))] * 4
    assert act(server.endpoint(base_url="http://127.0.0.1:1/v1"), "ftjob-1", action).status == word
