"""`tuneset migrate`: a job at an endpoint, made ready for another trainer or another endpoint."""

from __future__ import annotations

import dataclasses
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from tuneset import artifacts
from tuneset.cli import completion
from tuneset.cli.common import TargetOption
from tuneset.cli.dataset.export_target import LocalTarget
from tuneset.cli.remote.at_endpoint import Remote, Result, at_endpoint, say
from tuneset.cli.remote.jobs import chosen_job
from tuneset.cli.remote.moved_job import create_there, write_for
from tuneset.errors import CheckFailedError, UsageError
from tuneset.execution.progress import no_progress
from tuneset.profile import profile_names
from tuneset.providers.jobs.job_files import JobFile, bring
from tuneset.providers.jobs.jobs import get_job
from tuneset.providers.records import RemoteJob
from tuneset.rules.registry import BY_CODE
from tuneset.writing import registry
from tuneset.writing.export import export
from tuneset.writing.exporter import Dataset, Order
from tuneset.writing.migration import Translation, for_trainer, own_settings, translate

PLAN = "migration.json"
"""What was translated and how, beside the files that it led to."""


@at_endpoint(data=True)
def migrate(
    remote: Remote,
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="FLAVOUR|PROFILE",
            autocompletion=completion.destinations,
            help="An export format, or the profile of another endpoint; where both bear the name, --create means it.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the files go: a new or empty folder.")],
    job_id: Annotated[
        str | None,
        typer.Argument(metavar="JOB", help="The job's id. Default: the last job that `tuneset tune` created."),
    ] = None,
    target: TargetOption = None,
    model: Annotated[str | None, typer.Option("--model", metavar="NAME", help="The model that is trained now.")] = None,
    dataset: Annotated[
        Path | None,
        typer.Option("--dataset", metavar="DIR", help="Where the job's files lie, if they are not given back."),
    ] = None,
    create: Annotated[bool, typer.Option("--create", help="Create the job at the other endpoint too.")] = False,
    own: Annotated[
        list[str] | None,
        typer.Option("--there", metavar="KEY=VALUE", help="A param for the other endpoint; above what is translated."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Create the job without asking.")] = False,
) -> Result:
    """Say what changes where a job moves to another trainer or endpoint; write its files, or create it there."""
    known = {one.name for one in registry.EXPORTERS}
    if create or own:  # both exist under some names: a job is made at an endpoint
        known -= set(profile_names())
    if to in known and (create or own):
        raise UsageError(f"--create and --there are for an endpoint; {to} is an export format")
    if to not in known and to not in profile_names():
        allowed = f"{', '.join(sorted(known))}; or {', '.join(profile_names())}"
        raise UsageError(f"--to {to}: is neither an export format nor a profile", allowed=allowed)
    asked = LocalTarget(target) if target is not None else None
    job = get_job(remote.endpoint, chosen_job(remote, job_id))
    if job.training_file is None:
        raise UsageError(f"job {job.id}: the endpoint does not say which file it was trained on")
    folders = [*([dataset] if dataset else []), remote.places.dataset("train").parent]
    with tempfile.TemporaryDirectory() as name:
        place = Path(name) / "dataset"
        place.mkdir()
        sides = {"train": job.training_file, "validation": job.validation_file}
        files = {
            side: bring(remote.endpoint, file_id, place / f"{side}.jsonl", remote.places.receipts, folders, say)
            for side, file_id in sides.items()
            if file_id is not None
        }
        read = Dataset(place, no_progress)
        of_it = own_settings(job.document)
        recipe, told = translate(
            job.model,
            job.hyperparameters or {},
            seed=job.seed,
            trained_tokens=job.trained_tokens,
            rows=int(read.sums("train")["examples"]),
            base_model=model or target if to in known else model or job.model,
        )
        if to in known:
            order = Order(recipe=recipe, target=asked, grader=of_it.grader)
            made: dict[str, Any] = export(read, registry.exporter(to), out, order)
            told += for_trainer(of_it, graded="grader.json" in made["files"])
        else:
            made, told = write_for(to, read, out, (recipe, told, of_it), own or ())
    document = {
        "job": {"id": job.id, "endpoint": remote.endpoint.identity, "model": job.model, "status": job.status},
        "to": to,
        "files": {
            side: {"file_id": one.file_id, "source": one.source, "sha256": one.sha256} for side, one in files.items()
        },
        "hyperparameters": [dataclasses.asdict(one) for one in told],
        "made": made,
    }
    artifacts.write_json(out / PLAN, {"schema_version": 1, **document})
    lines = _text(job, files, told, made, out)
    if not create:
        return document, lines
    for line in lines[:-1]:  # what changes is said before anybody agrees
        say(line)
    if made["errors"]:
        raise CheckFailedError(
            f"{made['errors']} errors by the rules of {to}; nothing was sent",
            hint=f"`tuneset check {out / 'dataset'} --profile {to}` shows them",
        )
    there = create_there(out, yes=yes)
    document["there"] = there
    artifacts.write_json(out / PLAN, {"schema_version": 1, **document})
    return document, [_told_there(there, out)]


def _told_there(there: dict[str, Any], out: Path) -> str:
    """What came of the other job."""
    if not there["created"]:
        return f"could {there['would']}; --yes does it"
    go_on = f"`tuneset tune --params {out / 'params.yaml'} --data {out}` follows it"
    return f"job {there['job_id']}: {there['status']}; {go_on}"


def _text(
    job: RemoteJob, files: dict[str, JobFile], told: list[Translation], made: dict[str, Any], out: Path
) -> list[str]:
    lines = [f"job      {job.id} ({job.status}), {job.model}"]
    lines += [f"file     {side}: {one.file_id}, from {one.source}" for side, one in files.items()]
    for one in told:
        was, becomes = ("-" if value is None else value for value in (one.was, one.becomes))
        lines.append(f"setting  {one.name}: {was} -> {becomes}  ({one.rule})")
    if "params" in made:
        lines.append(f"check    {made['errors']} errors, {made['warnings']} warnings; {made['tokens']} tokens")
        lines += [f"  found  {count:>10}  {code} {BY_CODE[code].name}" for code, count in made["by_code"].items()]
        lines.append(
            f"next     tuneset doctor --params {made['params']} --data {out}, then upload and tune with the same"
        )
        return lines
    kept = made["lines"]
    lines.append(f"rows     {kept['read']} lines read, {kept['exported']} exported as {made['rows']} rows")
    lines += [f"  left out {count:>8}  {code}" for code, count in kept["left_out"].items()]
    lines += [f"  changed  {count:>8}  {code}" for code, count in kept["changed"].items()]
    return [*lines, f"next     see {out / 'README.md'}"]
