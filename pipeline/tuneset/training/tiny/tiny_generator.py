"""The generator of the tiny models: one piece after another from what `tiny_trainer` has left.

Its base model was never trained: every byte is as likely, which is what it answers. Tools are shown to no tiny model,
and none calls one; pictures are not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tuneset.training.chat_pieces import encode_prompt, markers, vocabulary_size
from tuneset.training.generator import Answer, CannotAnswerError, Ended, ModelRef, Piece, Prompted, Question
from tuneset.training.sampling import draw_piece, likeliest
from tuneset.training.tiny.arrays import Ids
from tuneset.training.tiny.checkpoint_file import Checkpoint, load_checkpoint
from tuneset.training.tiny.contexts import next_context
from tuneset.training.tiny.language_model import new_parameters, next_logprobs
from tuneset.training.trainer import CannotTrainError
from tuneset.training.vocabulary import make_encoding

MAX_PIECES = 4_096
"""Of one answer: more than any that was trained, and seconds."""


def load(model: ModelRef) -> TinyModel:
    """Load a model from its checkpoint's file; the base model where there is none."""
    if model.weights is None:
        size = vocabulary_size(make_encoding([]))
        return TinyModel(Checkpoint(new_parameters(size, np.random.default_rng(0)), []))
    try:
        return TinyModel(load_checkpoint(Path(model.weights)))
    except CannotTrainError as error:
        raise CannotAnswerError("invalid_model", str(error), "model") from None


class TinyModel:
    """A model in memory. It is never changed, so any number of threads may ask it."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._parameters = checkpoint.parameters
        self._encoding = make_encoding(checkpoint.merges)
        self._markers = markers(self._encoding)
        self._silent = [index for name, index in self._markers.items() if name != "end"]

    def generate(self, question: Question, /) -> Iterator[Answer]:
        """Answer a question, as `LoadedModel` has it."""
        prompt = self._encode(question)
        yield Prompted(len(prompt))
        random = np.random.default_rng(question.seed)
        given = None if question.given is None else self._text(question.given)
        answer: list[int] = []
        limit = MAX_PIECES if question.max_tokens is None else min(question.max_tokens, MAX_PIECES)
        if given is not None:
            limit = len(given)
        for place in range(limit):
            logprobs = next_logprobs(self._parameters, *next_context(prompt, answer, self._markers["padding"]))
            logprobs[self._silent] = -np.inf  # markers of roles begin no piece of an answer
            logprobs -= np.logaddexp.reduce(logprobs)
            if given is not None:
                drawn = int(given[place])
            else:
                drawn = draw_piece(logprobs, question.temperature, question.top_p, random)
            if drawn == self._markers["end"]:
                yield Ended("stop")
                return
            top = [(self._bytes(index), float(logprobs[index])) for index in likeliest(logprobs, question.top_logprobs)]
            yield Piece(self._bytes(drawn), float(logprobs[drawn]), top)
            answer.append(drawn)
        yield Ended("length")

    def _encode(self, question: Question) -> Ids:
        """A text to be continued is the beginning of an answer to nothing."""
        prompt = encode_prompt(question.messages, self._encoding)
        return np.concatenate([prompt, self._text(question.text or "")])

    def _text(self, text: str) -> Ids:
        return self._encoding.encode_to_numpy(text, disallowed_special=()).astype(np.int64)

    def _bytes(self, index: int) -> bytes:
        """The bytes of a piece; a marker has none."""
        return self._encoding.decode_single_token_bytes(index) if index < self._encoding.n_vocab else b""
