"""What a person decides of requests whose outcome is unknown: that a job is theirs, or that nothing was made.

Nothing is created, cancelled or guessed here; only receipts change.
"""

from __future__ import annotations

from pathlib import Path

from tuneset.errors import RemoteError, UsageError
from tuneset.providers import receipts
from tuneset.providers.endpoint import Endpoint
from tuneset.providers.jobs import intents
from tuneset.providers.jobs.intents import Intent
from tuneset.providers.jobs.job_search import fitting
from tuneset.providers.jobs.jobs import get_job
from tuneset.providers.records import RemoteJob


def open_requests(endpoint: Endpoint, folder: Path) -> list[Intent]:
    """Requests at the endpoint whose outcome is unknown, one for each wanted job, the newest first."""
    newest: dict[str, Intent] = {}
    for intent in intents.open_ones(folder, endpoint.identity):
        newest.setdefault(intent.key, intent)
    return list(newest.values())


def fitting_jobs(endpoint: Endpoint, folder: Path, intent: Intent) -> list[RemoteJob]:
    """Jobs that the request may have made, the best first; none where the endpoint cannot be asked."""
    claimed = {str(receipt["job_id"]) for receipt in receipts.all_of(folder, "job")}
    every = intents.open_ones(folder, endpoint.identity, intent.key)
    try:
        return fitting(endpoint, every, claimed, exact=False)[0]
    except RemoteError:
        return []


def choose(endpoint: Endpoint, folder: Path, run: str | None) -> Intent:
    """The one open request, or the one whose run key begins so. Raises UsageError where that is none or several."""
    found = [one for one in open_requests(endpoint, folder) if one.key.startswith(run or "")]
    if len(found) == 1:
        return found[0]
    if not found:
        raise UsageError(f"no request of this project at `{endpoint.identity}` is open")
    keys = ", ".join(one.key[:8] for one in found)
    raise UsageError(f"{len(found)} requests are open: {keys}", hint="name one by --run")


def settle(endpoint: Endpoint, folder: Path, intent: Intent, job_id: str | None) -> RemoteJob | None:
    """Write down that the request has made that job, or, where it is None, that it has made nothing.

    Raises RemoteError `not_found` where there is no such job, UsageError where it trains another file.
    """
    job = None
    with receipts.locked(folder):
        if job_id is not None:
            job = get_job(endpoint, job_id)
            if job.training_file not in (None, intent.training_file):
                raise UsageError(
                    f"job {job_id} trains {job.training_file}, the request was about {intent.training_file}",
                    hint="name another job, or none",
                )
            content = {"endpoint": endpoint.identity, "job_id": job_id, "attempt": intent.attempt}
            receipts.write(folder, "job", intent.key, content)
        intents.remove(folder, intent.key)
    return job
