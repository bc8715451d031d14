"""Turns chat examples into arrays of piece ids, with the positions that are learned.

Learned are the assistant's pieces: content, refusals, names and arguments of tool calls, and the end of the message;
not those of a message of weight 0. Everything before a position may be its context. Pictures are not looked at.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import tiktoken

from tuneset.training.chat_lines import message_texts
from tuneset.training.tiny.arrays import Ids
from tuneset.training.tiny.language_model import WINDOW

MARKERS = ("padding", "end", "system", "user", "assistant", "tool", "function")
"""Ids after those of the vocabulary's pieces: nothing there, the end of a text, the start of each role's message."""

MAX_EXAMPLE_PIECES = 65_536
"""Pieces of one example; what is longer is cut at the end. A piece holds less than a token, so no billed token is cut:
the limit of an example is 16,384 tokens (profile `local`) of about four characters."""


@dataclasses.dataclass(frozen=True)
class Corpus:
    """All examples of a file, one behind the other, each after WINDOW pieces of padding.

    Args:
        pieces: piece ids.
        learned: whether each of `pieces` is learned.
        starts: where each example starts in `pieces`, and where the last one ends.
        turns: where the pieces of each learned message start, after its marker; ascending.
        padding: the id of the padding.
    """

    pieces: npt.NDArray[np.uint16]
    learned: npt.NDArray[np.bool_]
    starts: Ids
    turns: Ids
    padding: int

    def __len__(self) -> int:
        """How many examples."""
        return len(self.starts) - 1

    def positions(self, example: int) -> Ids:
        """Where the learned pieces of one example stand, ascending; `example` counts from 0."""
        start, end = int(self.starts[example]), int(self.starts[example + 1])
        return np.flatnonzero(self.learned[start:end]) + start


def texts(examples: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Every text of every message in valid chat examples."""
    for example in examples:
        for message in example["messages"]:
            yield from message_texts(message)


def build_corpus(examples: Iterable[Mapping[str, Any]], encoding: tiktoken.Encoding) -> Corpus:
    """Encode valid chat examples, at least one."""
    marker = markers(encoding)
    padding = np.full(WINDOW, marker["padding"], np.uint16)
    pieces: list[npt.NDArray[np.uint16]] = []
    learned: list[npt.NDArray[np.bool_]] = []
    turns: list[Ids] = []
    starts = [0]
    for example in examples:
        ids, marks = _encode_example(example, encoding, marker)
        ids, marks = ids[:MAX_EXAMPLE_PIECES], marks[:MAX_EXAMPLE_PIECES]
        pieces += [padding, ids]
        learned += [np.zeros(WINDOW, np.bool_), marks]
        first = marks & ~np.r_[False, marks[:-1]]  # a message's marker is never learned
        turns.append(np.flatnonzero(first) + starts[-1] + WINDOW)
        starts.append(starts[-1] + WINDOW + len(ids))
    return Corpus(
        np.concatenate(pieces),
        np.concatenate(learned),
        np.array(starts, np.int64),
        np.concatenate(turns),
        marker["padding"],
    )


def encode_prompt(messages: Iterable[Mapping[str, Any]], encoding: tiktoken.Encoding) -> Ids:
    """The piece ids of valid messages, and after them the start of the assistant's, whose answer comes next."""
    marker = markers(encoding)
    ids = [_encode_message(message, encoding, marker) for message in messages]
    return np.concatenate([*ids, np.array([marker["assistant"]], np.uint16)]).astype(np.int64)


def markers(encoding: tiktoken.Encoding) -> dict[str, int]:
    """The id of each of MARKERS."""
    return {name: encoding.n_vocab + index for index, name in enumerate(MARKERS)}


def vocabulary_size(encoding: tiktoken.Encoding) -> int:
    """How many ids there are: the pieces of the encoding, and the markers."""
    return encoding.n_vocab + len(MARKERS)


def _encode_example(
    example: Mapping[str, Any], encoding: tiktoken.Encoding, marker: Mapping[str, int]
) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.bool_]]:
    """The piece ids of one example, and which of them are learned."""
    ids: list[npt.NDArray[np.uint16]] = []
    marks: list[npt.NDArray[np.bool_]] = []
    for message in example["messages"]:
        encoded = _encode_message(message, encoding, marker)
        learn = message["role"] == "assistant" and message.get("weight") != 0
        ids.append(encoded)
        marks += [np.array([False]), np.full(len(encoded) - 1, learn)]
    return np.concatenate(ids), np.concatenate(marks)


def _encode_message(
    message: Mapping[str, Any], encoding: tiktoken.Encoding, marker: Mapping[str, int]
) -> npt.NDArray[np.uint16]:
    """The marker of a message's role, then each of its texts with an end."""
    ids = [np.array([marker[message["role"]]], np.uint16)]
    for text in message_texts(message) or [""]:
        ids += [
            encoding.encode_to_numpy(text, disallowed_special=()).astype(np.uint16),
            np.array([marker["end"]], np.uint16),
        ]
    return np.concatenate(ids)
