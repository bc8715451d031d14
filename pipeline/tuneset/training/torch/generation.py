"""Answers of the small transformer, with the keys and values of what stands before held.

The base model was never trained: every piece is about as likely. What stands too far back is seen no more, as in
training (`windows`). How an answer is drawn, all models of learned pieces share (`piece_answers`).
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tuneset.training.chat_pieces import vocabulary_size
from tuneset.training.generator import ModelRef
from tuneset.training.piece_answers import PieceModel
from tuneset.training.sampling import LogProbabilities
from tuneset.training.torch.model_file import StoredModel, load_checkpoint
from tuneset.training.torch.transformer import Cache, Transformer
from tuneset.training.torch.windows import followed, window_start
from tuneset.training.vocabulary import make_encoding


def load_model(model: ModelRef) -> PieceModel:
    """Load a model from its checkpoint's file; the base model where there is none.

    Raises CannotTrainError where the file is none of this trainer's.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if model.weights is not None:
        return answering(load_checkpoint(Path(model.weights), device))
    torch.manual_seed(0)
    return answering(StoredModel(Transformer(vocabulary_size(make_encoding([]))).to(device), []))


def answering(checkpoint: StoredModel) -> PieceModel:
    """The model of a checkpoint, ready to answer."""
    return PieceModel(checkpoint.merges, functools.partial(_Reader, checkpoint.model))


class _Reader:
    """The pieces of a question and of its answer so far, as the model reads them."""

    def __init__(self, model: Transformer, pieces: list[int], padding: int) -> None:
        self._model, self._pieces, self._padding = model, pieces, padding
        self._start, self._read = 0, 0
        self._cache: Cache = []

    def add(self, piece: int) -> None:
        self._pieces.append(piece)

    def next_logprobs(self) -> LogProbabilities:
        """The log probability of each piece that may come next."""
        start = window_start(len(self._pieces))
        if start != self._start:  # what was held stood at other places
            self._start, self._read, self._cache = start, start, []
        with torch.inference_mode():
            device = self._model.embedding.weight.device
            hints = followed(np.array(self._pieces[start:]), self._padding)[self._read - start :]
            ids: Any = torch.tensor([self._pieces[self._read :]], device=device)
            inside = self._model(ids, torch.tensor(hints[None].astype(np.int64), device=device), self._cache)
            logprobs = torch.log_softmax(self._model.logits(inside[0, -1]).double(), dim=-1)
        self._read = len(self._pieces)
        found: LogProbabilities = logprobs.cpu().numpy()
        return found
