"""Answers of the small transformer, one piece after another, with the keys and values of those before held.

The base model was never trained: every piece is about as likely. Tools are shown to no such model, and none calls one;
pictures are not looked at. What stands too far back is seen no more, as in training (`windows`).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tuneset.training.chat_pieces import encode_prompt, markers, vocabulary_size
from tuneset.training.generator import Answer, Ended, ModelRef, Piece, Prompted, Question
from tuneset.training.sampling import LogProbabilities, draw_piece, likeliest
from tuneset.training.torch.model_file import Checkpoint, load_checkpoint
from tuneset.training.torch.transformer import Cache, Transformer
from tuneset.training.torch.windows import followed, window_start
from tuneset.training.vocabulary import make_encoding

MAX_PIECES = 4_096
"""Of one answer."""


def load_model(model: ModelRef) -> TorchModel:
    """Load a model from its checkpoint's file; the base model where there is none.

    Raises CannotTrainError where the file is none of this trainer's.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if model.weights is not None:
        return TorchModel(load_checkpoint(Path(model.weights), device))
    torch.manual_seed(0)
    return TorchModel(Checkpoint(Transformer(vocabulary_size(make_encoding([]))).to(device), []))


class TorchModel:
    """A model in memory. It is never changed, so any number of threads may ask it; see `LoadedModel`."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._model = checkpoint.model
        self._encoding = make_encoding(checkpoint.merges)
        self._markers = markers(self._encoding)
        self._silent = [index for name, index in self._markers.items() if name != "end"]

    def generate(self, question: Question, /) -> Iterator[Answer]:
        """Answer a question."""
        prompt = [*encode_prompt(question.messages, self._encoding).tolist(), *self._text(question.text or "")]
        yield Prompted(len(prompt))
        random = np.random.default_rng(question.seed)
        given = None if question.given is None else self._text(question.given)
        limit = MAX_PIECES if question.max_tokens is None else min(question.max_tokens, MAX_PIECES)
        reader = _Reader(self._model, prompt, self._markers["padding"])
        for place in range(limit if given is None else len(given)):
            logprobs = reader.next_logprobs()
            logprobs[self._silent] = -np.inf  # markers of roles begin no piece of an answer
            logprobs -= np.logaddexp.reduce(logprobs)
            if given is not None:
                drawn = given[place]
            else:
                drawn = draw_piece(logprobs, question.temperature, question.top_p, random)
            if drawn == self._markers["end"]:
                yield Ended("stop")
                return
            top = [(self._bytes(index), float(logprobs[index])) for index in likeliest(logprobs, question.top_logprobs)]
            yield Piece(self._bytes(drawn), float(logprobs[drawn]), top)
            reader.add(drawn)
        yield Ended("length")

    def _text(self, text: str) -> list[int]:
        return self._encoding.encode_ordinary(text)

    def _bytes(self, index: int) -> bytes:
        """The bytes of a piece; a marker has none."""
        return self._encoding.decode_single_token_bytes(index) if index < self._encoding.n_vocab else b""


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
