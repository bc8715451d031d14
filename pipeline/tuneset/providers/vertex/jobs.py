"""Tuning jobs of Vertex AI. The run key is among a job's labels, by which its list is filtered.

The id of a job is the number in its name.
"""

from __future__ import annotations

import contextlib
import dataclasses
import warnings
from collections.abc import Iterator
from typing import Any

from tuneset.providers.bucket.files import BucketFiles
from tuneset.providers.call_fault import CallFault, FaultKind
from tuneset.providers.jobs.wanted_job import WantedJob
from tuneset.providers.provider import Page
from tuneset.providers.records import (
    Action,
    Checkpoint,
    Estimate,
    FileFault,
    JobError,
    JobState,
    RemoteEvent,
    RemoteJob,
)
from tuneset.providers.vertex.job_body import ATTEMPT_LABEL, KEY_LABEL, job_config
from tuneset.providers.wire.empty_pages import next_page
from tuneset.providers.wire.library_faults import faults, words_of
from tuneset.providers.wire.named_line import fault_in
from tuneset.providers.wire.reader import Fields

PAGE = 100
_STATES: dict[str, JobState] = {
    **dict.fromkeys(("queued", "pending"), "waiting"),
    **dict.fromkeys(("running", "updating", "cancelling"), "running"),
    "paused": "paused",
    **dict.fromkeys(("succeeded", "partially_succeeded"), "succeeded"),
    **dict.fromkeys(("failed", "expired"), "failed"),
    "cancelled": "cancelled",
}
_SPECS = ("supervisedTuningSpec", "preferenceOptimizationSpec", "reinforcementTuningSpec")
_FIGURES = {"epochCount": "n_epochs", "batchSize": "batch_size", "learningRateMultiplier": "learning_rate_multiplier"}
_KINDS: dict[str, FaultKind] = {
    "UNAUTHENTICATED": "authentication_failed",
    "PERMISSION_DENIED": "permission_denied",
    "NOT_FOUND": "not_found",
    "ALREADY_EXISTS": "conflict",
    "ABORTED": "conflict",
    "RESOURCE_EXHAUSTED": "rate_limited",
    "INVALID_ARGUMENT": "bad_request",
    "FAILED_PRECONDITION": "bad_request",
    "UNIMPLEMENTED": "not_supported",
    "INTERNAL": "server_error",
    "UNAVAILABLE": "server_error",
    "DEADLINE_EXCEEDED": "timeout",
}
_PASSING = frozenset({"rate_limited", "server_error", "conflict", "timeout"})


def service_fault(error: Exception) -> CallFault | None:
    """The fault that an error of the service means, by its gRPC word; None for what is none.

    Both a quota and too many requests are `RESOURCE_EXHAUSTED`; its words tell them apart, and a quota does not pass.
    """
    status = getattr(error, "status", None)
    kind = _KINDS.get(status) if isinstance(status, str) else None
    if kind is None:
        return None
    said = words_of(getattr(error, "message", None) or "says nothing more")
    if status == "RESOURCE_EXHAUSTED" and "quota" in said.lower():
        kind = "quota_exceeded"
    return CallFault(
        kind,
        f"answered {getattr(error, 'code', '')} {status}: {said}",
        passing=kind in _PASSING,
        acted=kind in ("server_error", "conflict", "timeout"),
        server_code=status,
    )


@contextlib.contextmanager
def faults_here() -> Iterator[None]:
    """Raise CallFault for whatever google-genai raises in the block; that its tuning is experimental is known."""
    with faults("", service_fault), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@dataclasses.dataclass(frozen=True)
class VertexJobs:
    """Implements `Jobs`. `tunings` is that of google-genai's client, `parent` what names of jobs begin with."""

    tunings: Any
    parent: str
    files: BucketFiles
    _tokens: dict[str, str] = dataclasses.field(default_factory=dict)

    def create(self, wanted: WantedJob, key: str, attempt: int) -> RemoteJob:
        """Create a job. Raises what `job_config` raises."""
        from google.genai import types  # noqa: PLC0415  a library of an extra

        config = job_config(wanted, self.files.root, key, attempt)
        extra = config.pop("extra_body", None)
        with faults_here():
            found = self.tunings.tune(
                base_model=wanted.params.model,
                training_dataset=types.TuningDataset(gcs_uri=wanted.train_id),
                # Typed, since the client passes a part of a plain dict over in silence.
                config=types.CreateTuningJobConfig(**config, http_options=types.HttpOptions(extra_body=extra)),
            )
        job = parse_job(_document(found), None)
        if not job.id:
            raise CallFault("unexpected_answer", "answered with a job without a name", passing=False, acted=True)
        return job

    def estimate(self, wanted: WantedJob) -> Estimate | None:  # noqa: ARG002  nothing tells it
        """None: what a job costs follows from the tokens that it tells of once it is there."""
        return None

    def find_job(self, key: str, after: str | None) -> Page[RemoteJob] | None:
        """A page of the jobs that bear the run key."""
        return self._page(after, f'labels.{KEY_LABEL}="{key}"')

    def get(self, job_id: str) -> RemoteJob:
        """Describe a job."""
        with faults_here():
            found = self.tunings.get(name=self._name(job_id))
        job = parse_job(_document(found), job_id)
        place = Fields(job.document, "job").text("gcsMetricsUri")
        if job.state != "succeeded" or place is None:
            return job
        return dataclasses.replace(job, result_files=tuple(file.id for file in self.files.below(place)))

    def list(self, after: str | None, most: int | None) -> Page[RemoteJob]:  # noqa: ARG002  a page is as long as it is
        """A page of all jobs."""
        return self._page(after, None)

    def act(self, job_id: str, action: Action) -> RemoteJob:
        """Cancel a job; nothing else is offered."""
        if action != "cancel":
            raise CallFault("not_supported", f"has no way to {action} a job", passing=False, acted=False)
        with faults_here():
            self.tunings.cancel(name=self._name(job_id))
        return self.get(job_id)

    def events(self, job_id: str, after: str | None) -> Page[RemoteEvent]:  # noqa: ARG002  there are none
        """None are offered."""
        return Page((), more=False)

    def checkpoints(self, job_id: str, after: str | None) -> Page[Checkpoint]:  # noqa: ARG002  there is one page
        """The checkpoints of a finished job, each an endpoint; the last has the weights where they are given back."""
        job = self.get(job_id)
        tuned = Fields(Fields(job.document, "job").table("tunedModel"), "job.tunedModel")
        if job.state != "succeeded":
            return Page((), more=False)
        rows = tuned.found.get("checkpoints")
        kept = [Fields(row, "checkpoint") for row in (rows if isinstance(rows, list) else [])]
        found = [
            Checkpoint(
                one.id("checkpointId") or str(number),
                one.whole("step"),
                one.line("endpoint"),
                {name: one.found[name] for name in ("epoch",) if one.found.get(name) is not None},
            )
            for number, one in enumerate(kept, 1)
        ]
        place = Fields(job.document, "job").text("outputUri")
        if place is not None:
            files = tuple(file.id for file in self.files.below(place))
            last = max((one.step or 0 for one in found), default=0)
            found.append(Checkpoint(f"{job.id}-weights", last, job.fine_tuned_model, {}, files))
        return Page(tuple(found), more=False)

    def _name(self, job_id: str) -> str:
        return job_id if job_id.startswith("projects/") else f"{self.parent}/tuningJobs/{job_id}"

    def _page(self, after: str | None, wanted: str | None) -> Page[RemoteJob]:
        from google.genai import types  # noqa: PLC0415  a library of an extra

        def one(token: str | None) -> tuple[tuple[RemoteJob, ...], str | None]:
            asked = types.ListTuningJobsConfig(page_size=PAGE, page_token=token, filter=wanted)
            with faults_here():
                pager = self.tunings.list(config=asked)
                return tuple(parse_job(_document(job), None) for job in pager.page), pager.config.get("page_token")

        jobs, following = next_page(one, self._tokens.get(after or ""))
        if following:
            self._tokens[jobs[-1].id] = following
        return Page(jobs, more=bool(following))


def _document(found: Any) -> dict[str, Any]:  # noqa: ANN401  google-genai's own type
    """An answer by the names of the wire."""
    document: dict[str, Any] = found.model_dump(mode="json", by_alias=True, exclude_none=True)
    document.pop("sdkHttpResponse", None)
    return document


def parse_job(document: dict[str, Any], asked: str | None) -> RemoteJob:
    """A job, about which all but its name may be missing."""
    fields = Fields(document, "job")
    word = (fields.line("state") or "").lower().removeprefix("job_state_")
    state = _STATES.get(word) or _by_facts(fields)
    labels = Fields(fields.table("labels"), "job.labels")
    spec = Fields(next((fields.table(name) for name in _SPECS if name in document), None), "job.spec")
    tuned = Fields(fields.table("tunedModel"), "job.tunedModel")
    error = Fields(fields.table("error"), "job.error")
    message = error.line("message")
    stats = _stats(fields)
    return RemoteJob(
        id=asked or (fields.id("name") or "").rpartition("/")[2],
        status=word or state,
        state=state,
        under_way="cancel" if word == "cancelling" else None,
        run_key=labels.text(KEY_LABEL),
        attempt=labels.whole(ATTEMPT_LABEL) or 1,
        created_at=fields.moment("createTime") or 0,
        model=fields.line("baseModel"),
        training_file=spec.text("trainingDatasetUri"),
        validation_file=spec.text("validationDatasetUri"),
        hyperparameters=_figures(spec),
        fine_tuned_model=tuned.line("endpoint") or tuned.line("model"),
        trained_tokens=stats.whole("totalBillableTokenCount"),
        error=JobError(error.text("code"), message) if state in ("failed", "cancelled") else JobError(),
        faults=_faults_of(stats, message if state == "failed" else None),
        document=document,
    )


def _by_facts(fields: Fields) -> JobState:
    """The state of a job whose word is not known: it has ended where it has an end, well where it has a model."""
    if fields.moment("endTime") is None:
        return "waiting"
    return "succeeded" if fields.table("tunedModel") and not fields.table("error") else "failed"


def _stats(fields: Fields) -> Fields:
    """What was counted of the data, of whichever method."""
    whole = fields.table("tuningDataStats")
    return Fields(next((value for value in whole.values() if isinstance(value, dict)), None), "job.stats")


def _figures(spec: Fields) -> dict[str, Any] | None:
    figures = Fields({"all": spec.table("hyperParameters")}, "job").figures("all")
    return {_FIGURES.get(name, name): value for name, value in figures.items()} or None


def _faults_of(stats: Fields, message: str | None) -> tuple[FileFault, ...]:
    """Rows that were cut or dropped, by their numbers from 1; and the line that the reason of a failure names."""
    found = []
    rows = stats.found.get("truncatedExampleIndices")
    why = stats.found.get("droppedExampleReasons")
    reasons = [str(one) for one in why] if isinstance(why, list) else []
    for place, row in enumerate(rows if isinstance(rows, list) else []):
        number = Fields({"row": row}, "job.stats").whole("row")
        if number is not None:
            said = reasons[place] if place < len(reasons) else "is cut, since it is longer than the model takes"
            found.append(FileFault(number, words_of(said)))
    named = fault_in(message) if message else None
    return (*found, *([named] if named is not None and named.line is not None else []))
