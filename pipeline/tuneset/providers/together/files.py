"""Files of Together. What is sent is known there by its sha256: the same bytes are never taken twice.

A file is announced, sent to a storage, and read by the provider (`preprocess`), which reports on it. Results of jobs
are no files there: the step metrics and the weights of a job have ids here that say what they are (`job_content.py`).
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from typing import Any, BinaryIO

from tuneset.providers.call_fault import CallFault
from tuneset.providers.files.file_purposes import Purpose
from tuneset.providers.provider import NewFile, Page
from tuneset.providers.records import Content, FileState, RemoteFile
from tuneset.providers.together import job_content
from tuneset.providers.wire.answer import UnexpectedAnswer, deleted, document
from tuneset.providers.wire.http import SEND_TIMEOUT, Http, Response
from tuneset.providers.wire.named_line import fault_in
from tuneset.providers.wire.reader import Fields

_FOUND, _THERE_ALREADY = 302, 409
# An absent word is that of older answers, which had none.
_STATES: dict[str, FileState] = {
    **dict.fromkeys(("completed", ""), "ready"),
    **dict.fromkeys(("failed", "invalid_format"), "refused"),
}
_UNREAD = "pending"
_ASKED_FOR = frozenset({"queued", "running", "completed", "failed", "invalid_format"})
"""Words of a file that is read already, or going to be."""


@dataclasses.dataclass(frozen=True)
class TogetherFiles:
    """Implements `Files`."""

    http: Http

    def create(self, new: NewFile, content: BinaryIO, *, idempotency_key: str) -> RemoteFile:  # noqa: ARG002  content is the key
        """Announce a file, send it where that asks for it, and have it read."""
        announced = self.http.call(
            "POST",
            "/files",
            form={
                name: (None, value)
                for name, value in (
                    ("purpose", new.purpose),
                    ("file_name", new.name),
                    ("file_type", new.name.rpartition(".")[2]),
                    ("checksum", new.hashes.sha256),
                )
            },
            expected=(_FOUND, _THERE_ALREADY),
            timeout=SEND_TIMEOUT,
        )
        if announced.status_code == _FOUND:
            file_id, place = announced.headers.get("x-together-file-id"), announced.headers.get("location")
            if not file_id or not place:
                found = "answered with no place for the file"
                raise CallFault("unexpected_answer", found, passing=False, acted=False)
            self.http.put(place, content, new.hashes.bytes)
        else:
            file_id = _id_of(announced)
        return self.read_on(file_id)

    def read_on(self, file_id: str) -> RemoteFile:
        """Have a file read whose bytes are there, unless it was or is going to be."""
        file = self.get(file_id)
        if file.status not in _ASKED_FOR:
            file = parse_file(self.http.document("POST", f"/files/{file_id}/preprocess"), file_id)
        return file

    def import_from(self, name: str, purpose: Purpose, url: str) -> RemoteFile:  # noqa: ARG002  those of the interface
        """Not offered."""
        raise CallFault("not_supported", f"fetches nothing by itself ({name})", passing=False, acted=False)

    def get(self, file_id: str) -> RemoteFile:
        """Describe a file, or what a job has left."""
        left = job_content.parse_id(file_id)
        if left is not None:
            return RemoteFile(file_id, left.filename, "fine-tune-results", "", None, None, None)
        return parse_file(self.http.document("GET", f"/files/{file_id}"), file_id)

    def list(self, purpose: str | None, after: str | None) -> Page[RemoteFile]:  # noqa: ARG002  there are no pages
        """All files."""
        found = self.http.page("/files", _listed)
        kept = tuple(file for file in found.items if purpose in (None, file.purpose) or not file.purpose)
        return Page(kept, more=False)

    def delete(self, file_id: str) -> bool:
        """Delete a file."""
        return deleted(self.http.call("DELETE", f"/files/{file_id}"))

    @contextlib.contextmanager
    def content(self, file_id: str, start: int = 0) -> Iterator[Content]:
        """The content of a file, or of what a job has left."""
        left = job_content.parse_id(file_id)
        if left is None:
            with self.http.content(f"/files/{file_id}/content", start) as content:
                yield content
        elif left.kind == "metrics":
            yield Content(iter([job_content.step_metrics(self.http, left.job_id)]))
        else:
            with self.http.content("/finetune/download", start, left.query()) as content:
                yield content


def _id_of(answer: Response) -> str:
    """The id of the file whose bytes are there already."""
    try:
        found = Fields(document(answer), "file").id("file_id")
    except UnexpectedAnswer as wrong:
        fault = f"answered with {wrong.found}"
        raise CallFault("unexpected_answer", fault, passing=wrong.passing, acted=wrong.acted) from None
    if found is None:
        raise CallFault("conflict", "answered 409 without the id of a file", passing=True, acted=False)
    return found


def parse_file(found: dict[str, Any], asked: str) -> RemoteFile:
    """A file, about which all but the id that was asked for may be missing."""
    return _file(Fields(found, "file"), asked)


def _listed(fields: Fields) -> RemoteFile:
    """A file of the list. One that nobody has had read is not whole yet: it is announced again, and not adopted."""
    file = _file(fields, fields.id("id") or "")
    return dataclasses.replace(file, state="refused") if file.status == _UNREAD else file


def _file(fields: Fields, file_id: str) -> RemoteFile:
    status = (fields.line("processing_status") or "").lower()
    report = Fields(fields.table("validation_report"), f"{fields.path}.validation_report")
    message = report.line("error")
    refused = report.found.get("valid") is False
    state: FileState = "refused" if refused else _STATES.get(status, "processing")
    return RemoteFile(
        id=file_id,
        filename=fields.line("filename") or "",
        purpose=fields.text("purpose") or "",
        status=status,
        bytes=fields.whole("bytes") or None,
        created_at=fields.moment("created_at"),
        status_details=message,
        state=state,
        faults=(fault_in(message),) if message and state == "refused" else (),
    )
