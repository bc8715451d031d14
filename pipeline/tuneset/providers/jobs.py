"""Fine-tuning jobs: created once for each request, and found again after an interruption.

A wanted job is named by its run key, which the job bears at the endpoint wherever the protocol has a place for it;
so a job whose answer was lost is found again, and a rerun adopts it. A job that ended badly is reported once and then
replaced by the next attempt. Following a job to its end is the business of `follow.py`.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tuneset.errors import RemoteError, UsageError
from tuneset.params import TuneParams
from tuneset.providers import receipts
from tuneset.providers.call_fault import CallFault
from tuneset.providers.calls import CANNOT_LOOK, create, pages, read
from tuneset.providers.endpoint import Endpoint
from tuneset.providers.provider import Page, Provider, RemoteJob
from tuneset.providers.wanted_job import WantedJob


def check_model(endpoint: Endpoint, params: TuneParams, today: dt.date) -> None:
    """Refuse a model that the endpoint's profile does not offer for the method, or no longer.

    A profile without models knows nothing and refuses nothing. Raises UsageError.
    """
    profile = endpoint.profile
    if not profile.models:
        return
    model = profile.model(params.model)
    if model is None:
        raise UsageError(
            f"tune.model {params.model}: {profile.title} does not train it", allowed=", ".join(sorted(profile.models))
        )
    if params.method not in model.methods:
        raise UsageError(
            f"tune.method {params.method}: {profile.title} does not offer it for {params.model}",
            allowed=", ".join(model.methods),
        )
    most = profile.limit("suffix_characters")
    if params.suffix and most and len(params.suffix) > most:
        raise UsageError(
            f"tune.suffix: has {len(params.suffix)} characters", allowed=f"{most:.0f} characters at {profile.title}"
        )
    if model.shutdown is not None and model.shutdown <= today:
        alive = [name for name, other in profile.models.items() if other.shutdown is None or other.shutdown > today]
        raise UsageError(
            f"tune.model {params.model}: {profile.title} shut it down on {model.shutdown}",
            allowed=", ".join(sorted(alive)) or "none at this endpoint; see endpoint.profile",
        )


def ensure_job(
    endpoint: Endpoint,
    wanted: WantedJob,
    *,
    receipts_folder: Path,
    permit: Callable[[], None] = lambda: None,
    say: Callable[[str], None] = lambda _: None,
) -> RemoteJob:
    """Find the wanted job, or create it exactly once.

    A job that runs or has succeeded is adopted. One that ended badly is returned as it is if no earlier run has
    reported that; otherwise the next attempt is created, once `permit` has not raised. Raises UsageError for a
    reinforcement job without a grader, RemoteError `job_unknown` where a paid endpoint does not know the job
    of our receipt.
    """
    key = wanted.run_key(endpoint.identity)
    with receipts.locked(receipts_folder):
        known = receipts.read(receipts_folder, "job", key)
        told = {receipt["job_id"] for receipt in receipts.read(receipts_folder, "ended", key)}
        ours = {receipt["job_id"] for receipt in known}
        jobs = _known_jobs(endpoint, key, known)
        open_job = _open_job(jobs, ours - told)
        if open_job is not None:
            job = open_job
            say(f"job {job.id} is there already ({job.status}); going on with it")
        else:
            permit()
            attempt = 1 + max([receipt["attempt"] for receipt in known] + [job.attempt for job in jobs], default=0)
            job, sent = create(
                endpoint,
                f"creating a job with {wanted.params.model}",
                send=_sender(wanted, key, attempt),
                look=_looker(endpoint, wanted, key, attempt),
                settle=lambda sent: _settled(endpoint, key, sent),
            )
            say(f"job {job.id} " + ("created" if sent else "was found there; going on with it"))
        if job.id not in ours:
            content = {"endpoint": endpoint.identity, "job_id": job.id, "attempt": job.attempt}
            receipts.write(receipts_folder, "job", key, content)
    return job


def get_job(endpoint: Endpoint, job_id: str) -> RemoteJob:
    """What the endpoint says of a job. Raises RemoteError, `not_found` where there is none."""
    return read(endpoint, f"looking up job {job_id}", lambda provider: provider.jobs.get(job_id))


def _known_jobs(endpoint: Endpoint, key: str, known: list[dict[str, Any]]) -> list[RemoteJob]:
    """All jobs of this run key: those of our receipts, then others that the server lists."""
    jobs = []
    for receipt in known:
        try:
            jobs.append(dataclasses.replace(get_job(endpoint, receipt["job_id"]), attempt=receipt["attempt"]))
        except RemoteError as error:
            if error.code not in CANNOT_LOOK:
                raise
            if endpoint.profile.endpoint.paid:
                raise RemoteError(
                    f"our receipt names job {receipt['job_id']}, which {endpoint.base_url} does not know",
                    code="job_unknown",
                    hint="use the key of the project that holds it; or remove the receipts "
                    f"`job-{key}-*.json` to pay for a new job",
                ) from None
    return jobs + [job for job in _find_all(endpoint, key) if job.id not in {known.id for known in jobs}]


def _open_job(jobs: list[RemoteJob], untold: set[str]) -> RemoteJob | None:
    """The job to go on with: one that has not ended badly, else one whose bad end nobody was told of."""
    going = [job for job in jobs if not job.ended_badly]
    unheard = [job for job in jobs if job.id in untold]
    return max(going or unheard, key=lambda job: (job.state == "succeeded", job.attempt), default=None)


def _find_all(endpoint: Endpoint, key: str) -> list[RemoteJob]:
    """The jobs with that run key, the oldest first; none where the endpoint lists no jobs."""
    try:
        found = [job for job in _listed(endpoint, key) if job.run_key == key]
    except RemoteError as error:
        if error.code not in CANNOT_LOOK:
            raise
        return []
    return sorted(found, key=_age)


def _settled(endpoint: Endpoint, key: str, sent: RemoteJob) -> RemoteJob:
    """The oldest of the jobs that attempts in doubt have left; the others, which only cost money, are cancelled."""
    same = [job for job in _find_all(endpoint, key) if job.attempt == sent.attempt and not job.ended_badly]
    oldest, *surplus = same or [sent]
    for job in surplus:
        what = f"cancelling job {job.id}, which was created twice"
        read(endpoint, what, lambda provider, job_id=job.id: provider.jobs.act(job_id, "cancel"))  # type: ignore[misc]
    return oldest


def _looker(endpoint: Endpoint, wanted: WantedJob, key: str, attempt: int) -> Callable[[], RemoteJob | None]:
    """How `create` looks for the job of this attempt.

    It is known by its run key. Where an endpoint keeps none, a job that trains our file and was not there at the
    first look is ours too.
    """
    before: set[str] = set()
    looked = False

    def look() -> RemoteJob | None:
        nonlocal looked
        listed = list(_listed(endpoint, key))
        found = [job for job in listed if job.run_key == key and job.attempt == attempt]
        if looked:
            plain = [job for job in listed if job.id not in before and job.run_key is None]
            found += [job for job in plain if job.training_file == wanted.train_id]
        else:
            before.update(job.id for job in listed)
            looked = True
        return dataclasses.replace(min(found, key=_age), attempt=attempt) if found else None

    return look


def _listed(endpoint: Endpoint, key: str) -> Iterator[RemoteJob]:
    """Jobs of the endpoint, those of the run key among them."""

    def get(provider: Provider, after: str | None) -> Page[RemoteJob]:
        page = provider.jobs.find_job(key, after)
        if page is None:
            found = "keeps nothing by which a job could be found again"
            raise CallFault("not_supported", found, passing=False, acted=False)
        return page

    return pages(endpoint, "listing jobs", get)


def _age(job: RemoteJob) -> tuple[int, int, str]:
    """Sorts the oldest first."""
    return job.attempt, job.created_at, job.id


def _sender(wanted: WantedJob, key: str, attempt: int) -> Callable[[Provider], RemoteJob]:
    def send(provider: Provider) -> RemoteJob:
        return dataclasses.replace(provider.jobs.create(wanted, key, attempt), attempt=attempt)

    return send
