"""The generator of the tiny models: one piece after another from what `tiny_trainer` has left.

Its base model was never trained: every byte is as likely, which is what it answers. How an answer is drawn, all models
of learned pieces share (`piece_answers`).
"""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np

from tuneset.training.chat_pieces import vocabulary_size
from tuneset.training.generator import CannotAnswerError, ModelRef
from tuneset.training.piece_answers import PieceModel
from tuneset.training.sampling import LogProbabilities
from tuneset.training.tiny.arrays import Parameters
from tuneset.training.tiny.checkpoint_file import StoredModel, load_checkpoint
from tuneset.training.tiny.contexts import next_context
from tuneset.training.tiny.language_model import new_parameters, next_logprobs
from tuneset.training.trainer import CannotTrainError
from tuneset.training.vocabulary import make_encoding


def load(model: ModelRef) -> PieceModel:
    """Load a model from its checkpoint's file; the base model where there is none.

    Raises CannotAnswerError where the file is none of this trainer's.
    """
    if model.weights is None:
        size = vocabulary_size(make_encoding([]))
        return _answering(StoredModel(new_parameters(size, np.random.default_rng(0)), []))
    try:
        return _answering(load_checkpoint(Path(model.weights)))
    except CannotTrainError as error:
        raise CannotAnswerError("invalid_model", str(error), "model") from None


def _answering(checkpoint: StoredModel) -> PieceModel:
    return PieceModel(checkpoint.merges, functools.partial(_Reader, checkpoint.parameters))


class _Reader:
    """The pieces of a question and of its answer so far, as the model reads them."""

    def __init__(self, parameters: Parameters, prompt: list[int], padding: int) -> None:
        self._parameters, self._prompt, self._padding = parameters, np.array(prompt, np.int64), padding
        self._answer: list[int] = []

    def add(self, piece: int) -> None:
        self._answer.append(piece)

    def next_logprobs(self) -> LogProbabilities:
        """The log probability of each piece that may come next."""
        return next_logprobs(self._parameters, *next_context(self._prompt, self._answer, self._padding))
