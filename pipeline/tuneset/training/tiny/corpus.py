"""Chat examples as one array of piece ids, with the positions that are learned and where their messages start.

Everything before a position may be its context. What is learned is told by `chat_pieces`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import tiktoken

from tuneset.training.chat_pieces import encode_example, markers
from tuneset.training.tiny.arrays import Ids
from tuneset.training.tiny.language_model import WINDOW


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


def build_corpus(examples: Iterable[Mapping[str, Any]], encoding: tiktoken.Encoding) -> Corpus:
    """Encode valid chat examples, at least one."""
    padding_id = markers(encoding)["padding"]
    padding = np.full(WINDOW, padding_id, np.uint16)
    pieces: list[npt.NDArray[np.uint16]] = []
    learned: list[npt.NDArray[np.bool_]] = []
    turns: list[Ids] = []
    starts = [0]
    for example in examples:
        ids, marks = encode_example(example, encoding)
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
        padding_id,
    )
