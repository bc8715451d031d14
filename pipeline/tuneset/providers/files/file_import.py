"""A file that the endpoint fetches by itself from an address, once for each address.

The address may hold a signature, which opens what lies there: it is sent to the endpoint, and neither shown nor kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from tuneset.errors import RemoteError, UsageError
from tuneset.providers.calls import create
from tuneset.providers.endpoint import Endpoint
from tuneset.providers.files.file_purposes import Purpose
from tuneset.providers.files.file_upload import wait_processed
from tuneset.providers.files.remote_files import list_files
from tuneset.providers.provider import Provider
from tuneset.providers.records import RemoteFile


def import_from(
    endpoint: Endpoint, url: str, *, purpose: Purpose, say: Callable[[str], None] = lambda _: None
) -> tuple[RemoteFile, bool]:
    """Have the endpoint fetch what lies at `url`; wait until it has it; give the file, and whether this call asked.

    What was fetched from the same place before is taken as it is. Raises UsageError for what is no address, RemoteError
    `not_supported` where the endpoint fetches nothing, and as an upload does.
    """
    if not endpoint.provider.capabilities.import_by_url:
        title = endpoint.profile.title
        raise RemoteError(
            f"{title} fetches no files by itself", code="not_supported", hint="upload it: `tuneset files upload FILE`"
        )
    name = _name(url)

    def look() -> RemoteFile | None:
        found = [one for one in list_files(endpoint, purpose) if one.filename == name and one.state != "refused"]
        return min(found, key=lambda one: (one.created_at or 0, one.id), default=None)

    def send(provider: Provider) -> RemoteFile:
        return provider.files.import_from(name, purpose, url)

    def settle(sent: RemoteFile) -> RemoteFile:
        return look() or sent

    file, asked = create(endpoint, f"having {name} fetched", send=send, look=look, settle=settle)
    say(f"{file.id} " + ("is being fetched" if asked else "was fetched from there before"))
    return wait_processed(endpoint, file, name, say, ours=False), asked


def _name(url: str) -> str:
    """The name that a file gets: the one at its place, with a hash of that place and without its signature.

    >>> _name("https://name.blob.example.com/data/train.jsonl?sig=secret")
    'train-990b71f482bf.jsonl'
    """
    parts = urlsplit(url)
    path = PurePosixPath(unquote(parts.path))
    if parts.scheme not in ("https", "http") or not parts.hostname or not path.name:
        raise UsageError("the address of the file: is no address", allowed="for example https://HOST/train.jsonl?...")
    place = hashlib.sha256(f"{parts.hostname}{parts.path}".encode()).hexdigest()
    return f"{path.stem}-{place[:12]}{path.suffix}"
