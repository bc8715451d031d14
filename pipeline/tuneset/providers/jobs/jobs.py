"""Fine-tuning jobs: created once for each request, and found again after an interruption.

A wanted job is named by its run key, which the job bears at the endpoint wherever the protocol has a place for it;
so a job whose answer was lost is found again, and a rerun adopts it. Where there is no such place, an intent that was
written before the request tells which job is ours. A job that ended badly is reported once and then replaced by the
next attempt. Following a job to its end is the business of `follow.py`.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tuneset.errors import RemoteError, TunesetError, UsageError
from tuneset.params import TuneParams
from tuneset.providers import receipts
from tuneset.providers.call_fault import CallFault
from tuneset.providers.calls import CANNOT_LOOK, create, look_for, read
from tuneset.providers.endpoint import Endpoint
from tuneset.providers.jobs import intents
from tuneset.providers.jobs.intents import Intent
from tuneset.providers.jobs.job_search import SETTLE, age, fitting, listed, unknown
from tuneset.providers.jobs.wanted_job import WantedJob
from tuneset.providers.provider import Provider
from tuneset.providers.records import RemoteJob


def check_model(endpoint: Endpoint, params: TuneParams, today: dt.date) -> None:
    """Refuse a model that the endpoint's profile does not offer for the method, or no longer, and what it cannot take.

    A profile that does not know all models of its provider refuses none that it does not know. Raises UsageError.
    """
    profile = endpoint.profile
    _check_extras(endpoint, params)
    model = profile.model(params.model)
    if model is None and not (profile.models and profile.endpoint.lists_all_models):
        return
    if model is None:
        raise UsageError(
            f"tune.model {params.model}: {profile.title} does not train it", allowed=", ".join(sorted(profile.models))
        )
    if params.method not in model.methods:
        raise UsageError(
            f"tune.method {params.method}: {profile.title} does not offer it for {params.model}",
            allowed=", ".join(model.methods),
        )
    if model.shutdown is not None and model.shutdown <= today:
        alive = [name for name, other in profile.models.items() if other.shutdown is None or other.shutdown > today]
        raise UsageError(
            f"tune.model {params.model}: {profile.title} shut it down on {model.shutdown}",
            allowed=", ".join(sorted(alive)) or "none at this endpoint; see endpoint.profile",
        )


def _check_extras(endpoint: Endpoint, params: TuneParams) -> None:
    """Refuse a suffix that the provider does not take, and reports to Weights & Biases for which the key is missing."""
    profile, suffix = endpoint.profile, params.suffix or ""
    most = profile.limit("suffix_characters")
    if most is not None and len(suffix) > most:
        allowed = f"{most:.0f} characters at {profile.title}" if most else f"none at {profile.title}"
        raise UsageError(f"tune.suffix: has {len(suffix)} characters", allowed=allowed)
    if found := [one for one in profile.endpoint.suffix_without if one in suffix]:
        raise UsageError(f"tune.suffix: holds `{found[0]}`", allowed=f"a suffix without it at {profile.title}")
    if lacking := [name for name in profile.endpoint.job_needs if not params.extra_body.get(name)]:
        raise UsageError(
            f"tune.extra_body: lacks {' and '.join(lacking)}, without which {profile.title} makes no job",
            hint=f"set tune.extra_body.{lacking[0]}",
        )
    variable = profile.endpoint.wandb_key_env
    if params.wandb is not None and variable is not None and not os.environ.get(variable, "").strip():
        raise UsageError(
            f"tune.wandb: the environment variable {variable} holds no key, which {profile.title} needs for that",
            hint=f"set {variable}, or leave tune.wandb away",
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

    A job that runs or has succeeded is adopted, and so is what an earlier run was about to create when it ended. One
    that ended badly is returned as it is if no earlier run has reported that; otherwise the next attempt is created,
    once `permit` has not raised. Raises UsageError for a reinforcement job without a grader, RemoteError `job_unknown`
    where a paid endpoint does not know the job of our receipt, `outcome_unknown` where it may hold one that cannot be
    looked for.
    """
    key = wanted.run_key(endpoint.identity)
    with receipts.locked(receipts_folder):
        known = receipts.read(receipts_folder, "job", key)
        told = {receipt["job_id"] for receipt in receipts.read(receipts_folder, "ended", key)}
        ours = {receipt["job_id"] for receipt in known}
        jobs = _known_jobs(endpoint, key, known)
        job = _open_job(jobs, ours - told)
        if job is None:
            job = _left_behind(endpoint, key, receipts_folder, say)
        if job is not None:
            say(f"job {job.id} is there already ({job.status}); going on with it")
            _tell_surplus([other for other in jobs if other.id != job.id and not other.ended], say)
        else:
            permit()
            attempt = 1 + max([receipt["attempt"] for receipt in known] + [job.attempt for job in jobs], default=0)
            creation = _Creation(endpoint, wanted, key, attempt, receipts_folder, say)
            created, sent = create(
                endpoint,
                f"creating a job with {wanted.params.model}",
                send=creation.send,
                look=creation.look,
                settle=creation.settle,
                look_s=_look_s(endpoint),
                in_doubt_hint=SETTLE,
            )
            job = created
            say(f"job {job.id} " + ("created" if sent else "was found there; going on with it"))
        if job.id not in ours:
            content = {"endpoint": endpoint.identity, "job_id": job.id, "attempt": job.attempt}
            receipts.write(receipts_folder, "job", key, content)
        intents.remove(receipts_folder, key)
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
            # The answer to its creation may have told a wrong id: a job that bears its run key and attempt is it.
            if any(job.attempt == receipt["attempt"] for job in _find_all(endpoint, key)):
                continue
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
        found = [job for job in listed(endpoint, key).jobs if job.run_key == key]
    except RemoteError as error:
        if error.code not in CANNOT_LOOK:
            raise
        return []
    return sorted(found, key=age)


def _look_s(endpoint: Endpoint) -> float:
    """How long a job is looked for after an answer in doubt; where a second one costs nothing, one look is enough."""
    return endpoint.patience.settle_s if endpoint.profile.endpoint.paid else 0.0


def _left_behind(endpoint: Endpoint, key: str, folder: Path, say: Callable[[str], None]) -> RemoteJob | None:
    """The job that an earlier run was creating when it ended; None where there is none, or no run ended so.

    Looks as long as a run would that had gone on. Raises RemoteError `outcome_unknown` at a paid endpoint whose list
    does not tell.
    """
    started = intents.open_ones(folder, endpoint.identity, key)
    if not started:
        return None
    paid = endpoint.profile.endpoint.paid
    claimed, exact = _claimed(folder), _others_open(endpoint, folder, started[0])
    since = max(0.0, endpoint.clock.now() - max(intent.at for intent in started))
    complete = True

    def look() -> list[RemoteJob] | None:
        nonlocal complete
        found, complete = fitting(endpoint, started, claimed, exact=exact)
        return found or None

    what = "an earlier run ended while it was creating this job"
    say(f"{what}; looking for it")
    try:
        found = look_for(endpoint, look, max(0.0, _look_s(endpoint) - since))
    except RemoteError as error:
        if paid:
            raise unknown(endpoint, what, error.message) from None
        if error.code not in CANNOT_LOOK:
            raise
        return None
    if found:
        _tell_surplus(found[1:], say)
        return found[0]
    if paid and not complete:
        raise unknown(endpoint, what, "its list of jobs does not show new ones")
    if paid and all(intent.before is None for intent in started):
        raise unknown(endpoint, what, "its jobs could not be listed before")
    return None


def _claimed(folder: Path) -> set[str]:
    """Jobs of which receipts say what has made them."""
    return {str(receipt["job_id"]) for receipt in receipts.all_of(folder, "job")}


def _others_open(endpoint: Endpoint, folder: Path, intent: Intent) -> bool:
    """Whether a job for the same file may also be that of another request."""
    every = intents.open_ones(folder, endpoint.identity)
    return any(one.key != intent.key and one.training_file == intent.training_file for one in every)


def _tell_surplus(jobs: list[RemoteJob], say: Callable[[str], None]) -> None:
    for job in jobs:
        say(f"warning: job {job.id} ({job.status}) was made by the same request too; `tuneset jobs cancel {job.id}`")


class _Creation:
    """One attempt at creating a job: how `create` looks for it, sends it, and settles what came of it.

    A job is known by its run key. Where an endpoint keeps none, one that was not there at the first look, and is what
    was asked for, is ours too.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        wanted: WantedJob,
        key: str,
        attempt: int,
        folder: Path,
        say: Callable[[str], None],
    ) -> None:
        self._endpoint = endpoint
        self._wanted = wanted
        self._key = key
        self._attempt = attempt
        self._folder = folder
        self._say = say
        self._before: tuple[str, ...] | None = None
        self._started: list[Intent] = []
        self._claimed = _claimed(folder)

    def look(self) -> RemoteJob | None:
        """The job of this attempt; before anything was sent, the jobs that are there are noted."""
        if not self._started:
            found = listed(self._endpoint, self._key).jobs
            self._before = tuple(job.id for job in found)
            same = [job for job in found if (job.run_key, job.attempt) == (self._key, self._attempt)]
            return min(same, key=age, default=None)
        fit, complete = fitting(self._endpoint, self._started, self._claimed, exact=self._exact())
        if not fit and not complete and self._endpoint.profile.endpoint.paid:
            what = "the answer to the creation of a job was lost"
            raise unknown(self._endpoint, what, "its list of jobs does not show new ones")
        return fit[0] if fit else None

    def send(self, provider: Provider) -> RemoteJob:
        """Create the job, having written down that it is about to be created."""
        endpoint = self._endpoint
        now = endpoint.clock.now()
        intent = intents.of(endpoint.identity, self._wanted, self._key, self._attempt, now, self._before)
        place = intents.write(self._folder, intent)
        self._started.append(intent)
        try:
            sent = provider.jobs.create(self._wanted, self._key, self._attempt)
        except (CallFault, TunesetError) as fault:
            if not (isinstance(fault, CallFault) and fault.acted):
                place.unlink(missing_ok=True)  # nothing was made
                self._started.remove(intent)
            raise
        return dataclasses.replace(sent, attempt=self._attempt)

    def _exact(self) -> bool:
        return _others_open(self._endpoint, self._folder, self._started[0])

    def settle(self, sent: RemoteJob) -> RemoteJob:
        """The oldest of the jobs that attempts in doubt have left.

        Others that bear our mark, which only cost money, are cancelled; those without one are told.
        """
        try:
            fit, _ = fitting(self._endpoint, self._started, self._claimed, exact=self._exact())
        except RemoteError as error:
            if error.code not in CANNOT_LOOK:
                raise
            fit = []
        going = [job for job in fit if not job.ended_badly]
        oldest, *surplus = going or [sent]
        for job in surplus:
            if job.run_key is None:
                _tell_surplus([job], self._say)
                continue
            what = f"cancelling job {job.id}, which was created twice"
            read(self._endpoint, what, lambda provider, job_id=job.id: provider.jobs.act(job_id, "cancel"))  # type: ignore[misc]
        return oldest
