"""What a generator is: it loads a model that a trainer has made, or its base model, and answers; and their registry.

A generator runs in a process of its own (`answering`), which holds the models that were asked last; it knows nothing of
the endpoint and of HTTP. What every generator would do alike is done around it and not in it: stop sequences, the
decoding of bytes to text, counting several answers to one prompt, and leaving off when the client has gone.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias, cast

from tuneset.errors import UsageError


@dataclass(frozen=True)
class ModelRef:
    """Which model answers. Equal references mean the same weights, so that a loaded model is found again by it.

    Args:
        generator: the address of the generator, `module:function`.
        name: the model's name, for messages.
        weights: what a training left, the `file` of its checkpoint as a path (a file or a folder); None for the base
            model itself.
        base: the folder of the base model, where its trainer has one.
    """

    generator: str
    name: str
    weights: str | None = None
    base: str | None = None


@dataclass(frozen=True)
class Question:
    """One prompt and how it is to be answered; every value was found valid.

    Args:
        messages: chat messages as the protocol has them, for the model's chat format; empty where `text` is given. The
            `image_url` of a picture names a file of this machine, as `path`, in place of a `url`.
        text: a bare text to be continued, without any chat format; None where there are messages.
        tools: the functions that may be called, as the protocol has them.
        max_tokens: so many pieces at most; None for as many as the model has room for.
        temperature: 0 takes the likeliest piece each time.
        top_p: pieces are drawn from the smallest set that is as likely as this.
        seed: where everything drawn by chance comes from.
        top_logprobs: how many of the likeliest pieces are told beside each that was drawn.
        given: an answer that is told as if it had been drawn, piece by piece, for its probabilities; None to draw one.
    """

    messages: Sequence[Mapping[str, Any]] = ()
    text: str | None = None
    tools: Sequence[Mapping[str, Any]] = ()
    max_tokens: int | None = None
    temperature: float = 1.0
    top_p: float = 1.0
    seed: int = 0
    top_logprobs: int = 0
    given: str | None = None


@dataclass(frozen=True)
class Prompted:
    """The prompt was read: so many of the model's own pieces. Nothing was generated yet."""

    tokens: int


@dataclass(frozen=True)
class Piece:
    """One generated piece of the vocabulary.

    Args:
        data: its bytes in UTF-8; a character may be spread over several pieces. A piece that shows nothing, as the end
            of an answer, is not told.
        logprob: the natural logarithm of its probability at temperature 1.
        top: the likeliest pieces at its place and theirs, likeliest first; as many as were asked for.
    """

    data: bytes
    logprob: float
    top: Sequence[tuple[bytes, float]] = ()


@dataclass(frozen=True)
class Call:
    """A whole call of one of the tools, which the generator has read out of what its model wrote.

    `tokens` are the pieces that it took; they are told as no `Piece`.
    """

    name: str
    arguments: str
    tokens: int


@dataclass(frozen=True)
class Ended:
    """The answer is over: the model has ended it, or there was no room for more."""

    reason: Literal["stop", "length"]


@dataclass(frozen=True)
class Waiting:
    """Nothing is there yet; told now and then, so that an answer which nobody waits for any more is left off."""


Answer: TypeAlias = Prompted | Piece | Call | Ended | Waiting


class LoadedModel(Protocol):
    """A model that is in memory."""

    def generate(self, question: Question, /) -> Iterator[Answer]:
        """Answer: first Prompted, then a Piece or Call as soon as it is there, Waiting between them, at last Ended.

        Called from several threads at a time; a generator that can put questions together into one batch does so
        behind this. The iterator is closed (`GeneratorExit`) when nobody listens any more, and then computes no further
        piece. Same question, same model, same machine: same answer, whatever else is being answered. Raises
        CannotAnswerError where whoever asks can act on the reason.
        """


class Generator(Protocol):
    """Loads models."""

    def __call__(self, model: ModelRef, /) -> LoadedModel:
        """Load a model. Raises CannotAnswerError where it is none of this generator's, or needs what is not there.

        Of OUT_OF_MEMORY it is asked once more, when those that were loaded before are no longer kept.
        """


OUT_OF_MEMORY = "out_of_memory"
"""The code of a model, or a question, that there is not enough memory for."""


class CannotAnswerError(Exception):
    """A question that this model cannot answer, for a reason that can be told.

    `code` is the protocol's, where it has one (`context_length_exceeded`), `param` the field that is at fault. Neither
    the message nor anything else of it holds a text of the prompt.
    """

    def __init__(self, code: str, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.param = param


GENERATORS = {
    "tiny": "tuneset.training.tiny.tiny_generator:load",
    "torch": "tuneset.training.torch.torch_generator:load",
    "trl": "tuneset.training.trl.trl_generator:load",
}
"""The address `module:function` of the generator that belongs to each trainer, by the trainer's name (`TRAINERS`).

Addresses and not functions, because a generator is loaded in a process of its own alone.
"""


def generator_address(trainer: str | None) -> str:
    """The address of the generator for a trainer's models. Raises UsageError where there is none.

    >>> generator_address("tiny")
    'tuneset.training.tiny.tiny_generator:load'
    """
    if trainer is None or trainer not in GENERATORS:
        raise UsageError(f"no generator answers for models of the trainer {trainer}", allowed=", ".join(GENERATORS))
    return GENERATORS[trainer]


def load_generator(address: str) -> Generator:
    """Import the generator at an address."""
    module, _, function = address.partition(":")
    return cast("Generator", getattr(importlib.import_module(module), function))
