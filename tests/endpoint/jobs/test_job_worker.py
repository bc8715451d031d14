"""A job's way: what makes it fail, what a finished one holds, and that the endpoint outlives a crashing trainer."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import openai
import pytest
from openai import OpenAI
from openai.types.fine_tuning import FineTuningJob

from tests.endpoint.support import (
    chat,
    create,
    dpo,
    examples,
    messages,
    pairs,
    results,
    steps,
    supervised,
    upload,
    wait,
    without,
)
from tuneset.targets.target import Target

pytestmark = pytest.mark.usefixtures("quickly_trained")

GOOD = examples()[:10]
PAIRS = pairs()
TRAINING, VALIDATION = examples()[:60], examples()[60:80]
PLAN = supervised(n_epochs=4, batch_size=3)
MILESTONES = (
    "Fine-tuning job started",
    "Fine-tuning job paused",
    "Fine-tuning job resumed",
    "Fine-tuning job continues",
    *(f"Checkpoint created at step {step}" for step in (40, 80, 120, 160, 200)),
    "The job has successfully completed",
)


def bad(position: int, row: object) -> list[object]:
    """Ten examples, of which the one at `position` (from 1) is replaced."""
    return [*GOOD[: position - 1], row, *GOOD[position:]]


def assistant(**keys: object) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": "Hello"}, {"role": "assistant", **keys}]}


FORMAT = "The job failed due to a file format error in the training file. Invalid file format. "
INVALID = "The job failed due to an invalid training file. "


@pytest.mark.parametrize(
    ("rows", "code", "message"),
    [
        (GOOD[:7], "invalid_n_examples", "Training file has 7 example(s), but must have at least 10 examples"),
        (
            bad(4, {"messages": [{"role": "user", "content": "a"}, {"content": "b"}]}),
            "invalid_file_format",
            FORMAT + "Example 4, message 2 Discriminator 'role' is missing in value",
        ),
        (
            bad(1, {"messages": [{"role": "user", "content": "a", "weight": 1}]}),
            "invalid_file_format",
            FORMAT + 'Example 1, message 1 contains an extra "weight".',
        ),
        (bad(2, GOOD[0] | {"id": 7}), "invalid_file_format", FORMAT + 'Example 2 contains an extra "id".'),
        (bad(3, {"prompt": "a"}), "invalid_file_format", FORMAT + "Example 3 is missing key 'messages'."),
        (bad(3, {"messages": []}), "invalid_file_format", FORMAT + "Example 3 must have a non-empty list of messages."),
        (bad(5, assistant()), "invalid_file_format", FORMAT + "Example 5, message 2 is missing key 'content'."),
        (
            bad(5, assistant(content="x", weight=0.5)),
            "invalid_file_format",
            FORMAT + "Example 5, message 2 weight must be 0 or 1",
        ),
        (
            bad(5, assistant(content="x", weight=0)),
            "invalid_file_format",
            FORMAT + "Example 5 has no assistant message to learn from.",
        ),
        (
            bad(5, assistant(content="Hello <|fim_suffix|>")),
            "invalid_file_format",
            FORMAT + "Example 5 message contains an invalid token: <|fim_suffix|>.",
        ),
        (
            bad(6, {"messages": [{"role": "assistant", "content": "a"}, {"role": "user", "content": "b"}]}),
            "invalid_file_format",
            FORMAT + "Example 6: the last message must be from the assistant.",
        ),
        (
            bad(6, assistant(tool_calls=[{"id": "1", "type": "function", "function": {"name": "f", "arguments": {}}}])),
            "invalid_file_format",
            FORMAT + "Example 6, message 2 tool_calls must be a list of function calls, each with an id, a name and "
            "arguments as a string",
        ),
        (
            bad(6, {"messages": [{"role": "developer", "content": "a"}]}),
            "invalid_file_format",
            FORMAT + "Example 6, message 1 Input tag found using 'role' does not match any of the expected tags: "
            "'system', 'user', 'assistant', 'tool', 'function'",
        ),
        (
            b"{}\n{\n",
            "invalid_file_format",
            FORMAT + "Example 1 is missing key 'messages'.",
        ),
        (
            b"nothing\n",
            "invalid_training_file",
            INVALID + "Invalid file format. Example 1 cannot be parsed. Error: line contains invalid json: "
            "Expecting value: line 1 column 1 (char 0) (line 1)",
        ),
    ],
)
def test_the_first_fault_of_a_training_file_fails_the_job(
    shared_client: OpenAI, rows: list[object] | bytes, code: str, message: str
) -> None:
    job = wait(shared_client, create(shared_client, upload(shared_client, rows).id).id)
    assert job.status == "failed"
    assert job.error is not None
    assert job.error.to_dict() == {"code": code, "message": message, "param": "training_file"}
    assert job.finished_at is not None
    assert messages(shared_client, job.id)[-1] == message


def test_a_preference_file_fails_a_supervised_job(shared_client: OpenAI) -> None:
    row = {"input": {"messages": []}, "preferred_output": [], "non_preferred_output": []}
    file = upload(shared_client, [row] * 10)
    job = wait(shared_client, create(shared_client, file.id).id)
    assert job.error is not None
    assert job.error.to_dict() == {
        "code": "invalid_training_file",
        "message": f"{INVALID}Invalid file format. Input file {file.id} is in the fine-tune-preference format, but the "
        "specified fine-tuning job is not using 'dpo' as the training method (provided method=supervised).",
        "param": "training_file",
    }


@pytest.mark.parametrize(
    ("rows", "code", "message"),
    [
        (
            GOOD,
            "invalid_training_file",
            INVALID + "Invalid file format. Input file {file} is in the fine-tune-chat format, but the specified "
            "fine-tuning job is not using 'supervised' as the training method (provided method=dpo).",
        ),
        ([*PAIRS[:9], GOOD[0]], "invalid_file_format", FORMAT + "Example 10 is missing key 'input'."),
        (
            [*PAIRS[:9], without(PAIRS[0], "preferred_output")],
            "invalid_file_format",
            FORMAT + "Example 10 is missing key 'preferred_output'.",
        ),
        (PAIRS[:9], "invalid_n_examples", "Training file has 9 example(s), but must have at least 10 examples"),
    ],
)
def test_the_first_fault_of_a_preference_file_fails_the_job(
    shared_client: OpenAI, rows: list[object], code: str, message: str
) -> None:
    file = upload(shared_client, rows)
    job = wait(shared_client, create(shared_client, file.id, method=dpo()).id)
    assert job.error is not None
    assert job.error.to_dict() == {
        "code": code,
        "message": message.replace("{file}", file.id),
        "param": "training_file",
    }


def test_a_chat_file_cannot_validate_a_preference_job(shared_client: OpenAI) -> None:
    training, validation = upload(shared_client, PAIRS[:10]), upload(shared_client, GOOD)
    job = wait(shared_client, create(shared_client, training.id, validation.id, method=dpo()).id)
    assert job.error is not None
    assert (job.error.code, job.error.param) == ("invalid_validation_file", "validation_file")
    assert job.error.message.endswith("(provided method=dpo).")


@pytest.mark.slow
def test_a_preference_job_learns_which_output_is_preferred(client: OpenAI) -> None:
    files = upload(client, PAIRS[:24]).id, upload(client, PAIRS[24:34]).id
    plan = dpo(n_epochs=2, batch_size=4, learning_rate_multiplier=4.0, beta=0.2)
    job = create(client, *files, seed=5, method=plan)
    while not steps(client, job.id):
        wait(client, job.id, {"running"})
    client.fine_tuning.jobs.pause(job.id)
    client.fine_tuning.jobs.resume(job.id)
    job = wait(client, job.id)
    assert (job.status, job.error) == ("succeeded", None)
    assert job.method is not None
    assert job.method.to_dict() == plan
    assert job.trained_tokens == 2 * sum(Target("o200k_base").count_example(pair).tokens for pair in PAIRS[:24])
    rows = list(csv.DictReader(io.StringIO(results(client, job))))
    assert list(rows[0]) == [
        "step",
        "train_loss",
        "train_accuracy",
        "valid_loss",
        "valid_mean_token_accuracy",
        "train_rewards_accuracy",
        "train_rewards_margin",
        "valid_rewards_accuracy",
        "valid_rewards_margin",
    ]
    assert [int(row["step"]) for row in rows] == list(range(1, 13)) == steps(client, job.id)
    assert float(rows[0]["train_loss"]) == 0.69315
    assert float(rows[-1]["valid_loss"]) < 0.9 * float(rows[0]["valid_loss"])
    assert float(rows[-1]["valid_rewards_accuracy"]) > 0.8
    assert float(rows[-1]["valid_rewards_margin"]) > 0
    last, first = client.fine_tuning.jobs.checkpoints.list(job.id).data
    assert (first.step_number, last.step_number) == (6, 12)
    assert last.metrics.to_dict().keys() >= {"train_rewards_margin", "full_valid_rewards_margin", "full_valid_loss"}
    undisturbed = wait(client, create(client, *files, seed=5, method=plan).id)
    assert results(client, undisturbed) == results(client, job)


def test_a_preference_job_without_a_validation_file_leaves_its_columns_empty(shared_client: OpenAI) -> None:
    job = create(shared_client, upload(shared_client, PAIRS[:10]).id, method=dpo(n_epochs=1))
    rows = list(csv.DictReader(io.StringIO(results(shared_client, wait(shared_client, job.id)))))
    assert {"".join(row[name] for name in row if name.startswith("valid")) for row in rows} == {""}
    assert all(row["train_rewards_margin"] for row in rows)


def test_a_fault_of_the_validation_file_names_that_file(shared_client: OpenAI) -> None:
    good, faulty = upload(shared_client, GOOD), upload(shared_client, [without(GOOD[0], "messages")])
    job = wait(shared_client, create(shared_client, good.id, faulty.id).id)
    assert job.error is not None
    assert job.error.to_dict() == {
        "code": "invalid_file_format",
        "message": "The job failed due to a file format error in the validation file. Invalid file format. "
        "Example 1 is missing key 'messages'.",
        "param": "validation_file",
    }


def test_a_file_deleted_while_its_job_waits_is_still_there_for_the_job(client: OpenAI, state: Path) -> None:
    blocking = create(client, upload(client, GOOD).id, method=supervised(n_epochs=50, batch_size=1))
    wait(client, blocking.id, {"running"})
    training, validation = upload(client, GOOD), upload(client, GOOD[:3])
    job = wait(client, create(client, training.id, validation.id, method=supervised(n_epochs=1)).id, {"queued"})
    for file in (training, validation):
        client.files.delete(file.id)
    client.fine_tuning.jobs.cancel(blocking.id)
    assert wait(client, job.id).status == "succeeded"
    with pytest.raises(openai.NotFoundError):
        client.files.retrieve(training.id)
    next_one = create(client, upload(client, GOOD[:7]).id)  # whatever the worker does next, it tidies before
    assert wait(client, next_one.id).status == "failed"
    assert job.id not in {folder.name for folder in (state / "inputs").iterdir()}


@pytest.fixture(scope="module")
def finished(shared_client: OpenAI) -> FineTuningJob:
    """A job on real text that has succeeded."""
    training, validation = upload(shared_client, TRAINING), upload(shared_client, VALIDATION)
    job = create(shared_client, training.id, validation.id, seed=7, suffix="docs", method=PLAN)
    return wait(shared_client, job.id)


@pytest.fixture(scope="module")
def table(shared_client: OpenAI, finished: FineTuningJob) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(results(shared_client, finished))))


def test_a_finished_job_shows_what_it_did(finished: FineTuningJob) -> None:
    assert finished.status == "succeeded"
    assert finished.error is None
    assert finished.estimated_finish is None
    assert finished.finished_at is not None
    assert finished.finished_at >= finished.created_at
    resolved = {"n_epochs": 4, "batch_size": 3, "learning_rate_multiplier": 2.0}
    assert finished.hyperparameters.to_dict() == resolved
    assert finished.method is not None
    assert finished.method.to_dict() == {"type": "supervised", "supervised": {"hyperparameters": resolved}}
    assert finished.fine_tuned_model == f"ft:local-tiny:tuneset:docs:{finished.id.removeprefix('ftjob-')[:8]}"


def test_trained_tokens_are_those_of_the_training_file_in_all_epochs(finished: FineTuningJob) -> None:
    assert finished.trained_tokens == 4 * sum(
        Target("o200k_base").count_example(example).tokens for example in TRAINING
    )


def test_every_step_is_measured_and_the_validation_loss_falls(table: list[dict[str, str]]) -> None:
    assert list(table[0]) == ["step", "train_loss", "train_accuracy", "valid_loss", "valid_mean_token_accuracy"]
    assert [int(row["step"]) for row in table] == list(range(1, 81))
    assert all(0 < float(row["train_loss"]) < 20 and 0 <= float(row["train_accuracy"]) <= 1 for row in table)
    measured = [row for row in table if row["valid_loss"]]
    assert {row["step"] for row in measured} > {"1", "20", "40", "60", "80"}
    assert all((row["valid_loss"] == "") == (row["valid_mean_token_accuracy"] == "") for row in table)
    assert float(measured[-1]["valid_loss"]) < 0.75 * float(measured[0]["valid_loss"])
    assert float(measured[-1]["valid_mean_token_accuracy"]) > float(measured[0]["valid_mean_token_accuracy"])


def test_the_result_file_is_what_it_says(shared_client: OpenAI, finished: FineTuningJob) -> None:
    file = shared_client.files.retrieve(finished.result_files[0])
    assert (file.purpose, file.filename, file.status) == ("fine-tune-results", "step_metrics.csv", "processed")
    assert len(shared_client.files.content(file.id).read()) == file.bytes


def test_events_tell_the_whole_story_newest_first(
    shared_client: OpenAI, finished: FineTuningJob, table: list[dict[str, str]]
) -> None:
    events = list(shared_client.fine_tuning.jobs.list_events(finished.id, limit=7))[::-1]
    told = [event.message for event in events if event.type == "message"]
    assert told[:4] == [
        f"Created fine-tuning job: {finished.id}",
        f"Validating training file: {finished.training_file} and validation file: {finished.validation_file}",
        "Files validated, moving job to queued state",
        "Fine-tuning job started",
    ]
    assert told[4].startswith("Training a model of ")
    assert told[5:] == [
        *(f"Checkpoint created at step {step}" for step in (20, 40, 60, 80)),
        "New fine-tuned model created",
        "The job has successfully completed",
    ]
    metrics = [event.data for event in events if event.type == "metrics"]
    for row, data in zip(table, metrics, strict=True):
        assert isinstance(data, dict)
        assert (data["step"], data["total_steps"]) == (int(row["step"]), 80)
        assert (data["train_loss"], data["train_mean_token_accuracy"]) == (
            float(row["train_loss"]),
            float(row["train_accuracy"]),
        )
        assert str(data.get("valid_loss", "")) == row["valid_loss"]
        assert str(data.get("valid_mean_token_accuracy", "")) == row["valid_mean_token_accuracy"]
    assert {event.to_dict()["object"] for event in events} == {"fine_tuning.job.event"}
    assert {event.level for event in events} == {"info"}
    assert [len(event.to_dict()) for event in events] == [7] * len(events)


def test_the_last_three_epochs_leave_checkpoints(
    shared_client: OpenAI, finished: FineTuningJob, table: list[dict[str, str]]
) -> None:
    checkpoints = list(shared_client.fine_tuning.jobs.checkpoints.list(finished.id, limit=2))
    assert [checkpoint.step_number for checkpoint in checkpoints] == [80, 60, 40]
    assert [checkpoint.fine_tuned_model_checkpoint for checkpoint in checkpoints] == [
        finished.fine_tuned_model,
        f"{finished.fine_tuned_model}:ckpt-step-60",
        f"{finished.fine_tuned_model}:ckpt-step-40",
    ]
    for checkpoint in checkpoints:
        row = table[checkpoint.step_number - 1]
        metrics = checkpoint.metrics.to_dict()
        assert set(metrics) == {
            "step",
            *(f"{side}_loss" for side in ("train", "valid", "full_valid")),
            *(f"{side}_mean_token_accuracy" for side in ("train", "valid", "full_valid")),
        }
        assert (metrics["train_loss"], metrics["valid_loss"]) == (float(row["train_loss"]), float(row["valid_loss"]))
        assert checkpoint.id.startswith("ftckpt_")
        assert checkpoint.fine_tuning_job_id == finished.id


def test_a_finished_job_adds_its_model(shared_client: OpenAI, finished: FineTuningJob) -> None:
    assert finished.fine_tuned_model is not None
    model = shared_client.models.retrieve(finished.fine_tuned_model)
    assert model.created == finished.finished_at
    assert model in shared_client.models.list().data


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(
    shared_client: OpenAI, finished: FineTuningJob
) -> None:
    texts = {}
    for seed in (7, 8):
        job = create(shared_client, finished.training_file, finished.validation_file, seed=seed, method=PLAN)
        texts[seed] = results(shared_client, wait(shared_client, job.id))
    assert texts[7] == results(shared_client, finished)
    assert texts[8] != texts[7]


def test_without_a_validation_file_its_columns_are_empty(shared_client: OpenAI, finished: FineTuningJob) -> None:
    job = wait(shared_client, create(shared_client, finished.training_file, method=supervised(n_epochs=1)).id)
    rows = list(csv.DictReader(io.StringIO(results(shared_client, job))))
    assert {row["valid_loss"] + row["valid_mean_token_accuracy"] for row in rows} == {""}
    (checkpoint,) = shared_client.fine_tuning.jobs.checkpoints.list(job.id)
    assert set(checkpoint.metrics.to_dict()) == {"step", "train_loss", "train_mean_token_accuracy"}


@pytest.mark.slow
def test_tool_calls_parts_and_very_long_or_empty_answers_are_trained(shared_client: OpenAI) -> None:
    call = {"id": "1", "type": "function", "function": {"name": "find", "arguments": '{"city": "Bern"}'}}
    rows = [
        {
            "messages": [
                {"role": "system", "content": [{"type": "text", "text": "Be brief."}]},
                {"role": "user", "content": [{"type": "text", "text": "Where is Bern?"}]},
                {"role": "assistant", "tool_calls": [call]},
                {"role": "tool", "tool_call_id": "1", "content": "46.9 N"},
                {"role": "assistant", "content": "At 46.9 N.", "weight": 0},
                {"role": "assistant", "content": [{"type": "refusal", "refusal": "I cannot say more."}]},
            ],
            "tools": [{"type": "function", "function": {"name": "find"}}],
        },
        chat("And now?", ""),
    ] * 5
    long = " ".join(str(number) for number in range(40_000))
    rows += [chat("Count, please.", long), chat(long, "The question alone is longer than what is learned from.")]
    job = wait(shared_client, create(shared_client, upload(shared_client, rows).id, method=supervised(n_epochs=1)).id)
    assert job.status == "succeeded"
    assert "on 11 examples" in messages(shared_client, job.id)[4]


@pytest.mark.parametrize("side", ["training_file", "validation_file"])
def test_no_model_is_trained_on_rows_without_their_images(shared_client: OpenAI, side: str) -> None:
    image = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
    row = {"messages": [{"role": "user", "content": [image]}, {"role": "assistant", "content": "A chart of sales."}]}
    files = {"training_file": upload(shared_client, GOOD).id, side: upload(shared_client, [*GOOD, row]).id}
    job = wait(shared_client, create(shared_client, files["training_file"], files.get("validation_file")).id)
    assert (job.status, job.trained_tokens) == ("failed", None)
    assert job.error is not None
    assert (job.error.code, job.error.param) == (f"invalid_{side}", side)
    assert f"Example {len(GOOD) + 1} shows images" in job.error.message
    assert "trains on text alone" in job.error.message


def test_a_training_that_diverges_fails_with_its_reason(shared_client: OpenAI) -> None:
    method = supervised(learning_rate_multiplier=1e30)
    job = wait(shared_client, create(shared_client, upload(shared_client, GOOD).id, method=method).id)
    assert job.error is not None
    assert (job.error.code, job.error.param) == ("training_diverged", "learning_rate_multiplier")
    assert job.error.message.startswith("The training loss is no longer a number at step ")
