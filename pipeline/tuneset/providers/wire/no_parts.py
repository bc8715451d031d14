"""Uploads in parts, for protocols whose files are sent whole here: there are none, as their capabilities say."""

from __future__ import annotations

from typing import BinaryIO, NoReturn

from tuneset.providers.call_fault import CallFault
from tuneset.providers.provider import NewFile
from tuneset.providers.records import RemoteFile, RemoteUpload


class NoParts:
    """Implements `Uploads` by refusing."""

    def begin(self, new: NewFile) -> RemoteUpload:
        """Refused."""
        _refuse(new.name)

    def send_part(self, upload_id: str, name: str, content: BinaryIO, *, number: int) -> str:  # noqa: ARG002  those of the interface
        """Refused."""
        _refuse(name)

    def complete(self, upload_id: str, part_ids: list[str], md5: str) -> RemoteFile:  # noqa: ARG002  as above
        """Refused."""
        _refuse(upload_id)

    def cancel(self, upload_id: str) -> None:
        """Refused."""
        _refuse(upload_id)


def _refuse(name: str) -> NoReturn:
    raise CallFault("not_supported", f"takes nothing in parts ({name})", passing=False, acted=False)
