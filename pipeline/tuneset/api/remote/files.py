"""Files at an endpoint, for programs: what `tuneset files` does, with the same receipts."""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from tuneset.providers.endpoint import Endpoint
from tuneset.providers.files import file_import, file_upload, prune, remote_files
from tuneset.providers.files.file_purposes import Purpose
from tuneset.providers.files.file_upload import Uploaded
from tuneset.providers.files.local_file import OnBytes
from tuneset.providers.records import RemoteFile

Say = Callable[[str], None]


class Files:
    """The files of one endpoint. Every method raises RemoteError for what goes wrong there.

    Args:
        endpoint: where they are.
        receipts_folder: where it is written down what was uploaded.
        say: told what happens, one sentence each.
    """

    def __init__(self, endpoint: Endpoint, receipts_folder: Path, say: Say) -> None:
        self._endpoint = endpoint
        self._receipts = receipts_folder
        self._say = say

    def upload(
        self,
        path: str | os.PathLike[str],
        purpose: Purpose = "fine-tune",
        *,
        in_parts: bool = False,
        expires_after_s: int | None = None,
        on_bytes: OnBytes = lambda _name, _done, _total: None,
    ) -> Uploaded:
        """Make sure that the content of a file lies at the endpoint once, and wait until it is processed.

        Raises InputError for a file that is missing, empty, too large, or not what its purpose takes.
        """
        local = Path(path)
        return file_upload.upload(
            self._endpoint,
            local,
            purpose=purpose,
            stem=local.stem,
            receipts_folder=self._receipts,
            in_parts=in_parts,
            expires_after_s=expires_after_s,
            on_bytes=on_bytes,
            say=self._say,
        )

    def import_from(self, url: str, purpose: Purpose = "fine-tune") -> RemoteFile:
        """Have the endpoint fetch a file from an address. Raises `not_supported` where it does not do that."""
        return file_import.import_from(self._endpoint, url, purpose=purpose, say=self._say)[0]

    def list(self, purpose: str | None = None, limit: int | None = None) -> tuple[RemoteFile, ...]:
        """The files, the newest first where the endpoint keeps that order; all, or as many as `limit`."""
        return tuple(itertools.islice(remote_files.list_files(self._endpoint, purpose), limit))

    def get(self, file_id: str) -> RemoteFile:
        """What the endpoint says of a file."""
        return remote_files.get_file(self._endpoint, file_id)

    def wait(self, file_id: str) -> RemoteFile:
        """Wait until the endpoint has processed a file."""
        file = self.get(file_id)
        return file_upload.wait_processed(self._endpoint, file, file_id, self._say, ours=False)

    def content(self, file_id: str) -> bytes:
        """A file's content, as the endpoint keeps it. Raises `purpose_download_forbidden` where it gives none back."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "content"
            self.download(file_id, path)
            return path.read_bytes()

    def download(self, file_id: str, path: str | os.PathLike[str]) -> int:
        """Write a file's content to `path`, whole or not at all; give its bytes. Raises as `content` does."""
        return remote_files.fetch(self._endpoint, file_id, Path(path), self._receipts, self._say)

    def delete(self, file_id: str) -> None:
        """Delete a file at the endpoint."""
        remote_files.delete_file(self._endpoint, file_id)

    def prune(self) -> tuple[RemoteFile, ...]:
        """Delete what this project uploaded and no job needs; give what was deleted."""
        own = prune.own_files(self._endpoint, self._receipts)
        doomed = tuple(one.file for one in own if not one.needed_by)
        for file in doomed:
            prune.delete(self._endpoint, file, self._receipts)
        return doomed
