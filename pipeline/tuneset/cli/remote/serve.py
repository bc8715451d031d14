"""`tuneset serve`: the embedded endpoint alone."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from tuneset.endpoint import server


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 picks a free one.")] = 8321,
    state: Annotated[Path, typer.Option(metavar="DIR", help="Folder of files, jobs and models.")] = Path("data/local"),
    api_key: Annotated[
        str | None, typer.Option(envvar="TUNESET_API_KEY", help="Key that clients must send; default: none.")
    ] = None,
) -> None:
    """Run the embedded endpoint: it speaks the OpenAI Files and fine-tuning protocol, and really trains."""

    def ready(base_url: str) -> None:
        print(f"listening on {base_url} (stop with Ctrl-C)", file=sys.stderr, flush=True)

    server.serve(host, port, state, api_key, ready)
