"""The body of a request for a job: its shape, and what of it is not offered here.

What the request refers to (files, models) is looked up where it is answered.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from tuneset.endpoint.api.api_errors import ApiError
from tuneset.endpoint.api.json_body import Body, parse_body
from tuneset.training.trainer import MAX_BATCH

Auto = Literal["auto"]

MAX_METADATA = 16
"""Pairs of a job's metadata. OpenAI API specification (Metadata), 2026-08-21."""


class Hyperparameters(Body):
    """Those of supervised training, with the bounds of OpenAI's API specification of 2026-08-21."""

    n_epochs: Annotated[int, Field(ge=1, le=50)] | Auto = "auto"
    batch_size: Annotated[int, Field(ge=1, le=MAX_BATCH)] | Auto = "auto"
    learning_rate_multiplier: Annotated[float, Field(gt=0, allow_inf_nan=False)] | Auto = "auto"


class Supervised(Body):
    """`method.supervised`."""

    hyperparameters: Hyperparameters = Hyperparameters()


class DpoHyperparameters(Hyperparameters):
    """Those of preference training, with the bounds of the same specification."""

    beta: Annotated[float, Field(gt=0, le=2)] | Auto = "auto"


class Dpo(Body):
    """`method.dpo`."""

    hyperparameters: DpoHyperparameters = DpoHyperparameters()


class Kto(Body):
    """`method.kto`: unpaired preferences, which the protocol of OpenAI does not have; shaped as `method.dpo` is."""

    hyperparameters: DpoHyperparameters = DpoHyperparameters()


class ReinforcementHyperparameters(Hyperparameters):
    """Those of reinforcement, with the bounds of the same specification."""

    reasoning_effort: Literal["default", "low", "medium", "high"] = "default"
    compute_multiplier: Annotated[float, Field(gt=1e-5, le=10)] | Auto = "auto"
    eval_interval: Annotated[int, Field(ge=1)] | Auto = "auto"
    eval_samples: Annotated[int, Field(ge=1)] | Auto = "auto"


class Reinforcement(Body):
    """`method.reinforcement`. What the grader has to be is told by `definition_fault`."""

    grader: dict[str, Any]
    hyperparameters: ReinforcementHyperparameters = ReinforcementHyperparameters()


class Method(Body):
    """`method`. Which of them a model offers is in its profile."""

    type: Literal["supervised", "dpo", "reinforcement", "kto"]
    supervised: Supervised | None = None
    dpo: Dpo | None = None
    reinforcement: Reinforcement | None = None
    kto: Kto | None = None


class EarlyStopping(Body):
    """`early_stopping`: a field of this endpoint's own, which no provider's protocol has.

    The job ends after so many epochs in a row whose validation is no better than the best before, and its model is the
    best checkpoint.
    """

    patience: Annotated[int, Field(ge=1, le=50)]


class JobRequest(Body):
    """`POST /fine_tuning/jobs`. `hyperparameters` is the older place of `method.supervised.hyperparameters`."""

    model: str
    training_file: str
    validation_file: str | None = None
    hyperparameters: Hyperparameters | None = None
    method: Method | None = None
    suffix: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    seed: Annotated[int, Field(ge=0, le=2147483647)] | None = None
    integrations: list[dict[str, Any]] | None = None
    metadata: (
        Annotated[
            dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=512)]],
            Field(max_length=MAX_METADATA),
        ]
        | None
    ) = None
    early_stopping: EarlyStopping | None = None

    def chosen_method(self) -> Literal["supervised", "dpo", "reinforcement", "kto"]:
        """That of the request, else `supervised`."""
        return self.method.type if self.method else "supervised"

    @property
    def grader(self) -> dict[str, Any] | None:
        """That of a job of reinforcement."""
        chosen = self.method.reinforcement if self.method and self.chosen_method() == "reinforcement" else None
        return chosen.grader if chosen else None

    def chosen_hyperparameters(self) -> Hyperparameters:
        """Those of the method where it has some, else the older ones, else all `auto`."""
        older = self.hyperparameters or Hyperparameters()
        if self.chosen_method() in {"dpo", "kto"}:
            chosen = (self.method.dpo if self.chosen_method() == "dpo" else self.method.kto) if self.method else None
            return chosen.hyperparameters if chosen else DpoHyperparameters(**older.model_dump())
        if self.chosen_method() == "reinforcement":
            graded = self.method.reinforcement if self.method else None
            return graded.hyperparameters if graded else ReinforcementHyperparameters(**older.model_dump())
        supervised = self.method.supervised if self.method else None
        return supervised.hyperparameters if supervised else older


def read_job_request(body: bytes) -> JobRequest:
    """Read a request's body. Raises ApiError 400 with the first field that is wrong as its `param`."""
    request = parse_body(body, JobRequest)
    if request.chosen_method() == "reinforcement" and request.grader is None:
        raise ApiError(400, "Missing required parameter: 'method.reinforcement.grader'.", param="method.reinforcement")
    if request.early_stopping and not request.validation_file:
        message = "Early stopping is decided by the validation loss, and needs a 'validation_file'."
        raise ApiError(400, message, param="early_stopping")
    if request.integrations:
        raise ApiError(400, "Integrations are not available at this endpoint.", param="integrations")
    return request
