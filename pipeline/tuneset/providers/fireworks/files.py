"""Files of Fireworks: one dataset each, under an id that follows from its content, so that it is made once.

What a job leaves are no files there: its metrics and its model's files have ids here that say which (`job_content.py`).
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from typing import Any, BinaryIO

from tuneset.providers.call_fault import CallFault
from tuneset.providers.files.file_purposes import Purpose
from tuneset.providers.fireworks import job_content
from tuneset.providers.fireworks.names import dataset_id, last_part
from tuneset.providers.provider import NewFile, Page
from tuneset.providers.records import Content, FileState, RemoteFile
from tuneset.providers.wire.answer import deleted
from tuneset.providers.wire.empty_pages import next_page
from tuneset.providers.wire.http import SEND_TIMEOUT, Http
from tuneset.providers.wire.named_line import fault_in
from tuneset.providers.wire.reader import Fields

_EXISTS = 409
DIRECT_BYTES = 150_000_000
"""What is larger goes to a signed address (Fireworks documentation, 2026-11-20)."""
PAGE = 200
_PIECE = 1 << 20
_GOOD_CODES = (None, "OK", "CODE_UNSPECIFIED", "0")


@dataclasses.dataclass(frozen=True)
class FireworksFiles:
    """Implements `Files`. `root` is the path of the account."""

    http: Http
    root: str
    _tokens: dict[str, str] = dataclasses.field(default_factory=dict)

    def create(self, new: NewFile, content: BinaryIO, *, idempotency_key: str) -> RemoteFile:  # noqa: ARG002  the id is the key
        """Make the dataset, unless it is there, and send its content, unless that is there."""
        name = dataset_id(new.name)
        facts = {
            "userUploaded": {},
            "exampleCount": str(_lines(content)),
            "format": "CHAT",
            "displayName": new.name,
        }
        body = {"datasetId": name, "dataset": facts}
        self.http.call("POST", f"{self.root}/datasets", json=body, expected=(_EXISTS,))
        file = self.get(name)
        if file.state == "ready":
            return file
        place = f"{self.root}/datasets/{name}"
        if new.hashes.bytes <= DIRECT_BYTES:
            form = {"file": (new.name, content, new.mime_type)}
            self.http.call("POST", f"{place}:upload", form=form, timeout=SEND_TIMEOUT)
        else:
            size = str(new.hashes.bytes)
            asked = {"filenameToSize": {new.name: size}}
            urls = self.http.document("POST", f"{place}:getUploadEndpoint", json=asked).get("filenameToSignedUrls")
            url = Fields(urls, "upload").text(new.name)
            if url is None:
                found = "answered with no place for the file"
                raise CallFault("unexpected_answer", found, passing=False, acted=False)
            signed = {"Content-Type": "application/octet-stream", "X-Goog-Content-Length-Range": f"{size},{size}"}
            self.http.put(url, content, new.hashes.bytes, signed)
            self.http.call("POST", f"{place}:validateUpload", json={})
        return self.get(name)

    def import_from(self, name: str, purpose: Purpose, url: str) -> RemoteFile:  # noqa: ARG002  those of the interface
        """Not offered."""
        raise CallFault("not_supported", f"fetches nothing by itself ({name})", passing=False, acted=False)

    def get(self, file_id: str) -> RemoteFile:
        """Describe a dataset, or what a job has left."""
        left = job_content.parse_id(file_id)
        if left is not None:
            return RemoteFile(file_id, left.filename, "fine-tune-results", "", None, None, None)
        return _dataset(self.http.document("GET", f"{self.root}/datasets/{file_id}"), file_id)

    def list(self, purpose: str | None, after: str | None) -> Page[RemoteFile]:  # noqa: ARG002  datasets have no purpose
        """A page of the datasets. One without its content is not whole: it is sent into again, and not adopted."""

        def one(token: str | None) -> tuple[tuple[RemoteFile, ...], str | None]:
            query = {"pageSize": PAGE, **({"pageToken": token} if token else {})}
            found = self.http.document("GET", f"{self.root}/datasets", query=query)
            rows = found.get("datasets")
            kept = (row for row in (rows if isinstance(rows, list) else []) if isinstance(row, dict))
            return tuple(_dataset(row, None) for row in kept), Fields(found, "datasets").text("nextPageToken")

        files, following = next_page(one, self._tokens.get(after or ""))
        if following:
            self._tokens[files[-1].id] = following
        whole = (dataclasses.replace(file, state="refused") if file.state == "processing" else file for file in files)
        return Page(tuple(whole), more=bool(following))

    def delete(self, file_id: str) -> bool:
        """Delete a dataset."""
        return deleted(self.http.call("DELETE", f"{self.root}/datasets/{file_id}"))

    @contextlib.contextmanager
    def content(self, file_id: str, start: int = 0) -> Iterator[Content]:
        """What a job has left; the content of datasets is not given back here."""
        left = job_content.parse_id(file_id)
        if left is None:
            found = "gives no content of datasets back"
            raise CallFault("purpose_download_forbidden", found, passing=False, acted=False)
        with job_content.content(self.http, self.root, left, start) as content:
            yield content


def _lines(content: BinaryIO) -> int:
    """How many lines there are; the content is read from its start again after that."""
    count, last = 0, b""
    while piece := content.read(_PIECE):
        count, last = count + piece.count(b"\n"), piece
    content.seek(0)
    return count + (1 if last and not last.endswith(b"\n") else 0)


def _dataset(found: dict[str, Any], asked: str | None) -> RemoteFile:
    """A dataset, about which all but its name may be missing."""
    fields = Fields(found, "dataset")
    status = Fields(fields.table("status"), "dataset.status")
    word = (fields.line("state") or "").lower()
    message = status.line("message") or None
    state: FileState = "ready" if word == "ready" else "processing"
    if status.text("code") not in _GOOD_CODES:
        state = "refused"
    name = asked or last_part(fields.text("name")) or ""
    return RemoteFile(
        id=name,
        filename=fields.line("displayName") or f"{name}.jsonl",
        purpose="",
        status=word,
        bytes=None,
        created_at=fields.moment("createTime"),
        status_details=message,
        state=state,
        faults=(fault_in(message),) if message and state == "refused" else (),
    )
