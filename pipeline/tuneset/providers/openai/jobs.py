"""Fine-tuning jobs of the protocol, through the official client. A job is found again by its metadata."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from typing import Any, Literal

import openai

from tuneset.providers.jobs.wanted_job import WantedJob
from tuneset.providers.openai import answers
from tuneset.providers.openai.answers import parse_job
from tuneset.providers.openai.faults import call_faults
from tuneset.providers.openai.job_body import RUN, job_body
from tuneset.providers.provider import Page
from tuneset.providers.records import Action, Checkpoint, Estimate, RemoteEvent, RemoteJob
from tuneset.providers.wire.answer import document, page

PAGE = 100
"""Jobs or events asked for at once; the specification names a default of 20 and no maximum (2026-08-21)."""


@dataclasses.dataclass(frozen=True)
class OpenAIJobs:
    """The fine-tuning jobs API; implements `Jobs`.

    Args:
        client: the official client.
        key: what faults must not show.
        filters_by_metadata: whether the endpoint lists only the jobs of a run key; some take a filter and ignore it.
        hyperparameters_in: where they stand in a job's body.
        wandb_key_env: the variable whose key goes into jobs that report to Weights & Biases; None where none does.
    """

    client: openai.OpenAI
    key: str | None
    filters_by_metadata: bool
    hyperparameters_in: Literal["method", "body"]
    wandb_key_env: str | None = None

    def create(self, wanted: WantedJob, key: str, attempt: int) -> RemoteJob:
        """Create a job. Raises what `WantedJob.grader` raises."""
        wandb_key = os.environ.get(self.wandb_key_env, "").strip() if self.wandb_key_env else None
        placed = self.hyperparameters_in
        body, extra = job_body(wanted, key, attempt, hyperparameters_in=placed, wandb_key=wandb_key)
        with call_faults(self.key):
            raw = self.client.fine_tuning.jobs.with_raw_response.create(
                **body,
                extra_body=extra or None,
                extra_headers={"Idempotency-Key": f"tuneset-job-{key}-{attempt}"},
            )
            return parse_job(document(raw))

    def estimate(self, wanted: WantedJob) -> Estimate | None:  # noqa: ARG002  the protocol has no such question
        """None: the protocol has no such question."""
        return None

    def find_job(self, key: str, after: str | None) -> Page[RemoteJob]:
        """A page of the jobs that bear the run key in their metadata, where the endpoint can filter; else of all."""
        with call_faults(self.key):
            raw = self.client.fine_tuning.jobs.with_raw_response.list(
                after=after or openai.omit,
                limit=PAGE,
                metadata={RUN: key} if self.filters_by_metadata else openai.omit,
            )
            return page(raw, answers.listed_job)

    def get(self, job_id: str) -> RemoteJob:
        """Describe a job."""
        with call_faults(self.key):
            return parse_job(document(self.client.fine_tuning.jobs.with_raw_response.retrieve(job_id)), job_id)

    def list(self, after: str | None, most: int | None) -> Page[RemoteJob]:
        """A page of all jobs."""
        limit = PAGE if most is None else min(most, PAGE)
        with call_faults(self.key):
            raw = self.client.fine_tuning.jobs.with_raw_response.list(after=after or openai.omit, limit=limit)
            return page(raw, answers.listed_job)

    def act(self, job_id: str, action: Action) -> RemoteJob:
        """Cancel, pause or resume a job."""
        raw = self.client.fine_tuning.jobs.with_raw_response
        calls: dict[Action, Callable[[str], Any]] = {"cancel": raw.cancel, "pause": raw.pause, "resume": raw.resume}
        with call_faults(self.key):
            return parse_job(document(calls[action](job_id)), job_id)

    def events(self, job_id: str, after: str | None) -> Page[RemoteEvent]:
        """A page of a job's events."""
        with call_faults(self.key):
            raw = self.client.fine_tuning.jobs.with_raw_response.list_events(
                job_id, after=after or openai.omit, limit=PAGE
            )
            return page(raw, answers.parse_event)

    def checkpoints(self, job_id: str, after: str | None) -> Page[Checkpoint]:
        """A page of a job's checkpoints."""
        with call_faults(self.key):
            raw = self.client.fine_tuning.jobs.checkpoints.with_raw_response.list(job_id, after=after or openai.omit)
            return page(raw, answers.parse_checkpoint)
