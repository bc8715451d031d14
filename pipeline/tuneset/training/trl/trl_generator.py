"""The generator of the trainer `trl`; what needs PyTorch is in `generation`, which is loaded with the first model."""

from __future__ import annotations

from tuneset.errors import TunesetError
from tuneset.training.generator import CannotAnswerError, LoadedModel, ModelRef
from tuneset.training.trainer import require_libraries


def load(model: ModelRef) -> LoadedModel:
    """Load a model, the base or one that was trained from it. Raises CannotAnswerError where it cannot be loaded."""
    try:
        require_libraries("trl")
        from tuneset.training.trl.generation import load_model  # noqa: PLC0415  PyTorch takes seconds, may be missing

        return load_model(model)
    except TunesetError as error:
        raise CannotAnswerError("model_not_available", str(error), "model") from None
