"""The section `tune`: the fine-tuning job."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from tuneset.params.section import Auto, Section


class ReinforcementParams(Section):
    """What only a reinforcement job takes. `grader` is its definition, or the path of a JSON file that holds it."""

    grader: dict[str, Any] | str | None = None
    response_format: dict[str, Any] | None = None
    reasoning_effort: Literal["default", "low", "medium", "high"] = "default"
    compute_multiplier: Annotated[float, Field(gt=0.00001, le=10)] | Auto = "auto"
    eval_interval: Annotated[int, Field(ge=1)] | Auto = "auto"
    eval_samples: Annotated[int, Field(ge=1)] | Auto = "auto"


class WandbParams(Section):
    """Where the provider sends a job's metrics at Weights & Biases; the key for that is set at the provider."""

    project: Annotated[str, Field(min_length=1)]
    name: str | None = None
    entity: str | None = None
    tags: list[str] = []


DEFAULT_MODEL = "local-tiny"
"""What the embedded endpoint trains. It stands where nobody has named a model, and so says nothing of one."""


class TuneParams(Section):
    """The fine-tuning job. Bounds are those of OpenAI's API specification, as of 2026-08-21.

    `extra_body` holds fields of the provider's own, such as `{trainingType: globalStandard}` at Azure.
    """

    model: str = DEFAULT_MODEL
    method: Literal["supervised", "dpo", "reinforcement", "kto"] = "supervised"
    n_epochs: Annotated[int, Field(ge=1, le=50)] | Auto = "auto"
    batch_size: Annotated[int, Field(ge=1, le=256)] | Auto = "auto"
    learning_rate_multiplier: Annotated[float, Field(gt=0)] | Auto = "auto"
    beta: Annotated[float, Field(gt=0, le=2)] | Auto = "auto"  # dpo alone
    reinforcement: ReinforcementParams = ReinforcementParams()
    suffix: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    seed: Annotated[int, Field(ge=0, le=2147483647)] = 7
    metadata: Annotated[
        dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=512)]], Field(max_length=14)
    ] = {}  # 16 pairs, two of which are ours
    wandb: WandbParams | None = None
    extra_body: dict[str, Any] = {}
    timeout_s: Annotated[int, Field(ge=1)] = 86400
    poll_s: Annotated[float, Field(gt=0)] | None = None  # default: the profile's
