"""The section `target`: the model whose vocabulary and template count, and the recipe that says what is trained."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from tuneset.params.section import Section

Recipe = Literal["answers", "trl", "axolotl", "llama-factory", "unsloth", "ms-swift", "together", "fireworks", "openai"]


class TargetParams(Section):
    """The model that a dataset is for. A text in its place is its `model`.

    Args:
        model: a folder with `tokenizer.json`, an installed package that holds one, or a hub name in this machine's
            cache; null where the provider's model of `tune.model` is all that is known.
        template: a chat template file in place of the model's own.
        recipe: the trainer, by what it trains.
        sequence_length: tokens of a packed sequence, by which packing is measured.
    """

    model: str | None = None
    template: str | None = None
    recipe: Recipe = "answers"
    sequence_length: Annotated[int, Field(ge=16)] | None = None


def _named(value: Any) -> Any:  # noqa: ANN401  any YAML value
    """A model's name alone as a section."""
    return {"model": value} if isinstance(value, str) else value


NamedTarget = Annotated[TargetParams, BeforeValidator(_named)]
"""The section, or the name of its model."""
