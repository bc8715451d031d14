"""Fine-tuning jobs at an endpoint, what `tuneset tune`, `results` and `jobs` do, by the same receipts."""

from __future__ import annotations

import datetime as dt
import functools
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tuneset.api.remote import preflight
from tuneset.params import Params, TuneParams, parse_params
from tuneset.providers import spend_ledger
from tuneset.providers.endpoint import Endpoint
from tuneset.providers.files.file_upload import Uploaded
from tuneset.providers.jobs import job_actions, results
from tuneset.providers.jobs.follow import follow, require_success
from tuneset.providers.jobs.job_cost import check_spending, price_of, quoted
from tuneset.providers.jobs.job_events import EventReader
from tuneset.providers.jobs.jobs import check_model, ensure_job, get_job
from tuneset.providers.jobs.results import Results
from tuneset.providers.jobs.wanted_job import WantedJob, as_trained
from tuneset.providers.records import Checkpoint, RemoteEvent, RemoteJob

Say = Callable[[str], None]


class Jobs:
    """The jobs of one endpoint. Every method raises RemoteError for what goes wrong there.

    Args:
        endpoint: where they are.
        params: what a job is to be like, and what it may cost.
        receipts_folder: where it is written down what was created and what was billed.
        say: told what happens, one sentence each.
    """

    def __init__(self, endpoint: Endpoint, params: Params, receipts_folder: Path, say: Say) -> None:
        self._endpoint = endpoint
        self._params = params
        self._receipts = receipts_folder
        self._say = say
        self._wanted: dict[str, tuple[WantedJob, object]] = {}

    def create(
        self,
        training: Uploaded,
        validation: Uploaded | None = None,
        *,
        tune: Mapping[str, Any] | None = None,
        metrics: object = None,
    ) -> RemoteJob:
        """Find the job for these files, or create it exactly once.

        Args:
            training: what `Files.upload` gave for the training file.
            validation: the same for the validation file.
            tune: what goes above the `tune` section of params, such as `{"n_epochs": 2}`.
            metrics: the metrics of the dataset, from which a paid endpoint's cost follows (`Prepared.metrics`).

        Raises UsageError where the model or the cost forbid it.
        """
        params = self._with(tune)
        wanted = WantedJob(
            params=as_trained(self._endpoint.profile, params.tune),
            train_id=training.file.id,
            train_sha256=training.sha256,
            validation_id=validation.file.id if validation else None,
            validation_sha256=validation.sha256 if validation else None,
        )
        job = ensure_job(
            self._endpoint,
            wanted,
            receipts_folder=self._receipts,
            permit=functools.partial(self._permit, params, metrics, wanted),
            say=self._say,
        )
        self._wanted[job.id] = (wanted, metrics)
        return job

    def follow(
        self,
        job: RemoteJob,
        *,
        timeout_s: float | None = None,
        on_event: Callable[[RemoteEvent], None] = lambda _: None,
        on_status: Callable[[RemoteJob], None] = lambda _: None,
    ) -> RemoteJob:
        """Watch a job to its end, giving each event once; give it as it ended.

        A job that `create` gave is entered into the ledger of what was billed. Raises RemoteError `job_failed`,
        `job_cancelled`, or `timeout` after `tune.timeout_s` seconds or those that are named; the job goes on then.
        """
        tune = self._params.tune
        if not job.ended:
            job = follow(
                self._endpoint,
                job,
                timeout_s=tune.timeout_s if timeout_s is None else timeout_s,
                poll_s=tune.poll_s,
                on_event=on_event,
                on_status=on_status,
                say=self._say,
            )
        if (own := self._wanted.get(job.id)) is not None:
            self._enter(job, own[0].params, own[1])
        key = own[0].run_key(self._endpoint.identity) if own else job.run_key
        require_success(key, job, self._receipts)
        return job

    def list(self, limit: int | None = None) -> tuple[RemoteJob, ...]:
        """The jobs, the newest first where the endpoint keeps that order; all, or as many as `limit`."""
        return tuple(job_actions.list_jobs(self._endpoint, limit))

    def get(self, job_id: str) -> RemoteJob:
        """What the endpoint says of a job."""
        return get_job(self._endpoint, job_id)

    def events(self, job_id: str) -> tuple[RemoteEvent, ...]:
        """A job's events, the oldest first."""
        return tuple(EventReader(self._endpoint, job_id).read())

    def checkpoints(self, job_id: str) -> tuple[Checkpoint, ...]:
        """A job's checkpoints by step, with the metrics that were measured."""
        return tuple(results.by_step(self._endpoint, job_id))

    def cancel(self, job_id: str) -> RemoteJob:
        """Cancel a job; give it as it is then."""
        return job_actions.act(self._endpoint, job_id, "cancel")

    def pause(self, job_id: str) -> RemoteJob:
        """Pause a job, where the endpoint offers that."""
        return job_actions.act(self._endpoint, job_id, "pause")

    def resume(self, job_id: str) -> RemoteJob:
        """Go on with a paused job."""
        return job_actions.act(self._endpoint, job_id, "resume")

    def results(self, job: RemoteJob, out: str | os.PathLike[str]) -> Results:
        """Save a finished job's results below `out`: raw files, step metrics, checkpoints, and a model's files."""
        return results.fetch(self._endpoint, results.facts_of(job), Path(out))

    def _with(self, tune: Mapping[str, Any] | None) -> Params:
        if not tune:
            return self._params
        document = self._params.as_document()
        return parse_params({**document, "tune": {**document["tune"], **tune}}, "tune")

    def _permit(self, params: Params, metrics: object, wanted: WantedJob) -> None:
        check_model(self._endpoint, params.tune, dt.datetime.now(dt.UTC).date())
        quote = quoted(self._endpoint, wanted) if self._endpoint.profile.endpoint.paid else None
        check_spending(self._endpoint, params, metrics, quote)
        preflight.require(preflight.at_endpoint(self._endpoint, params), self._say)

    def _enter(self, job: RemoteJob, tune: TuneParams, metrics: object) -> None:
        estimated = spend_ledger.estimated_tokens(metrics, job.hyperparameters)
        price = price_of(self._endpoint, self._params.endpoint, tune.model, tune.method)
        exact = spend_ledger.counted_exactly(metrics)
        spent = spend_ledger.enter(self._endpoint, job, tune, estimated, price, self._receipts, exact=exact)
        if (warning := spend_ledger.difference(spent)) is not None:
            self._say(f"warning: {warning}")
