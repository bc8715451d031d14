"""Answers of a model of learned pieces: one piece after another, drawn from those that may come next.

What a model sees of the pieces before is the business of its reader. Tools are shown to no such model, and none calls
one; pictures are not looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import numpy as np

from tuneset.training.chat_pieces import encode_prompt, markers
from tuneset.training.generator import Answer, Ended, Piece, Prompted, Question
from tuneset.training.sampling import LogProbabilities, draw_piece, likeliest
from tuneset.training.vocabulary import make_encoding

MAX_PIECES = 4_096
"""Of one answer: more than any that was trained, and seconds."""


class Reader(Protocol):
    """The pieces of a question and of its answer so far, as a model reads them."""

    def add(self, piece: int, /) -> None:
        """The next piece of the answer."""

    def next_logprobs(self) -> LogProbabilities:
        """The log probability of each piece that may come next; the caller may change it."""


class PieceModel:
    """A model in memory. It is never changed, so any number of threads may ask it; see `LoadedModel`.

    Args:
        merges: of its vocabulary.
        read: gives a reader of the pieces of a question; told too which piece stands for nothing.
    """

    def __init__(self, merges: Sequence[bytes], read: Callable[[list[int], int], Reader]) -> None:
        self._encoding = make_encoding(merges)
        self._read = read
        self._markers = markers(self._encoding)
        self._silent = [index for name, index in self._markers.items() if name != "end"]

    def generate(self, question: Question, /) -> Iterator[Answer]:
        """Answer a question; a text to be continued is the beginning of an answer to nothing."""
        prompt = [*encode_prompt(question.messages, self._encoding).tolist(), *self._text(question.text or "")]
        yield Prompted(len(prompt))
        random = np.random.default_rng(question.seed)
        given = None if question.given is None else self._text(question.given)
        limit = MAX_PIECES if question.max_tokens is None else min(question.max_tokens, MAX_PIECES)
        reader = self._read(prompt, self._markers["padding"])
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
