"""What an endpoint answers, in our own records: files, uploads, jobs, their events and checkpoints, batches, models.

States are closed sets of ours: an implementation of a protocol says which of them each word of its provider means.
Nothing here asks anything.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from collections.abc import Iterator
from typing import Any, Literal

JobState = Literal["waiting", "running", "paused", "succeeded", "failed", "cancelled"]
"""Closed: an implementation says which of them each word of its provider means; an unknown word is `waiting`."""
FileState = Literal["processing", "ready", "refused"]
"""Closed likewise: an unknown word is `processing`, an absent one `ready`."""
Action = Literal["cancel", "pause", "resume"]
BatchState = Literal["waiting", "running", "completed", "failed", "expired", "cancelled"]
"""Closed likewise: an unknown word is `waiting`."""


@dataclasses.dataclass(frozen=True)
class RemoteFile:
    """A file as the endpoint describes it. `bytes`, `created_at`, `expires_at` (Unix seconds) are None where unsaid.

    `status` is the provider's own word, to be shown; `state` is what it means. `faults` are what it minds about the
    content, where it says where.
    """

    id: str
    filename: str
    purpose: str
    status: str
    bytes: int | None
    created_at: int | None
    status_details: str | None
    state: FileState = "ready"
    expires_at: int | None = None
    faults: tuple[FileFault, ...] = ()


@dataclasses.dataclass(frozen=True)
class RemoteUpload:
    """An upload in parts that was begun; `expires_at` in Unix seconds, None where the endpoint does not say."""

    id: str
    expires_at: int | None


@dataclasses.dataclass(frozen=True)
class JobError:
    """Why a job failed, in the provider's words; None what it does not say."""

    code: str | None = None
    message: str | None = None
    param: str | None = None


@dataclasses.dataclass(frozen=True)
class RemoteJob:
    """A job as the endpoint describes it.

    Args:
        id: its id there.
        status: the provider's own word for its state, to be shown and written down.
        state: what that word means.
        under_way: an action that was asked for and is not done yet.
        run_key: the key that `Jobs.create` has left on it; None where it bears none.
        attempt: the number of its attempt, from 1, as it was left on it.
        created_at: Unix seconds, 0 where unknown.
        model: the base model.
        training_file: the id of the file that it trains on.
        validation_file: the id of the other one.
        seed: as the provider says it.
        hyperparameters: as the provider chose them.
        fine_tuned_model: the name of the model that it made.
        trained_tokens: what is billed.
        billed_usd: what the provider says that it costs, in US dollars.
        estimated_finish: Unix seconds.
        result_files: ids of the files that hold its results; `Files.get` and `Files.content` answer them.
        error: why it failed.
        faults: what the provider minds about lines of the training file, where that is told of the job.
        document: the provider's whole answer, with fields of its own, for nothing but to be shown.
    """

    id: str
    status: str
    state: JobState
    under_way: Action | None = None
    run_key: str | None = None
    attempt: int = 1
    created_at: int = 0
    model: str | None = None
    training_file: str | None = None
    validation_file: str | None = None
    seed: int | None = None
    hyperparameters: dict[str, Any] | None = None
    fine_tuned_model: str | None = None
    trained_tokens: int | None = None
    billed_usd: float | None = None
    estimated_finish: int | None = None
    result_files: tuple[str, ...] = ()
    error: JobError = JobError()
    faults: tuple[FileFault, ...] = ()
    document: dict[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def ended_badly(self) -> bool:
        """Whether the job has ended without a model."""
        return self.state in ("failed", "cancelled")

    @property
    def ended(self) -> bool:
        """Whether the job will not change any more."""
        return self.state == "succeeded" or self.ended_badly


@dataclasses.dataclass(frozen=True)
class RemoteEvent:
    """One event: `type` is `message`, `metrics` or the provider's own; `data` is empty where there is none."""

    id: str
    created_at: int
    level: str
    message: str
    type: str
    data: dict[str, Any]

    def number(self, *names: str) -> float | None:
        """The first of the named figures that the event holds as a finite number.

        >>> RemoteEvent("e", 0, "info", "", "metrics", {"train_loss": 1.5}).number("train_loss")
        1.5
        """
        for name in names:
            value = self.data.get(name)
            if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
                return float(value)
        return None


@dataclasses.dataclass(frozen=True)
class Checkpoint:
    """A model that a job left on its way, with what was measured of it. `step` counts from 1.

    `files` are ids of the files that hold it, such as those of an adapter, where the endpoint gives them.
    """

    id: str
    step: int | None
    model: str | None
    metrics: dict[str, Any]
    files: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class RemoteModel:
    """A model that the endpoint lists; `shutdown` is its last day, `owner` who made it, where it names them."""

    id: str
    shutdown: dt.date | None
    owner: str | None = None


@dataclasses.dataclass(frozen=True)
class Content:
    """What is sent of a file: its pieces from byte `start` on, and what is said of the whole, None where nothing is.

    `md5` is in base64.
    """

    pieces: Iterator[bytes]
    start: int = 0
    length: int | None = None
    md5: str | None = None


@dataclasses.dataclass(frozen=True)
class Estimate:
    """What the provider itself expects a job to cost, and whether it would take it.

    `usd` is None where it cannot say, `why` then says for what reason.
    """

    usd: float | None
    allowed: bool = True
    why: str = ""


@dataclasses.dataclass(frozen=True)
class FileFault:
    """What a provider minds about a file: the physical line, from 1, where it names one, and its words."""

    line: int | None
    message: str


@dataclasses.dataclass(frozen=True)
class RemoteBatch:
    """A batch of requests as the endpoint describes it.

    Args:
        id: its id there.
        status: the provider's own word, to be shown.
        state: what that word means.
        url: the route that its requests go to.
        input_file: the id of the file of requests.
        output_file: the id of the file of answers, once there is one.
        error_file: the id of the file of errors, likewise.
        key: the key that `Batches.create` has left on it; None where it bears none.
        created_at: Unix seconds, 0 where unknown.
        total: requests in it.
        completed: requests that were answered.
        failed: requests that were answered by an error.
        faults: what the provider minds about the file of requests, one sentence each.
    """

    id: str
    status: str
    state: BatchState
    url: str
    input_file: str | None
    output_file: str | None = None
    error_file: str | None = None
    key: str | None = None
    created_at: int = 0
    total: int = 0
    completed: int = 0
    failed: int = 0
    faults: tuple[str, ...] = ()

    @property
    def ended_badly(self) -> bool:
        """Whether the batch has ended before all its requests were answered."""
        return self.state in ("failed", "expired", "cancelled")

    @property
    def ended(self) -> bool:
        """Whether the batch will not change any more."""
        return self.state == "completed" or self.ended_badly
