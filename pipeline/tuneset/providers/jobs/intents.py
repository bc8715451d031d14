"""Intents: what was about to be created at an endpoint, written down before each request that creates a job.

An intent outlives a client that is killed while the request is under way, and an answer that leaves open whether the
server acted. It is removed once the job has a receipt, or once it is certain that nothing was made. Nothing is asked
for here.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from tuneset.providers import receipts
from tuneset.providers.jobs.wanted_job import WantedJob
from tuneset.providers.records import RemoteJob

KIND = "intent"
CLOCK_DIFFERENCE_S = 600.0
"""How much earlier than the intent a job may seem to be made, where nothing else tells that it is new."""
LONGEST_AGO_S = 86_400.0
"""The same where it was not there before: clocks of servers are off by whole time zones."""


@dataclasses.dataclass(frozen=True)
class Intent:
    """A job that was about to be created.

    Args:
        key: its run key.
        attempt: the number of its attempt.
        endpoint: the identity of the endpoint.
        at: when, in Unix seconds.
        before: ids of the jobs that were there; None where the endpoint could not tell.
        model: the base model that was asked for, and so on.
        training_file: id at the endpoint.
        validation_file: id at the endpoint.
        seed: as asked for.
        hyperparameters: as asked for.
    """

    key: str
    attempt: int
    endpoint: str
    at: float
    before: tuple[str, ...] | None
    model: str
    training_file: str
    validation_file: str | None
    seed: int | None
    hyperparameters: dict[str, Any]


def write(folder: Path, intent: Intent) -> Path:
    """Write an intent down; give its place. Raises InputError where the folder cannot be written."""
    return receipts.write(folder, KIND, intent.key, dataclasses.asdict(intent))


def of(endpoint: str, wanted: WantedJob, key: str, attempt: int, at: float, before: tuple[str, ...] | None) -> Intent:
    """The intent to create a wanted job."""
    return Intent(
        key=key,
        attempt=attempt,
        endpoint=endpoint,
        at=at,
        before=before,
        model=wanted.params.model,
        training_file=wanted.train_id,
        validation_file=wanted.validation_id,
        seed=wanted.params.seed,
        hyperparameters=wanted.hyperparameters(),
    )


def open_ones(folder: Path, endpoint: str, key: str | None = None) -> list[Intent]:
    """Intents at the endpoint whose job has no receipt, the newest first; all, or those of a run key.

    Raises RemoteError `receipt_altered`.
    """
    found = receipts.all_of(folder, KIND)[::-1] if key is None else receipts.read(folder, KIND, key)
    read = [Intent(**{**one, "before": None if one["before"] is None else tuple(one["before"])}) for one in found]
    return [one for one in read if one.endpoint == endpoint and not _has_receipt(folder, one)]


def remove(folder: Path, key: str) -> None:
    """Remove the intents of a run key, once what became of them is known."""
    receipts.remove(folder, KIND, key)


def may_have_made(intent: Intent, job: RemoteJob) -> bool:
    """Whether a job can be what an intent has made.

    One with our mark bears its run key and attempt. One without any mark is new, and trains the same file.
    """
    if job.run_key is not None:
        return (job.run_key, job.attempt) == (intent.key, intent.attempt)
    return job.training_file == intent.training_file and _is_new(intent, job)


def differences(intent: Intent, job: RemoteJob) -> int:
    """In how much of what a job says of itself it is not what was asked for; servers change some of that."""
    if job.run_key is not None:
        return 0
    numbers = job.hyperparameters or {}
    return (
        (job.model is not None and not _same_model(job.model, intent.model))
        + (job.validation_file not in (None, intent.validation_file))
        + (job.seed not in (None, intent.seed))
        + sum(not _agree(numbers.get(name), asked) for name, asked in intent.hyperparameters.items())
    )


def _is_new(intent: Intent, job: RemoteJob) -> bool:
    if intent.before is None:
        return job.created_at >= intent.at - CLOCK_DIFFERENCE_S
    dated = job.created_at > LONGEST_AGO_S  # else it says nothing of use
    return job.id not in intent.before and not (dated and job.created_at < intent.at - LONGEST_AGO_S)


def _same_model(found: str, asked: str) -> bool:
    """Whether two names can be of one model, with or without an owner, a date or a brand.

    >>> _same_model("meta-llama/Meta-Llama-3.1-8B", "Llama-3.1-8B"), _same_model("gpt-4o-2024-08-06", "gpt-4o-mini")
    (True, False)
    """
    one, other = (name.lower().rpartition("/")[2] for name in (found, asked))
    return one.startswith(other) or one.endswith(other) or other.startswith(one) or other.endswith(one)


def _agree(found: object, asked: object) -> bool:
    """Whether two values of a hyperparameter can be the same; what is no number says nothing.

    >>> _agree(3, 3), _agree(3, 4), _agree(3, "auto"), _agree(None, 4)
    (True, False, True, True)
    """
    numbers = [value for value in (found, asked) if isinstance(value, (int, float)) and not isinstance(value, bool)]
    return len(numbers) < 2 or numbers[0] == numbers[1]


def _has_receipt(folder: Path, intent: Intent) -> bool:
    return any(one["attempt"] == intent.attempt for one in receipts.read(folder, "job", intent.key))
