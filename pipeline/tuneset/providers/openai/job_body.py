"""The body of the request that creates a job.

Shapes are those of OpenAI's API specification (CreateFineTuningJobRequest, 2026-08-21); fields that it does not have
go into `extra`, which the client puts into the body as they are. Nothing is sent from here.
"""

from __future__ import annotations

from typing import Any, Literal

from tuneset.params import TuneParams
from tuneset.providers.jobs.wanted_job import WantedJob

RUN, ATTEMPT = "tuneset_run", "tuneset_attempt"
"""Keys of a job's metadata (at most 16 pairs, 64 and 512 characters; OpenAI API specification, 2026-08-21)."""


def job_body(
    wanted: WantedJob,
    key: str,
    attempt: int,
    *,
    hyperparameters_in: Literal["method", "body"],
    wandb_key: str | None = None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The parameters of the client's `jobs.create`, and `extra_body` for it.

    `key` and `attempt` go into the metadata, `wandb_key` into the integration where there is one. Raises what
    `WantedJob.grader` raises.
    """
    tune = wanted.params
    method: dict[str, Any] = {"hyperparameters": wanted.hyperparameters()}
    if tune.method == "reinforcement":
        method["grader"] = wanted.grader()
        if tune.reinforcement.response_format is not None:  # in the guide, not in the specification
            method["response_format"] = tune.reinforcement.response_format
    if hyperparameters_in == "body":  # as before there were methods; there numbers alone are taken, and defaults chosen
        stated = {name: value for name, value in method["hyperparameters"].items() if value != "auto"}
        placed: dict[str, Any] = {"hyperparameters": stated}
    else:
        placed = {"method": {"type": tune.method, tune.method: method}}
    body = {
        "model": tune.model,
        "training_file": wanted.train_id,
        "validation_file": wanted.validation_id,
        "seed": tune.seed,
        "suffix": tune.suffix,
        "integrations": _integrations(tune, wandb_key),
        "metadata": {**tune.metadata, RUN: key, ATTEMPT: str(attempt)},
        **placed,
    }
    extra = {name: merged(body.get(name), value) for name, value in tune.extra_body.items()}
    return {name: value for name, value in body.items() if value is not None}, extra


def _integrations(tune: TuneParams, key: str | None) -> list[dict[str, Any]] | None:
    if tune.wandb is None:
        return None
    stated = {name: value for name, value in {**tune.wandb.model_dump(), "api_key": key}.items() if value}
    return [{"type": "wandb", "wandb": stated}]


def merged(ours: Any, theirs: Any) -> Any:  # noqa: ANN401  any JSON values
    """`theirs` put over `ours`, key by key where both are objects.

    >>> merged({"n_epochs": 3, "batch_size": 8}, {"lora": True, "batch_size": 4})
    {'n_epochs': 3, 'batch_size': 4, 'lora': True}
    """
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return ours | {name: merged(ours.get(name), value) for name, value in theirs.items()}
    return theirs
