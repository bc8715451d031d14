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
    """Which ways the content of a file goes, and after how many seconds it expires where nothing else is asked for."""

    upload: bool
    download: bool
    lifetime_s: int | None = None


PURPOSES: Mapping[str, Directions] = {
    "assistants": Directions(upload=True, download=False),
    "batch": Directions(upload=True, download=True, lifetime_s=MONTH_S),
    "fine-tune": Directions(upload=True, download=True),
    "vision": Directions(upload=True, download=True),
    "user_data": Directions(upload=True, download=False),
    "evals": Directions(upload=True, download=False),
    "assistants_output": Directions(upload=False, download=True),
    "batch_output": Directions(upload=False, download=True),
    "fine-tune-results": Directions(upload=False, download=True),
}
"""Uploads: OpenAI API specification (CreateFileRequest), 2026-08-21. Downloads: community reports, 2026-11-20.

For `fine-tune` the reports contradict the specification, which says that training data can be retrieved; here it can.
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
