"""Customization jobs on Amazon Bedrock. The run key is in a job's name and, whole, in the token of its request.

So a job is created once by its token alone, and found again by its name, which is its id here.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from typing import Any

from tuneset.providers.bedrock.faults import service_fault
from tuneset.providers.bedrock.job_body import job_request
from tuneset.providers.bucket.files import BucketFiles
from tuneset.providers.call_fault import CallFault
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
    RemoteFile,
    RemoteJob,
)
from tuneset.providers.wire.empty_pages import next_page
from tuneset.providers.wire.job_mark import mark, mark_of, whole_key
from tuneset.providers.wire.library_faults import faults
from tuneset.providers.wire.named_line import fault_in
from tuneset.providers.wire.reader import Fields

PAGE = 1000
_STATES: dict[str, JobState] = {
    "inprogress": "running",
    "stopping": "running",
    "completed": "succeeded",
    "failed": "failed",
    "stopped": "cancelled",
}
_FIGURES = {"epochCount": "n_epochs", "batchSize": "batch_size", "learningRate": "learning_rate"}


@dataclasses.dataclass(frozen=True)
class BedrockJobs:
    """Implements `Jobs`. `client` is boto3's for the service; a job's output is read from `files`."""

    client: Any
    files: BucketFiles
    _tokens: dict[str, str] = dataclasses.field(default_factory=dict)

    def create(self, wanted: WantedJob, key: str, attempt: int) -> RemoteJob:
        """Create the job, or give the one of that token. Raises what `job_request` raises."""
        request = job_request(wanted, self.files.root, key, attempt)
        with faults_here():
            answer = self.client.create_model_customization_job(**request)
        if Fields(answer, "job").id("jobArn") is None:
            raise CallFault("unexpected_answer", "answered with no ARN of a job", passing=False, acted=True)
        return self._get(request["jobName"], key)

    def estimate(self, wanted: WantedJob) -> Estimate | None:  # noqa: ARG002  nothing tells it
        """None: the service tells no price beforehand."""
        return None

    def find_job(self, key: str, after: str | None) -> Page[RemoteJob] | None:
        """A page of the jobs whose name holds the run key."""
        return self._page(after, key, nameContains=mark(key))

    def get(self, job_id: str) -> RemoteJob:
        """Describe a job."""
        return self._get(job_id, None)

    def list(self, after: str | None, most: int | None) -> Page[RemoteJob]:  # noqa: ARG002  a page is as long as it is
        """A page of all jobs, the newest first."""
        return self._page(after, None)

    def act(self, job_id: str, action: Action) -> RemoteJob:
        """Stop a job; nothing else is offered."""
        if action != "cancel":
            raise CallFault("not_supported", f"has no way to {action} a job", passing=False, acted=False)
        with faults_here():
            self.client.stop_model_customization_job(jobIdentifier=job_id)
        return self.get(job_id)

    def events(self, job_id: str, after: str | None) -> Page[RemoteEvent]:  # noqa: ARG002  there are none
        """None are offered."""
        return Page((), more=False)

    def checkpoints(self, job_id: str, after: str | None) -> Page[Checkpoint]:  # noqa: ARG002  there is one page
        """The model of a finished job, with the files that the job left beside its metrics."""
        job = self.get(job_id)
        if job.state != "succeeded" or job.fine_tuned_model is None:
            return Page((), more=False)
        files = tuple(file.id for file in self._output(job) if not file.id.endswith(".csv"))
        figures = {
            **Fields(job.document, "job").figures("trainingMetrics"),
            **{
                name: value
                for one in _rows(job.document, "validationMetrics")
                for name, value in one.items()
                if isinstance(value, (int, float))
            },
        }
        return Page((Checkpoint(job.fine_tuned_model, None, job.fine_tuned_model, figures, files),), more=False)

    def _get(self, job_id: str, key: str | None) -> RemoteJob:
        with faults_here():
            found = self.client.get_model_customization_job(jobIdentifier=job_id)
        job = parse_job(found, job_id, key)
        if job.state != "succeeded":
            return job
        tables = (file.id for file in self._output(job) if file.id.endswith(".csv"))
        order = sorted(tables, key=lambda name: ("training" not in name.rpartition("/")[2], name))
        return dataclasses.replace(job, result_files=tuple(order))

    def _output(self, job: RemoteJob) -> tuple[RemoteFile, ...]:
        """What a job wrote, where the service says where that is."""
        address = Fields(Fields(job.document, "job").table("outputDataConfig"), "job.outputDataConfig").text("s3Uri")
        return self.files.below(address) if address else ()

    def _page(self, after: str | None, key: str | None, **query: str) -> Page[RemoteJob]:
        def one(token: str | None) -> tuple[tuple[RemoteJob, ...], str | None]:
            asked = {**query, **({"nextToken": token} if token else {})}
            with faults_here():
                found = self.client.list_model_customization_jobs(
                    maxResults=PAGE, sortBy="CreationTime", sortOrder="Descending", **asked
                )
            rows = _rows(found, "modelCustomizationJobSummaries")
            return tuple(parse_job(row, None, key) for row in rows), Fields(found, "jobs").text("nextToken")

        jobs, following = next_page(one, self._tokens.get(after or ""))
        if following:
            self._tokens[jobs[-1].id] = following
        return Page(jobs, more=bool(following))


@contextlib.contextmanager
def faults_here() -> Iterator[None]:
    """Raise CallFault for whatever boto3 raises in the block."""
    with faults("", service_fault):
        yield


def _rows(found: dict[str, Any], name: str) -> list[dict[str, Any]]:
    rows = found.get(name)
    return [row for row in (rows if isinstance(rows, list) else []) if isinstance(row, dict)]


def parse_job(found: dict[str, Any], asked: str | None, key: str | None) -> RemoteJob:
    """A job, about which all but its id may be missing. `key` is the whole run key that a cut one stands for."""
    document = {name: plain(value) for name, value in found.items() if name != "ResponseMetadata"}
    fields = Fields(document, "job")
    word = (fields.line("status") or "").lower()
    state = _STATES.get(word) or _by_facts(fields)
    name = mark_of(fields.text("jobName"))
    message = fields.line("failureMessage")
    return RemoteJob(
        id=asked or fields.id("jobName") or fields.id("jobArn") or "",
        status=fields.line("status") or state,
        state=state,
        under_way="cancel" if word == "stopping" else None,
        run_key=whole_key(name, key),
        attempt=name[1] if name else 1,
        created_at=fields.moment("creationTime") or 0,
        model=_model(fields.line("baseModelArn")),
        training_file=Fields(fields.table("trainingDataConfig"), "job.training").text("s3Uri"),
        validation_file=_validator(fields),
        hyperparameters=_figures(fields),
        fine_tuned_model=fields.line("outputModelArn") or fields.line("customModelArn"),
        error=JobError(_failed_at(fields), message) if state in ("failed", "cancelled") else JobError(),
        faults=_faults_in(message) if state == "failed" else (),
        document=document,
    )


def _by_facts(fields: Fields) -> JobState:
    """The state of a job whose word is not known: it has ended where it has an end, well where it has a model."""
    if fields.moment("endTime") is None:
        return "waiting"
    return "succeeded" if fields.line("outputModelArn") or fields.line("customModelArn") else "failed"


def plain(value: Any) -> Any:  # noqa: ANN401  whatever botocore makes of an answer
    """A value of an answer as JSON has it: times as text.

    >>> import datetime as dt
    >>> plain({"a": dt.datetime(2026, 11, 26, tzinfo=dt.UTC)})
    {'a': '2026-11-26T00:00:00+00:00'}
    """
    if isinstance(value, dict):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    return value.isoformat() if hasattr(value, "isoformat") else value


def _model(arn: str | None) -> str | None:
    """The id of a model in its ARN.

    >>> _model("arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0:300k")
    'amazon.nova-lite-v1:0:300k'
    """
    return arn.rpartition("/")[2] or arn if arn else None


def _validator(fields: Fields) -> str | None:
    rows = _rows(fields.table("validationDataConfig"), "validators")
    return Fields(rows[0], "job.validation").text("s3Uri") if rows else None


def _figures(fields: Fields) -> dict[str, Any] | None:
    """Hyperparameters by our names, as numbers where they are that; those of other names as they are."""
    found = {**fields.table("hyperParameters")}
    rft = Fields(Fields(fields.table("customizationConfig"), "job.config").table("rftConfig"), "job.rft")
    found |= rft.table("hyperParameters")
    figures = Fields({"all": found}, "job").figures("all")
    return {_FIGURES.get(name, name): value for name, value in figures.items()} or None


def _failed_at(fields: Fields) -> str | None:
    """The part of the work that failed, such as `validation`, by which a fault of the files is told."""
    details = fields.table("statusDetails")
    for name in ("validationDetails", "dataProcessingDetails", "trainingDetails"):
        part = Fields(details.get(name), f"job.statusDetails.{name}")
        if (part.text("status") or "").lower() == "failed":
            return name.removesuffix("Details")
    return None


def _faults_in(message: str | None) -> tuple[FileFault, ...]:
    """What the service minds about a line of the files, where its words name one."""
    found = fault_in(message) if message else None
    return (found,) if found is not None and found.line is not None else ()
