"""The jobs API: what is refused, how jobs are listed, cancelled and created once."""

from __future__ import annotations

from typing import Any

import openai
import pytest
from openai import OpenAI

from tests.endpoint.support import BASE_MODELS, create, dpo, examples, messages, supervised, upload, wait
from tests.endpoint.test_app import refusal

SMALL = examples()[:10]
LONG = supervised(n_epochs=50, batch_size=1)
"""Takes far longer than any test waits."""


@pytest.fixture(scope="module")
def training(shared_client: OpenAI) -> str:
    return upload(shared_client, SMALL).id


@pytest.mark.parametrize(
    ("asked", "param", "message"),
    [
        ({"model": None}, "model", "Invalid value for 'model': Input should be a valid string"),
        ({"training_file": 7}, "training_file", "Invalid value for 'training_file': Input should be a valid string"),
        ({"seed": -1}, "seed", "Invalid value for 'seed': Input should be greater than or equal to 0"),
        ({"seed": 2**31}, "seed", "Invalid value for 'seed': Input should be less than or equal to 2147483647"),
        ({"suffix": ""}, "suffix", "Invalid value for 'suffix': String should have at least 1 character"),
        ({"suffix": "s" * 65}, "suffix", "Invalid value for 'suffix': String should have at most 64 characters"),
        (
            {"method": supervised(n_epochs=51)},
            "method.supervised.hyperparameters.n_epochs",
            "Invalid value for 'method.supervised.hyperparameters.n_epochs': Input should be less than or equal to 50",
        ),
        (
            {"hyperparameters": {"learning_rate_multiplier": 0}},
            "hyperparameters.learning_rate_multiplier",
            "Invalid value for 'hyperparameters.learning_rate_multiplier': Input should be greater than 0",
        ),
        (
            {"method": dpo(beta=2.1)},
            "method.dpo.hyperparameters.beta",
            "Invalid value for 'method.dpo.hyperparameters.beta': Input should be less than or equal to 2",
        ),
        (
            {"method": {"type": "reinforcement", "reinforcement": {"grader": {"type": "string_check"}}}},
            "method",
            "The method 'reinforcement' is not available for this model; available: 'supervised', 'dpo'.",
        ),
        ({"metadata": {"n": 1}}, "metadata.n", "Invalid value for 'metadata.n': Input should be a valid string"),
        (
            {"metadata": {str(number): "" for number in range(17)}},
            "metadata",
            "Invalid value for 'metadata': Dictionary should have at most 16 items after validation, not more",
        ),
        (
            {"integrations": [{"type": "wandb", "wandb": {"project": "p"}}]},
            "integrations",
            "Integrations are not available at this endpoint.",
        ),
        ({"extra_body": {"trainingType": "x"}}, None, "Unrecognized request argument supplied: trainingType"),
        (
            {"model": "gpt-4.1"},
            "model",
            "Model gpt-4.1 is not available for fine-tuning or does not exist; available: " + ", ".join(BASE_MODELS),
        ),
        (
            {"extra_body": {"early_stopping": {"patience": 1}}},
            "early_stopping",
            "Early stopping is decided by the validation loss, and needs a 'validation_file'.",
        ),
        (
            {"extra_body": {"early_stopping": {"patience": 0}}},
            "early_stopping.patience",
            "Invalid value for 'early_stopping.patience': Input should be greater than or equal to 1",
        ),
        (
            {"extra_body": {"early_stopping": {"patience": 1, "threshold": 2}}},
            None,
            "Unrecognized request argument supplied: early_stopping.threshold",
        ),
        (
            {"model": "local-small"},
            "model",
            "Model local-small needs what is not installed at this server: torch (Tuneset's extra torch)",
        ),
        ({"training_file": "file-none"}, "training_file", "File 'file-none' does not exist."),
        ({"validation_file": "file-none"}, "validation_file", "File 'file-none' does not exist."),
    ],
)
def test_a_request_that_is_wrong_is_refused_by_its_field(
    shared_client: OpenAI, training: str, asked: dict[str, Any], param: str | None, message: str
) -> None:
    before = shared_client.fine_tuning.jobs.list().data
    with pytest.raises(openai.BadRequestError) as caught:
        shared_client.fine_tuning.jobs.create(**{"model": "local-tiny", "training_file": training} | asked)
    body = refusal(caught.value)
    assert (body["message"], body["param"], body["type"]) == (message, param, "invalid_request_error")
    assert shared_client.fine_tuning.jobs.list().data == before


@pytest.mark.parametrize("missing", ["model", "training_file"])
def test_a_request_without_a_required_field_is_refused(shared_client: OpenAI, training: str, missing: str) -> None:
    body = {"model": "local-tiny", "training_file": training}
    del body[missing]
    with pytest.raises(openai.BadRequestError) as caught:
        shared_client.post("/fine_tuning/jobs", body=body, cast_to=object)
    assert refusal(caught.value)["message"] == f"you must provide a {missing} parameter"


@pytest.mark.parametrize("body", [b"{", b"[]", b"", b'"x"'])
def test_a_body_that_is_no_json_object_is_refused(shared_client: OpenAI, body: bytes) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        shared_client.post("/fine_tuning/jobs", content=body, cast_to=object)
    assert "JSON" in str(refusal(caught.value)["message"])


def test_a_body_that_is_too_long_is_refused(shared_client: OpenAI, training: str) -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        create(shared_client, training, metadata={"a": "x" * (1 << 20)})
    assert caught.value.status_code == 413


def test_a_file_for_something_else_cannot_be_trained_on(shared_client: OpenAI) -> None:
    file = shared_client.files.create(file=("a.jsonl", b"{}"), purpose="batch")
    with pytest.raises(openai.BadRequestError) as caught:
        create(shared_client, file.id)
    assert refusal(caught.value)["message"] == f"File '{file.id}' was not uploaded with purpose 'fine-tune'."


def test_an_unknown_job_is_not_found(shared_client: OpenAI) -> None:
    jobs = shared_client.fine_tuning.jobs
    for ask in (jobs.retrieve, jobs.cancel, jobs.pause, jobs.resume, jobs.list_events, jobs.checkpoints.list):
        with pytest.raises(openai.NotFoundError) as caught:
            ask("ftjob-none")
        assert refusal(caught.value) == {
            "message": "Could not find fine tune: ftjob-none",
            "type": "invalid_request_error",
            "param": "fine_tuning_job_id",
            "code": "fine_tune_not_found",
        }


def test_a_new_job_has_the_keys_of_the_protocol(client: OpenAI) -> None:
    file = upload(client, SMALL)
    job = create(client, file.id, method=LONG, suffix="mine", metadata={"run": "1"})
    assert job.to_dict() == {
        "object": "fine_tuning.job",
        "id": job.id,
        "model": "local-tiny",
        "created_at": job.created_at,
        "finished_at": None,
        "fine_tuned_model": None,
        "organization_id": "org-tuneset",
        "result_files": [],
        "status": "validating_files",
        "validation_file": None,
        "training_file": file.id,
        "hyperparameters": {"n_epochs": 50, "batch_size": 1, "learning_rate_multiplier": "auto"},
        "trained_tokens": None,
        "error": None,
        "user_provided_suffix": "mine",
        "seed": job.seed,
        "estimated_finish": None,
        "integrations": [],
        "metadata": {"run": "1"},
        "method": {
            "type": "supervised",
            "supervised": {"hyperparameters": {"n_epochs": 50, "batch_size": 1, "learning_rate_multiplier": "auto"}},
        },
    }
    assert job.id.startswith("ftjob-")


def test_the_older_place_of_hyperparameters_is_honoured(client: OpenAI) -> None:
    job = create(client, upload(client, SMALL).id, hyperparameters={"n_epochs": 49})
    assert job.method is not None
    assert job.method.supervised is not None
    assert job.method.supervised.hyperparameters is not None
    assert job.method.supervised.hyperparameters.n_epochs == 49


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ({"method": {"type": "dpo"}}, {}),
        ({"method": dpo(beta=0.3, n_epochs=2)}, {"beta": 0.3, "n_epochs": 2}),
        ({"method": {"type": "dpo"}, "hyperparameters": {"n_epochs": 3}}, {"n_epochs": 3}),
    ],
)
def test_a_preference_job_shows_its_method(client: OpenAI, asked: dict[str, Any], shown: dict[str, Any]) -> None:
    job = create(client, upload(client, SMALL[:3]).id, **asked)
    assert job.method is not None
    expected = {"n_epochs": "auto", "batch_size": "auto", "learning_rate_multiplier": "auto", "beta": "auto"} | shown
    assert job.method.to_dict() == {"type": "dpo", "dpo": {"hyperparameters": expected}}
    assert job.to_dict()["hyperparameters"] == {}


def test_a_running_job_is_cancelled_at_once_and_the_next_one_runs(client: OpenAI) -> None:
    file = upload(client, SMALL)
    first = create(client, file.id, method=LONG)
    second = create(client, file.id, method=supervised(n_epochs=1))
    assert wait(client, first.id, {"running"}).status == "running"
    cancelled = client.fine_tuning.jobs.cancel(first.id)
    assert cancelled.status == "cancelled"
    assert cancelled.finished_at is not None
    assert messages(client, first.id)[-1] == "Fine-tuning job cancelled"
    assert wait(client, second.id).status == "succeeded"
    assert client.fine_tuning.jobs.retrieve(first.id) == cancelled


def test_a_waiting_job_is_cancelled_before_it_runs(client: OpenAI) -> None:
    file = upload(client, SMALL)
    create(client, file.id, method=LONG)
    waiting = create(client, file.id, method=LONG)
    assert client.fine_tuning.jobs.cancel(waiting.id).status == "cancelled"
    assert "Fine-tuning job started" not in messages(client, waiting.id)


@pytest.mark.parametrize("change", ["cancel", "pause", "resume"])
def test_a_finished_job_cannot_be_changed(client: OpenAI, change: str) -> None:
    job = wait(client, create(client, upload(client, SMALL[:3]).id).id)
    with pytest.raises(openai.BadRequestError) as caught:
        getattr(client.fine_tuning.jobs, change)(job.id)
    assert refusal(caught.value) == {
        "message": f"Job has already completed: {job.id}",
        "type": "invalid_request_error",
        "param": "fine_tuning_job_id",
        "code": "job_already_completed",
    }
    assert client.fine_tuning.jobs.retrieve(job.id) == job


def test_a_job_is_paused_once_and_resumed_once(client: OpenAI) -> None:
    file = upload(client, SMALL)
    create(client, file.id, method=LONG)
    job = create(client, file.id, method=LONG)
    for change, wrong, message in (
        (client.fine_tuning.jobs.pause, "paused", "Job is already paused"),
        (client.fine_tuning.jobs.resume, "queued", "Job is not paused"),
    ):
        wait(client, change(job.id).id, {wrong})
        with pytest.raises(openai.BadRequestError) as caught:
            change(job.id)
        assert refusal(caught.value) == {
            "message": f"{message}: {job.id} is {wrong}",
            "type": "invalid_request_error",
            "param": "fine_tuning_job_id",
            "code": "invalid_job_status",
        }


def test_a_paused_job_lets_the_next_one_run_and_can_be_cancelled(client: OpenAI) -> None:
    file = upload(client, SMALL)
    first = create(client, file.id, method=LONG)
    wait(client, first.id, {"running"})
    paused = client.fine_tuning.jobs.pause(first.id)
    assert (str(paused.status), paused.finished_at, paused.estimated_finish) == ("paused", None, None)
    assert wait(client, create(client, file.id, method=supervised(n_epochs=1)).id).status == "succeeded"
    assert str(client.fine_tuning.jobs.retrieve(first.id).status) == "paused"
    assert client.fine_tuning.jobs.cancel(first.id).status == "cancelled"


def test_jobs_are_found_by_all_of_their_metadata(client: OpenAI) -> None:
    file = upload(client, SMALL[:3])
    for metadata in ({"run": "1", "who": 'a "b" $.c'}, {"run": "2", "who": 'a "b" $.c'}, None):
        create(client, file.id, metadata=metadata)
    jobs = client.fine_tuning.jobs
    assert [job.metadata for job in jobs.list(metadata={"run": "3"})] == []
    assert [job.metadata for job in jobs.list(metadata={"run": "1", "who": "b"})] == []
    assert [job.metadata for job in jobs.list(metadata={"run": "1"})] == [{"run": "1", "who": 'a "b" $.c'}]
    assert [job.metadata and job.metadata["run"] for job in jobs.list(metadata={"who": 'a "b" $.c'})] == ["2", "1"]
    assert len(list(jobs.list(limit=1))) == 3


def test_jobs_without_metadata_are_found(client: OpenAI) -> None:
    file = upload(client, SMALL[:3])
    ids = [create(client, file.id, metadata=metadata).id for metadata in (None, {}, {"run": ""}, None)]

    def found(**query: str) -> list[str]:
        return [job.id for job in client.fine_tuning.jobs.list(extra_query=dict(query))]

    assert found(metadata="null") == [ids[3], ids[0]]
    assert found(**{"metadata[run]": ""}) == [ids[2]]
    with pytest.raises(openai.BadRequestError, match="expected null, or metadata"):
        found(metadata="run")


def test_a_request_sent_twice_under_one_idempotency_key_makes_one_job(client: OpenAI) -> None:
    file = upload(client, SMALL[:3])
    first, second = (create(client, file.id, extra_headers={"Idempotency-Key": "k"}) for _ in range(2))
    assert first == second
    assert len(client.fine_tuning.jobs.list().data) == 1
    assert messages(client, first.id).count(f"Created fine-tuning job: {first.id}") == 1


def checked(client: OpenAI, **asked: Any) -> Any:  # noqa: ANN401  JSON
    body = {"model": "local-tiny"} | asked
    return client.post("/fine_tuning/jobs/check", body=body, cast_to=object)


def test_a_check_says_what_a_job_would_fail_with_and_makes_none(client: OpenAI) -> None:
    training = upload(client, SMALL).id
    assert checked(client, training_file=training) == {"object": "fine_tuning.job.check", "error": None}
    few, other = upload(client, SMALL[:3]).id, {"type": "dpo"}
    bodies: list[dict[str, Any]] = [{"training_file": few}, {"training_file": training, "method": other}]
    told = [checked(client, **body)["error"] for body in bodies]
    assert [one["code"] for one in told] == ["invalid_n_examples", "invalid_training_file"]
    assert client.fine_tuning.jobs.list().data == []
    for body, one in zip(bodies, told, strict=True):
        job = wait(client, client.fine_tuning.jobs.create(model="local-tiny", **body).id)
        assert job.error is not None
        assert job.error.to_dict() == one


@pytest.mark.parametrize(
    "asked", [{"model": "nobody"}, {"training_file": "file-nobody"}, {"seed": -1}, {"method": {"type": "kto"}}]
)
def test_a_check_refuses_what_a_job_would_be_refused_for(
    shared_client: OpenAI, training: str, asked: dict[str, Any]
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        checked(shared_client, **({"training_file": training} | asked))
    with pytest.raises(openai.BadRequestError) as other:
        shared_client.fine_tuning.jobs.create(**({"model": "local-tiny", "training_file": training} | asked))
    assert refusal(caught.value) == refusal(other.value)
