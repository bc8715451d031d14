"""The body of the request that creates a job at Fireworks. What means something else there is refused."""

from __future__ import annotations

from typing import Any

from tuneset.errors import UsageError
from tuneset.providers.fireworks.names import job_name
from tuneset.providers.jobs.wanted_job import WantedJob

KINDS = {"supervised": "supervisedFineTuningJobs", "dpo": "dpoJobs", "reinforcement": "reinforcementFineTuningJobs"}
"""Jobs of each method have a collection of their own."""
MOST_BETA = 0.5
"""`beta` of a preference job is below that (fireworks-ai 1.2.30)."""


def job_body(wanted: WantedJob, account: str, key: str, attempt: int, wandb_key: str | None) -> dict[str, Any]:
    """The body. Raises UsageError for a parameter that Fireworks takes in another way, and what the grader raises."""
    tune = wanted.params
    if tune.learning_rate_multiplier != "auto":
        raise UsageError(
            "tune.learning_rate_multiplier: Fireworks takes an absolute learning rate",
            hint="leave it at auto, or set tune.extra_body, such as {learningRate: 1e-4}",
        )
    if tune.metadata:
        raise UsageError("tune.metadata: Fireworks keeps none", hint="leave it away")
    training: dict[str, Any] = {
        "baseModel": tune.model,
        "outputModel": f"{account}/models/{job_name(tune.suffix, key, attempt)}",
        "epochs": None if tune.n_epochs == "auto" else tune.n_epochs,
        "batchSizeSamples": None if tune.batch_size == "auto" else tune.batch_size,
    }
    training = {name: value for name, value in training.items() if value is not None}
    body: dict[str, Any] = {"dataset": f"{account}/datasets/{wanted.train_id}"}
    if wanted.validation_id and tune.method != "dpo":
        body["evaluationDataset"] = f"{account}/datasets/{wanted.validation_id}"
    if tune.method == "supervised":
        body |= training
    else:
        body["trainingConfig"] = training
    if tune.method == "dpo":  # the method is always said: its default is another one there
        body["lossConfig"] = {"method": "DPO", **_beta(tune.beta)}
    if tune.method == "reinforcement":
        body["evaluator"] = _evaluator(wanted)
    if tune.wandb is not None:
        own = {"enabled": True, "apiKey": wandb_key, "project": tune.wandb.project, "entity": tune.wandb.entity}
        body["wandbConfig"] = {name: value for name, value in own.items() if value is not None}
    return {**body, **tune.extra_body}


def _beta(beta: float | str) -> dict[str, Any]:
    if isinstance(beta, str):
        return {}
    if beta >= MOST_BETA:
        raise UsageError(f"tune.beta is {beta:g}", allowed=f"below {MOST_BETA:g} at Fireworks")
    return {"dpo": {"beta": beta}}


def _evaluator(wanted: WantedJob) -> str:
    found = wanted.grader().get("evaluator")
    if not isinstance(found, str):
        raise UsageError(
            "tune.reinforcement.grader: names no evaluator of Fireworks",
            allowed="for example {type: evaluator, evaluator: accounts/ACCOUNT/evaluators/NAME}",
        )
    return found
