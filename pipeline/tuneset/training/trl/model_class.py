"""Which class of transformers loads a folder: a language model, or one that sees pictures too, for its texts alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForImageTextToText
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING, MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING


class NotALanguageModelError(Exception):
    """A folder holds a kind of model that continues no texts. `kind` is its `model_type`."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"models of the kind {kind} continue no texts")


def sees_pictures(config: Any) -> bool:
    """Whether a config is of a model that reads pictures beside text."""
    return type(config) in MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING


def load_pretrained(folder: Path, **options: Any) -> Any:
    """Load the model of a folder; nothing is fetched. Raises NotALanguageModelError."""
    config = AutoConfig.from_pretrained(folder, local_files_only=True)
    for mapping, auto in (
        (MODEL_FOR_CAUSAL_LM_MAPPING, AutoModelForCausalLM),
        (MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING, AutoModelForImageTextToText),
    ):
        if type(config) in mapping:
            return auto.from_pretrained(folder, local_files_only=True, **options)
    raise NotALanguageModelError(config.model_type)
