"""A job watched from its creation to its end, and what its end means.

Nothing is created or printed here: callers are told of events and states, and show them as they like.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tuneset.errors import RemoteError
from tuneset.providers import deadline, receipts
from tuneset.providers.endpoint import Endpoint
from tuneset.providers.jobs.job_events import EventReader
from tuneset.providers.jobs.jobs import get_job
from tuneset.providers.records import RemoteEvent, RemoteJob

SLOWEST_POLL = 4.0
"""While nothing happens, waits between two looks grow up to this many times the profile's `poll_s`."""


def follow(
    endpoint: Endpoint,
    job: RemoteJob,
    *,
    timeout_s: float,
    poll_s: float | None = None,
    on_event: Callable[[RemoteEvent], None] = lambda _: None,
    on_status: Callable[[RemoteJob], None] = lambda _: None,
    say: Callable[[str], None] = lambda _: None,
) -> RemoteJob:
    """Watch a job until it ends, giving each of its events once and in order; return it as it ended.

    It is followed by its state alone: events that cannot be read are told by `say` and done without. Raises
    RemoteError `timeout` after `timeout_s` seconds, also in the middle of an answer; the job goes on, and a rerun
    follows it further.
    """
    clock = endpoint.clock
    end = clock.monotonic() + timeout_s
    shortest = poll_s or endpoint.profile.endpoint.poll_s
    wait_s = shortest
    reader = EventReader(endpoint, job.id, say)
    while True:
        try:
            with deadline.within(max(0.0, end - clock.monotonic())):
                latest = get_job(endpoint, job.id)
                fresh = reader.fresh()  # after the state: whatever led to an end is among them
        except RemoteError as error:
            if clock.monotonic() < end:
                raise
            raise _still(job, timeout_s, f"; {error.message}") from None
        for event in fresh:
            on_event(event)
        on_status(latest)
        if latest.ended:
            return latest
        if clock.monotonic() >= end:
            raise _still(latest, timeout_s)
        wait_s = shortest if fresh or latest.status != job.status else min(wait_s * 1.5, shortest * SLOWEST_POLL)
        job = latest
        clock.sleep(max(0.0, min(wait_s, end - clock.monotonic())))


def _still(job: RemoteJob, timeout_s: float, why: str = "") -> RemoteError:
    return RemoteError(
        f"job {job.id} is still `{job.status}` after {timeout_s:.0f} s{why}",
        code="timeout",
        hint="the job goes on; run the same command again to follow it, or raise tune.timeout_s",
    )


def require_success(key: str | None, job: RemoteJob, receipts_folder: Path) -> None:
    """Raise RemoteError `job_failed` or `job_cancelled` with the server's own words for a job that ended badly.

    That the user was told is written down, so that the next run may make a new attempt; `key` is the run key of the
    job, None for one that is not ours.
    """
    if not job.ended_badly:
        return
    if key is not None:
        told = {"job_id": job.id, "attempt": job.attempt, "status": job.status}
        receipts.write(receipts_folder, "ended", key, told)
    error = job.error
    if job.state != "failed":
        raise RemoteError(
            f"job {job.id} was cancelled" + (f": {error.message}" if error.message else ""),
            code="job_cancelled",
            server_code=error.code,
            hint="run the same command again to create a new job",
        )
    place = f" (at {error.param})" if error.param else ""
    raise RemoteError(
        f"job {job.id} failed: {error.message or 'the server gives no reason'}{place}",
        code="job_failed",
        server_code=error.code,
        hint="correct what the server names; the next run creates one new job",
    )
