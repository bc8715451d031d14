"""Reads a form with a file as it arrives: the file goes to disk piece by piece, hashed on the way; fields are kept.

Memory stays flat whatever the file's size, and the bytes are written once. Nothing here judges a purpose or a content.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import logging
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO, TYPE_CHECKING

import anyio.to_thread
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request

from tuneset.artifacts import TEMPORARY_PREFIX
from tuneset.endpoint.api.api_errors import ApiError, too_large
from tuneset.endpoint.api.json_body import check_plain
from tuneset.endpoint.form_names import part_names
from tuneset.endpoint.object_ids import new_id

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks  # exists for type checkers only

logging.getLogger("python_multipart").setLevel(logging.CRITICAL)  # it tells of each bad form with bytes of it

FORM_OVERHEAD = 65_536
"""Bytes of a form that may surround the file: boundaries, headers and the other fields."""

FIELD_BYTES = 4_096
"""How long a field other than the file may be."""


@dataclasses.dataclass(frozen=True)
class Received:
    """A file that has arrived, under a temporary name: bytes on the disk, flushed.

    `fields` are the other fields of the form, in their order.
    """

    path: Path
    filename: str
    bytes: int
    sha256: str
    fields: dict[str, str]


@contextlib.asynccontextmanager
async def receiving(request: Request, folder: Path, limit: int, *, name: str = "file") -> AsyncIterator[Received]:
    """Yield the file in the field `name` of the form that is the body of `request`, kept in `folder`.

    After the block its temporary file is gone, unless it was renamed.

    Raises ApiError: 413 from the declared length, before a byte is read, or as soon as `limit` bytes are passed;
    400 for a body that is no form with exactly one file; 415 for one that is compressed.
    """
    check_plain(request)
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit + FORM_OVERHEAD:
        raise too_large(limit, int(declared))
    content_type, options = parse_options_header(request.headers.get("content-type", ""))
    if content_type != b"multipart/form-data" or b"boundary" not in options:
        raise _no_form("it must be multipart/form-data")
    path = folder / new_id(TEMPORARY_PREFIX)
    try:
        with path.open("xb") as handle:
            form = await _read_form(request, options[b"boundary"], _Form(handle, limit, name))
            handle.flush()
            await anyio.to_thread.run_sync(os.fsync, handle.fileno())
        if form.filename is None:
            why = ": it came as a text, without a name of a file" if name in form.fields else ""
            raise ApiError(400, f"'{name}' is a required property{why}", param=name)
        yield Received(path, form.filename, form.bytes, form.digest.hexdigest(), form.fields)
    finally:
        path.unlink(missing_ok=True)


async def _read_form(request: Request, boundary: bytes, form: _Form) -> _Form:
    try:
        parser = MultipartParser(boundary, form.callbacks())
        received = 0
        async for piece in request.stream():
            received += len(piece)
            parser.write(piece)
            # Fields, headers, what stands before and after the parts: the parser or `fields` would keep them all.
            if received - form.bytes > FORM_OVERHEAD:
                raise _no_form(f"it has more than {FORM_OVERHEAD} bytes beside its file")
    except FormParserError:
        raise _no_form("it is not valid multipart/form-data") from None
    except ClientDisconnect:
        raise _no_form("the connection ended before the form did") from None
    if not form.ended:
        raise _no_form("it ends before the form does")
    return form


class _Form:
    """What the parser calls, in the order of the form's bytes; the file's bytes go straight to `handle`."""

    def __init__(self, handle: IO[bytes], limit: int, file_field: str) -> None:
        self.fields: dict[str, str] = {}
        self.filename: str | None = None
        self.bytes = 0
        self.digest = hashlib.sha256()
        self.ended = False
        self._handle = handle
        self._limit = limit
        self._file_field = file_field
        self._header = bytearray()
        self._header_value = bytearray()
        self._disposition = ""
        self._name = ""
        self._in_file = False
        self._value = bytearray()

    def callbacks(self) -> MultipartCallbacks:
        """The methods below by the names that the parser knows."""
        return {
            "on_part_begin": self._start_part,
            "on_header_field": self._add_header,
            "on_header_value": self._add_header_value,
            "on_header_end": self._end_header,
            "on_headers_finished": self._end_headers,
            "on_part_data": self._add_data,
            "on_part_end": self._end_part,
            "on_end": self._end,
        }

    def _start_part(self) -> None:
        self._disposition = ""
        self._value.clear()

    def _add_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _add_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _end_header(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._header_value.decode("latin-1")
        self._header.clear()
        self._header_value.clear()

    def _end_headers(self) -> None:
        self._name, filename = part_names(self._disposition)
        self._in_file = self._name == self._file_field and filename is not None
        if not self._name:
            raise _no_form("a part of it has no name")
        if self._in_file:
            if self.filename is not None:
                raise ApiError(400, "Only one file can be uploaded at a time", param=self._file_field)
            self.filename = filename

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        piece = data[start:end]
        if not self._in_file:
            self._value += piece
            if len(self._value) > FIELD_BYTES and self._name == self._file_field:
                raise ApiError(400, f"'{self._name}' came as a text, without a name of a file", param=self._name)
            if len(self._value) > FIELD_BYTES:
                raise _no_form(f"a field of it is longer than {FIELD_BYTES} bytes")
            return
        self.bytes += len(piece)
        if self.bytes > self._limit:
            raise too_large(self._limit, self.bytes)
        self.digest.update(piece)
        self._handle.write(piece)

    def _end_part(self) -> None:
        if not self._in_file:
            self.fields[self._name] = self._value.decode("utf-8", "replace")

    def _end(self) -> None:
        self.ended = True


def _no_form(reason: str) -> ApiError:
    return ApiError(400, f"Could not read the request body as a form: {reason}")
