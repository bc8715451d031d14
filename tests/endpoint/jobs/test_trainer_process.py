"""Any trainer that is registered trains a job: through its reports alone the endpoint knows what happens."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from openai import OpenAI

from tests.endpoint.conftest import serving
from tests.endpoint.patient_trainer import PLAN
from tests.endpoint.support import create, dpo, examples, has_ended, messages, pairs, results, trainer_pid, upload, wait
from tuneset.endpoint.jobs.trainer_reports import step_message
from tuneset.processes import start_time
from tuneset.profile import embedded_profile
from tuneset.training import trainer
from tuneset.training.progress import Metrics
from tuneset.training.trainer import load_trainer, trainer_address


def test_every_model_of_the_embedded_endpoint_names_a_trainer_that_there_is() -> None:
    for model in embedded_profile().models.values():
        assert callable(load_trainer(trainer_address(model.trainer)))


@pytest.mark.usefixtures("patient")
def test_a_registered_trainer_is_paused_resumed_and_ends_its_job(state: Path) -> None:
    with serving(state) as client:
        job = create(client, upload(client, examples()[:10]).id, seed=3)
        wait_for_step(client, job.id)
        client.fine_tuning.jobs.pause(job.id)
        pid = trainer_pid(state, job.id)
        assert has_ended(pid, start_time(pid))
    with serving(state) as client:  # another server takes it up
        assert client.fine_tuning.jobs.resume(job.id).status == "queued"
        done = wait(client, job.id)
        assert (done.status, done.trained_tokens, done.error) == ("succeeded", 42, None)
        assert done.hyperparameters.to_dict() == PLAN
        assert results(client, done) == "step,loss\n1,2.0\n2,\n"
        (checkpoint,) = client.fine_tuning.jobs.checkpoints.list(job.id).data
        assert (checkpoint.step_number, checkpoint.metrics.to_dict()) == (2, {"step": 2, "full_valid_loss": 1.0})
        told = messages(client, job.id)
        assert told[told.index("Fine-tuning job started") :] == [
            "Fine-tuning job started",
            "seed 3",
            "Fine-tuning job paused",
            "Fine-tuning job resumed",
            "Fine-tuning job continues",
            "almost done",
            "Checkpoint created at step 2",
            "New fine-tuned model created",
            "The job has successfully completed",
        ]


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("how", [signal.SIGSEGV, signal.SIGKILL])
def test_a_trainer_that_crashes_is_started_again_and_fails_its_job_where_it_gets_no_further(
    client: OpenAI, state: Path, how: signal.Signals
) -> None:
    file = upload(client, examples()[:10])
    first, second = create(client, file.id), create(client, file.id)
    wait_for_step(client, first.id)
    pid = trainer_pid(state, first.id)
    os.kill(pid, how)
    while (again := trainer_pid(state, first.id)) == pid:
        assert wait(client, first.id, {"queued", "running"}).error is None
    os.kill(again, how)  # it has told no step that was not told before
    job = wait(client, first.id)
    assert job.error is not None
    why = (
        f"The trainer was ended by signal {how.name}; "
        f"jobs/{job.id}/attempt-1/stderr.log in the state folder may say why."
    )
    assert job.error.to_dict() == {"code": "trainer_error", "message": why, "param": None}
    told = messages(client, job.id)
    assert told[told.index("Fine-tuning job started") :] == [
        "Fine-tuning job started",
        f"seed {job.seed}",
        f"{why} It is started again where it stood.",
        "Fine-tuning job continues",
        why,
    ]
    assert wait(client, second.id, {"running"}).status == "running"


@pytest.mark.usefixtures("patient")
def test_of_a_job_that_may_stop_early_the_best_checkpoint_is_kept_and_is_the_model(
    client: OpenAI, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(trainer.TRAINERS, "tiny", "tests.endpoint.patient_trainer:worsen")
    file = upload(client, examples()[:10])
    job = create(client, file.id, file.id, extra_body={"early_stopping": {"patience": 4}})
    assert job.to_dict()["early_stopping"] == {"patience": 4}
    done = wait(client, job.id)
    assert (done.status, done.trained_tokens, done.error) == ("succeeded", 42, None)
    assert "patience 4, from nothing" in messages(client, job.id)
    made = client.fine_tuning.jobs.checkpoints.list(job.id).data
    assert [one.step_number for one in made] == [6, 5, 4, 2]
    assert made[-1].fine_tuned_model_checkpoint == done.fine_tuned_model
    left = sorted(path.name for path in (state / "jobs" / job.id / "attempt-1").glob("model-*"))
    assert left == ["model-2", "model-4", "model-5", "model-6"]
    assert done.fine_tuned_model is not None
    after = create(client, file.id, model=done.fine_tuned_model)
    assert wait(client, after.id).error is None
    assert "patience None, from the model of step 2" in messages(client, after.id)


@pytest.mark.usefixtures("patient")
def test_a_trainer_that_cannot_train_says_why(client: OpenAI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(trainer.TRAINERS, "tiny", "tests.endpoint.patient_trainer:refuse")
    job = wait(client, create(client, upload(client, pairs()[:10]).id, method=dpo()).id)
    assert job.error is not None
    assert job.error.to_dict() == {"code": "too_hard", "message": "cannot follow dpo", "param": "method"}


@pytest.mark.usefixtures("patient")
def test_each_device_has_one_job_and_the_oldest_that_waits_is_next(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(trainer.TRAINERS, "tiny", "tests.endpoint.patient_trainer:wait_on_device")
    with serving(state, devices=("0", "5")) as client:
        file = upload(client, examples()[:10])
        first, second, third, fourth = (create(client, file.id).id for _ in range(4))
        for job in (first, second):
            wait_for_step(client, job)
        assert [wait(client, job, {"queued"}).status for job in (third, fourth)] == ["queued"] * 2
        pid = trainer_pid(state, second)
        started = start_time(pid)
        client.fine_tuning.jobs.cancel(second)
        wait_for_step(client, third)
        assert has_ended(pid, started)
        assert wait(client, fourth, {"queued"}).status == "queued"
        found = {
            job: next(one for one in messages(client, job) if one.startswith("on ")) for job in (first, second, third)
        }
        assert [*found.values()] == ["on 0", "on 5", "on 5"]


def wait_for_step(client: OpenAI, job_id: str) -> None:
    """Until the trainer has told of its first step."""
    while not any(event.type == "metrics" for event in client.fine_tuning.jobs.list_events(job_id).data):
        assert wait(client, job_id, {"queued", "validating_files", "running"}).status not in {"failed", "succeeded"}


def test_what_was_not_measured_is_not_in_the_text_of_a_step() -> None:
    assert step_message(Metrics(1, 2, {})) == "Step 1/2"
    assert step_message(Metrics(1, 2, {"train_loss": 2, "valid_loss": 0.5})) == (
        "Step 1/2: training loss=2.00, validation loss=0.50"
    )
