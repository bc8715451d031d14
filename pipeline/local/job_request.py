"""The body of a request for a job: its shape, and a refusal in the protocol's words where it has another.

What the request refers to (files, models) is looked up where it is answered.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.local.api_errors import ApiError
from pipeline.local.plan import MAX_BATCH

Auto = Literal["auto"]


class _Body(BaseModel):
    """Closed to unknown keys, as the protocol's servers are, and to silent conversion."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Hyperparameters(_Body):
    """Those of supervised training, with the bounds of OpenAI's API specification of 2026-08-21."""

    n_epochs: Annotated[int, Field(ge=1, le=50)] | Auto = "auto"
    batch_size: Annotated[int, Field(ge=1, le=MAX_BATCH)] | Auto = "auto"
    learning_rate_multiplier: Annotated[float, Field(gt=0, allow_inf_nan=False)] | Auto = "auto"


class Supervised(_Body):
    """`method.supervised`."""

    hyperparameters: Hyperparameters = Hyperparameters()


class Method(_Body):
    """`method`. Only supervised training is offered; the others are known, so that they are refused by name."""

    type: Literal["supervised", "dpo", "reinforcement"]
    supervised: Supervised | None = None
    dpo: dict[str, Any] | None = None
    reinforcement: dict[str, Any] | None = None


class JobRequest(_Body):
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
            dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=512)]], Field(max_length=16)
        ]
        | None
    ) = None

    def chosen_hyperparameters(self) -> Hyperparameters:
        """Those of the method where it has some, else the older ones, else all `auto`."""
        if self.method and self.method.supervised:
            return self.method.supervised.hyperparameters
        return self.hyperparameters or Hyperparameters()


def read_job_request(body: bytes) -> JobRequest:
    """Read a request's body. Raises ApiError 400 with the first field that is wrong as its `param`."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        message = (
            "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP "
            "library correctly. The API expects a JSON payload, but what was sent was not valid JSON.)"
        )
        raise ApiError(400, message) from None
    if not isinstance(document, dict):
        raise ApiError(400, "The JSON body of your request must be an object.")
    try:
        request = JobRequest.model_validate(document)
    except ValidationError as error:
        raise _refusal(error) from None
    if request.method and request.method.type != "supervised":
        message = f"The method '{request.method.type}' is not available for this model; available: 'supervised'."
        raise ApiError(400, message, param="method", code="method_not_available")
    if request.integrations:
        raise ApiError(400, "Integrations are not available at this endpoint.", param="integrations")
    return request


def _refusal(error: ValidationError) -> ApiError:
    """The first fault, without the value that was sent."""
    fault = error.errors(include_url=False, include_input=False)[0]
    param = ".".join(str(part) for part in fault["loc"] if not _names_a_branch(part))
    if fault["type"] == "missing":
        return ApiError(400, f"you must provide a {param} parameter", param=param)
    if fault["type"] == "extra_forbidden":
        return ApiError(400, f"Unrecognized request argument supplied: {param}", param=None)
    return ApiError(400, f"Invalid value for '{param}': {fault['msg']}", param=param, code="invalid_value")


def _names_a_branch(part: object) -> bool:
    """Whether a part of pydantic's location names a branch of a union or a type, and no field.

    >>> _names_a_branch("constrained-int"), _names_a_branch("n_epochs")
    (True, False)
    """
    return str(part) in {"int", "float", "str", "constrained-int", "constrained-float", "[key]"} or "[" in str(part)
