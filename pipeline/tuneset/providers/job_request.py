"""What a fine-tuning job is asked for: the body of the request, and the key that makes two requests the same.

Nothing is sent from here. Shapes are those of OpenAI's API specification (CreateFineTuningJobRequest, 2026-08-21);
fields that it does not have go into `extra`, which the client puts into the body as they are.
"""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path
from typing import Any

import orjson

from tuneset.artifacts import read_json
from tuneset.errors import UsageError
from tuneset.params import TuneParams
from tuneset.providers.endpoint import Endpoint

RUN, ATTEMPT = "tuneset_run", "tuneset_attempt"
"""Keys of a job's metadata (at most 16 pairs, 64 and 512 characters; OpenAI API specification, 2026-08-21)."""


@dataclasses.dataclass(frozen=True)
class Request:
    """A job that is wanted: params, and the two uploaded files with the sha256 of their content."""

    params: TuneParams
    train_id: str
    train_sha256: str
    validation_id: str | None = None
    validation_sha256: str | None = None

    def hyperparameters(self) -> dict[str, int | float | str]:
        """Those of the method, as the protocol takes them; `auto` leaves the choice to the server."""
        tune, own = self.params, self.params.reinforcement
        found: dict[str, int | float | str] = {
            "n_epochs": tune.n_epochs,
            "batch_size": tune.batch_size,
            "learning_rate_multiplier": tune.learning_rate_multiplier,
        }
        if tune.method == "dpo":
            found["beta"] = tune.beta
        if tune.method == "reinforcement":
            found |= {
                "reasoning_effort": own.reasoning_effort,
                "compute_multiplier": own.compute_multiplier,
                "eval_interval": own.eval_interval,
                "eval_samples": own.eval_samples,
            }
        return found

    def run_key(self, endpoint: Endpoint) -> str:
        """32 hex digits over all that makes two requests the same; file ids are left out, their contents count."""
        tune = self.params
        parts = [endpoint.identity, tune.model, tune.method, self.hyperparameters(), tune.seed, tune.suffix,
                 self.train_sha256, self.validation_sha256]  # fmt: skip
        more = {
            "grader": self.grader() if tune.method == "reinforcement" else None,
            "response_format": tune.reinforcement.response_format if tune.method == "reinforcement" else None,
            "metadata": tune.metadata,
            "wandb": tune.wandb.model_dump() if tune.wandb else None,
            "extra_body": tune.extra_body,
        }
        if stated := {name: value for name, value in more.items() if value}:
            parts.append(stated)
        return hashlib.sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]

    def grader(self) -> dict[str, Any]:
        """The grader of a reinforcement job. Raises UsageError where there is none, InputError for a broken file."""
        grader = self.params.reinforcement.grader
        found = read_json(Path(grader)) if isinstance(grader, str) else grader
        if not isinstance(found, dict):
            raise UsageError(
                "tune.reinforcement.grader: " + ("is not set" if grader is None else f"{grader} holds no JSON object"),
                allowed="a grader's definition, or the path of a JSON file that holds one",
                hint="check it with `tuneset check --grader FILE`",
            )
        return found

    def body(self, endpoint: Endpoint, attempt: int) -> tuple[dict[str, Any], dict[str, Any]]:
        """The parameters of the client's `jobs.create`, and `extra_body` for it. Raises what `grader` raises."""
        tune = self.params
        method: dict[str, Any] = {"hyperparameters": self.hyperparameters()}
        if tune.method == "reinforcement":
            method["grader"] = self.grader()
            if tune.reinforcement.response_format is not None:  # in the guide, not in the specification
                method["response_format"] = tune.reinforcement.response_format
        if endpoint.profile.endpoint.hyperparameters_in == "body":
            placed: dict[str, Any] = {"hyperparameters": method["hyperparameters"]}
        else:
            placed = {"method": {"type": tune.method, tune.method: method}}
        body = {
            "model": tune.model,
            "training_file": self.train_id,
            "validation_file": self.validation_id,
            "seed": tune.seed,
            "suffix": tune.suffix,
            "integrations": self._integrations(),
            "metadata": {**tune.metadata, RUN: self.run_key(endpoint), ATTEMPT: str(attempt)},
            **placed,
        }
        extra = {name: merged(body.get(name), value) for name, value in tune.extra_body.items()}
        return {name: value for name, value in body.items() if value is not None}, extra

    def _integrations(self) -> list[dict[str, Any]] | None:
        wandb = self.params.wandb
        if wandb is None:
            return None
        stated = {name: value for name, value in wandb.model_dump().items() if value}
        return [{"type": "wandb", "wandb": stated}]


def merged(ours: Any, theirs: Any) -> Any:  # noqa: ANN401  any JSON values
    """`theirs` put over `ours`, key by key where both are objects.

    >>> merged({"n_epochs": 3, "batch_size": 8}, {"lora": True, "batch_size": 4})
    {'n_epochs': 3, 'batch_size': 4, 'lora': True}
    """
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return ours | {name: merged(ours.get(name), value) for name, value in theirs.items()}
    return theirs
