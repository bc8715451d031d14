"""What a person does with jobs one by one: list them, cancel, pause and resume them.

Creating a job, which costs money, is the business of `jobs.py`; these calls may be made twice without harm.
"""

from __future__ import annotations

import itertools

from tuneset.errors import RemoteError
from tuneset.providers.calls import CANNOT_LOOK, pages, read
from tuneset.providers.endpoint import Endpoint
from tuneset.providers.jobs.jobs import get_job
from tuneset.providers.records import Action, JobState, RemoteJob

_REACHED: dict[Action, frozenset[JobState]] = {
    "cancel": frozenset({"cancelled"}),
    "pause": frozenset({"paused"}),
    "resume": frozenset({"waiting", "running"}),
}
"""States in which an action is done, where none is under way."""


def list_jobs(endpoint: Endpoint, most: int | None = None) -> list[RemoteJob]:
    """The endpoint's jobs, the newest first where it keeps that order; all, or the first `most`. Raises RemoteError."""
    listed = pages(endpoint, "listing jobs", lambda provider, after: provider.jobs.list(after, most))
    return list(itertools.islice(listed, most))


def act(endpoint: Endpoint, job_id: str, action: Action) -> RemoteJob:
    """Cancel, pause or resume a job; give it as it is then.

    An answer that was lost is no trouble: where the job is already in the state asked for, that is a success. Raises
    RemoteError; `job_ended` where the job has ended before, `not_supported` where the endpoint cannot pause.
    """
    if action != "cancel" and not endpoint.provider.capabilities.pause:
        raise _not_offered(endpoint, action)
    what = f"{action.removesuffix('e')}ing job {job_id}" if action != "cancel" else f"cancelling job {job_id}"
    try:
        return read(endpoint, what, lambda provider: provider.jobs.act(job_id, action))
    except RemoteError as error:
        if error.code not in {"bad_request", "conflict", *CANNOT_LOOK}:
            raise
        refusal = error
    job = get_job(endpoint, job_id)  # not_found is said of the job here, and not of the action
    if action == job.under_way or (job.under_way is None and job.state in _REACHED[action]):
        return job
    if job.ended:
        raise RemoteError(f"job {job_id} has ended before: {job.status}", code="job_ended")
    if refusal.code in CANNOT_LOOK:
        raise _not_offered(endpoint, action)
    raise refusal


def _not_offered(endpoint: Endpoint, action: Action) -> RemoteError:
    return RemoteError(
        f"{endpoint.profile.title} cannot {action} a job",
        code="not_supported",
        hint="cancel it with `tuneset jobs cancel ID`, or let it run",
    )
