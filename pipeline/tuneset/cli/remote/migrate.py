"""`tuneset migrate`: a job at an endpoint, made ready for another trainer or another endpoint."""

from __future__ import annotations

import dataclasses
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from tuneset import artifacts
from tuneset.api.check import check
from tuneset.api.tokens import tokens
from tuneset.cli import completion
from tuneset.cli.common import TargetOption
from tuneset.cli.dataset.export_target import LocalTarget
from tuneset.cli.remote.at_endpoint import Remote, Result, at_endpoint, say
from tuneset.cli.remote.jobs import chosen_job
from tuneset.errors import UsageError
from tuneset.execution.progress import no_progress
from tuneset.profile import profile_names
from tuneset.providers.jobs.job_files import JobFile, bring
from tuneset.providers.jobs.jobs import get_job
from tuneset.providers.provider import RemoteJob
from tuneset.writing import registry
from tuneset.writing.export import export
from tuneset.writing.exporter import Dataset, Order
from tuneset.writing.migration import Translation, translate
from tuneset.writing.recipe import Recipe

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
            help="An export format, or the profile of another endpoint.",
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
) -> Result:
    """Make a job's files and settings ready for another trainer or endpoint, and say what changes."""
    known = {one.name for one in registry.EXPORTERS}
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
        recipe, told = translate(
            job.model,
            job.hyperparameters or {},
            seed=job.seed,
            trained_tokens=job.trained_tokens,
            rows=int(read.sums("train")["examples"]),
            base_model=model or target if to in known else model or job.model,
        )
        if to in known:
            made: dict[str, Any] = export(read, registry.exporter(to), out, Order(recipe=recipe, target=asked))
        else:
            made = _for_profile(read, to, out, recipe)
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
    return document, _text(job, files, told, made, out)


def _for_profile(read: Dataset, profile: str, out: Path, recipe: Recipe) -> dict[str, Any]:
    """The dataset and params for another endpoint of the protocol, checked by its rules."""
    if out.is_dir() and any(one.name not in ("dataset", "params.yaml", PLAN) for one in out.iterdir()):
        raise UsageError(f"--out {out}: holds files of others", hint="name an empty folder, or a new one")
    paths = []
    for side in read.sides:
        path = out / "dataset" / f"{side}.jsonl"
        artifacts.write_bytes(path, read.path(side).read_bytes())
        paths.append(path)
    method = {"dpo": "dpo", "rft": "reinforcement", "kto": "kto"}.get(read.survey.method or "sft", "supervised")
    tune: dict[str, Any] = {
        "method": method,
        "n_epochs": recipe.epochs,
        "batch_size": recipe.batch_size,
        "seed": recipe.seed,
    }
    tune |= {"model": recipe.model} if recipe.model else {}
    if recipe.learning_rate_multiplier is not None:
        tune["learning_rate_multiplier"] = recipe.learning_rate_multiplier
    settings = {"endpoint": {"profile": profile}, "tune": tune}
    artifacts.write_bytes(out / "params.yaml", yaml.safe_dump(settings, sort_keys=False).encode())
    report = check(paths, profile=profile, model=recipe.model)
    counted = tokens(paths, profile=profile, model=recipe.model)
    return {
        "params": str(out / "params.yaml"),
        "errors": report.errors,
        "warnings": report.warnings,
        "tokens": counted.total,
    }


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
        lines.append(
            f"next     tuneset doctor --params {made['params']} --data {out}, then upload and tune with the same"
        )
        return lines
    kept = made["lines"]
    lines.append(f"rows     {kept['read']} lines read, {kept['exported']} exported as {made['rows']} rows")
    lines += [f"  left out {count:>8}  {code}" for code, count in kept["left_out"].items()]
    lines += [f"  changed  {count:>8}  {code}" for code, count in kept["changed"].items()]
    return [*lines, f"next     see {out / 'README.md'}"]
