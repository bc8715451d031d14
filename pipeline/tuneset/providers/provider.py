"""What every job protocol offers: files, uploads in parts, jobs, batches, models.

A protocol is one implementation of `Provider`, registered in `protocols.py`, and answers by the records of
`records.py`. What stands above it (exactly once, receipts, following, spending, results) sees these and `CallFault`
alone. An implementation makes each call once: it never retries, waits or looks for what an earlier call has left.
"""

from __future__ import annotations

import dataclasses
from contextlib import AbstractContextManager
from typing import BinaryIO, Generic, Protocol, TypeVar, runtime_checkable

from tuneset.providers.files.file_purposes import Purpose
from tuneset.providers.files.local_file import FileHashes
from tuneset.providers.jobs.wanted_job import WantedJob
from tuneset.providers.records import (
    Action,
    Checkpoint,
    Content,
    Estimate,
    RemoteBatch,
    RemoteEvent,
    RemoteFile,
    RemoteJob,
    RemoteModel,
    RemoteUpload,
)


@dataclasses.dataclass(frozen=True)
class NewFile:
    """A file that is to be made: its name there, and the local content that it gets."""

    name: str
    mime_type: str
    purpose: Purpose
    hashes: FileHashes
    expires_after_s: int | None


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
