"""What a person does with jobs one by one: list them, cancel, pause and resume them.

Creating a job, which costs money, is the business of `remote/jobs.py`; these calls may be made twice without harm.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, Literal

import openai

from tuneset.errors import RemoteError
from tuneset.providers.calls import CANNOT_LOOK, pages, read
from tuneset.providers.endpoint import Endpoint
from tuneset.providers.failures import document
from tuneset.providers.jobs import PAGE, Job, get_job, parse_job

Action = Literal["cancel", "pause", "resume"]

_REACHED = {
    "cancel": frozenset({"cancelled", "canceled", "cancelling", "cancel_requested"}),
    "pause": frozenset({"paused", "pausing"}),
    "resume": frozenset({"queued", "running", "validating_files", "resuming"}),
}
"""States in which an action is done or under way, by the names that endpoints give them."""


def list_jobs(endpoint: Endpoint, most: int | None = None) -> list[Job]:
    """The endpoint's jobs, the newest first where it keeps that order; all, or the first `most`. Raises RemoteError."""

    def get(client: openai.OpenAI, after: str | None) -> Any:  # noqa: ANN401  a raw response
        limit = PAGE if most is None else min(most, PAGE)
        return client.fine_tuning.jobs.with_raw_response.list(after=after or openai.omit, limit=limit)

    return [parse_job(found) for found in itertools.islice(pages(endpoint, "listing jobs", get), most)]


def act(endpoint: Endpoint, job_id: str, action: Action) -> Job:
    """Cancel, pause or resume a job; give it as it is then.

    An answer that was lost is no trouble: where the job is already in the state asked for, that is a success. Raises
    RemoteError; `job_ended` where the job has ended before, `not_supported` where the endpoint cannot pause.
    """
    if action != "cancel" and "pause" not in endpoint.profile.endpoint.supports:
        raise _not_offered(endpoint, action)
    calls: dict[Action, Callable[[openai.OpenAI], Any]] = {
        "cancel": lambda client: client.fine_tuning.jobs.with_raw_response.cancel(job_id),
        "pause": lambda client: client.fine_tuning.jobs.with_raw_response.pause(job_id),
        "resume": lambda client: client.fine_tuning.jobs.with_raw_response.resume(job_id),
    }
    what = f"{action.removesuffix('e')}ing job {job_id}" if action != "cancel" else f"cancelling job {job_id}"
    try:
        return read(endpoint, what, lambda client: parse_job(document(calls[action](client).http_response)))
    except RemoteError as error:
        if error.code not in {"bad_request", "conflict", *CANNOT_LOOK}:
            raise
        refusal = error
    job = get_job(endpoint, job_id)  # not_found is said of the job here, and not of the action
    if job.status in _REACHED[action]:
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
