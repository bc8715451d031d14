"""Chat examples as piece ids of a learned vocabulary, and which of them are learned.

Learned are the assistant's pieces: content, refusals, names and arguments of tool calls, and the end of the message;
not those of a message of weight 0. Pictures are not looked at. Trainers that begin with nothing share this; what a
model sees around a piece is their own business.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import tiktoken

from tuneset.training.chat_lines import message_texts

MARKERS = ("padding", "end", "system", "user", "assistant", "tool", "function")
"""Ids after those of the vocabulary's pieces: nothing there, the end of a text, the start of each role's message."""

MAX_EXAMPLE_PIECES = 65_536
"""Pieces of one example; what is longer is cut at the end. A piece holds less than a token, so no billed token is cut:
the limit of an example is 16,384 tokens (profile `local`) of about four characters."""

Pieces: TypeAlias = npt.NDArray[np.uint16]
Marks: TypeAlias = npt.NDArray[np.bool_]


def texts(examples: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Every text of every message in valid chat examples."""
    for example in examples:
        for message in example["messages"]:
            yield from message_texts(message)


def markers(encoding: tiktoken.Encoding) -> dict[str, int]:
    """The id of each of MARKERS."""
    return {name: encoding.n_vocab + index for index, name in enumerate(MARKERS)}


def vocabulary_size(encoding: tiktoken.Encoding) -> int:
    """How many ids there are: the pieces of the encoding, and the markers."""
    return encoding.n_vocab + len(MARKERS)


def encode_example(example: Mapping[str, Any], encoding: tiktoken.Encoding) -> tuple[Pieces, Marks]:
    """The piece ids of one valid example, cut at MAX_EXAMPLE_PIECES, and which of them are learned."""
    marker = markers(encoding)
    ids: list[Pieces] = []
    marks: list[Marks] = []
    for message in example["messages"]:
        encoded = _encode_message(message, encoding, marker)
        learn = message["role"] == "assistant" and message.get("weight") != 0
        ids.append(encoded)
        marks += [np.array([False]), np.full(len(encoded) - 1, learn)]
    return np.concatenate(ids)[:MAX_EXAMPLE_PIECES], np.concatenate(marks)[:MAX_EXAMPLE_PIECES]


def encode_prompt(messages: Iterable[Mapping[str, Any]], encoding: tiktoken.Encoding) -> npt.NDArray[np.int64]:
    """The piece ids of valid messages, and after them the start of the assistant's, whose answer comes next."""
    marker = markers(encoding)
    ids = [_encode_message(message, encoding, marker) for message in messages]
    return np.concatenate([*ids, np.array([marker["assistant"]], np.uint16)]).astype(np.int64)


def _encode_message(message: Mapping[str, Any], encoding: tiktoken.Encoding, marker: Mapping[str, int]) -> Pieces:
    """The marker of a message's role, then each of its texts with an end."""
    ids = [np.array([marker[message["role"]]], np.uint16)]
    for text in message_texts(message) or [""]:
        ids += [
            encoding.encode_to_numpy(text, disallowed_special=()).astype(np.uint16),
            np.array([marker["end"]], np.uint16),
        ]
    return np.concatenate(ids)
