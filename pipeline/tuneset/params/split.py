"""The section `split`: how examples are divided."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from tuneset.params.section import Section

GROUPINGS = ("conversation", "prompt", "messages")
"""What `group_by` knows beside the names of raw columns."""


class SplitParams(Section):
    """How examples are divided between training and validation.

    `validation` and `test` below 1 are ratios, from 1 on numbers of examples; two ratios must leave something to train
    on. `group_by` is `conversation` (rows that ask the same, and rows of which one is the beginning of another),
    `prompt`, `messages`, or the name of a raw column, or the path into one (`metadata.session_id`); examples of one
    group stay together.
    `stratify_by` is `source` or a raw column likewise: each of its values gets its own share.
    """

    validation: Annotated[float, Field(ge=0)] = 0.1
    test: Annotated[float, Field(ge=0)] = 0.0
    stratify_by: str | None = None
    group_by: str = "conversation"
    salt: str = "tuneset"

    @field_validator("validation", "test")
    @classmethod
    def _is_share_or_count(cls, part: float) -> float:
        if part > 1 and part != int(part):
            raise PydanticCustomError("no_share_and_no_count", "a ratio below 1 or a whole number of examples")
        return part

    @field_validator("test")
    @classmethod
    def _leaves_training(cls, test: float, info: ValidationInfo) -> float:
        validation = info.data.get("validation", 0.0)
        if max(validation, test) < 1 <= validation + test:
            raise PydanticCustomError(
                "nothing_to_train_on",
                "less than 1 together with split.validation, which is {validation}",
                {"validation": validation},
            )
        return test
