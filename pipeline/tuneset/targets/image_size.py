"""The size of an image in a data URL, read from the first bytes of its file; no image is decoded.

PNG, JPEG, GIF and WebP are known. What the size costs is told elsewhere.
"""

from __future__ import annotations

import base64
import binascii
import re
import struct
from typing import NamedTuple

_DATA_URL = re.compile(r"data:[a-z0-9/.+-]*(?:;[a-z0-9=-]+)*;base64,", re.ASCII | re.IGNORECASE)
_HEAD_CHARACTERS = 1 << 16
"""Of a file as long as that, no more is decoded at first: most say their size in the first hundred bytes."""
_NO_FRAME = frozenset({0xC4, 0xC8, 0xCC})
"""JPEG markers from C0 to CF that begin no frame: tables and an extension (ITU-T T.81, table B.1)."""


class Size(NamedTuple):
    """Width and height in pixels."""

    width: int
    height: int


def image_size(url: str) -> Size | None:
    """The size of the image in a data URL; None for any other URL and for bytes that are no image that is known.

    >>> image_size("data:image/gif;base64,R0lGODlhCgAFAIAAAP")
    Size(width=10, height=5)
    >>> image_size("https://example.com/a.png") is None
    True
    """
    head = _DATA_URL.match(url)
    if head is None:
        return None
    encoded = url[head.end() :]
    found = _size(_decoded(encoded[:_HEAD_CHARACTERS]))
    # A JPEG may have a long preview before its frame.
    return found or (_size(_decoded(encoded)) if len(encoded) > _HEAD_CHARACTERS else None)


def _decoded(encoded: str) -> bytes:
    whole = encoded[: len(encoded) - len(encoded) % 4]
    try:
        return base64.b64decode(whole)
    except (binascii.Error, ValueError):
        return b""


def _size(data: bytes) -> Size | None:
    try:
        found = _size_of(data)
    except (struct.error, IndexError):  # cut short
        return None
    return found if found is not None and found.width > 0 and found.height > 0 else None


def _size_of(data: bytes) -> Size | None:
    if data.startswith(b"\x89PNG\r\n\x1a\n") and data[12:16] == b"IHDR":
        return Size(*struct.unpack_from(">II", data, 16))
    if data[:6] in (b"GIF87a", b"GIF89a"):
        return Size(*struct.unpack_from("<HH", data, 6))
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _webp(data)
    return _jpeg(data) if data[:2] == b"\xff\xd8" else None


def _webp(data: bytes) -> Size | None:
    """WebP, by its first chunk (Google's WebP container specification; RFC 6386, section 9.1, for VP8)."""
    match data[12:16]:
        case b"VP8X":
            return Size(*(1 + int.from_bytes(data[at : at + 3], "little") for at in (24, 27)))
        case b"VP8L":
            (bits,) = struct.unpack_from("<I", data, 21)
            return Size((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
        case b"VP8 ":
            width, height = struct.unpack_from("<HH", data, 26)
            return Size(width & 0x3FFF, height & 0x3FFF)
    return None


def _jpeg(data: bytes) -> Size | None:
    """JPEG, by the segment that begins its frame."""
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
        elif 0xC0 <= marker <= 0xCF and marker not in _NO_FRAME:
            height, width = struct.unpack_from(">HH", data, at + 5)
            return Size(width, height)
        else:
            at += 2 + struct.unpack_from(">H", data, at + 2)[0]
    return None
