"""The section `endpoint`: where files and jobs go."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from tuneset.params.section import Section


class EndpointParams(Section):
    """Where files and jobs go. Keys come from the environment alone, never from this file.

    `byte_order_mark` puts one before the files of a dataset as they are sent, for endpoints that ask for it.
    `storage` is the address in a bucket, such as `s3://BUCKET/FOLDER`, for providers that read files from there.
    Prices are for endpoints whose own are not published, in US dollars; `usd_per_hour` needs `expected_hours`.
    """

    profile: str = "local"
    base_url: str | None = None
    api_key_env: str | None = None
    spend_limit_usd: Annotated[float, Field(ge=0)] | None = None
    training_usd_per_million_tokens: Annotated[float, Field(ge=0)] | None = None
    usd_per_hour: Annotated[float, Field(ge=0)] | None = None
    expected_hours: Annotated[float, Field(gt=0)] | None = None
    accept_unknown_cost: bool = False
    byte_order_mark: bool = False
    storage: str | None = None
    state: str = "data/local"
