"""Whether a folder holds a model that can be trained, and one that sees, told without loading it."""

from __future__ import annotations

from pathlib import Path

from tuneset.errors import InputError
from tuneset.targets.local_models.chat_model import open_model
from tuneset.targets.local_models.model_files import ModelPlace, read_json

WEIGHTS = ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json")

PROCESSORS = ("processor_config.json", "preprocessor_config.json")
"""What says how a model is shown pictures (transformers 5.24, `utils/hub.py` and `processing_utils.py`)."""


def sees_pictures(folder: Path) -> bool:
    """Whether a model reads pictures beside text: its config has a part for them, and the folder a processor.

    A folder without the processor answers texts alone.
    """
    config = read_json(folder / "config.json")
    return (
        isinstance(config, dict)
        and isinstance(config.get("vision_config"), dict)
        and any((folder / name).is_file() for name in PROCESSORS)
    )


def base_limit(folder: Path) -> int:
    """The longest example of a model, in tokens, by its config.

    Raises InputError where the folder has no config, weights, vocabulary or chat template, UsageError where a library
    is missing.
    """
    config = read_json(folder / "config.json")
    if not isinstance(config, dict):
        raise InputError(f"{folder / 'config.json'}: is no JSON object")
    if not any((folder / name).is_file() for name in WEIGHTS):
        raise InputError(f"{folder}: holds no weights", allowed=", ".join(WEIGHTS), hint="fetch the whole snapshot")
    if not open_model(ModelPlace(str(folder))).has_template:
        raise InputError(
            f"{folder}: the model has no chat template",
            hint="take the variant of the model that is made for chat, or add chat_template.jinja to the folder",
        )
    found = [text.get("max_position_embeddings") for text in (config, config.get("text_config") or {})]
    limits = [limit for limit in found if isinstance(limit, int) and limit > 1]
    if not limits:
        raise InputError(
            f"{folder / 'config.json'}: names no max_position_embeddings", hint="add the model's context length"
        )
    return limits[-1]
