"""What all sections of params.yaml share: closed models, and the types of values that several use."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

Auto = Literal["auto"]
Share = Annotated[float, Field(ge=0, le=1)]
Rate = Annotated[float, Field(ge=0)]
"""A count by another, which may be above 1."""
Count = Annotated[int, Field(ge=0)]

_MOST = 2**63 - 1
"""The largest whole number that a column of a table holds."""


class Section(BaseModel):
    """A section of params.yaml: closed to unknown keys and to silent type conversion."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    @field_validator("*", mode="after")
    @classmethod
    def _fits_a_column(cls, value: object) -> object:
        """Refuse whole numbers that no table holds; they would end a run in its midst."""
        if isinstance(value, int) and abs(value) > _MOST:
            raise PydanticCustomError("too_large", "Value should be at most {most}", {"most": _MOST})
        return value


def off_word(value: object) -> object:
    """YAML reads `off` as false."""
    return "off" if value is False else value


OffWord = BeforeValidator(off_word)
"""Beside a literal that has `off` among its words."""
