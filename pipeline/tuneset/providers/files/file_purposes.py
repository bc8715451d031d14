"""What files are uploaded for, and whether their content can be fetched again. Makes no request, loads no client."""

from __future__ import annotations

from typing import Literal

from tuneset.errors import RemoteError
from tuneset.profile import Profile

Purpose = Literal["assistants", "batch", "fine-tune", "vision", "user_data", "evals"]
"""Source: OpenAI API specification, FilePurpose, as of 2026-08-21."""


def check_download(profile: Profile, file_id: str, purpose: str) -> bool:
    """Refuse to fetch what the provider does not give back; whether it is certain that it does.

    Raises RemoteError `purpose_download_forbidden`. A purpose that the profile does not know passes.
    """
    facts = profile.purposes.get(purpose)
    if facts is None or facts.download is None:
        return False
    if not facts.download:
        kept = ", ".join(sorted(name for name, other in profile.purposes.items() if other.download))
        raise RemoteError(
            f"file {file_id}: {profile.title} does not give files for {purpose} back",
            code="purpose_download_forbidden",
            allowed=f"files for {kept}",
            hint="use the local copy; its sha256 is in the receipt of the upload (`data/receipts`)",
        )
    return True
