"""What went wrong at the endpoint, in our words: each fault of a call becomes a RemoteError with a stable code.

Beside the error stands what a caller needs to decide: whether trying again may help, and whether the server may
have acted although no good answer came. Nothing is retried here.
"""

from __future__ import annotations

import dataclasses

from tuneset.errors import RemoteError
from tuneset.providers.call_fault import CallFault, FaultKind
from tuneset.providers.endpoint import Endpoint

_HINTS: dict[FaultKind, str] = {
    "not_found": "check the id, endpoint.base_url, and that the key belongs to the project that holds the object",
    "not_supported": "this endpoint does not offer the call; check endpoint.base_url",
    "connection_failed": "check the network and endpoint.base_url; the same command again goes on where it stopped",
    "timeout": "the same command again goes on where it stopped",
    "rate_limited": "wait, then run the same command again",
    "quota_exceeded": "raise the account's limit or credit at the provider, then run the same command again",
    "server_error": "the fault is the server's; run the same command again later",
    "unexpected_answer": "check endpoint.base_url, and whether a proxy or a log-in page stands in between",
    "purpose_download_forbidden": "this endpoint does not give such files back; keep the local copy",
    "file_not_ready": "the server is still reading the file; run the same command again later",
}


@dataclasses.dataclass(frozen=True)
class Failure:
    """One failed call.

    Args:
        error: what to show.
        passing: whether trying again may help.
        acted: whether the server may have acted all the same, so that one must look before sending again.
        wait_s: seconds that the server asks to wait, or None.
    """

    error: RemoteError
    passing: bool
    acted: bool
    wait_s: float | None = None


def classify(fault: CallFault, what: str, endpoint: Endpoint) -> Failure:
    """Say what a fault means. `what` names the call, such as `uploading train.jsonl`."""
    colon = ":" if fault.kind == "client_error" else ""  # there the client speaks, and not the endpoint
    error = RemoteError(
        f"{what}: {endpoint.base_url}{colon} {fault.found}",
        code=fault.kind,
        server_code=fault.server_code,
        hint=_hint(fault.kind, endpoint),
    )
    return Failure(error, fault.passing, fault.acted, fault.wait_s)


def _hint(kind: FaultKind, endpoint: Endpoint) -> str:
    if kind == "training_not_available":
        facts = endpoint.profile.endpoint
        known = f"known dates: {'; '.join(facts.notices)}. " if facts.notices else ""
        *others, last = facts.train_instead_at or [""]
        names = f"{', '.join(others)} or {last}" if others else last
        instead = f"The same file trains at endpoint.profile {names}. " if names else ""
        return (
            f"this organisation can create no new fine-tuning jobs here. {known}{instead}"
            "The uploaded files are still there; `tuneset files prune` deletes them"
        )
    if kind in ("authentication_failed", "permission_denied"):
        if endpoint.profile.endpoint.credentials is not None:
            return f"check the credentials and what they are allowed to do: {endpoint.profile.endpoint.credentials}"
        place = endpoint.key_variable or "the variable that endpoint.api_key_env names"
        return f"check the key in {place} and what it is allowed to do"
    return _HINTS.get(kind, "")
