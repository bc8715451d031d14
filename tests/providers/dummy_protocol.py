"""A job protocol unlike OpenAI's, in memory: no metadata, no uploads, states and lists of its own.

It shows how little an implementation of `Provider` has to be, and is the far end for tests of what stands above it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from tuneset.profile import EndpointProfile
from tuneset.providers.call_fault import CallFault
from tuneset.providers.jobs.wanted_job import WantedJob
from tuneset.providers.provider import Capabilities, NewFile, Page
from tuneset.providers.records import (
    Action,
    Checkpoint,
    Content,
    Estimate,
    JobState,
    RemoteEvent,
    RemoteFile,
    RemoteJob,
    RemoteModel,
    RemoteUpload,
)

RESULT = b"step,train_loss\n1,1.5\n"
MEANINGS: dict[str, JobState] = {"PENDING": "waiting", "COMPLETED": "succeeded", "USER_ERROR": "failed"}


@dataclasses.dataclass
class World:
    """What lies at the endpoint, and what befalls the next creations of jobs: told after (True) or before acting."""

    keeps_suffix: bool = True
    last_word: str = "COMPLETED"
    contents: dict[str, bytes] = dataclasses.field(default_factory=dict)
    names: dict[str, str] = dataclasses.field(default_factory=dict)
    jobs: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    estimate: Estimate | None = None
    lost: list[bool] = dataclasses.field(default_factory=list)
    numbers: Iterator[int] = dataclasses.field(default_factory=lambda: itertools.count(1))


class DummyFiles:
    """Files by number."""

    def __init__(self, world: World) -> None:
        self._world = world

    def create(self, new: NewFile, content: BinaryIO, *, idempotency_key: str) -> RemoteFile:
        file_id = f"f{next(self._world.numbers)}"
        self._world.contents[file_id], self._world.names[file_id] = content.read(), new.name
        return self.get(file_id)

    def import_from(self, name: str, purpose: str, url: str) -> RemoteFile:
        raise NotImplementedError

    def get(self, file_id: str) -> RemoteFile:
        content = self._known(file_id)
        return RemoteFile(file_id, self._world.names[file_id], "", "PENDING", len(content), None, None)

    def list(self, purpose: str | None, after: str | None) -> Page[RemoteFile]:
        return Page(tuple(self.get(file_id) for file_id in self._world.contents), more=False)

    def delete(self, file_id: str) -> bool:
        self._known(file_id)
        del self._world.contents[file_id]
        return True

    @contextlib.contextmanager
    def content(self, file_id: str, start: int = 0) -> Iterator[Content]:
        yield Content(iter([self._known(file_id)]))

    def _known(self, file_id: str) -> bytes:
        if file_id not in self._world.contents:
            raise CallFault("not_found", "has no such file", passing=False, acted=False)
        return self._world.contents[file_id]


class DummyUploads:
    """There are none, as the capabilities say."""

    def begin(self, new: NewFile) -> RemoteUpload:
        raise NotImplementedError

    def send_part(self, upload_id: str, name: str, content: BinaryIO, *, number: int) -> str:
        raise NotImplementedError

    def complete(self, upload_id: str, part_ids: list[str], md5: str) -> RemoteFile:
        raise NotImplementedError

    def cancel(self, upload_id: str) -> None:
        raise NotImplementedError


class DummyJobs:
    """Jobs that end at the second look; found again by their suffix, or not at all."""

    def __init__(self, world: World) -> None:
        self._world = world

    def create(self, wanted: WantedJob, key: str, attempt: int) -> RemoteJob:
        lost = self._world.lost.pop(0) if self._world.lost else None
        if lost is False:
            raise CallFault("connection_failed", "cannot be reached", passing=True, acted=False)
        job_id = f"j{next(self._world.numbers)}"
        suffix = f"{key}-{attempt}" if self._world.keeps_suffix else ""
        self._world.jobs[job_id] = {"word": "PENDING", "suffix": suffix, "file": wanted.train_id, "looks": 0}
        if lost:
            raise CallFault("timeout", "did not answer in time", passing=True, acted=True)
        return self._job(job_id)

    def estimate(self, wanted: WantedJob) -> Estimate | None:
        return self._world.estimate

    def find_job(self, key: str, after: str | None) -> Page[RemoteJob] | None:
        return self.list(after, None) if self._world.keeps_suffix else None

    def get(self, job_id: str) -> RemoteJob:
        if job_id not in self._world.jobs:
            raise CallFault("not_found", "has no such job", passing=False, acted=False)
        job = self._world.jobs[job_id]
        job["looks"] += 1
        if job["looks"] == 2:
            job["word"] = self._world.last_word
        return self._job(job_id)

    def list(self, after: str | None, most: int | None) -> Page[RemoteJob]:
        return Page(tuple(self._job(job_id) for job_id in self._world.jobs), more=False)

    def act(self, job_id: str, action: Action) -> RemoteJob:
        raise CallFault("not_supported", "does not do that", passing=False, acted=False)

    def events(self, job_id: str, after: str | None) -> Page[RemoteEvent]:
        return Page((), more=False)

    def checkpoints(self, job_id: str, after: str | None) -> Page[Checkpoint]:
        return Page((), more=False)

    def _job(self, job_id: str) -> RemoteJob:
        job = self._world.jobs[job_id]
        key, _, attempt = job["suffix"].partition("-")
        word, ended = job["word"], job["word"] == "COMPLETED"
        if ended and "result" not in self._world.contents:
            self._world.contents["result"], self._world.names["result"] = RESULT, "metrics.csv"
        return RemoteJob(
            id=job_id,
            status=word,
            state=MEANINGS[word],
            run_key=key or None,
            attempt=int(attempt or 1),
            training_file=job["file"],
            fine_tuned_model=f"model-of-{job_id}" if ended else None,
            result_files=("result",) if ended else (),
        )


NOTHING_MORE = Capabilities(parts=None, expires_after=False, pause=False, checkpoints=False)


@dataclasses.dataclass(frozen=True)
class DummyProvider:
    """Implements `Provider`."""

    files: DummyFiles
    uploads: DummyUploads
    jobs: DummyJobs
    capabilities: Capabilities = NOTHING_MORE
    batches: None = None
    account: tuple[str, ...] = ()

    def models(self) -> tuple[RemoteModel, ...] | None:
        return None

    def close(self) -> None:
        """Nothing is open."""


def connect_to(world: World) -> Callable[..., DummyProvider]:
    """What a protocol's `connect` is, for one world."""

    def connect(facts: EndpointProfile, address: str, key: str | None, **_: object) -> DummyProvider:
        return DummyProvider(DummyFiles(world), DummyUploads(), DummyJobs(world))

    return connect


WORLD = World()
"""For tests that register this protocol by its place."""


def connect(facts: EndpointProfile, address: str, key: str | None, **options: object) -> DummyProvider:
    """`tests.providers.dummy_protocol:connect`, as a line of the registry names it."""
    return connect_to(WORLD)(facts, address, key, **options)
