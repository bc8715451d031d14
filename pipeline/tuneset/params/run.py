"""The section `run`: where the work is done. It decides nothing of what comes of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from tuneset.params.section import Section


class RunParams(Section):
    """Where shards are worked on."""

    engine: Literal["local", "ray"] = "local"
    address: str | None = None  # of a Ray cluster, such as `auto` or `10.0.0.1:6379`; default: Ray on this machine
    workers: Annotated[int, Field(ge=1)] | None = None  # tasks at a time; default: `workers`, or one a core
