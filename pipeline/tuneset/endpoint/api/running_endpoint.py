"""The running endpoint behind a request: its state as the request's project has it, its worker and its profile."""

from __future__ import annotations

import dataclasses

from starlette.requests import Request

from tuneset.endpoint.batches.batch_runner import BatchRunner
from tuneset.endpoint.fair_turns import FairTurns
from tuneset.endpoint.inference.local_models import LocalModels
from tuneset.endpoint.inference.upstream import Upstream
from tuneset.endpoint.jobs.job_worker import Worker
from tuneset.endpoint.retrieval.indexer import Indexer
from tuneset.endpoint.retrieval.reader import ProjectReaders
from tuneset.endpoint.state.expiry import remove_expired
from tuneset.endpoint.state.state_folder import State
from tuneset.profile import Profile

LARGE_CHECKS = 4
"""Such checks at a time, each in a process that takes a processor and a thread of those that requests share."""


@dataclasses.dataclass(frozen=True)
class RunningEndpoint:
    """What a running endpoint consists of.

    `readers` read files for requests; the indexer has one of its own. `disk_limit` is how many bytes the files of a
    project may have. `large_checks` are turns of those who ask what a job with large files would fail with.
    """

    state: State
    worker: Worker
    profile: Profile
    local_models: LocalModels
    upstream: Upstream | None
    batches: BatchRunner
    indexer: Indexer
    readers: ProjectReaders
    disk_limit: int | None = None
    large_checks: FairTurns = dataclasses.field(default_factory=lambda: FairTurns(LARGE_CHECKS))


def endpoint_of(request: Request) -> RunningEndpoint:
    """The endpoint that a request came to, without what has expired by now, and with its project's objects alone."""
    endpoint = request.app.state.endpoint
    assert isinstance(endpoint, RunningEndpoint)
    remove_expired(endpoint.state)
    return dataclasses.replace(endpoint, state=endpoint.state.within(request.state.project))
