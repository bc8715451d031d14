"""`tuneset files`: the files that lie at an endpoint, one by one."""

from __future__ import annotations

import dataclasses
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from tuneset.cli.common import DATA, DataOption, OutputOption, ParamsOption, SetOption
from tuneset.cli.remote import InPartsOption, open_endpoint, print_result, say
from tuneset.cli.upload_progress import shown_bytes
from tuneset.params import load_params
from tuneset.providers import file_upload, receipts, remote_files, remote_stages
from tuneset.providers import prune as pruning
from tuneset.providers.endpoint import Endpoint
from tuneset.providers.file_purposes import Purpose, check_download
from tuneset.providers.provider import RemoteFile

app = typer.Typer(help="Files at the endpoint: upload, list, look up, fetch, delete, prune.", no_args_is_help=True)

FileId = Annotated[str, typer.Argument(metavar="ID", help="The file's id at the endpoint.")]


@app.command()
def upload(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="The local file.")],
    purpose: Annotated[Purpose, typer.Option("--purpose", help="What the file is for.")] = "fine-tune",
    in_parts: InPartsOption = False,
    expires_after: Annotated[
        int | None,
        # OpenAI API specification (FileExpirationAfter), as of 2026-08-21.
        typer.Option("--expires-after", metavar="SECONDS", min=3600, max=2592000, help="Have it deleted after that."),
    ] = None,
    params: ParamsOption = None,
    set_: SetOption = None,
    data: DataOption = DATA,
    output: OutputOption = "text",
) -> None:
    """Upload a file, unless its content is there already."""
    settings = load_params(params, set_ or [])
    with open_endpoint(settings.endpoint) as endpoint, shown_bytes() as on_bytes:
        done = file_upload.upload(
            endpoint,
            path,
            purpose=purpose,
            stem=path.stem,
            receipts_folder=remote_stages.Places(data).receipts,
            in_parts=in_parts,
            expires_after_s=expires_after,
            on_bytes=on_bytes,
            say=say,
        )
    document = {**_document(done.file), "sha256": done.sha256, "source": done.source}
    print_result(output, {"schema_version": remote_stages.SCHEMA_VERSION, "file": document}, [done.file.id])


@app.command("list")
def list_(
    purpose: Annotated[str | None, typer.Option("--purpose", help="Only files for this purpose.")] = None,
    params: ParamsOption = None,
    set_: SetOption = None,
    output: OutputOption = "text",
) -> None:
    """List the files, the newest first."""
    settings = load_params(params, set_ or [])
    with open_endpoint(settings.endpoint) as endpoint:
        found = list(remote_files.list_files(endpoint, purpose))
    lines = [_line(file) for file in found] or ["no files"]
    print_result(
        output, {"schema_version": remote_stages.SCHEMA_VERSION, "files": [_document(file) for file in found]}, lines
    )


@app.command()
def get(
    file_id: FileId,
    params: ParamsOption = None,
    set_: SetOption = None,
    output: OutputOption = "text",
) -> None:
    """Show what the endpoint says of a file."""
    settings = load_params(params, set_ or [])
    with open_endpoint(settings.endpoint) as endpoint:
        file = remote_files.get_file(endpoint, file_id)
    print_result(output, {"schema_version": remote_stages.SCHEMA_VERSION, "file": _document(file)}, [_line(file)])


@app.command()
def content(
    file_id: FileId,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write it here, not to stdout.")] = None,
    params: ParamsOption = None,
    set_: SetOption = None,
    data: DataOption = DATA,
    output: OutputOption = "text",
) -> None:
    """Fetch a file's content, byte for byte; with --out, say where it is."""
    settings = load_params(params, set_ or [])
    with open_endpoint(settings.endpoint) as endpoint, tempfile.TemporaryDirectory() as folder:
        path = out or Path(folder) / "content"
        purpose = _purpose(endpoint, file_id, remote_stages.Places(data).receipts)
        if not check_download(endpoint.profile, file_id, purpose):
            say(f"it is not certain that {endpoint.profile.title} gives files for {purpose} back; trying")
        size = remote_files.save_content(endpoint, file_id, path)
        if out is None:
            with path.open("rb") as handle:
                shutil.copyfileobj(handle, sys.stdout.buffer)
            sys.stdout.buffer.flush()
            return
    document = {"schema_version": remote_stages.SCHEMA_VERSION, "file_id": file_id, "path": str(out), "bytes": size}
    print_result(output, document, [f"{out}: {size:,} bytes"])


@app.command()
def delete(
    file_id: FileId,
    params: ParamsOption = None,
    set_: SetOption = None,
    output: OutputOption = "text",
) -> None:
    """Delete a file at the endpoint."""
    settings = load_params(params, set_ or [])
    with open_endpoint(settings.endpoint) as endpoint:
        remote_files.delete_file(endpoint, file_id)
    print_result(
        output,
        {"schema_version": remote_stages.SCHEMA_VERSION, "file_id": file_id, "deleted": True},
        [f"{file_id} deleted"],
    )


@app.command()
def prune(
    yes: Annotated[bool, typer.Option("--yes", help="Delete without asking.")] = False,
    params: ParamsOption = None,
    set_: SetOption = None,
    data: DataOption = DATA,
    output: OutputOption = "text",
) -> None:
    """Delete what this project uploaded and no job needs; the list is shown first."""
    settings = load_params(params, set_ or [])
    with open_endpoint(settings.endpoint) as endpoint:
        found = pruning.candidates(endpoint, remote_stages.Places(data).receipts)
        for one in found:
            say(f"{'keep  ' if one.needed_by else 'delete'}  {_line(one.file)}" + _reason(one.needed_by))
        doomed = [one.file for one in found if not one.needed_by]
        agreed = bool(doomed) and (
            yes or (sys.stdin.isatty() and typer.confirm(f"delete {len(doomed)} files?", err=True))
        )
        for file in doomed if agreed else ():
            remote_files.delete_file(endpoint, file.id)
    if not doomed:
        line = "nothing to delete"
    else:
        line = f"{len(doomed)} files deleted" if agreed else f"{len(doomed)} files could be deleted; --yes does it"
    document = {
        "schema_version": remote_stages.SCHEMA_VERSION,
        "deleted": agreed,
        "files": [_document(file) for file in doomed],
        "kept": [{**_document(one.file), "needed_by": one.needed_by} for one in found if one.needed_by],
    }
    print_result(output, document, [line])


def _reason(needed_by: str | None) -> str:
    return f"  (job {needed_by} needs it)" if needed_by else ""


def _purpose(endpoint: Endpoint, file_id: str, receipts_folder: Path) -> str:
    """What a file is for: from the receipt of its upload, so that no request is needed, else from the endpoint."""
    ours = (receipt for receipt in receipts.all_of(receipts_folder, "file") if receipt["file_id"] == file_id)
    found = next((receipt for receipt in ours if receipt["endpoint"] == endpoint.identity), None)
    return str(found["purpose"]) if found else remote_files.get_file(endpoint, file_id).purpose


def _document(file: RemoteFile) -> dict[str, Any]:
    """What the endpoint says; what its status means to us is no part of it."""
    return {key: value for key, value in dataclasses.asdict(file).items() if value is not None and key != "state"}


def _line(file: RemoteFile) -> str:
    """One file on one line: id, bytes, purpose, state, name."""
    size = "?" if file.bytes is None else f"{file.bytes:,}"
    return f"{file.id}  {size:>14}  {file.purpose:<18}  {file.status:<10}  {file.filename}"
