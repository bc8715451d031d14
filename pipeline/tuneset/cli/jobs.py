"""`tuneset jobs`: the fine-tuning jobs at an endpoint, one by one."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated, Any

import typer

from tuneset.artifacts import json_bytes
from tuneset.cli.common import DATA, DataOption, OutputOption, ParamsOption, SetOption
from tuneset.cli.remote import open_endpoint, print_result
from tuneset.errors import UsageError
from tuneset.params import load_params
from tuneset.providers import job_actions, jobs, receipts, remote_stages, results
from tuneset.providers.call_fault import one_line
from tuneset.providers.job_events import EventReader
from tuneset.providers.jobs import get_job
from tuneset.providers.provider import Action, RemoteJob

app = typer.Typer(help="Jobs at the endpoint: list, look at, cancel, pause, resume.", no_args_is_help=True)

JobId = Annotated[
    str | None, typer.Argument(metavar="[ID]", help="The job's id. Default: the last job that `tuneset tune` created.")
]


@app.command("list")
def list_(
    most: Annotated[int, typer.Option("--most", min=1, help="How many, the newest first.")] = 20,
    params: ParamsOption = None,
    set_: SetOption = None,
    output: OutputOption = "text",
) -> None:
    """List the jobs, the newest first."""
    with open_endpoint(load_params(params, set_ or []).endpoint) as endpoint:
        found = job_actions.list_jobs(endpoint, most)
    document = {"schema_version": remote_stages.SCHEMA_VERSION, "jobs": [job.document for job in found]}
    print_result(output, document, [_line(job) for job in found] or ["no jobs"])


@app.command()
def show(
    job_id: JobId = None,
    params: ParamsOption = None,
    set_: SetOption = None,
    data: DataOption = DATA,
    output: OutputOption = "text",
) -> None:
    """Show what the endpoint says of a job."""
    with open_endpoint(load_params(params, set_ or []).endpoint) as endpoint:
        job = jobs.get_job(endpoint, job_id or _last(data, endpoint.identity))
    lines = [
        f"{name:<18} {_shown(value)}" for name, value in sorted(job.document.items()) if value not in (None, {}, [])
    ]
    print_result(output, {"schema_version": remote_stages.SCHEMA_VERSION, "job": job.document}, lines)


@app.command()
def events(
    job_id: JobId = None,
    params: ParamsOption = None,
    set_: SetOption = None,
    data: DataOption = DATA,
    output: OutputOption = "text",
) -> None:
    """Print a job's events, the oldest first."""
    with open_endpoint(load_params(params, set_ or []).endpoint) as endpoint:
        job = get_job(endpoint, job_id or _last(data, endpoint.identity))  # a job that is not there is said to be so
        found = EventReader(endpoint, job.id).fresh()
    document = {"schema_version": remote_stages.SCHEMA_VERSION, "job_id": job.id}
    lines = [event.message if event.level == "info" else f"{event.level}: {event.message}" for event in found]
    print_result(output, {**document, "events": [dataclasses.asdict(event) for event in found]}, lines or ["no events"])


@app.command()
def checkpoints(
    job_id: JobId = None,
    params: ParamsOption = None,
    set_: SetOption = None,
    data: DataOption = DATA,
    output: OutputOption = "text",
) -> None:
    """List a job's checkpoints with their metrics."""
    with open_endpoint(load_params(params, set_ or []).endpoint) as endpoint:
        chosen = job_id or _last(data, endpoint.identity)
        found = results.checkpoints(endpoint, chosen)
    lines = [f"step {one['step']}  {one['model']}  {_figures(one['metrics'])}".rstrip() for one in found]
    document = {"schema_version": remote_stages.SCHEMA_VERSION, "job_id": chosen, "checkpoints": found}
    print_result(output, document, lines or ["no checkpoints"])


@app.command()
def cancel(
    job_id: JobId = None,
    params: ParamsOption = None,
    set_: SetOption = None,
    data: DataOption = DATA,
    output: OutputOption = "text",
) -> None:
    """Cancel a job."""
    _act("cancel", job_id, params, set_, data, output)


@app.command()
def pause(
    job_id: JobId = None,
    params: ParamsOption = None,
    set_: SetOption = None,
    data: DataOption = DATA,
    output: OutputOption = "text",
) -> None:
    """Pause a job, where the endpoint offers that."""
    _act("pause", job_id, params, set_, data, output)


@app.command()
def resume(
    job_id: JobId = None,
    params: ParamsOption = None,
    set_: SetOption = None,
    data: DataOption = DATA,
    output: OutputOption = "text",
) -> None:
    """Go on with a paused job."""
    _act("resume", job_id, params, set_, data, output)


def _act(
    action: Action, job_id: str | None, params: Path | None, set_: list[str] | None, data: Path, output: str
) -> None:

    with open_endpoint(load_params(params, set_ or []).endpoint) as endpoint:
        job = job_actions.act(endpoint, job_id or _last(data, endpoint.identity), action)
    document = {"schema_version": remote_stages.SCHEMA_VERSION, "job_id": job.id, "status": job.status}
    print_result(output, document, [f"job {job.id}: {job.status}"])


def _last(data: Path, identity: str) -> str:
    """The job of the newest receipt at this endpoint. Raises UsageError where there is none."""
    own = [
        receipt
        for receipt in receipts.all_of(remote_stages.Places(data).receipts, "job")
        if receipt["endpoint"] == identity
    ]
    if not own:
        raise UsageError(
            f"no job of this project at `{identity}` is known",
            hint="name its id; `tuneset jobs list` shows those of the endpoint",
        )
    return str(own[-1]["job_id"])


def _line(job: RemoteJob) -> str:
    """One job on one line: id, state, model, and the model that it made."""
    return f"{job.id}  {job.status:<16}  {job.model or '?'}  {job.fine_tuned_model or ''}".rstrip()


def _shown(value: Any) -> str:  # noqa: ANN401  any JSON value

    return one_line(value if isinstance(value, str) else json_bytes(value).decode())


def _figures(metrics: dict[str, Any]) -> str:
    """Metrics on one line, as they are.

    >>> _figures({"valid_loss": 1.5, "note": None})
    'valid_loss 1.5'
    """
    return "  ".join(f"{name} {value}" for name, value in metrics.items() if isinstance(value, (int, float)))
