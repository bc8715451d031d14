"""The request that creates a customization job, by the names of botocore's model of the service.

What the service takes in another way is refused and not translated in silence. Nothing is sent from here.
"""

from __future__ import annotations

from typing import Any

from tuneset.errors import UsageError
from tuneset.providers.jobs.wanted_job import WantedJob
from tuneset.providers.wire.job_mark import marked

KINDS = {"supervised": "FINE_TUNING", "reinforcement": "REINFORCEMENT_FINE_TUNING"}
TITLE = "Amazon Bedrock"


def job_request(wanted: WantedJob, root: str, key: str, attempt: int) -> dict[str, Any]:
    """The request. `root` is the address below which a job's output goes, each job's below its own name.

    `clientRequestToken` is the run key with the attempt: a second request with it makes nothing. Raises UsageError for
    a parameter that the service takes in another way or not at all, and what the grader raises.
    """
    tune = wanted.params
    _refuse(wanted)
    name = marked(tune.suffix, key, attempt)
    request: dict[str, Any] = {
        "jobName": name,
        "customModelName": name,
        "clientRequestToken": f"{key}-{attempt}",
        "baseModelIdentifier": tune.model,
        "customizationType": KINDS[tune.method],
        "trainingDataConfig": {"s3Uri": wanted.train_id},
        "outputDataConfig": {"s3Uri": f"{root}/output/{name}/"},
    }
    if wanted.validation_id:
        request["validationDataConfig"] = {"validators": [{"s3Uri": wanted.validation_id}]}
    if tune.metadata:
        request["jobTags"] = [{"key": key, "value": value} for key, value in sorted(tune.metadata.items())]
    figures = {"epochCount": tune.n_epochs, "batchSize": tune.batch_size}
    stated = {name: value for name, value in figures.items() if value != "auto"}
    if tune.method == "supervised":
        request["hyperParameters"] = stated
    else:
        request["customizationConfig"] = {"rftConfig": _reinforcement(wanted, stated)}
    whole = merged(request, tune.extra_body)
    if isinstance(map_of_texts := whole.get("hyperParameters"), dict):
        whole["hyperParameters"] = {name: _text(value) for name, value in map_of_texts.items()}
    return whole


def merged(request: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """A request with the user's own fields, of which objects are merged.

    >>> merged({"a": {"b": "1"}, "c": 1}, {"a": {"d": "2"}, "c": 3})
    {'a': {'b': '1', 'd': '2'}, 'c': 3}
    """
    whole = dict(request)
    for name, value in own.items():
        before = whole.get(name)
        whole[name] = merged(before, value) if isinstance(before, dict) and isinstance(value, dict) else value
    return whole


def _text(value: Any) -> str:  # noqa: ANN401  whatever params say
    """A figure as text, without an exponent.

    >>> _text(1e-05), _text(2), _text("0.1")
    ('0.00001', '2', '0.1')
    """
    return f"{value:.12f}".rstrip("0") if isinstance(value, float) else str(value)


def _refuse(wanted: WantedJob) -> None:
    tune = wanted.params
    if tune.method not in KINDS:
        raise UsageError(f"tune.method {tune.method}: {TITLE} has no such job", allowed=", ".join(KINDS))
    if tune.learning_rate_multiplier != "auto":
        raise UsageError(
            f"tune.learning_rate_multiplier: {TITLE} takes an absolute learning rate",
            hint='leave it at auto, or set tune.extra_body, such as {hyperParameters: {learningRate: "0.00001"}}',
        )
    if tune.wandb is not None:
        raise UsageError(f"tune.wandb: {TITLE} reports to no other service", hint="leave it away")


def _reinforcement(wanted: WantedJob, stated: dict[str, Any]) -> dict[str, Any]:
    own = wanted.params.reinforcement
    lambda_ = wanted.grader().get("lambda")
    arn = lambda_.get("function") if isinstance(lambda_, dict) else None
    if not isinstance(arn, str):
        raise UsageError(
            "tune.reinforcement.grader: names no Lambda function",
            allowed="{type: lambda, lambda: {function: ARN}}",
        )
    figures = dict(stated)
    if own.reasoning_effort != "default":
        figures["reasoningEffort"] = own.reasoning_effort
    if own.eval_interval != "auto":
        figures["evalInterval"] = own.eval_interval
    for name, value in (("compute_multiplier", own.compute_multiplier), ("eval_samples", own.eval_samples)):
        if value != "auto":
            raise UsageError(f"tune.reinforcement.{name}: {TITLE} has none", hint="leave it at auto")
    if own.response_format is not None:
        raise UsageError(f"tune.reinforcement.response_format: {TITLE} has none", hint="leave it away")
    return {"graderConfig": {"lambdaGrader": {"lambdaArn": arn}}, **({"hyperParameters": figures} if figures else {})}
