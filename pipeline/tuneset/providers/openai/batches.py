"""Batches of the protocol, through the official client. A batch is found again by its metadata."""

from __future__ import annotations

import dataclasses
from typing import Any

import openai

from tuneset.providers.call_fault import one_line
from tuneset.providers.openai.faults import call_faults
from tuneset.providers.provider import Page
from tuneset.providers.records import BatchState, RemoteBatch
from tuneset.providers.wire.answer import document, field, page
from tuneset.providers.wire.reader import Fields

KEY, ATTEMPT = "tuneset_batch", "tuneset_attempt"
PAGE = 100
"""Batches asked for at once. OpenAI API specification (listBatches), as of 2026-08-21."""
_STATES: dict[str, BatchState] = {
    **dict.fromkeys(("in_progress", "finalizing", "cancelling", "running"), "running"),
    "completed": "completed",
    "failed": "failed",
    "expired": "expired",
    **dict.fromkeys(("cancelled", "canceled"), "cancelled"),
}


@dataclasses.dataclass(frozen=True)
class OpenAIBatches:
    """The Batch API; implements `Batches`. `key` is what faults must not show."""

    client: openai.OpenAI
    key: str | None

    def create(self, input_file: str, url: str, key: str, attempt: int) -> RemoteBatch:
        """Create a batch that bears the key and the attempt."""
        route: Any = url
        with call_faults(self.key):
            raw = self.client.batches.with_raw_response.create(
                input_file_id=input_file,
                endpoint=route,
                completion_window="24h",
                metadata={KEY: key, ATTEMPT: str(attempt)},
                extra_headers={"Idempotency-Key": f"tuneset-batch-{key}-{attempt}"},
            )
            return _created(document(raw))

    def get(self, batch_id: str) -> RemoteBatch:
        """Describe a batch."""
        with call_faults(self.key):
            return parse_batch(
                Fields(document(self.client.batches.with_raw_response.retrieve(batch_id)), "batch"), batch_id
            )

    def list(self, after: str | None) -> Page[RemoteBatch]:
        """A page of all batches."""
        with call_faults(self.key):
            raw = self.client.batches.with_raw_response.list(after=after or openai.omit, limit=PAGE)
            return page(raw, parse_batch)

    def cancel(self, batch_id: str) -> None:
        """Cancel a batch."""
        with call_faults(self.key):
            document(self.client.batches.with_raw_response.cancel(batch_id))


def _created(found: dict[str, Any]) -> RemoteBatch:
    field(found, "id", str)
    return parse_batch(Fields(found, "batch"))


def parse_batch(fields: Fields, batch_id: str | None = None) -> RemoteBatch:
    """A batch, about which anything may be missing but its id."""
    status = (fields.line("status") or "").lower()
    marks = Fields(fields.table("metadata"), f"{fields.path}.metadata")
    counts = Fields(fields.table("request_counts"), f"{fields.path}.request_counts")
    faults = Fields(fields.table("errors"), f"{fields.path}.errors").found.get("data")
    return RemoteBatch(
        id=batch_id or fields.id("id") or "",
        status=status,
        state=_STATES.get(status, "waiting"),
        url=fields.text("endpoint") or "",
        input_file=fields.id("input_file_id"),
        output_file=fields.id("output_file_id"),
        error_file=fields.id("error_file_id"),
        key=marks.text(KEY),
        created_at=fields.moment("created_at") or 0,
        total=counts.whole("total") or 0,
        completed=counts.whole("completed") or 0,
        failed=counts.whole("failed") or 0,
        faults=tuple(_fault(Fields(one, "fault")) for one in faults) if isinstance(faults, list) else (),
    )


def _fault(fields: Fields) -> str:
    """One fault of an input file on one line: where, and the server's words."""
    line = fields.whole("line")
    said = fields.line("message") or fields.line("code") or "no reason"
    return one_line(said if line is None else f"line {line}: {said}")
