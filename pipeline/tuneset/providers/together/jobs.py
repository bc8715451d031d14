"""Fine-tuning jobs of Together. A job is found again by its suffix, in which `job_body.py` puts the run key."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from typing import Any

from tuneset.providers.call_fault import CallFault
from tuneset.providers.jobs.wanted_job import WantedJob
from tuneset.providers.provider import Page
from tuneset.providers.records import Action, Checkpoint, Estimate, JobError, JobState, RemoteEvent, RemoteJob
from tuneset.providers.together.job_body import job_body, mark_of
from tuneset.providers.together.job_content import TogetherContent
from tuneset.providers.wire.http import Http
from tuneset.providers.wire.reader import Fields

_STATES: dict[str, JobState] = {
    **dict.fromkeys(("pending", "queued"), "waiting"),
    **dict.fromkeys(("running", "compressing", "uploading", "cancel_requested"), "running"),
    "completed": "succeeded",
    **dict.fromkeys(("error", "user_error"), "failed"),
    "cancelled": "cancelled",
}
_FIGURES = ("n_epochs", "batch_size", "learning_rate")


@dataclasses.dataclass(frozen=True)
class TogetherJobs:
    """Implements `Jobs`. `wandb_key_env` is the variable whose key goes into jobs that report to Weights & Biases."""

    http: Http
    wandb_key_env: str | None

    def create(self, wanted: WantedJob, key: str, attempt: int) -> RemoteJob:
        """Create a job. Raises what `job_body` raises."""
        wandb_key = os.environ.get(self.wandb_key_env or "", "").strip() or None
        body = job_body(wanted, key, attempt, wandb_key)
        return self._job(self.http.document("POST", "/fine-tunes", json=body), key)

    def estimate(self, wanted: WantedJob) -> Estimate | None:
        """What the provider expects; None where it has no such question."""
        body = job_body(wanted, "0" * 32, 1, None)
        asked = {name: body[name] for name in _PRICED if name in body}
        try:
            found = Fields(self.http.document("POST", "/fine-tunes/estimate-price", json=asked), "estimate")
        except CallFault as fault:
            if fault.kind in ("not_found", "not_supported"):
                return None
            raise
        if found.found.get("estimation_available") is False:
            return Estimate(None, why=found.line("unavailable_reason") or "")
        usd = found.number("estimated_total_price")
        return Estimate(usd, allowed=found.found.get("allowed_to_proceed") is not False)

    def find_job(self, key: str, after: str | None) -> Page[RemoteJob] | None:  # noqa: ARG002  there are no pages
        """All jobs; those of the run key are told by their suffix."""
        return self.http.page("/fine-tunes", lambda fields: _parse(fields, None, key))

    def get(self, job_id: str) -> RemoteJob:
        """Describe a job."""
        return self._job(self.http.document("GET", f"/fine-tunes/{job_id}"), None, job_id)

    def list(self, after: str | None, most: int | None) -> Page[RemoteJob]:  # noqa: ARG002  there are no pages
        """All jobs."""
        return self.http.page("/fine-tunes", _parse)

    def act(self, job_id: str, action: Action) -> RemoteJob:
        """Cancel a job; nothing else is offered."""
        if action != "cancel":
            raise CallFault("not_supported", f"has no way to {action} a job", passing=False, acted=False)
        self.http.call("POST", f"/fine-tunes/{job_id}/cancel")
        return self.get(job_id)

    def events(self, job_id: str, after: str | None) -> Page[RemoteEvent]:  # noqa: ARG002  there are no pages
        """All events."""
        return self.http.page(f"/fine-tunes/{job_id}/events", _event)

    def checkpoints(self, job_id: str, after: str | None) -> Page[Checkpoint]:  # noqa: ARG002  there are no pages
        """All checkpoints, each with its weights; the last has those of the finished job."""
        found = self.http.page(f"/fine-tunes/{job_id}/checkpoints", lambda one: _checkpoint(one, job_id))
        return Page(found.items, more=False)

    @staticmethod
    def _job(found: dict[str, Any], key: str | None, asked: str | None = None) -> RemoteJob:
        fields = Fields(found, "job")
        if asked is None and fields.id("id") is None:
            raise CallFault("unexpected_answer", "answered with an object without an id", passing=False, acted=True)
        return _parse(fields, asked, key)


_PRICED = ("training_file", "validation_file", "model", "from_checkpoint", "n_epochs", "n_evals", "training_method",
           "training_type")  # fmt: skip
"""What the price depends on, by the names of the question for it."""


def _parse(fields: Fields, asked: str | None = None, key: str | None = None) -> RemoteJob:
    """A job, about which anything may be missing. `key` is the whole run key that a cut one may stand for."""
    status = (fields.line("status") or "").lower()
    state = _STATES.get(status, "waiting")
    mark = mark_of(fields.text("suffix") or fields.text("user_provided_suffix") or fields.text("model_output_name"))
    job_id = asked or fields.id("id") or _digest(fields)
    return RemoteJob(
        id=job_id,
        status=status or state,
        state=state,
        under_way="cancel" if status == "cancel_requested" else None,
        run_key=None if mark is None else (key if key and key.startswith(mark[0]) else mark[0]),
        attempt=mark[1] if mark else 1,
        created_at=fields.moment("created_at") or 0,
        model=fields.line("model"),
        training_file=fields.id("training_file"),
        validation_file=fields.id("validation_file"),
        seed=fields.whole("random_seed"),
        hyperparameters={name: fields.found[name] for name in _FIGURES if fields.found.get(name) is not None} or None,
        fine_tuned_model=fields.line("model_output_name"),
        trained_tokens=fields.whole("token_count") or None,
        billed_usd=_usd(fields.number("total_price")),
        result_files=(TogetherContent("metrics", job_id).id,) if state == "succeeded" else (),
        error=_error(fields) if state in ("failed", "cancelled") else JobError(),
        document=fields.found,
    )


_BILLIONTHS = 1_000_000_000
"""`total_price` is in billionths of a US dollar (together 3.1.1, `finetune_price_to_dollars`, 2026-11-26)."""


def _usd(price: float | None) -> float | None:
    return round(price / _BILLIONTHS, 4) if price else None


def _error(fields: Fields) -> JobError:
    """Why a job failed: the last of its events that says so."""
    events = fields.found.get("events")
    for one in reversed(events if isinstance(events, list) else []):
        event = Fields(one, "event")
        if (event.line("level") or "").lower().endswith("error") or (event.line("type") or "").lower() == "job_error":
            return JobError(event.line("type"), event.line("message"))
    return JobError(message=fields.line("message"))


def _event(fields: Fields) -> RemoteEvent:
    level = (fields.line("level") or "info").lower().removeprefix("legacy_")
    return RemoteEvent(
        id=fields.id("id") or _digest(fields),
        created_at=fields.moment("created_at") or 0,
        level={"warning": "warn", "warn": "warn", "error": "error"}.get(level, "info"),
        message=fields.line("message") or "",
        type=(fields.line("type") or "message").lower(),
        data={name: fields.found[name] for name in ("step", "total_steps") if fields.found.get(name) is not None},
    )


def _checkpoint(fields: Fields, job_id: str) -> Checkpoint:
    step, kind = fields.whole("step"), (fields.line("checkpoint") or "").lower()
    weights = TogetherContent("weights", job_id, "adapter" if kind == "adapter" else "model_output_path", step)
    name = fields.line("path") or fields.line("object_name")
    return Checkpoint(fields.id("object_id") or name or _digest(fields), step, name, {}, (weights.id,))


def _digest(fields: Fields) -> str:
    """An id that follows from the content."""
    return f"unnamed-{hashlib.sha256(json.dumps(fields.found, sort_keys=True).encode()).hexdigest()[:16]}"
