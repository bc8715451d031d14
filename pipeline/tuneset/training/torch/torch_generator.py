"""The generator of the trainer `torch`; what needs PyTorch is in `generation`, which is loaded with the first model."""

from __future__ import annotations

from tuneset.errors import TunesetError
from tuneset.training.generator import CannotAnswerError, LoadedModel, ModelRef
from tuneset.training.trainer import CannotTrainError, require_libraries


def load(model: ModelRef) -> LoadedModel:
    """Load a model from its checkpoint's file, or the base model. Raises CannotAnswerError where it cannot be."""
    try:
        require_libraries("torch")
        from tuneset.training.torch.generation import load_model  # noqa: PLC0415  PyTorch takes seconds, may be missing

        return load_model(model)
    except TunesetError as error:
        raise CannotAnswerError("model_not_available", str(error), "model") from None
    except CannotTrainError as error:
        raise CannotAnswerError(error.code, str(error), "model") from None
