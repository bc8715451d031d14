"""The section `target`: the model whose vocabulary and template count, and the recipe that says what is trained."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from tuneset.params.section import Section

READ_WEIGHT = ("answers", "axolotl", "together", "fireworks", "openai")
"""Recipes that look at the weight of an answer, with which a single turn says that those before it are not trained."""

Recipe = Literal["answers", "trl", "axolotl", "llama-factory", "unsloth", "ms-swift", "together", "fireworks", "openai"]


class TargetParams(Section):
    """The model that a dataset is for. A text in its place is its `model`.

    Args:
        model: a folder with `tokenizer.json` or another known vocabulary, an installed package that holds one, or a hub
            name in this machine's cache; null where the provider's model of `tune.model` is all that is known.
        template: a chat template file in place of the model's own.
        recipe: the trainer, by what it trains.
        allow_download: whether a hub name that is not in the cache is fetched: vocabulary and templates, no weights.
        sha256: what `manifest.json` calls `target.sha256`: other files than these are an error.
        sequence_length: tokens of a packed sequence, by which packing is measured.
        unstable: what becomes of a conversation with trained answers that the template shows otherwise later, or after
            another text than the model is asked with: kept whole, or split into one example for each trained answer.
    """

    model: str | None = None
    template: str | None = None
    recipe: Recipe = "answers"
    allow_download: bool = False
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    sequence_length: Annotated[int, Field(ge=16)] | None = None
    unstable: Literal["keep", "split"] = "keep"

    @model_validator(mode="after")
    def _marks_are_read(self) -> TargetParams:
        """Raises ValueError where examples are to be split for a trainer that would train all answers of each."""
        if self.unstable == "split" and self.recipe not in READ_WEIGHT:
            raise ValueError(
                f"unstable: split marks answers by weight, which the recipe {self.recipe} does not look at; "
                f"those that do: {', '.join(READ_WEIGHT)}; or keep, and `tuneset export --unstable split`"
            )
        return self


SHORT_FOR = "model"
"""The key that a text in place of the section stands for."""


def _named(value: Any) -> Any:  # noqa: ANN401  any YAML value
    """A model's name alone as a section."""
    return {SHORT_FOR: value} if isinstance(value, str) else value


NamedTarget = Annotated[TargetParams, BeforeValidator(_named)]
"""The section, or the name of its model."""
