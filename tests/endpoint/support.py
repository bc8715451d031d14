"""Real examples from Python's own documentation, and short ways to use the endpoint through the official client."""

from __future__ import annotations

import argparse
import base64
import functools
import inspect
import json
import logging
import statistics
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from openai import OpenAI
from openai.types import FileObject
from openai.types.fine_tuning import FineTuningJob

from tuneset.endpoint.state.object_store import Store
from tuneset.processes import is_running
from tuneset.profile import load_profile
from tuneset.training.trainer import missing_libraries

FINISHED = {"succeeded", "failed", "cancelled"}
LIMIT_S = 600.0
"""Only a test that would never end is ended by it, however busy the machine is."""

BASE_MODELS = [name for name, model in load_profile("local").models.items() if not missing_libraries(model.trainer)]
"""What an endpoint serves before any job: the models of its profile whose trainers have their libraries here."""

NOON = 1_800_000_000


class Clock:
    """A time that passes only when it is told to."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> int:
        return self.now


@functools.cache
def examples() -> tuple[dict[str, Any], ...]:
    """Chat examples: what the functions of a few modules do, by their docstrings."""
    found = {}
    for module in (argparse, inspect, json, logging, statistics):
        for name, value in sorted(vars(module).items()):
            documentation = inspect.getdoc(value) if callable(value) else None
            if documentation and documentation not in found:
                found[documentation] = f"What does {module.__name__}.{name} do?"
    return tuple(chat(question, answer) for answer, question in found.items())


def chat(question: str, answer: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]}


def preference(question: str, preferred: str, other: str) -> dict[str, Any]:
    return {
        "input": {"messages": [{"role": "user", "content": question}]},
        "preferred_output": [{"role": "assistant", "content": preferred}],
        "non_preferred_output": [{"role": "assistant", "content": other}],
    }


def pairs() -> list[dict[str, Any]]:
    """Preference pairs: the answers of `examples`, and the same ones shouted."""
    found = [[message["content"] for message in example["messages"]] for example in examples()]
    return [preference(question, answer, answer.upper()) for question, answer in found]


def lines(rows: Sequence[object]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def upload(client: OpenAI, rows: Sequence[object] | bytes, name: str = "train.jsonl") -> FileObject:
    content = rows if isinstance(rows, bytes) else lines(rows)
    return client.files.create(file=(name, content), purpose="fine-tune")


def create(client: OpenAI, training: str, validation: str | None = None, **asked: Any) -> FineTuningJob:  # noqa: ANN401  the client types them
    usual = {"model": "local-tiny", "training_file": training, "validation_file": validation}
    return client.fine_tuning.jobs.create(**usual | asked)


def supervised(**hyperparameters: object) -> dict[str, Any]:
    return {"type": "supervised", "supervised": {"hyperparameters": hyperparameters}}


def dpo(**hyperparameters: object) -> dict[str, Any]:
    return {"type": "dpo", "dpo": {"hyperparameters": hyperparameters}}


def wait(client: OpenAI, job_id: str, statuses: set[str] = FINISHED) -> FineTuningJob:
    """The job once it has one of the statuses, or any final one."""
    deadline = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline:
        job = client.fine_tuning.jobs.retrieve(job_id)
        if job.status in statuses | FINISHED:
            return job
        time.sleep(0.02)
    raise AssertionError(f"{job_id} is {job.status} after {LIMIT_S} seconds")


def results(client: OpenAI, job: FineTuningJob) -> str:
    """The one result file of a job, decoded."""
    (file_id,) = job.result_files
    return base64.b64decode(client.files.content(file_id).read(), validate=True).decode()


def messages(client: OpenAI, job_id: str) -> list[str]:
    """What was told of a job, oldest first, without its metrics."""
    events = client.fine_tuning.jobs.list_events(job_id, limit=10_000)
    return [event.message for event in reversed(list(events)) if event.type == "message"]


def steps(client: OpenAI, job_id: str) -> list[int]:
    """The steps that events tell of, oldest first."""
    events = client.fine_tuning.jobs.list_events(job_id, limit=10_000)
    return [event.data["step"] for event in reversed(list(events)) if isinstance(event.data, dict) and event.data]


def without(row: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != key}


def trainer_pid(state: Path, job_id: str) -> int:
    """The trainer's process, as the endpoint has stored it."""
    store = Store(state / "endpoint.sqlite3")
    record = store.get("job", job_id)
    store.close()
    assert record is not None
    return int(record.private["attempt"]["pid"])


def has_ended(pid: int, started: int | None) -> bool:
    """Whether a process ends."""
    deadline = time.monotonic() + LIMIT_S
    while is_running(pid, started) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_running(pid, started)
