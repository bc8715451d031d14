"""`tuneset batch`: many requests in files, submitted, watched, and fetched as training lines."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from tuneset.api.remote import asked_search
from tuneset.cli.remote.at_endpoint import Remote, Result, at_endpoint, say
from tuneset.cli.remote.upload_progress import shown_bytes
from tuneset.providers.batches import batch_answers, batch_creation, batch_folder
from tuneset.providers.records import RemoteBatch

app = typer.Typer(help="Batches of requests at the endpoint: submit, watch, fetch.", no_args_is_help=True)

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The folder that `batch submit --out` left.")]


@app.command()
@at_endpoint(data=True)
def submit(
    remote: Remote,
    path: Annotated[Path, typer.Argument(metavar="FILE", help="Chat lines, or lines of the Batch API.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where requests and answers go.")],
    model: Annotated[
        str | None, typer.Option("--model", metavar="NAME", help="Who is asked. Batch lines name it themselves.")
    ] = None,
    endpoint: Annotated[
        Literal["/v1/chat/completions", "/v1/completions", "/v1/responses"],
        typer.Option("--endpoint", help="The route that all requests go to; chat lines go to the first alone."),
    ] = "/v1/chat/completions",
) -> Result:
    """Ask for an answer to every row of a file, once, in as many batches as the endpoint's limits need."""
    if path.is_file():
        asked_search.require(remote.params, asked_search.of_batch(path), say)
    with shown_bytes() as on_bytes:
        document = batch_folder.submit(
            remote.endpoint,
            remote.params,
            path,
            out,
            model=model,
            url=endpoint,
            receipts_folder=remote.places.receipts,
            on_bytes=on_bytes,
            say=say,
        )
    lines = [f"{one['batch_id']}  {one['requests']:>9,} requests  {one['file']}" for one in document["batches"]]
    return document, [*lines, f"next: tuneset batch watch {out}"]


@app.command()
@at_endpoint()
def watch(remote: Remote, folder: Folder) -> Result:
    """Follow the batches of a folder to their end: exit 4 where one has failed, expired or was cancelled."""
    ended = batch_creation.follow(remote.endpoint, batch_folder.batch_ids(remote.endpoint, folder), told_of())
    for batch in ended:
        for fault in batch.faults:
            say(f"batch {batch.id}: {fault}")
    for batch in ended:
        batch_creation.require_success(batch)
    lines = [_line(batch) for batch in ended]
    return {"batches": [_document(batch) for batch in ended]}, [*lines, f"next: tuneset batch fetch {folder}"]


@app.command()
@at_endpoint()
def fetch(remote: Remote, folder: Folder) -> Result:
    """Download what was answered and join it to the rows: training lines, and a ledger of every row."""
    joined, batches = batch_folder.fetch(remote.endpoint, folder)
    for batch in batches:
        if batch.ended_badly:
            say(f"warning: batch {batch.id} {batch.state}; its rows without an answer are missing")
    if joined.cut_off:
        say(f"warning: {joined.cut_off:,} answers were cut off at their limit of tokens (finish_reason `length`)")
    if joined.strays:
        say(f"warning: {joined.strays:,} lines of the files are of no row, repeat one or cannot be read")
    files = {name: str(folder / place) for name, place in _FILES.items()}
    document = {"batches": [_document(one) for one in batches], "files": files, **dataclasses.asdict(joined)}
    lines = [f"{joined.rows:,} rows: " + ", ".join(f"{count:,} {name}" for name, count in joined.outcomes.items())]
    lines += [f"  {count:>9,}  {code}" for code, count in joined.codes.items()]
    return document, [*lines, *(f"{name}: {place}" for name, place in files.items())]


def told_of() -> Callable[[RemoteBatch], None]:
    """What tells of batches on stderr, a line for each change."""
    shown: dict[str, str] = {}

    def on_status(batch: RemoteBatch) -> None:
        line = _line(batch)
        if shown.get(batch.id) != line:
            say(line)
        shown[batch.id] = line

    return on_status


_FILES = {
    "answers": batch_answers.ANSWERS,
    "unanswered": batch_answers.UNANSWERED,
    "ledger": batch_answers.LEDGER,
}


def _document(batch: RemoteBatch) -> dict[str, Any]:
    """What is told of a batch; what its status means to us is no part of it."""
    names = ("id", "status", "total", "completed", "failed", "faults")
    return {name: getattr(batch, name) for name in names}


def _line(batch: RemoteBatch) -> str:
    """One batch on one line.

    >>> _line(RemoteBatch("batch_1", "in_progress", "running", "/v1/x", None, total=9, completed=3, failed=1))
    'batch_1  in_progress  3 of 9 answered, 1 failed'
    """
    failed = f", {batch.failed:,} failed" if batch.failed else ""
    return f"{batch.id}  {batch.status}  {batch.completed:,} of {batch.total:,} answered{failed}"
