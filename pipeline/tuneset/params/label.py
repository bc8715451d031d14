"""The section `label`: who answers the rows that have no answer, and how it is asked."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from tuneset.params.ingest import Mappings
from tuneset.params.section import Section


class LabelParams(Section):
    """The teacher, where it is asked, and how.

    What is null of `profile`, `base_url` and `api_key_env` is as in the section `endpoint`; where one of them is named,
    they are all of the teacher's own. Without `temperature` and `seed` the endpoint's own hold. Prices are in US
    dollars, those of batches where `by` is `batch`.

    Args:
        paths: raw files, or folders of them, with the rows that ask.
        out: the file of answered rows.
        mapping: which columns ask, where the shape of the rows is none that is known; as `ingest.mapping`, whose
            `assistant` may be left out.
        model: the teacher.
        system: sent before each conversation that has no system message, and not written.
        max_tokens: of an answer, with what is thought before it.
        json_schema: what answers have to be, or the path of a JSON file that holds it.
        by: one request a question (`chat`), or all in files, within a day (`batch`).
        at_once: requests that are open at once by `chat`.
    """

    paths: list[str] = ["data/prompts"]
    out: str = "data/raw/labels.jsonl"
    mapping: Mappings = None
    model: Annotated[str, Field(min_length=1)] | None = None
    profile: str | None = None
    base_url: str | None = None
    api_key_env: str | None = None
    system: str | None = None
    max_tokens: Annotated[int, Field(ge=1)] = 1024
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    seed: Annotated[int, Field(ge=0)] | None = None
    json_schema: dict[str, Any] | str | None = None
    by: Literal["chat", "batch"] = "chat"
    at_once: Annotated[int, Field(ge=1, le=256)] = 4
    prompt_usd_per_million_tokens: Annotated[float, Field(ge=0)] | None = None
    answer_usd_per_million_tokens: Annotated[float, Field(ge=0)] | None = None
