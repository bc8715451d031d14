"""The request that creates a tuning job: the arguments of google-genai's `tune`, by its own names.

Gemini takes a multiplier of its own learning rate, open models an absolute one. What the service takes in another way
is refused and not translated in silence. Nothing is sent from here.
"""

from __future__ import annotations

import re
from typing import Any

from tuneset.errors import UsageError
from tuneset.providers.jobs.wanted_job import WantedJob
from tuneset.providers.wire.job_mark import marked

TITLE = "Vertex AI"
KINDS = {
    "supervised": "SUPERVISED_FINE_TUNING",
    "dpo": "PREFERENCE_TUNING",
    "reinforcement": "REINFORCEMENT_TUNING",
}
KEY_LABEL, ATTEMPT_LABEL = "tuneset_run", "tuneset_attempt"
"""Labels of a job, which have at most 64 small letters, digits, hyphens and underscores (google-genai 3.6.1)."""
_LABEL = re.compile(r"[a-z0-9_-]{1,64}")


def is_open_model(model: str) -> bool:
    """Whether a model's weights are given back, and so need a place.

    >>> is_open_model("meta/llama3_1@llama-3.1-8b-instruct"), is_open_model("gemini-2.5-flash")
    (True, False)
    """
    return "@" in model


def job_config(wanted: WantedJob, root: str, key: str, attempt: int) -> dict[str, Any]:
    """The fields of `CreateTuningJobConfig`, and `extra_body`, which is merged into the request.

    `root` is the address below which the weights of open models go. Raises UsageError for a parameter that the service
    takes in another way or not at all, and what the grader raises.
    """
    tune = wanted.params
    if tune.method not in KINDS:
        raise UsageError(f"tune.method {tune.method}: {TITLE} has no such job", allowed=", ".join(KINDS))
    if tune.wandb is not None:
        raise UsageError(f"tune.wandb: {TITLE} reports to no other service", hint="leave it away")
    name, open_model = marked(tune.suffix, key, attempt), is_open_model(tune.model)
    if open_model and tune.learning_rate_multiplier != "auto":
        raise UsageError(
            f"tune.learning_rate_multiplier: {TITLE} takes an absolute learning rate for open models",
            hint="leave it at auto, or set tune.extra_body.supervisedTuningSpec.hyperParameters.learningRate",
        )
    if tune.batch_size != "auto" and not open_model and tune.method != "reinforcement":
        raise UsageError(f"tune.batch_size: {TITLE} chooses it for {tune.model}", hint="leave it at auto")
    config: dict[str, Any] = {
        "method": KINDS[tune.method],
        "tuned_model_display_name": name,
        "labels": {**_labels(tune.metadata), KEY_LABEL: key, ATTEMPT_LABEL: str(attempt)},
        "epoch_count": tune.n_epochs,
        "batch_size": tune.batch_size,
        "learning_rate_multiplier": tune.learning_rate_multiplier,
        "beta": tune.beta if tune.method == "dpo" else "auto",
    }
    if wanted.validation_id:
        config["validation_dataset"] = {"gcs_uri": wanted.validation_id}
    if open_model:
        config["output_uri"] = f"{root}/output/{name}/"
    extra = dict(tune.extra_body)
    if tune.method == "reinforcement":
        extra = {**extra, "reinforcementTuningSpec": {**_reward(wanted), **extra.get("reinforcementTuningSpec", {})}}
    config = {name: value for name, value in config.items() if value != "auto"}
    return {**config, **({"extra_body": extra} if extra else {})}


def _labels(metadata: dict[str, str]) -> dict[str, str]:
    wrong = [name for name, value in metadata.items() if not (_LABEL.fullmatch(name) and _LABEL.fullmatch(value))]
    if wrong:
        raise UsageError(
            f"tune.metadata.{wrong[0]}: is no label of {TITLE}",
            allowed="1 to 64 small letters, digits, hyphens and underscores, in name and value",
        )
    return dict(metadata)


def _reward(wanted: WantedJob) -> dict[str, Any]:
    own, found = wanted.params.reinforcement, wanted.grader()
    reward: dict[str, Any] = {
        name: found[name] for name in ("singleRewardConfig", "compositeRewardConfig") if name in found
    }
    if len(reward) != 1:
        raise UsageError(
            "tune.reinforcement.grader: names no reward of Vertex AI",
            allowed="{type: reward, singleRewardConfig: {...}}, or compositeRewardConfig",
        )
    for name in ("compute_multiplier", "eval_interval", "eval_samples"):
        if getattr(own, name) != "auto":
            raise UsageError(f"tune.reinforcement.{name}: {TITLE} takes it as tune.extra_body", hint="leave it at auto")
    if own.reasoning_effort != "default" or own.response_format is not None:
        raise UsageError(
            f"tune.reinforcement: {TITLE} has no reasoning_effort and no response_format", hint="leave them away"
        )
    return reward
