"""`tuneset upload`, `tune` and `results`: what a dataset goes through at an endpoint.

How an endpoint is opened, and the options that all such commands share, are in `at_endpoint.py`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Annotated

import typer

from tuneset.api.remote import gate_check, preflight, preview_check, sent_form
from tuneset.cli.remote.at_endpoint import InPartsOption, Remote, Result, at_endpoint, say
from tuneset.cli.remote.job_progress import Watch
from tuneset.cli.remote.upload_progress import shown_bytes
from tuneset.profile import load_profile
from tuneset.providers import remote_stages
from tuneset.reporting.report.write import write

IgnoreGateOption = Annotated[
    str | None,
    typer.Option("--ignore-gate", metavar="REASON", help="Go on though a gate failed; why is kept with the receipts."),
]


@at_endpoint(data=True, dataset=True)
def upload(remote: Remote, in_parts: InPartsOption = False, ignore_gate: IgnoreGateOption = None) -> Result:
    """Upload the training and validation files; the same content is never uploaded twice."""
    endpoint, params, places = remote
    with shown_bytes() as on_bytes:
        preflight.require(preflight.before_upload(endpoint, params, places), say)
        ignored = gate_check.require(params, places, ignore_gate, say)
        document = remote_stages.upload(
            endpoint,
            places,
            in_parts=in_parts,
            byte_order_mark=params.endpoint.byte_order_mark,
            on_bytes=on_bytes,
            gate_ignored=ignored,
            sent_files=sent_form.sent_files(params, places, say),
            say=say,
        )
    files = document["files"].items()
    return document, [f"{side}: {file['file_id']} ({file['bytes']:,} bytes)" for side, file in files]


@at_endpoint(data=True, dataset=True)
def tune(
    remote: Remote,
    detach: Annotated[bool, typer.Option("--detach", help="Create the job and leave it to itself.")] = False,
    ignore_gate: IgnoreGateOption = None,
) -> Result:
    """Create the fine-tuning job, or pick up the one that is there, and follow it to its end."""
    endpoint, params, places = remote

    def permit(say: Callable[[str], None]) -> None:
        preflight.require(preflight.at_endpoint(endpoint, params), say)
        gate_check.require(params, places, ignore_gate, say)
        if (shown := preview_check.preview(endpoint, params, places)) is not None:
            say(f"{shown.name}: {shown.found}")

    if detach:
        job = remote_stages.start(endpoint, places, params, permit=functools.partial(permit, say), say=say)
        embedded = load_profile(params.endpoint.profile).endpoint.embedded
        alone = "it goes on while its endpoint runs" if embedded else "it goes on by itself"
        say(f"{alone}; `tuneset tune` follows it, `tuneset jobs show` looks at it")
        return {"job_id": job.id, "status": job.status}, [f"job {job.id}: {job.status}"]
    with Watch() as watch:
        document = remote_stages.tune(
            endpoint,
            places,
            params,
            permit=functools.partial(permit, watch.say),
            our_line=sent_form.our_line(params, places),
            say=watch.say,
            on_event=watch.event,
            on_status=watch.status,
        )
    tokens = document["trained_tokens"]
    trained = "" if tokens is None else f", {tokens:,} tokens trained"
    model = document["fine_tuned_model"] or "the server names no model"
    return document, [f"job {document['job_id']} succeeded: {model}{trained}"]


@at_endpoint(data=True, dataset=True)
def results(remote: Remote) -> Result:
    """Fetch the job's result files, step metrics and checkpoints."""
    fetched = remote_stages.fetch_results(remote.endpoint, remote.places)
    for reason in fetched.left_out:
        say(f"note: {reason}")
    reports = remote.places.folder.reports
    if remote.places.metrics.is_file():
        write(reports, remote.places.results, remote.places.results)
    first, final = fetched.metrics["first"], fetched.metrics["final"]
    figures = [f"{name}: {first[name]:.3f} -> {value:.3f}" if name in first else f"{name}: {value:.3f}"
               for name, value in final.items()]  # fmt: skip
    line = f"{len(fetched.raw_files)} result files, step metrics and checkpoints in {remote.places.results}"
    return fetched.metrics, [line, *figures]
