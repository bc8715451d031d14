"""The files of a job: from the endpoint where it gives them back, else the local copy with the same bytes."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from tuneset.artifacts import replacing, sha256_file
from tuneset.errors import RemoteError
from tuneset.providers import receipts
from tuneset.providers.endpoint import Endpoint
from tuneset.providers.files import remote_files

_NOT_GIVEN = frozenset({"purpose_download_forbidden", "not_found"})


class JobFile(NamedTuple):
    """A file of a job that is at hand again.

    Args:
        file_id: at the endpoint.
        path: where it is now.
        source: `endpoint`, or the path of the local copy that it was taken from.
        sha256: of its content.
    """

    file_id: str
    path: Path
    source: str
    sha256: str


def bring(
    endpoint: Endpoint,
    file_id: str,
    path: Path,
    receipts_folder: Path,
    folders: Sequence[Path],
    say: Callable[[str], None],
) -> JobFile:
    """Have a job's file at `path`.

    A local copy is one of the JSONL files of `folders` whose sha256 the receipt of the upload names. Raises RemoteError
    `no_copy` where the endpoint does not give the file back and there is no such copy; other errors as `fetch` does.
    """
    try:
        remote_files.fetch(endpoint, file_id, path, receipts_folder, say)
    except RemoteError as error:
        if error.code not in _NOT_GIVEN:
            raise
        return _copy(endpoint, file_id, path, receipts_folder, folders, error)
    return JobFile(file_id, path, "endpoint", sha256_file(path))


def _copy(
    endpoint: Endpoint, file_id: str, path: Path, folder: Path, folders: Sequence[Path], refused: RemoteError
) -> JobFile:
    ours = (one for one in receipts.all_of(folder, "file") if one["file_id"] == file_id)
    receipt = next((one for one in ours if one["endpoint"] == endpoint.identity), None)
    if receipt is None:
        raise RemoteError(
            f"file {file_id}: {endpoint.profile.title} does not give it back, and no receipt knows what was in it",
            code="no_copy",
            hint="export the dataset that it was made from: `tuneset export`",
        ) from refused
    for found in sorted(one for place in folders for one in place.glob("*.jsonl")):
        if found.stat().st_size == receipt["bytes"] and sha256_file(found) == receipt["sha256"]:
            with replacing(path) as temporary:
                shutil.copyfile(found, temporary)
            return JobFile(file_id, path, str(found), receipt["sha256"])
    raise RemoteError(
        f"file {file_id}: {endpoint.profile.title} does not give it back, and no local file has its bytes",
        code="no_copy",
        allowed=f"a JSONL file with the sha256 {receipt['sha256']}",
        hint="name the folder that holds it with --dataset",
    ) from refused
