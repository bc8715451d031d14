"""That a dataset's gates hold before it is sent or trained, or that somebody says why it goes all the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tuneset.api.remote.preflight import Check
from tuneset.artifacts import read_json, sha256_file
from tuneset.errors import CheckFailedError, UsageError
from tuneset.execution.executor import open_executor
from tuneset.execution.gate import record
from tuneset.execution.progress import no_progress
from tuneset.params import Params
from tuneset.providers import receipts
from tuneset.providers.places import Places

KIND = "gate"
_SENT = ("train", "validation")


def gate(params: Params, places: Places, *, keep: bool) -> Check:
    """How the gates stand, by their record or by a new look, whose record is written where `keep` is true."""
    with open_executor(params.workers, no_progress, brief=True) as executor:
        found = record.standing(places.folder, params, executor, keep=keep)
    looked = f" (run again: {found.again})" if found.again else ""
    if found.passed:
        return Check("gate", "ok", f"every threshold holds{looked}")
    told = "; ".join(found.failed)
    remedies = "; ".join(dict.fromkeys(filter(None, found.remedies))) or "mend the data and prepare again"
    error = CheckFailedError(
        f"the gate does not hold{looked}: {told}",
        hint=f"{remedies}; after a change of limits `tuneset gate{_named(places)}` looks again; or say why the dataset "
        "goes all the same: --ignore-gate REASON",
    )
    return Check("gate", "failed", told, error)


def _named(places: Places) -> str:
    return "" if places.made is None else f" {places.made.root}"


def require(params: Params, places: Places, reason: str | None, say: Callable[[str], None]) -> dict[str, Any] | None:
    """See that the gates hold; where they do not and somebody says why that is ignored, write it down and give it.

    A reason that was given when these very files were uploaded holds for their job too. Raises CheckFailedError where a
    gate fails and nobody says why, UsageError for a reason that says nothing.
    """
    if reason is not None and not reason.strip():
        raise UsageError("--ignore-gate: is empty", allowed="a few words on why the dataset goes all the same")
    found = gate(params, places, keep=True)
    if found.error is None:
        if reason is not None:
            say("gate: every threshold holds; there is nothing to ignore")
        return None
    files = {side: sha256_file(places.dataset(side)) for side in _SENT if places.dataset(side).is_file()}
    ignored = {"reason": reason.strip(), "failed": found.found} if reason else _ignored_before(places, files)
    if ignored is None:
        raise found.error
    say(f"gate: ignored, {ignored['reason']}: {ignored['failed']}")
    key = receipts.key_of(*files.values())
    content = {"schema_version": 1, "files": files, **ignored}
    if content not in receipts.read(places.receipts, KIND, key):
        places.receipts.mkdir(parents=True, exist_ok=True)
        receipts.write(places.receipts, KIND, key, content)
    return ignored


def _ignored_before(places: Places, files: Mapping[str, str]) -> dict[str, Any] | None:
    """What was said when these files were uploaded; None where nothing was, or where they were changed since."""
    document = read_json(places.upload) if places.upload.is_file() else {}
    if not isinstance(document, dict) or not isinstance(document.get("gate_ignored"), dict):
        return None
    uploaded = document.get("files", {})
    same = all(entry.get("sha256") == files.get(side) for side, entry in uploaded.items())
    return document["gate_ignored"] if same and uploaded else None
