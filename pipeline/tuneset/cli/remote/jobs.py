"""`tuneset jobs`: the fine-tuning jobs at an endpoint, one by one."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from tuneset.artifacts import json_bytes
from tuneset.cli.remote.at_endpoint import Remote, Result, at_endpoint, moment
from tuneset.cli.table import table
from tuneset.errors import UsageError
from tuneset.providers import receipts
from tuneset.providers.call_fault import one_line
from tuneset.providers.jobs import job_actions, job_settling, results
from tuneset.providers.jobs.job_events import EventReader
from tuneset.providers.jobs.jobs import get_job
from tuneset.providers.records import Action, RemoteJob

app = typer.Typer(help="Jobs at the endpoint: list, look at, cancel, pause, resume.", no_args_is_help=True)

JobId = Annotated[
    str | None, typer.Argument(metavar="ID", help="The job's id. Default: the last job that `tuneset tune` created.")
]


@app.command("list")
@at_endpoint()
def list_(
    remote: Remote, most: Annotated[int, typer.Option("--most", min=1, help="How many, the newest first.")] = 20
) -> Result:
    """List the jobs, the newest first."""
    found = job_actions.list_jobs(remote.endpoint, most)
    return {"jobs": [job.document for job in found]}, _listed(found) if found else ["no jobs"]


@app.command()
@at_endpoint(data=True)
def show(remote: Remote, job_id: JobId = None) -> Result:
    """Show what the endpoint says of a job."""
    found = get_job(remote.endpoint, chosen_job(remote, job_id)).document
    lines = [
        f"{name:<18} {_shown(value, time=name.endswith(_TIMES))}"
        for name, value in sorted(found.items())
        if value not in (None, {}, [])
    ]
    return {"job": found}, lines


@app.command()
@at_endpoint(data=True)
def events(remote: Remote, job_id: JobId = None) -> Result:
    """Print a job's events, the oldest first."""
    job = get_job(remote.endpoint, chosen_job(remote, job_id))  # a job that is not there is said to be so
    found = EventReader(remote.endpoint, job.id).read()
    lines = [
        f"{moment(event.created_at):20}  {'' if event.level == 'info' else f'{event.level}: '}{event.message}"
        for event in found
    ]
    return {"job_id": job.id, "events": [dataclasses.asdict(event) for event in found]}, lines or ["no events"]


@app.command()
@at_endpoint(data=True)
def checkpoints(remote: Remote, job_id: JobId = None) -> Result:
    """List a job's checkpoints with their metrics."""
    chosen = chosen_job(remote, job_id)
    found = results.checkpoints(remote.endpoint, chosen)
    rows = [[_step(one["step"]), one["model"], _figures(one["metrics"])] for one in found]
    lines = table(["made at", "model", "metrics"], rows, first=1) if rows else ["no checkpoints"]
    return {"job_id": chosen, "checkpoints": found}, lines


@app.command()
@at_endpoint(data=True)
def cancel(remote: Remote, job_id: JobId = None) -> Result:
    """Cancel a job."""
    return _act(remote, job_id, "cancel")


@app.command()
@at_endpoint(data=True)
def pause(remote: Remote, job_id: JobId = None) -> Result:
    """Pause a job, where the endpoint offers that."""
    return _act(remote, job_id, "pause")


@app.command()
@at_endpoint(data=True)
def resume(remote: Remote, job_id: JobId = None) -> Result:
    """Go on with a paused job."""
    return _act(remote, job_id, "resume")


@app.command()
@at_endpoint(data=True)
def settle(
    remote: Remote,
    job: Annotated[str | None, typer.Option("--job", help="The id of the job that the request has made.")] = None,
    none: Annotated[bool, typer.Option("--none", help="The request has made no job.")] = False,
    run: Annotated[str | None, typer.Option("--run", help="Which request, where several are open.")] = None,
) -> Result:
    """Settle a request whose outcome is unknown; without --job and --none, show those that are open."""
    endpoint, folder = remote.endpoint, remote.places.receipts
    if job is None and not none:
        found = job_settling.open_requests(endpoint, folder)
        rows = [
            dataclasses.asdict(one) | {"candidates": [c.id for c in job_settling.fitting_jobs(endpoint, folder, one)]}
            for one in found
        ]
        return {"requests": rows}, [_request(row) for row in rows] or ["nothing is to be settled"]
    if none and job is not None:
        raise UsageError("--job and --none: only one of them can be so", hint="name the job, or say that there is none")
    chosen = job_settling.choose(endpoint, folder, run)
    settled = job_settling.settle(endpoint, folder, chosen, job)
    line = "settled: nothing was made; the next `tuneset tune` creates a job"
    if settled is not None:
        line = f"settled: job {settled.id} ({settled.status}); the next `tuneset tune` goes on with it"
    return {"run_key": chosen.key, "job_id": job}, [line]


def _request(row: dict[str, Any]) -> str:
    """An open request on one line: its run key, model, file, when, and jobs that it may have made."""
    when = moment(int(row["at"]))
    may_be = ", ".join(row["candidates"]) or "none that the endpoint lists"
    return f"{row['key'][:8]}  {when}  {row['model']}  {row['training_file']}  may be: {may_be}"


def _act(remote: Remote, job_id: str | None, action: Action) -> Result:
    job = job_actions.act(remote.endpoint, chosen_job(remote, job_id), action)
    return {"job_id": job.id, "status": job.status}, [f"job {job.id}: {job.status}"]


def chosen_job(remote: Remote, job_id: str | None) -> str:
    """The job that was named, else the last one. An empty name, as an empty variable of a shell gives, is none."""
    if job_id is not None and not job_id.strip():
        raise UsageError("the id of the job is empty", hint="name the id, or leave it away for the last job")
    return job_id or _last(remote)


def _last(remote: Remote) -> str:
    """The job of the newest receipt at this endpoint. Raises UsageError where there is none."""
    identity = remote.endpoint.identity
    own = [one for one in receipts.all_of(remote.places.receipts, "job") if one["endpoint"] == identity]
    if not own:
        raise UsageError(
            f"no job of this project at `{identity}` is known",
            hint="name its id; `tuneset jobs list` shows those of the endpoint",
        )
    return str(own[-1]["job_id"])


def _listed(jobs: Sequence[RemoteJob]) -> list[str]:
    """Jobs below a heading: id, state, when made, the model and what came of it."""
    rows = [[job.id, job.status, moment(job.created_at), job.model or "?", job.fine_tuned_model or ""] for job in jobs]
    return table(["id", "state", "made", "model", "made of it"], rows, first=3)


_TIMES = ("_at", "_finish")
"""Names of what is a time end so."""


def _shown(value: Any, *, time: bool) -> str:  # noqa: ANN401  any JSON value
    if time and isinstance(value, int) and moment(value):
        return f"{value}  ({moment(value)})"
    return one_line(value if isinstance(value, str) else json_bytes(value).decode())


def _step(step: int | None) -> str:
    """Where a checkpoint was made; one without a step is what the job ended with.

    >>> _step(20), _step(None)
    ('step 20', 'the end')
    """
    return "the end" if step is None else f"step {step}"


def _figures(metrics: dict[str, Any]) -> str:
    """Metrics on one line, as they are.

    >>> _figures({"valid_loss": 1.5, "note": None})
    'valid_loss 1.5'
    """
    return "  ".join(f"{name} {value}" for name, value in metrics.items() if isinstance(value, (int, float)))
