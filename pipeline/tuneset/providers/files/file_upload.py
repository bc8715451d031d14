"""A local file brought to an endpoint once for each content, whole or in parts, and waited for until it is ready.

Its name at the server holds the sha256 of its content, so that an upload whose answer was lost is found again and
not repeated. What is in a file is no business of this module.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from pathlib import Path

from tuneset.errors import InputError, RemoteError
from tuneset.providers import receipts
from tuneset.providers.call_fault import ExpiryUnknown
from tuneset.providers.calls import CANNOT_LOOK, create
from tuneset.providers.endpoint import Endpoint
from tuneset.providers.files import part_upload
from tuneset.providers.files.file_purposes import Purpose
from tuneset.providers.files.local_file import Counter, OnBytes, check_unchanged, hash_file, open_range
from tuneset.providers.files.part_upload import Outgoing, StaleUploadError, Way
from tuneset.providers.files.remote_files import delete_file, get_file, list_files
from tuneset.providers.provider import NewFile, Provider
from tuneset.providers.records import RemoteFile

PROCESSING_LIMIT_S = 1800.0
"""Seconds until a file has to be processed; the official client's own limit."""

ARRIVED, ARRIVED_LIMIT_S = "uploaded", 60.0
"""Servers that process nothing leave a file at this word for good; a job says by itself that a file is not ready."""


@dataclasses.dataclass(frozen=True)
class Uploaded:
    """A file that lies at the endpoint, ready for use.

    Args:
        file: what the server says of it.
        sha256: of its content, 64 hex digits.
        bytes: its size here, which the server has confirmed.
        source: `sent` by this call, `receipt` where an earlier run left one, `found` at the server.
    """

    file: RemoteFile
    sha256: str
    bytes: int
    source: str


def upload(
    endpoint: Endpoint,
    path: Path,
    *,
    purpose: Purpose,
    stem: str,
    receipts_folder: Path,
    in_parts: bool = False,
    expires_after_s: int | None = None,
    on_bytes: OnBytes = lambda _name, _done, _total: None,
    say: Callable[[str], None] = lambda _: None,
) -> Uploaded:
    """Make sure that the content of `path` lies at the endpoint once, and wait until it is processed.

    Args:
        endpoint: where to.
        path: a local file.
        purpose: what it is for.
        stem: what the file is, the start of its name at the server, such as `train`.
        receipts_folder: where receipts are.
        in_parts: send it in parts though it is small enough to be sent whole.
        expires_after_s: seconds after which the server is to delete it, where it offers that.
        on_bytes: told of bytes as they are sent; from several threads, one at a time.
        say: told what happens, one sentence each.

    Raises InputError where the file is missing, empty or too large; RemoteError `file_changed`, `size_mismatch`,
    `file_refused`, `timeout`, or what a call's failure says.
    """
    hashes = hash_file(path)
    key = receipts.key_of(endpoint.identity, hashes.sha256, purpose)
    way = Way(endpoint, receipts_folder, on_bytes, say)
    _check_purpose(endpoint, path, hashes.bytes, purpose, say)
    in_parts = _goes_in_parts(way, path, hashes.bytes, purpose, asked=in_parts)
    file = Outgoing(
        path=path,
        new=NewFile(
            name=f"{stem}-{hashes.sha256[:12]}{path.suffix}",
            mime_type="application/jsonl" if path.suffix == ".jsonl" else "application/octet-stream",
            purpose=purpose,
            hashes=hashes,
            expires_after_s=_expiry(endpoint, expires_after_s, say),
        ),
        key=key,
    )
    with receipts.locked(receipts_folder):
        known = _from_receipt(endpoint, receipts_folder, key, hashes.bytes)
        if known is not None:
            found, source = known, "receipt"
        else:
            say(f"uploading {path} ({hashes.bytes:,} bytes) as {file.new.name}")
            sends = _parts_sender if in_parts else _whole_sender
            send = sends(way, file)
            found, sent = create(
                endpoint,
                f"uploading {path}",
                send=send,
                look=lambda: next(iter(_matches(endpoint, file)), None),
                settle=lambda sent: _settled(endpoint, file, sent),
            )
            source = "sent" if sent else "found"
            _check_size(endpoint, found, hashes.bytes, path)
            content = {"file_id": found.id, "filename": file.new.name, "purpose": purpose, "sha256": hashes.sha256}
            receipts.write(
                receipts_folder, "file", key, {"endpoint": endpoint.identity, **content, "bytes": hashes.bytes}
            )
            part_upload.forget(receipts_folder, key)
    found = wait_processed(endpoint, found, str(path), say, ours=True)
    say(
        f"{path}: {found.id} " + {"sent": "uploaded", "receipt": "is there already", "found": "was found there"}[source]
    )
    return Uploaded(found, hashes.sha256, hashes.bytes, source)


def _check_purpose(endpoint: Endpoint, path: Path, size: int, purpose: str, say: Callable[[str], None]) -> None:
    """Refuse a file that its purpose cannot take, before it is sent; warn of one that nothing takes any more.

    Raises InputError.
    """
    facts = endpoint.profile.purposes.get(purpose)
    if facts is None:
        return
    title = endpoint.profile.title
    if facts.lifecycle(dt.datetime.fromtimestamp(endpoint.clock.now(), dt.UTC).date()) == "ended":
        say(f"warning: what took files for {purpose} at {title} ended on {facts.ends}; instead: {facts.successor}")
    usual = endpoint.profile.limit("file_bytes")  # what is larger may go in parts
    if facts.max_bytes is not None and (usual is None or facts.max_bytes < usual) and size > facts.max_bytes:
        raise InputError(f"{path}: has {size:,} bytes", allowed=f"{facts.max_bytes:,} bytes for {purpose} at {title}")
    taken = facts.formats.split(", ")
    if all(one.startswith(".") for one in taken) and path.suffix.lower() not in taken:
        raise InputError(
            f"{path}: its name does not end in {' or '.join(taken)}", allowed=f"{facts.formats} for {purpose}"
        )


def _goes_in_parts(way: Way, path: Path, size: int, purpose: str, *, asked: bool) -> bool:
    """Whether a file is sent in parts. Raises InputError for a file that can be sent in no way."""
    if size == 0:
        raise InputError(f"{path}: is empty", hint="check what the split stage left for this side")
    limit, title = way.endpoint.profile.limit, way.endpoint.profile.title
    in_parts = way.endpoint.provider.capabilities.parts
    offered = in_parts is not None and purpose in in_parts.purposes
    whole = limit("sent_whole_bytes") or limit("file_bytes")
    parts = limit("upload_bytes") if offered else None
    most = max(whole or 0, parts or 0)
    if whole and size > most:
        raise InputError(f"{path}: has {size:,} bytes", allowed=f"{most:,.0f} bytes at {title}")
    if not (asked or size > (limit("parts_above_bytes") or whole or size)):
        return False
    if not offered:
        way.say(f"{title} takes no {purpose} files in parts; {path} is sent whole")
    return offered


def _expiry(endpoint: Endpoint, seconds: int | None, say: Callable[[str], None]) -> int | None:
    """The time to live, where the endpoint offers one."""
    if seconds is not None and not endpoint.provider.capabilities.expires_after:
        say(f"{endpoint.profile.title} lets no file expire; it stays until it is deleted")
        return None
    return seconds


def _from_receipt(endpoint: Endpoint, folder: Path, key: str, size: int) -> RemoteFile | None:
    """The file that a receipt names, if the server still holds it as it was."""
    for receipt in receipts.read(folder, "file", key):
        try:
            file = get_file(endpoint, receipt["file_id"])
        except RemoteError as error:
            if error.code in CANNOT_LOOK or error.code == "bad_request":
                continue
            raise
        if file.bytes in (None, size) and file.state != "refused":
            return file
    return None


def _matches(endpoint: Endpoint, file: Outgoing) -> list[RemoteFile]:
    """The usable files with that hash in their name and that size, the oldest first."""
    found = [
        other
        for other in list_files(endpoint, file.new.purpose)
        if f"-{file.new.hashes.sha256[:12]}." in other.filename
        and other.bytes in (None, file.new.hashes.bytes)
        and other.state != "refused"
    ]
    return sorted(found, key=lambda other: (other.created_at or 0, other.id))


def _settled(endpoint: Endpoint, file: Outgoing, sent: RemoteFile) -> RemoteFile:
    """The oldest of the files that attempts in doubt have left; the others, which nobody uses yet, are deleted."""
    try:
        oldest, *surplus = _matches(endpoint, file) or [sent]
    except RemoteError as error:
        if error.code not in CANNOT_LOOK:
            raise
        return sent
    for other in surplus:
        _discard(endpoint, other.id)
    return oldest


def _whole_sender(way: Way, file: Outgoing) -> Callable[[Provider], RemoteFile]:
    # The same key for all attempts, also those of a rerun: a server that honours it makes the file once by itself. It
    # changes with the receipts, so that a file which was deleted since can be made anew.
    new, times = file.new, len(receipts.read(way.receipts_folder, "file", file.key))
    idempotency_key = "tuneset-file-" + receipts.key_of(file.key, new.name, str(new.expires_after_s), str(times))

    def post(provider: Provider, new: NewFile) -> RemoteFile:
        check_unchanged(file.path, new.hashes)
        counter = Counter(file.path.name, new.hashes.bytes, way.on_bytes)
        # A range is read in pieces as it is sent; a path would be read into memory whole.
        with open_range(file.path, 0, new.hashes.bytes, counter) as content:
            return provider.files.create(new, content, idempotency_key=idempotency_key)

    def send(provider: Provider) -> RemoteFile:
        try:
            return post(provider, new)
        except ExpiryUnknown:
            way.say("the endpoint does not know expires_after; the file stays until it is deleted")
        return post(provider, dataclasses.replace(new, expires_after_s=None))

    return send


def _parts_sender(way: Way, file: Outgoing) -> Callable[[Provider], RemoteFile]:
    """Send in parts; where the endpoint turns out to have no uploads, send whole if the file is not too large."""
    whole = _whole_sender(way, file)

    def send(provider: Provider) -> RemoteFile:
        check_unchanged(file.path, file.new.hashes)
        try:
            try:
                return part_upload.send_in_parts(way, file)
            except StaleUploadError:
                # Perhaps of no use any more because it was completed after we had looked.
                found = _matches(way.endpoint, file)
                return found[0] if found else part_upload.send_in_parts(way, file)
        except RemoteError as error:
            most = way.endpoint.profile.limit("file_bytes")
            if error.code not in CANNOT_LOOK or (most is not None and file.new.hashes.bytes > most):
                raise
        above = way.endpoint.profile.limits.get("parts_above_bytes")
        risk = "" if above is None or file.new.hashes.bytes <= (above.value or 0) else f"; {above.note}"
        way.say(f"{way.endpoint.base_url} has no uploads in parts; {file.path} is sent whole{risk}")
        return whole(provider)

    return send


def _check_size(endpoint: Endpoint, file: RemoteFile, size: int, path: Path) -> None:
    """Refuse a file that the server holds with another size, and take it away again."""
    if file.bytes in (None, size):  # some servers do not say
        return
    discarded = _discard(endpoint, file.id)
    raise RemoteError(
        f"uploading {path}: {size} bytes were sent, {endpoint.base_url} reports {file.bytes} for {file.id}",
        code="size_mismatch",
        hint=f"the remote file {discarded}; run the same command again",
    )


def wait_processed(
    endpoint: Endpoint, file: RemoteFile, name: str, say: Callable[[str], None], *, ours: bool
) -> RemoteFile:
    """Ask until the server has processed the file. Unknown states are waited on, `uploaded` not for long.

    Raises RemoteError `file_refused`, after the file was deleted where it is `ours` and was just sent; `timeout`.
    """
    told = False
    clock, begun = endpoint.clock, endpoint.clock.monotonic()
    while file.state != "ready":
        if file.state == "refused":
            left = f"; the remote file {_discard(endpoint, file.id)}" if ours else ""
            found = [f"{name}:{one.line}: {one.message}" for one in file.faults if one.line is not None]
            reason = "; ".join(found) or file.status_details or file.status
            raise RemoteError(
                f"{name}: {endpoint.base_url} refused {file.id}: {reason}",
                code="file_refused",
                hint=f"correct the data and run the same command again{left}",
            )
        waited = clock.monotonic() - begun
        if file.status == ARRIVED and waited >= ARRIVED_LIMIT_S:
            say(f"{file.id} is still `{file.status}` after {waited:.0f} s; going on, the endpoint may never say more")
            return file
        if waited > PROCESSING_LIMIT_S:
            raise RemoteError(
                f"{name}: {file.id} is still `{file.status}` after {PROCESSING_LIMIT_S:.0f} s",
                code="timeout",
                hint="run the same command again to go on waiting; nothing is sent twice",
            )
        if not told:
            say(f"{file.id} is `{file.status}`; waiting until it is processed")
            told = True
        clock.sleep(min(endpoint.profile.endpoint.poll_s, PROCESSING_LIMIT_S - waited + 1))
        file = get_file(endpoint, file.id)
    return file


def _discard(endpoint: Endpoint, file_id: str) -> str:
    """Delete an unusable file of ours; say how that went, as the end of `the remote file ...`."""
    try:
        delete_file(endpoint, file_id)
    except RemoteError:
        return f"could not be deleted (`tuneset files delete {file_id}`)"
    return "was deleted"
