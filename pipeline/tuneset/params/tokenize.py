"""The section `tokenize`: how long an example may be."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from tuneset.params.section import Section


class TokenizeParams(Section):
    """How long an example may be, and what happens to one that is longer."""

    encoding: str | None = None  # default: the model's own
    max_tokens: Annotated[int, Field(ge=1)] | None = None  # default: the profile's limit for the model
    over_length: Literal["drop", "truncate", "error"] = "drop"
