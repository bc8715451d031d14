"""What a file can be for: which purposes can be uploaded, which can be downloaded, and how long such files live.

A table and look-ups in it; nothing here touches a file.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from tuneset.endpoint.api.api_errors import ApiError
from tuneset.endpoint.api.json_body import Body

HOUR_S, MONTH_S = 3_600, 2_592_000
"""Seconds: the shortest and the longest life of a file. OpenAI API specification (FileExpirationAfter), 2026-08-21."""


@dataclasses.dataclass(frozen=True)
class Directions:
    """Which ways the content of a file goes, and what it may be.

    Args:
        upload: whether it can be sent.
        download: whether it can be fetched.
        lifetime_s: after how many seconds it expires where nothing else is asked for.
        extensions: what its name ends in; empty where any name will do.
        max_bytes: how long it may be, where that is less than for any file.
    """

    upload: bool
    download: bool
    lifetime_s: int | None = None
    extensions: tuple[str, ...] = ()
    max_bytes: int | None = None


MEBIBYTE = 1 << 20

IMAGES: Mapping[str, tuple[bytes, ...]] = {
    "png": (b"\x89PNG\r\n\x1a\n",),
    "jpg": (b"\xff\xd8\xff",),
    "jpeg": (b"\xff\xd8\xff",),
    "gif": (b"GIF87a", b"GIF89a"),
    "webp": (b"RIFF",),
}
"""How the content of an image begins, by what its name ends in. OpenAI's guide to images and vision, 2026-11-20."""

PURPOSES: Mapping[str, Directions] = {
    "assistants": Directions(upload=True, download=False),
    "batch": Directions(
        upload=True, download=True, lifetime_s=MONTH_S, extensions=("jsonl",), max_bytes=200 * MEBIBYTE
    ),
    "fine-tune": Directions(upload=True, download=True, extensions=("jsonl",)),
    "vision": Directions(upload=True, download=True, extensions=tuple(IMAGES)),
    "user_data": Directions(upload=True, download=False),
    "evals": Directions(upload=True, download=True),
    "assistants_output": Directions(upload=False, download=True),
    "batch_output": Directions(upload=False, download=True),
    "fine-tune-results": Directions(upload=False, download=True),
}
"""Uploads: OpenAI API specification (CreateFileRequest), 2026-08-21. Downloads: community reports, 2026-11-20.

For `fine-tune` the reports contradict the specification, which says that training data can be retrieved; here it can.
What was uploaded for `evals` can be retrieved here too: the page shows the evaluations among it.
The specification's CreateUploadRequest is without `user_data` and `evals`; the newer client (3.52) has them.
"""


class ExpiresAfter(Body):
    """When a file expires: so many seconds after it was created."""

    anchor: Literal["created_at"]
    seconds: Annotated[int, Field(ge=HOUR_S, le=MONTH_S)]


def check_purpose(purpose: str) -> None:
    """Raise ApiError 400 where files of this purpose cannot be uploaded."""
    uploadable = [name for name, directions in PURPOSES.items() if directions.upload]
    if purpose not in uploadable:
        raise ApiError(400, f"'{purpose}' is not one of {uploadable} - 'purpose'", param="purpose")


def check_name(purpose: str, filename: str) -> None:
    """Raise ApiError 400 where files of this purpose have other names."""
    allowed, extension = PURPOSES[purpose].extensions, _extension(filename)
    if allowed and extension not in allowed:
        formats = ", ".join(f'"{name}"' for name in allowed)
        raise ApiError(400, f"Invalid extension {extension or '(none)'}. Supported formats: {formats}", param="file")


def check_content(purpose: str, filename: str, size: int, beginning: bytes) -> None:
    """Raise ApiError 400 where a content of `size` bytes is too long for its purpose, or is not what its name says."""
    limit = PURPOSES[purpose].max_bytes
    if limit is not None and size > limit:
        raise ApiError(
            400, f"A file of purpose '{purpose}' has at most {limit} bytes, this one has {size}", param="file"
        )
    extension = _extension(filename)
    if purpose == "vision" and not beginning.startswith(IMAGES[extension]):
        raise ApiError(400, f"The file is no {extension} image: its content begins otherwise", param="file")


def _extension(filename: str) -> str:
    """What a name ends in, in small letters.

    >>> _extension("Train.JSONL"), _extension("notes")
    ('jsonl', '')
    """
    stem, dot, extension = filename.rpartition(".")
    return extension.lower() if dot and stem else ""


def lifetime(asked: ExpiresAfter | None) -> int | None:
    """The seconds that are asked for, or None."""
    return asked.seconds if asked else None


def expiry(purpose: str, created_at: int, asked: int | None) -> int | None:
    """The Unix time at which a file expires, `asked` seconds after its creation; None where it never does.

    >>> expiry("batch", 1000, None), expiry("batch", 1000, 3600), expiry("fine-tune", 1000, None)
    (2593000, 4600, None)
    """
    seconds = PURPOSES[purpose].lifetime_s if asked is None else asked
    return None if seconds is None else created_at + seconds
