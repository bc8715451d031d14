"""Fine-tuning jobs: created once for each request, and found again after an interruption.

A request is named by its run key, which the job carries in its metadata; so a job whose answer was lost is found
again, and a rerun adopts it. A job that ended badly is reported once and then replaced by the next attempt.
Following a job to its end is the business of `remote/follow.py`.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openai

from tuneset.errors import RemoteError, UsageError
from tuneset.params import TuneParams
from tuneset.providers import receipts
from tuneset.providers.calls import CANNOT_LOOK, create, pages, read
from tuneset.providers.endpoint import Endpoint
from tuneset.providers.failures import document, field, one_line
from tuneset.providers.job_request import ATTEMPT, RUN, Request

SUCCEEDED = "succeeded"
ENDED_BADLY = frozenset({"failed", "cancelled", "canceled"})
"""Every other state, known or not, is waited on: providers have states of their own, such as `paused`."""
PAGE = 100
"""Jobs asked for at once; the specification names a default of 20 and no maximum (2026-08-21)."""


@dataclasses.dataclass(frozen=True)
class Job:
    """A job as the endpoint describes it; `document` is its whole answer, with fields of the provider's own."""

    id: str
    status: str
    attempt: int
    document: dict[str, Any]

    @property
    def ended_badly(self) -> bool:
        """Whether the job has ended without a model."""
        return self.status in ENDED_BADLY

    @property
    def ended(self) -> bool:
        """Whether the job will not change any more."""
        return self.status == SUCCEEDED or self.ended_badly


def check_spending(endpoint: Endpoint, limit_usd: float | None, estimate_usd: float | None) -> None:
    """Refuse to spend more than the user allows; endpoints that cost nothing pass.

    Raises UsageError where `endpoint.spend_limit_usd` or the estimate is missing, or the estimate is above it.
    """
    if not endpoint.profile.endpoint.paid:
        return
    title = endpoint.profile.title
    if limit_usd is None:
        raise UsageError(
            f"endpoint.spend_limit_usd is not set, and a job at {title} costs money",
            hint="set it in params.yaml to the most that this job may cost, in US dollars",
        )
    if estimate_usd is None:
        raise UsageError(
            f"the cost of this job at {title} is not known",
            hint="run the tokenize and report stages first; the estimate needs a model with a known price",
        )
    if estimate_usd > limit_usd:
        raise UsageError(
            f"this job is estimated at {estimate_usd:.2f} USD, endpoint.spend_limit_usd is {limit_usd:.2f}",
            hint="raise the limit, or train on fewer tokens or epochs",
        )


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
    request: Request,
    *,
    receipts_folder: Path,
    permit: Callable[[], None] = lambda: None,
    say: Callable[[str], None] = lambda _: None,
) -> Job:
    """Find the job of this request, or create it exactly once.

    A job that runs or has succeeded is adopted. One that ended badly is returned as it is if no earlier run has
    reported that; otherwise the next attempt is created, once `permit` has not raised. Raises UsageError for a
    reinforcement job without a grader, RemoteError `job_unknown` where a paid endpoint does not know the job
    of our receipt.
    """
    key = request.run_key(endpoint)
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
                f"creating a job with {request.params.model}",
                send=_sender(endpoint, request, attempt),
                look=_looker(endpoint, request, key, attempt),
                settle=lambda sent: _settled(endpoint, key, sent),
            )
            say(f"job {job.id} " + ("created" if sent else "was found there; going on with it"))
        if job.id not in ours:
            content = {"endpoint": endpoint.identity, "job_id": job.id, "attempt": job.attempt}
            receipts.write(receipts_folder, "job", key, content)
    return job


def get_job(endpoint: Endpoint, job_id: str) -> Job:
    """What the endpoint says of a job. Raises RemoteError, `not_found` where there is none."""
    what = f"looking up job {job_id}"
    return read(
        endpoint,
        what,
        lambda c: parse_job(document(c.fine_tuning.jobs.with_raw_response.retrieve(job_id).http_response)),
    )


def _known_jobs(endpoint: Endpoint, key: str, known: list[dict[str, Any]]) -> list[Job]:
    """All jobs of this request: those of our receipts, then others that the server lists."""
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


def _open_job(jobs: list[Job], untold: set[str]) -> Job | None:
    """The job to go on with: one that has not ended badly, else one whose bad end nobody was told of."""
    going = [job for job in jobs if not job.ended_badly]
    unheard = [job for job in jobs if job.id in untold]
    return max(going or unheard, key=lambda job: (job.status == SUCCEEDED, job.attempt), default=None)


def _find_all(endpoint: Endpoint, key: str) -> list[Job]:
    """The jobs with that run key, the oldest first; none where the endpoint lists no jobs."""
    try:
        found = [parse_job(item) for item in _listed(endpoint, key) if _metadata(item).get(RUN) == key]
    except RemoteError as error:
        if error.code not in CANNOT_LOOK:
            raise
        return []
    return sorted(found, key=_age)


def _settled(endpoint: Endpoint, key: str, sent: Job) -> Job:
    """The oldest of the jobs that attempts in doubt have left; the others, which only cost money, are cancelled."""
    same = [job for job in _find_all(endpoint, key) if job.attempt == sent.attempt and not job.ended_badly]
    oldest, *surplus = same or [sent]
    for job in surplus:
        what = f"cancelling job {job.id}, which was created twice"
        read(endpoint, what, lambda client, job_id=job.id: client.fine_tuning.jobs.with_raw_response.cancel(job_id))  # type: ignore[misc]
    return oldest


def _looker(endpoint: Endpoint, request: Request, key: str, attempt: int) -> Callable[[], Job | None]:
    """How `create` looks for the job of this attempt.

    It is known by its metadata. Where an endpoint keeps none, a job that trains our file and was not there at the
    first look is ours too.
    """
    before: set[str] = set()
    looked = False

    def look() -> Job | None:
        nonlocal looked
        listed = list(_listed(endpoint, key))
        jobs = [parse_job(item) for item in listed if _metadata(item).get(RUN) == key]
        found = [job for job in jobs if job.attempt == attempt]
        if looked:
            plain = [item for item in listed if item["id"] not in before and RUN not in _metadata(item)]
            found += [parse_job(item) for item in plain if item.get("training_file") == request.train_id]
        else:
            before.update(item["id"] for item in listed)
            looked = True
        return dataclasses.replace(min(found, key=_age), attempt=attempt) if found else None

    return look


def _listed(endpoint: Endpoint, key: str) -> Iterator[dict[str, Any]]:
    """The endpoint's jobs, only those of the run key where it can filter; some take a filter and ignore it."""

    def get(client: openai.OpenAI, after: str | None) -> Any:  # noqa: ANN401  a raw response
        filters = {RUN: key} if "metadata_filter" in endpoint.profile.endpoint.supports else openai.omit
        return client.fine_tuning.jobs.with_raw_response.list(after=after or openai.omit, limit=PAGE, metadata=filters)

    return pages(endpoint, "listing jobs", get)


def _age(job: Job) -> tuple[int, int, str]:
    """Sorts the oldest first."""
    created = job.document.get("created_at")
    return job.attempt, created if isinstance(created, int) else 0, job.id


def _sender(endpoint: Endpoint, request: Request, attempt: int) -> Callable[[openai.OpenAI], Job]:
    body, extra = request.body(endpoint, attempt)

    def send(client: openai.OpenAI) -> Job:
        raw = client.fine_tuning.jobs.with_raw_response.create(
            **body,
            extra_body=extra or None,
            extra_headers={"Idempotency-Key": f"tuneset-job-{body['metadata'][RUN]}-{attempt}"},
        )
        return dataclasses.replace(parse_job(document(raw.http_response)), attempt=attempt)

    return send


def _metadata(found: dict[str, Any]) -> dict[str, Any]:
    metadata = found.get("metadata")
    return metadata if isinstance(metadata, dict) else {}


def parse_job(found: dict[str, Any]) -> Job:
    """A job from a protocol answer; only its id and status have to be there."""
    attempt = str(_metadata(found).get(ATTEMPT, ""))
    return Job(
        id=field(found, "id", str),
        status=one_line(field(found, "status", str)).lower(),
        attempt=int(attempt) if attempt.isdecimal() else 1,
        document=found,
    )
