"""Files that lie at an endpoint: listed, looked up, fetched and deleted.

How a file gets there is the business of `remote/sending.py`, what is in it of neither.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai

from tuneset.artifacts import replacing
from tuneset.errors import RemoteError
from tuneset.providers.calls import pages, read, read_document
from tuneset.providers.endpoint import Endpoint
from tuneset.providers.failures import UnexpectedAnswer, document, field, one_line


@dataclasses.dataclass(frozen=True)
class RemoteFile:
    """A file as the endpoint describes it. `bytes` and `created_at` (Unix seconds) are None where it says nothing."""

    id: str
    filename: str
    purpose: str
    status: str
    bytes: int | None
    created_at: int | None
    status_details: str | None


def list_files(endpoint: Endpoint, purpose: str | None = None) -> Iterator[RemoteFile]:
    """Yield the endpoint's files, the newest first where it keeps that order. Raises RemoteError."""

    def get(client: openai.OpenAI, after: str | None) -> Any:  # noqa: ANN401  a raw response
        return client.files.with_raw_response.list(
            purpose=purpose or openai.omit, after=after or openai.omit, order="desc"
        )

    for found in pages(endpoint, "listing files", get):
        file = parse_file(found)
        if purpose is None or file.purpose in (purpose, ""):
            yield file


def get_file(endpoint: Endpoint, file_id: str) -> RemoteFile:
    """What the endpoint says of a file. Raises RemoteError, `not_found` where there is none."""
    what = f"looking up file {file_id}"
    return read(
        endpoint, what, lambda c: parse_file(document(c.files.with_raw_response.retrieve(file_id).http_response))
    )


def delete_file(endpoint: Endpoint, file_id: str) -> None:
    """Delete a file. Raises RemoteError, `not_found` where there is none."""
    what = f"deleting file {file_id}"
    found = read_document(endpoint, what, lambda client: client.files.with_raw_response.delete(file_id))
    if found.get("deleted") is not True:
        raise RemoteError(f"{what}: {endpoint.base_url} says that it was not deleted", code="not_deleted")


def save_content(endpoint: Endpoint, file_id: str, path: Path) -> int:
    """Write a file's content, as the server sends it, to `path`, whole or not at all; give its bytes.

    Raises RemoteError; `purpose_download_forbidden` where the endpoint does not give such files back.
    """

    def get(client: openai.OpenAI) -> int:
        with client.files.with_streaming_response.content(file_id) as response, replacing(path) as temporary:
            if "html" in response.headers.get("content-type", ""):
                raise UnexpectedAnswer("a web page where a file belongs", passing=False)
            response.stream_to_file(temporary)
            return temporary.stat().st_size

    return read(endpoint, f"downloading file {file_id}", get)


def parse_file(found: dict[str, Any]) -> RemoteFile:
    """A file from a protocol answer; only its id, name and purpose have to be there."""
    size, created, details = found.get("bytes"), found.get("created_at"), found.get("status_details")
    return RemoteFile(
        id=field(found, "id", str),
        filename=one_line(field(found, "filename", str)),
        purpose=str(found.get("purpose") or ""),
        status=str(found.get("status") or "").lower(),
        bytes=size if isinstance(size, int) else None,
        created_at=created if isinstance(created, int) else None,
        status_details=one_line(str(details)) if details else None,
    )
