"""`tuneset files`: the files that lie at an endpoint, one by one."""

from __future__ import annotations

import dataclasses
import itertools
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from tuneset.cli.remote.at_endpoint import InPartsOption, Remote, Result, at_endpoint, moment, say
from tuneset.cli.remote.upload_progress import shown_bytes
from tuneset.cli.table import table
from tuneset.errors import RemoteError, UsageError
from tuneset.providers.files import file_import, file_upload, remote_files
from tuneset.providers.files import prune as pruning
from tuneset.providers.files.file_purposes import Purpose
from tuneset.providers.records import RemoteFile

app = typer.Typer(help="Files at the endpoint: upload, list, look up, fetch, delete, prune.", no_args_is_help=True)


def _named(file_id: str | None) -> str | None:
    """An id that a script may have left empty. Raises UsageError."""
    if file_id is not None and not file_id.strip():
        raise UsageError("the id of the file is empty", hint="name the id; `tuneset files list` shows them")
    return file_id


FileId = Annotated[str, typer.Argument(metavar="ID", help="The file's id at the endpoint.", callback=_named)]


@app.command()
@at_endpoint(data=True)
def upload(
    remote: Remote,
    path: Annotated[Path, typer.Argument(metavar="FILE", help="The local file.")],
    purpose: Annotated[Purpose, typer.Option("--purpose", help="What the file is for.")] = "fine-tune",
    in_parts: InPartsOption = False,
    expires_after: Annotated[
        int | None,
        # OpenAI API specification (FileExpirationAfter), as of 2026-08-21.
        typer.Option("--expires-after", metavar="SECONDS", min=3600, max=2592000, help="Have it deleted after that."),
    ] = None,
) -> Result:
    """Upload a file, unless its content is there already."""
    with shown_bytes() as on_bytes:
        done = file_upload.upload(
            remote.endpoint,
            path,
            purpose=purpose,
            stem=path.stem,
            receipts_folder=remote.places.receipts,
            in_parts=in_parts,
            expires_after_s=expires_after,
            on_bytes=on_bytes,
            say=say,
        )
    if expires_after is not None and done.source != "sent":
        until = f"it expires {moment(done.file.expires_at)}" if done.file.expires_at else "it does not expire"
        say(f"{done.file.id} was there before, where --expires-after changes nothing: {until}; to send it anew, "
            f"`tuneset files delete {done.file.id}` first")  # fmt: skip
    return {"file": {**_document(done.file), "sha256": done.sha256, "source": done.source}}, [done.file.id]


@app.command("import")
@at_endpoint()
def import_(
    remote: Remote,
    url: Annotated[str, typer.Argument(metavar="URL", help="Where the endpoint finds the file; never shown or kept.")],
    purpose: Annotated[Purpose, typer.Option("--purpose", help="What the file is for.")] = "fine-tune",
) -> Result:
    """Have the endpoint fetch a file by itself, where it offers that."""
    file, asked = file_import.import_from(remote.endpoint, url, purpose=purpose, say=say)
    return {"file": _document(file), "asked": asked}, [file.id]


@app.command("list")
@at_endpoint()
def list_(
    remote: Remote,
    purpose: Annotated[str | None, typer.Option("--purpose", help="Only files for this purpose.")] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="How many at most.")] = None,
    after: Annotated[
        str | None, typer.Option("--after", metavar="ID", help="Those that come after this one.", callback=_named)
    ] = None,
    order: Annotated[Literal["desc", "asc"], typer.Option("--order", help="The newest first, or the oldest.")] = "desc",
) -> Result:
    """List the files, the newest first."""
    files = remote_files.list_files(remote.endpoint, purpose)
    listed = files if order == "desc" else iter(list(files)[::-1])
    if after is not None and all(file.id != after for file in listed):  # reads on until it has come
        raise RemoteError(
            f"listing files: {remote.endpoint.base_url} lists no file {after}",
            code="not_found",
            hint="`tuneset files list` shows what is there; one for another purpose is not in the list",
        )
    found = list(itertools.islice(listed, limit))
    return {"files": [_document(file) for file in found]}, _listed(found) if found else ["no files"]


@app.command()
@at_endpoint()
def get(remote: Remote, file_id: FileId) -> Result:
    """Show what the endpoint says of a file."""
    file = remote_files.get_file(remote.endpoint, file_id)
    return {"file": _document(file)}, _listed([file])


@app.command()
@at_endpoint()
def wait(remote: Remote, file_id: FileId) -> Result:
    """Wait until the endpoint has processed a file."""
    file = remote_files.get_file(remote.endpoint, file_id)
    file = file_upload.wait_processed(remote.endpoint, file, file_id, say, ours=False)
    return {"file": _document(file)}, _listed([file])


@app.command()
@at_endpoint(data=True)
def content(
    remote: Remote,
    file_id: FileId,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write it here, not to stdout.")] = None,
) -> Result | None:
    """Fetch a file's content, byte for byte; with --out, say where it is."""
    with tempfile.TemporaryDirectory() as folder:
        path = out or Path(folder) / "content"
        size = remote_files.fetch(remote.endpoint, file_id, path, remote.places.receipts, say)
        if out is None:
            with path.open("rb") as handle:
                shutil.copyfileobj(handle, sys.stdout.buffer)
            sys.stdout.buffer.flush()
            return None
    return {"file_id": file_id, "path": str(out), "bytes": size}, [f"{out}: {size:,} bytes"]


@app.command()
@at_endpoint()
def delete(remote: Remote, file_id: FileId) -> Result:
    """Delete a file at the endpoint."""
    remote_files.delete_file(remote.endpoint, file_id)
    return {"file_id": file_id, "deleted": True}, [f"{file_id} deleted"]


@app.command()
@at_endpoint(data=True)
def prune(remote: Remote, yes: Annotated[bool, typer.Option("--yes", help="Delete without asking.")] = False) -> Result:
    """Delete what this project uploaded and no job needs; the list is shown first."""
    found = pruning.own_files(remote.endpoint, remote.places.receipts)
    for one in found:
        what = f"keep    {one.file.id}  ({one.needed_by} needs it)" if one.needed_by else f"delete  {one.file.id}"
        say(f"{what}  {one.file.filename}")
    doomed = [one.file for one in found if not one.needed_by]
    agreed = bool(doomed) and (yes or (sys.stdin.isatty() and typer.confirm(f"delete {len(doomed)} files?", err=True)))
    for file in doomed if agreed else ():
        pruning.delete(remote.endpoint, file, remote.places.receipts)
    if not doomed:
        line = "nothing to delete"
    else:
        line = f"{len(doomed)} files deleted" if agreed else f"{len(doomed)} files could be deleted; --yes does it"
    kept = [{**_document(one.file), "needed_by": one.needed_by} for one in found if one.needed_by]
    return {"deleted": agreed, "files": [_document(file) for file in doomed], "kept": kept}, [line]


def _document(file: RemoteFile) -> dict[str, Any]:
    """What the endpoint says; what its status means to us is no part of it."""
    return {key: value for key, value in dataclasses.asdict(file).items() if value is not None and key != "state"}


def _listed(files: Sequence[RemoteFile]) -> list[str]:
    """Files below a heading: id, bytes, state, when made, what for, name, until when they are there."""
    rows = [
        [
            file.id,
            "?" if file.bytes is None else f"{file.bytes:,}",
            file.status,
            moment(file.created_at),
            file.purpose,
            file.filename,
            moment(file.expires_at),
        ]
        for file in files
    ]
    head = ["id", "bytes", "state", "made", "purpose", "name", "until"]
    return table(head, rows, first=4, right=(1,))
