"""What every job protocol offers, in our own records: files, uploads in parts, jobs, batches, models.

A protocol is one implementation of `Provider`, registered in `protocols.py`. What stands above it (exactly once,
receipts, following, spending, results) sees these records and `CallFault` alone. An implementation makes each call
once: it never retries, waits or looks for what an earlier call has left.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, BinaryIO, Generic, Literal, Protocol, TypeVar, runtime_checkable

from tuneset.providers.files.file_purposes import Purpose
from tuneset.providers.files.local_file import FileHashes
from tuneset.providers.jobs.wanted_job import WantedJob

JobState = Literal["waiting", "running", "paused", "succeeded", "failed", "cancelled"]
"""Closed: an implementation says which of them each word of its provider means; an unknown word is `waiting`."""
FileState = Literal["processing", "ready", "refused"]
"""Closed likewise: an unknown word is `processing`, an absent one `ready`."""
Action = Literal["cancel", "pause", "resume"]
BatchState = Literal["waiting", "running", "completed", "failed", "expired", "cancelled"]
"""Closed likewise: an unknown word is `waiting`."""


@dataclasses.dataclass(frozen=True)
class NewFile:
    """A file that is to be made: its name there, and the local content that it gets."""

    name: str
    mime_type: str
    purpose: Purpose
    hashes: FileHashes
    expires_after_s: int | None


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


class HasId(Protocol):
    """What a list holds."""

    @property
    def id(self) -> str:
        """The id, which is the cursor of the page after it."""


T_co = TypeVar("T_co", bound=HasId, covariant=True)


@dataclasses.dataclass(frozen=True)
class Page(Generic[T_co]):
    """A part of a list, and whether the endpoint says that there is more."""

    items: tuple[T_co, ...]
    more: bool


@dataclasses.dataclass(frozen=True)
class PartLimits:
    """Uploads in parts: the purposes that they are for, the largest part, and how long an upload lives, in seconds."""

    purposes: frozenset[str]
    part_bytes: int
    lifetime_s: int


@dataclasses.dataclass(frozen=True)
class Capabilities:
    """What an endpoint offers of that which not every one does. `parts` is None where all files are sent whole.

    `import_by_url` means that it fetches a file by itself from an address, `estimates` that it says beforehand what a
    job of files that are there would cost.
    """

    parts: PartLimits | None
    expires_after: bool
    pause: bool
    checkpoints: bool
    import_by_url: bool = False
    estimates: bool = False


class Files(Protocol):
    """Files, whole. Every method raises CallFault."""

    def create(self, new: NewFile, content: BinaryIO, *, idempotency_key: str) -> RemoteFile:
        """Send a file. Raises ExpiryUnknown, and makes nothing, where the endpoint does not know that files expire."""

    def import_from(self, name: str, purpose: Purpose, url: str) -> RemoteFile:
        """Have a file fetched from an address; asked only where `capabilities.import_by_url` says so."""

    def get(self, file_id: str) -> RemoteFile:
        """Describe a file."""

    def list(self, purpose: str | None, after: str | None) -> Page[RemoteFile]:
        """A page of the files, the newest first where the endpoint keeps that order; `after` is the last id so far."""

    def delete(self, file_id: str) -> bool:
        """Delete a file; whether the endpoint says that it did."""

    def content(self, file_id: str, start: int = 0) -> AbstractContextManager[Content]:
        """The content as it is kept there, for as long as the block lasts.

        It is asked for from byte `start` on; one that does not offer that gives it from the first.
        """


class Uploads(Protocol):
    """Files in parts. Every method raises CallFault."""

    def begin(self, new: NewFile) -> RemoteUpload:
        """Begin an upload."""

    def send_part(self, upload_id: str, name: str, content: BinaryIO, *, number: int) -> str:
        """Send a part by its number, from 1; give its id."""

    def complete(self, upload_id: str, part_ids: list[str], md5: str) -> RemoteFile:
        """Make a file of the parts, in that order."""

    def cancel(self, upload_id: str) -> None:
        """Give an upload up."""


class Jobs(Protocol):
    """Fine-tuning jobs. Every method raises CallFault."""

    def create(self, wanted: WantedJob, key: str, attempt: int) -> RemoteJob:
        """Create a job that bears the run key and the attempt wherever the protocol has a place for them."""

    def estimate(self, wanted: WantedJob) -> Estimate | None:
        """What the provider itself expects a job to cost; None where it says that of none. Makes nothing."""

    def find_job(self, key: str, after: str | None) -> Page[RemoteJob] | None:
        """A page of a list in which the jobs of that run key are, if there are any; others may be in it.

        By metadata, by a suffix, or by whatever else the protocol keeps of what `create` was given. None where it
        keeps nothing and lists nothing: then receipts alone know a job, and after an answer that was lost nothing is
        sent again.
        """

    def get(self, job_id: str) -> RemoteJob:
        """Describe a job."""

    def list(self, after: str | None, most: int | None) -> Page[RemoteJob]:
        """A page of all jobs, the newest first where the endpoint keeps that order, of at most so many."""

    def act(self, job_id: str, action: Action) -> RemoteJob:
        """Cancel, pause or resume a job."""

    def events(self, job_id: str, after: str | None) -> Page[RemoteEvent]:
        """A page of a job's events, in the endpoint's own order."""

    def checkpoints(self, job_id: str, after: str | None) -> Page[Checkpoint]:
        """A page of a job's checkpoints."""


class Batches(Protocol):
    """Batches of requests. Every method raises CallFault."""

    def create(self, input_file: str, url: str, key: str, attempt: int) -> RemoteBatch:
        """Create a batch of a file's requests, all to one route, that bears the key and the attempt."""

    def get(self, batch_id: str) -> RemoteBatch:
        """Describe a batch."""

    def list(self, after: str | None) -> Page[RemoteBatch]:
        """A page of all batches, the newest first where the endpoint keeps that order."""

    def cancel(self, batch_id: str) -> None:
        """Cancel a batch."""


class Provider(Protocol):
    """One endpoint through its protocol."""

    @property
    def files(self) -> Files:
        """Files, whole; results are among them."""

    @property
    def uploads(self) -> Uploads:
        """Files in parts; asked only where `capabilities.parts` says so."""

    @property
    def jobs(self) -> Jobs:
        """Fine-tuning jobs."""

    @property
    def batches(self) -> Batches | None:
        """Batches of requests; None where the protocol here has none."""

    @property
    def capabilities(self) -> Capabilities:
        """What this endpoint offers."""

    @property
    def account(self) -> tuple[str, ...]:
        """What else than the address tells whose files and jobs these are, such as a project; no key."""

    def models(self) -> tuple[RemoteModel, ...] | None:
        """The models that the endpoint lists, None where its answer holds no list. Raises CallFault."""

    def close(self) -> None:
        """Close its connections."""


@dataclasses.dataclass(frozen=True)
class PreviewRow:
    """A line as the provider tokenizes it: its token ids, and the spans of those that are trained, ends excluded."""

    token_ids: tuple[int, ...]
    trained: tuple[tuple[int, int], ...]
    truncated: bool = False


@runtime_checkable
class Previews(Protocol):
    """What a provider offers beside `Provider`, where it shows how it would tokenize and mask a file that is there."""

    def preview(self, model: str, file_id: str) -> tuple[PreviewRow, ...]:
        """The first lines of a training file for a supervised job, in their order. Raises CallFault."""


@dataclasses.dataclass(frozen=True)
class ChatQuestion:
    """What a model is asked: the messages, and what of a body says which tools there are.

    An answer has at most `max_tokens` tokens. Without `temperature` and `seed` the endpoint's own hold;
    `response_format` says what form an answer has.
    """

    model: str
    messages: tuple[Mapping[str, Any], ...]
    tools: Mapping[str, Any]
    seed: int | None
    max_tokens: int
    temperature: float | None = 0
    response_format: Mapping[str, Any] | None = None

    def body(self) -> dict[str, Any]:
        """The question as the body of a request for a chat completion."""
        sent: dict[str, Any] = {"model": self.model, "messages": list(self.messages)}
        settings = {"temperature": self.temperature, "seed": self.seed, "response_format": self.response_format}
        sent |= {name: value for name, value in settings.items() if value is not None}
        return {**sent, "max_completion_tokens": self.max_tokens, **self.tools}


@dataclasses.dataclass(frozen=True)
class ChatAnswer:
    """What a model said: its text, its calls of tools, and the tokens of both sides, None where they are not told.

    Args:
        cut_off: it ended at the limit of its tokens.
        filtered: the endpoint kept some of it back for what it says.
        declined: the model said in the place for it that it will not answer.
        reasoning: what it thought before it spoke, where that is told.
        model: how the endpoint calls the model that spoke.
    """

    text: str
    tool_calls: tuple[Any, ...]
    prompt_tokens: int | None
    answer_tokens: int | None
    cut_off: bool = False
    filtered: bool = False
    declined: bool = False
    reasoning: str = ""
    model: str = ""


@runtime_checkable
class Chat(Protocol):
    """What a provider offers beside `Provider`, where its models can be asked at the same address by the same key."""

    def ask(self, question: ChatQuestion) -> ChatAnswer:
        """The model's answer. Raises CallFault."""

    def logprobs_of(self, question: ChatQuestion, answer: str) -> tuple[float | None, ...] | None:
        """Of each token of prompt and answer the logarithm of its probability; None where that is not told.

        Raises CallFault.
        """
