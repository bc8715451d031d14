"""Fine-tuning jobs of Fireworks, in a collection for each method. The id of a job is ours and holds the run key.

So a job is created once by its name alone: a second creation is answered with 409, and the job is looked up.
"""

from __future__ import annotations

import dataclasses
import functools
import os
from typing import Any

from tuneset.providers.call_fault import CallFault
from tuneset.providers.fireworks import job_content
from tuneset.providers.fireworks.job_body import KINDS, job_body
from tuneset.providers.fireworks.names import job_name, last_part, mark_of
from tuneset.providers.jobs.wanted_job import WantedJob
from tuneset.providers.provider import Page
from tuneset.providers.records import Action, Checkpoint, Estimate, JobError, JobState, RemoteEvent, RemoteJob
from tuneset.providers.wire.empty_pages import next_page
from tuneset.providers.wire.http import Http
from tuneset.providers.wire.reader import Fields

_EXISTS = 409
PAGE = 200
_STATES: dict[str, JobState] = {
    **dict.fromkeys(("creating", "pending", "validating", "creating_input_dataset", "re_queueing"), "waiting"),
    **dict.fromkeys(("running", "writing_results", "cancelling"), "running"),
    **dict.fromkeys(("idle", "paused"), "paused"),
    **dict.fromkeys(("completed", "early_stopped"), "succeeded"),
    **dict.fromkeys(("failed", "expired"), "failed"),
    **dict.fromkeys(("cancelled", "deleting", "deleting_cleaning_up"), "cancelled"),
}


@dataclasses.dataclass(frozen=True)
class FireworksJobs:
    """Implements `Jobs`. `root` is the path of the account."""

    http: Http
    root: str
    wandb_key_env: str | None
    _places: dict[str, tuple[int, str]] = dataclasses.field(default_factory=dict)

    def create(self, wanted: WantedJob, key: str, attempt: int) -> RemoteJob:
        """Create the job, or give the one of that name. Raises what `job_body` raises."""
        wandb_key = os.environ.get(self.wandb_key_env or "", "").strip() or None
        body = job_body(wanted, self.root.strip("/"), key, attempt, wandb_key)
        kind, name = KINDS[wanted.params.method], job_name(wanted.params.suffix, key, attempt)
        query = {f"{kind.removesuffix('s')}Id": name}
        self.http.call("POST", f"{self.root}/{kind}", json=body, query=query, expected=(_EXISTS,))
        return self._parse(self.http.document("GET", f"{self.root}/{kind}/{name}"), f"{kind}/{name}", key)

    def estimate(self, wanted: WantedJob) -> Estimate | None:  # noqa: ARG002  it is told only of a job that is there
        """None: the cost is told only of a job that is there."""
        return None

    def find_job(self, key: str, after: str | None) -> Page[RemoteJob] | None:
        """A page of all jobs; those of the run key are told by their id."""
        return self._page(after, key)

    def get(self, job_id: str) -> RemoteJob:
        """Describe a job."""
        return self._parse(self.http.document("GET", f"{self.root}/{job_id}"), job_id, None)

    def list(self, after: str | None, most: int | None) -> Page[RemoteJob]:  # noqa: ARG002  a page is as long as it is
        """A page of all jobs, method by method."""
        return self._page(after, None)

    def act(self, job_id: str, action: Action) -> RemoteJob:
        """Cancel a job; nothing else is offered."""
        if action != "cancel":
            raise CallFault("not_supported", f"has no way to {action} a job", passing=False, acted=False)
        self.http.call("POST", f"{self.root}/{job_id}:cancel", json={})
        return self.get(job_id)

    def events(self, job_id: str, after: str | None) -> Page[RemoteEvent]:  # noqa: ARG002  there are none
        """None are offered."""
        return Page((), more=False)

    def checkpoints(self, job_id: str, after: str | None) -> Page[Checkpoint]:  # noqa: ARG002  there is one page
        """The model of a finished job, with its files."""
        job = self.get(job_id)
        model = last_part(job.fine_tuned_model)
        if model is None or job.state != "succeeded":
            return Page((), more=False)
        names = sorted(job_content.model_files(self.http, self.root, model))
        files = tuple(job_content.FireworksContent("model", model, name).id for name in names)
        return Page((Checkpoint(model, None, job.fine_tuned_model, {}, files),), more=False)

    def _page(self, after: str | None, key: str | None) -> Page[RemoteJob]:
        """A page of one collection; the next collection follows the last page of one."""
        kinds = list(KINDS.values())
        index, token = self._places.get(after or "", (0, ""))
        items: tuple[RemoteJob, ...] = ()
        while index < len(kinds) and not items:
            items, following = next_page(functools.partial(self._one, kinds[index], key), token or None)
            token = following or ""
            index = index if token else index + 1
        if items:
            self._places[items[-1].id] = (index, token)
        return Page(items, more=index < len(kinds))

    def _one(self, kind: str, key: str | None, token: str | None) -> tuple[tuple[RemoteJob, ...], str | None]:
        """The page of a token in one collection, and the token that follows."""
        query = {"pageSize": PAGE, **({"pageToken": token} if token else {})}
        found = self.http.document("GET", f"{self.root}/{kind}", query=query)
        rows = found.get(kind)
        kept = (row for row in (rows if isinstance(rows, list) else []) if isinstance(row, dict))
        return tuple(self._parse(row, None, key, kind) for row in kept), Fields(found, kind).text("nextPageToken")

    def _parse(self, found: dict[str, Any], asked: str | None, key: str | None, kind: str = "") -> RemoteJob:
        """A job, about which all but its name may be missing. `key` is the whole run key that a cut one stands for."""
        fields = Fields(found, "job")
        config = Fields(fields.table("trainingConfig"), "job.trainingConfig")
        status = Fields(fields.table("status"), "job.status")
        progress = Fields(fields.table("jobProgress"), "job.jobProgress")
        word = (fields.line("state") or "").lower().removeprefix("job_state_")
        state = _STATES.get(word, "waiting")
        job_id = asked or f"{kind}/{last_part(fields.text('name')) or ''}"
        mark = mark_of(job_id)
        return RemoteJob(
            id=job_id,
            status=word or state,
            state=state,
            under_way="cancel" if word == "cancelling" else None,
            run_key=None if mark is None else (key if key and key.startswith(mark[0]) else mark[0]),
            attempt=mark[1] if mark else 1,
            created_at=fields.moment("createTime") or 0,
            model=fields.line("baseModel") or config.line("baseModel"),
            training_file=last_part(fields.text("dataset")),
            validation_file=last_part(fields.text("evaluationDataset")),
            hyperparameters=_figures(fields, config),
            fine_tuned_model=fields.line("outputModel") or config.line("outputModel"),
            trained_tokens=progress.whole("inputTokens"),
            billed_usd=_usd(Fields(fields.table("estimatedCost"), "job.estimatedCost")),
            result_files=(job_content.FireworksContent("metrics", job_id).id,) if state == "succeeded" else (),
            error=JobError(status.line("code"), status.line("message")) if state == "failed" else JobError(),
            document=fields.found,
        )


def _usd(cost: Fields) -> float | None:
    """What the provider reckons that the job costs, where that is in US dollars; a `Money` of Google's types."""
    if cost.text("currencyCode") != "USD":
        return None
    return round((cost.whole("units") or 0) + (cost.whole("nanos") or 0) / 1e9, 4)


def _figures(fields: Fields, config: Fields) -> dict[str, Any] | None:
    names = {"epochs": "n_epochs", "batchSizeSamples": "batch_size", "learningRate": "learning_rate"}
    both = {**config.found, **fields.found}
    return {ours: both[theirs] for theirs, ours in names.items() if both.get(theirs) is not None} or None
