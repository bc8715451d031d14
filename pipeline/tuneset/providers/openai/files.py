"""Files and Uploads of the protocol, through the official client."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, BinaryIO

import httpx2
import openai

from tuneset.providers.call_fault import CallFault, ExpiryUnknown
from tuneset.providers.files.file_purposes import Purpose
from tuneset.providers.openai import answers
from tuneset.providers.openai.answers import parse_file
from tuneset.providers.openai.faults import call_faults
from tuneset.providers.provider import NewFile, Page
from tuneset.providers.records import Content, RemoteFile, RemoteUpload
from tuneset.providers.wire.answer import UnexpectedAnswer, deleted, document, field, page

SEND_TIMEOUT = httpx2.Timeout(600.0, connect=10.0)
"""For calls that send a file; the client's own default, in seconds for each wait on the socket."""


@dataclasses.dataclass(frozen=True)
class OpenAIFiles:
    """The Files API; implements `Files`. `key` is what faults must not show."""

    client: openai.OpenAI
    key: str | None

    def create(self, new: NewFile, content: BinaryIO, *, idempotency_key: str) -> RemoteFile:
        """Send a file whole."""
        unknown = False
        try:
            with call_faults(self.key):
                try:
                    raw = self.client.files.with_raw_response.create(
                        file=(new.name, content, new.mime_type),
                        purpose=new.purpose,
                        expires_after=_expiry(new),
                        extra_headers={"Idempotency-Key": idempotency_key},
                        timeout=SEND_TIMEOUT,
                    )
                except openai.BadRequestError as fault:
                    # An older backend: "Additional properties are not allowed ('expires_after' was unexpected)".
                    unknown = new.expires_after_s is not None and "expires_after" in str(fault.body)
                    raise
                return parse_file(document(raw))
        except CallFault as fault:
            if not unknown:
                raise
            found = ExpiryUnknown(fault.kind, fault.found, passing=False, acted=False, server_code=fault.server_code)
        raise found

    def import_from(self, name: str, purpose: Purpose, url: str) -> RemoteFile:
        """Have a file fetched: Azure's `POST /files/import`, which the client has no method for."""
        body = {"purpose": purpose, "filename": name, "content_url": url}
        try:
            with call_faults(self.key):
                raw = self.client.post("/files/import", cast_to=httpx2.Response, body=body)
                return parse_file(document(_Raw(raw)))
        except CallFault as fault:  # a server may repeat the address, whose signature opens what lies there
            fault.found = fault.found.replace(url, "[address]")
            if query := url.partition("?")[2]:
                fault.found = fault.found.replace(query, "[signature]")
            raise

    def get(self, file_id: str) -> RemoteFile:
        """Describe a file."""
        with call_faults(self.key):
            return parse_file(document(self.client.files.with_raw_response.retrieve(file_id)), file_id)

    def list(self, purpose: str | None, after: str | None) -> Page[RemoteFile]:
        """A page of the files."""
        with call_faults(self.key):
            raw = self.client.files.with_raw_response.list(
                purpose=purpose or openai.omit, after=after or openai.omit, order="desc"
            )
            return page(raw, answers.listed_file)

    def delete(self, file_id: str) -> bool:
        """Delete a file."""
        with call_faults(self.key):
            return deleted(self.client.files.with_raw_response.delete(file_id))

    @contextlib.contextmanager
    def content(self, file_id: str, start: int = 0) -> Iterator[Content]:
        """The content, from byte `start` on where the server offers that."""
        asked = {"Range": f"bytes={start}-"} if start else None
        streaming = self.client.files.with_streaming_response
        with call_faults(self.key), streaming.content(file_id, extra_headers=asked) as response:
            if "html" in response.headers.get("content-type", ""):
                raise UnexpectedAnswer("a web page where a file belongs", passing=False)
            yield Content(response.iter_bytes(), start if response.status_code == HTTPStatus.PARTIAL_CONTENT else 0)


@dataclasses.dataclass(frozen=True)
class OpenAIUploads:
    """The Uploads API; implements `Uploads`."""

    client: openai.OpenAI
    key: str | None

    def begin(self, new: NewFile) -> RemoteUpload:
        """Begin an upload."""
        with call_faults(self.key):
            raw = self.client.uploads.with_raw_response.create(
                bytes=new.hashes.bytes,
                filename=new.name,
                mime_type=new.mime_type,
                purpose=new.purpose,
                expires_after=_expiry(new),
            )
            return answers.parse_upload(document(raw))

    def send_part(self, upload_id: str, name: str, content: BinaryIO, *, number: int) -> str:  # noqa: ARG002  parts are put in order at the end
        """Send a part."""
        with call_faults(self.key):
            data = (name, content, "application/octet-stream")
            raw = self.client.uploads.parts.with_raw_response.create(upload_id, data=data, timeout=SEND_TIMEOUT)
            return str(field(document(raw), "id", str))

    def complete(self, upload_id: str, part_ids: list[str], md5: str) -> RemoteFile:
        """Make a file of the parts."""
        with call_faults(self.key):
            raw = self.client.uploads.with_raw_response.complete(
                upload_id, part_ids=part_ids, md5=md5, timeout=SEND_TIMEOUT
            )
            return parse_file(field(document(raw), "file", dict))

    def cancel(self, upload_id: str) -> None:
        """Give an upload up."""
        with call_faults(self.key):
            document(self.client.uploads.with_raw_response.cancel(upload_id))


@dataclasses.dataclass(frozen=True)
class _Raw:
    """An answer in the form of those of the client's own methods."""

    http_response: httpx2.Response


def _expiry(new: NewFile) -> Any:  # noqa: ANN401  a parameter of the client
    return {"anchor": "created_at", "seconds": new.expires_after_s} if new.expires_after_s else openai.omit
