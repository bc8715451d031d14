"""`tuneset upload`, `tune` and `results`: what a dataset goes through at an endpoint.

With the embedded endpoint's profile a command starts the embedded endpoint itself and stops it after.
"""

from __future__ import annotations

import contextlib
import functools
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from tuneset.cli import preflight
from tuneset.cli.common import DATA, DataOption, OutputOption, ParamsOption, SetOption, print_json
from tuneset.cli.job_progress import Watch
from tuneset.cli.upload_progress import shown_bytes
from tuneset.params import EndpointParams, load_params
from tuneset.profile import load_profile
from tuneset.providers import remote_stages
from tuneset.providers.endpoint import Endpoint, connect

InPartsOption = Annotated[
    bool, typer.Option("--in-parts", help="Send by the Uploads API though the file is small enough to be sent whole.")
]


def upload(
    in_parts: InPartsOption = False,
    params: ParamsOption = None,
    set_: SetOption = None,
    data: DataOption = DATA,
    output: OutputOption = "text",
) -> None:
    """Upload the training and validation files; the same content is never uploaded twice."""
    settings = load_params(params, set_ or [])
    with open_endpoint(settings.endpoint) as endpoint, shown_bytes() as on_bytes:
        preflight.require(preflight.before_upload(endpoint, settings, data), say)
        document = remote_stages.upload(
            endpoint, remote_stages.Places(data), in_parts=in_parts, on_bytes=on_bytes, say=say
        )
    lines = [f"{side}: {file['file_id']} ({file['bytes']:,} bytes)" for side, file in document["files"].items()]
    print_result(output, document, lines)


def tune(
    detach: Annotated[bool, typer.Option("--detach", help="Create the job and leave it to itself.")] = False,
    params: ParamsOption = None,
    set_: SetOption = None,
    data: DataOption = DATA,
    output: OutputOption = "text",
) -> None:
    """Create the fine-tuning job, or pick up the one that is there, and follow it to its end."""
    settings = load_params(params, set_ or [])
    if detach:
        with open_endpoint(settings.endpoint) as endpoint:
            permit = functools.partial(preflight.require, preflight.at_endpoint(endpoint, settings), say)
            job = remote_stages.start(endpoint, remote_stages.Places(data), settings, permit=permit, say=say)
        embedded = load_profile(settings.endpoint.profile).endpoint.embedded
        alone = "it goes on while its endpoint runs" if embedded else "it goes on by itself"
        say(f"{alone}; `tuneset tune` follows it, `tuneset jobs show` looks at it")
        document = {"schema_version": remote_stages.SCHEMA_VERSION, "job_id": job.id, "status": job.status}
        print_result(output, document, [f"job {job.id}: {job.status}"])
        return
    with open_endpoint(settings.endpoint) as endpoint, Watch() as watch:
        document = remote_stages.tune(
            endpoint,
            remote_stages.Places(data),
            settings,
            permit=functools.partial(preflight.require, preflight.at_endpoint(endpoint, settings), watch.say),
            say=watch.say,
            on_event=watch.event,
            on_status=watch.status,
        )
    tokens = document["trained_tokens"]
    trained = "" if tokens is None else f", {tokens:,} tokens trained"
    line = f"job {document['job_id']} succeeded: {document['fine_tuned_model']}{trained}"
    print_result(output, document, [line])


def results(
    params: ParamsOption = None, set_: SetOption = None, data: DataOption = DATA, output: OutputOption = "text"
) -> None:
    """Fetch the job's result files, step metrics and checkpoints."""
    settings, places = load_params(params, set_ or []), remote_stages.Places(data)
    with open_endpoint(settings.endpoint) as endpoint:
        fetched = remote_stages.fetch_results(endpoint, places)
    for note in fetched.notes:
        say(f"note: {note}")
    first, final = fetched.metrics["first"], fetched.metrics["final"]
    figures = [f"{name}: {first[name]:.3f} -> {value:.3f}" if name in first else f"{name}: {value:.3f}"
               for name, value in final.items()]  # fmt: skip
    lines = [f"{len(fetched.raw_files)} result files, step metrics and checkpoints in {places.results}", *figures]
    print_result(output, {"schema_version": remote_stages.SCHEMA_VERSION, **fetched.metrics}, lines)


@contextlib.contextmanager
def open_endpoint(params: EndpointParams) -> Iterator[Endpoint]:
    """Yield the endpoint that params name; the embedded one runs for as long as the block does."""
    with contextlib.ExitStack() as stack:
        base_url = None
        if load_profile(params.profile).endpoint.embedded and params.base_url is None:
            from tuneset.endpoint.server import running_endpoint  # noqa: PLC0415  a server is loaded only to run

            base_url = stack.enter_context(running_endpoint(Path(params.state)))
        endpoint = connect(params, base_url=base_url)
        stack.enter_context(contextlib.closing(endpoint.provider))  # before the server stops
        yield endpoint


def say(line: str) -> None:
    """One line of progress, on stderr."""
    print(line, file=sys.stderr, flush=True)


def print_result(output: str, document: Any, lines: list[str]) -> None:  # noqa: ANN401  any JSON document
    """The result on stdout, as one JSON document or as lines."""
    if output == "json":
        print_json(document)
    else:
        print("\n".join(lines))
