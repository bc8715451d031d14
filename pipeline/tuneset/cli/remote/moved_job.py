"""A job that is moved to another endpoint: its dataset and params in a folder, and there the job itself.

What is written is what `tuneset upload --params P --data D` and `tune` go on with; receipts are in that folder too, so
that neither they nor a second run make a second job.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer
import yaml

from tuneset import artifacts
from tuneset.api.check import check
from tuneset.api.remote import preflight, sent_form
from tuneset.api.remote.opening import open_endpoint
from tuneset.api.tokens import tokens
from tuneset.cli.remote.at_endpoint import say
from tuneset.errors import UsageError
from tuneset.params import load_params
from tuneset.params.load import apply_override
from tuneset.profile import load_profile
from tuneset.providers import remote_stages
from tuneset.providers.jobs.job_cost import expected
from tuneset.providers.places import Places
from tuneset.writing.exporter import Dataset
from tuneset.writing.migration import OwnSettings, Translation
from tuneset.writing.migration_there import destination_of, for_endpoint
from tuneset.writing.recipe import TrainingRecipe

_METHODS = {"dpo": "dpo", "rft": "reinforcement", "kto": "kto"}
_OURS = frozenset({"dataset", "params.yaml", "migration.json", "remote", "receipts", "reports"})


def write_for(
    profile: str,
    read: Dataset,
    out: Path,
    translated: tuple[TrainingRecipe, list[Translation], OwnSettings],
    own: Sequence[str],
) -> tuple[dict[str, Any], list[Translation]]:
    """Write dataset and params for another endpoint, checked by its rules and counted.

    Gives what was found, and how each setting came about. `own` are params of the user's own, `KEY=VALUE`, which stand
    above what is translated. Raises UsageError where the folder holds files of others or a param is none.
    """
    if out.is_dir() and any(one.name not in _OURS for one in out.iterdir()):
        raise UsageError(f"--out {out}: holds files of others", hint="name an empty folder, or a new one")
    recipe, told, settings_of_it = translated
    tune, said = for_endpoint(recipe, told, destination_of(load_profile(profile), recipe.model), settings_of_it)
    tune["method"] = _METHODS.get(read.survey.method or "sft", "supervised")
    settings: dict[str, Any] = {"endpoint": {"profile": profile}, "tune": tune}
    for one in own:
        apply_override(settings, one)
        name, _, value = one.partition("=")
        said.append(Translation(name, None, value, "named by you"))
    paths = []
    for side in read.sides:
        path = out / "dataset" / f"{side}.jsonl"
        artifacts.write_bytes(path, read.path(side).read_bytes())
        paths.append(path)
    artifacts.write_bytes(out / "params.yaml", yaml.safe_dump(settings, sort_keys=False).encode())
    params = load_params(out / "params.yaml")
    report = check(paths, profile=profile, model=params.tune.model)
    counted = tokens(paths[:1], profile=profile, model=params.tune.model)
    _write_counts(out, counted.total, params.tune.n_epochs, exact=counted.exact)
    made = {"params": str(out / "params.yaml"), "errors": report.errors, "warnings": report.warnings,
            "by_code": dict(Counter(sorted(report.findings["code"]))), "tokens": counted.total}  # fmt: skip
    return made, said


def _write_counts(out: Path, train: int, epochs: int | str, *, exact: bool) -> None:
    """What a cost is reckoned from; without a number of epochs it is not known."""
    cost: dict[str, Any] = {"tokens_exact": exact}
    if isinstance(epochs, int):
        cost |= {"epochs": epochs, "billable_tokens": train * epochs}
    artifacts.write_json(Places(out).metrics, {"tokens": {"train": train}, "cost": cost})


def create_there(out: Path, *, yes: bool) -> dict[str, Any]:
    """Send the files of the folder and create the job, once somebody has agreed; gives what came of it.

    Everything that `tuneset doctor` looks at is seen to first. Raises what that finds, and what `upload` and `tune`
    raise.
    """
    params, places = load_params(out / "params.yaml"), Places(out)
    with open_endpoint(params.endpoint) as there:
        preflight.require(preflight.everything(there, params, places), say)
        usd = expected(there, params, remote_stages.report(places)).usd if there.profile.endpoint.paid else 0.0
        cost = "at a cost that is not known" if usd is None else f"for about {usd:.2f} USD"
        what = f"create a job with {params.tune.model} at {there.profile.title} {cost}"
        if not (yes or (sys.stdin.isatty() and typer.confirm(f"{what}?", err=True))):
            return {"created": False, "would": what}
        sent = sent_form.sent_files(params, places, say)
        uploaded = remote_stages.upload(there, places, sent_files=sent, say=say)
        job = remote_stages.start(there, places, params, say=say)
    ids = {side: one["file_id"] for side, one in uploaded["files"].items()}
    return {"created": True, "job_id": job.id, "status": job.status, "files": ids}
