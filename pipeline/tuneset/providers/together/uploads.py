"""Files of Together in parts, for those above 5 GB. Each part has an address of its own.

An upload of an earlier run cannot go on, since addresses are kept nowhere: it counts as gone, and is begun anew.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any, BinaryIO

from tuneset.providers.call_fault import CallFault
from tuneset.providers.provider import NewFile, PartLimits
from tuneset.providers.records import RemoteFile, RemoteUpload
from tuneset.providers.together.files import TogetherFiles
from tuneset.providers.wire.answer import document
from tuneset.providers.wire.http import Http
from tuneset.providers.wire.reader import Fields

PARTS = PartLimits(frozenset({"fine-tune", "eval", "batch-api"}), part_bytes=250_000_000, lifetime_s=86_400)
"""Parts of about 250 MB, at most 250 of them (together 3.1.1, 2026-11-25); how long they are kept nobody says."""
_THERE_ALREADY = 409
_THERE = "there:"
"""Begins the id of an upload whose bytes are at the provider already: no part of it is sent."""


@dataclasses.dataclass(frozen=True)
class _Begun:
    """An upload that this process began: the file that it becomes, and where each part goes, in their order."""

    file_id: str
    size: int
    places: tuple[tuple[str, dict[str, str]], ...]


@dataclasses.dataclass(frozen=True)
class TogetherUploads:
    """Implements `Uploads`."""

    http: Http
    files: TogetherFiles
    part_bytes: int = PARTS.part_bytes
    _begun: dict[str, _Begun] = dataclasses.field(default_factory=dict)

    def begin(self, new: NewFile) -> RemoteUpload:
        """Announce a file and get an address for each part."""
        answer = self.http.call(
            "POST",
            "/files/multipart/initiate",
            json={
                "file_name": new.name,
                "file_size": new.hashes.bytes,
                "num_parts": math.ceil(new.hashes.bytes / self.part_bytes),
                "purpose": new.purpose,
                "file_type": new.name.rpartition(".")[2],
                "checksum": new.hashes.sha256,
            },
            expected=(_THERE_ALREADY,),
        )
        found = Fields(document(answer), "upload")
        file_id, upload_id = found.id("file_id"), found.id("upload_id")
        if answer.status_code == _THERE_ALREADY and file_id:
            return RemoteUpload(f"{_THERE}{file_id}", None)
        rows = found.found.get("parts")
        places = [_place(row) for row in sorted(rows if isinstance(rows, list) else [], key=_number)]
        if file_id is None or upload_id is None or len(places) != math.ceil(new.hashes.bytes / self.part_bytes):
            found_wrong = "answered with no place for each part of the file"
            raise CallFault("unexpected_answer", found_wrong, passing=False, acted=False)
        self._begun[upload_id] = _Begun(file_id, new.hashes.bytes, tuple(places))
        return RemoteUpload(upload_id, None)

    def send_part(self, upload_id: str, name: str, content: BinaryIO, *, number: int) -> str:  # noqa: ARG002  a part has no name
        """Send a part to its address; its id is the ETag that the storage answers."""
        if upload_id.startswith(_THERE):
            return _THERE
        begun = self._known(upload_id)
        url, headers = begun.places[number - 1]
        length = min(self.part_bytes, begun.size - (number - 1) * self.part_bytes)
        etag = self.http.put(url, content, length, headers).headers.get("etag")
        if not etag:
            raise CallFault("unexpected_answer", "answered with no ETag of a part", passing=True, acted=True)
        return str(etag)

    def complete(self, upload_id: str, part_ids: list[str], md5: str) -> RemoteFile:  # noqa: ARG002  the checksum was sent
        """Make a file of the parts and have it read."""
        if upload_id.startswith(_THERE):
            return self.files.read_on(upload_id.removeprefix(_THERE))
        begun = self._known(upload_id)
        parts = [{"part_number": number, "etag": etag} for number, etag in enumerate(part_ids, 1)]
        body = {"upload_id": upload_id, "file_id": begun.file_id, "parts": parts}
        self.http.call("POST", "/files/multipart/complete", json=body)
        return self.files.read_on(begun.file_id)

    def cancel(self, upload_id: str) -> None:
        """Give an upload up; one that this process did not begin is the provider's to forget."""
        begun = self._begun.pop(upload_id, None)
        if begun is not None:
            body = {"upload_id": upload_id, "file_id": begun.file_id}
            self.http.call("POST", "/files/multipart/abort", json=body)

    def _known(self, upload_id: str) -> _Begun:
        begun = self._begun.get(upload_id)
        if begun is None:
            raise CallFault("bad_request", "gives an upload of an earlier run no addresses", passing=False, acted=False)
        return begun


def _number(row: Any) -> int:  # noqa: ANN401  any JSON value
    fields = Fields(row, "part")
    return fields.whole("part_number") or fields.whole("PartNumber") or 0


def _place(row: Any) -> tuple[str, dict[str, str]]:  # noqa: ANN401  any JSON value
    """Where a part goes and what is sent along, by either spelling of the names."""
    fields = Fields(row, "part")
    url = fields.text("URL") or fields.text("UploadURL") or fields.text("url")
    if url is None:
        raise CallFault("unexpected_answer", "answered with no place for a part", passing=False, acted=False)
    headers = fields.table("Headers") or fields.table("headers")
    return url, {name: value for name, value in headers.items() if isinstance(value, str)}
