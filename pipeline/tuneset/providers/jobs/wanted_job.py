"""A fine-tuning job that is wanted, and the key that makes two wanted jobs the same.

How a protocol writes it is that protocol's business, and so is what it does with a field that it does not know.
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
from tuneset.profile import Profile


def as_trained(profile: Profile, tune: TuneParams) -> TuneParams:
    """The params by the name that the provider trains the model by, with what every job of it says there.

    >>> from tuneset.profile import load_profile
    >>> as_trained(load_profile("azure"), TuneParams(model="gpt-oss-20b")).extra_body
    {'trainingType': 'globalStandard'}
    """
    name = profile.training_name(tune.model)
    model = profile.model(name)
    return tune.model_copy(
        update={"model": name, "extra_body": {**(model.extra_body if model else {}), **tune.extra_body}}
    )


@dataclasses.dataclass(frozen=True)
class WantedJob:
    """A job that is wanted: params, and the two uploaded files with the sha256 of their content."""

    params: TuneParams
    train_id: str
    train_sha256: str
    validation_id: str | None = None
    validation_sha256: str | None = None

    def hyperparameters(self) -> dict[str, int | float | str]:
        """Those of the method; `auto` leaves the choice to the server."""
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

    def run_key(self, identity: str) -> str:
        """32 hex digits over all that makes two jobs the same; file ids are left out, their contents count.

        `identity` is the name of the endpoint.
        """
        tune = self.params
        parts = [identity, tune.model, tune.method, self.hyperparameters(), tune.seed, tune.suffix,
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
