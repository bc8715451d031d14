"""Chat examples as windows of piece ids: what the model sees at a time, and which pieces it learns to tell.

An example of up to CONTEXT pieces is one window. Of a longer one each piece is told in one window too, with at least
STRIDE pieces before it. Nothing here needs PyTorch.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import tiktoken

from tuneset.training.chat_pieces import Marks, Pieces, encode_example, markers

CONTEXT = 2_048
"""Pieces of a window, about 5,000 characters of English."""

STRIDE = 1_024
"""Pieces from the start of a window to that of the next."""

FOLLOWED = (1, 2)
"""For each of these lengths the model is told the piece that followed when the last so many pieces occurred before."""

MOST_AT_ONCE = 8_192
"""Pieces that are computed at a time, the filling of shorter windows among them: under 2 GB while gradients are."""

Ids = npt.NDArray[np.int64]


@dataclasses.dataclass(frozen=True)
class Window:
    """Pieces that are seen together, which of them are learned, the first never, and what followed each before."""

    pieces: Pieces
    learned: Marks
    hints: Pieces


@dataclasses.dataclass(frozen=True)
class WindowBatch:
    """Windows that are computed together, one a row, filled up at their ends.

    Args:
        windows: the number of each row's window in the sequence that was grouped.
        inputs: (rows, length) piece ids.
        hints: (rows, length, len(FOLLOWED)) piece ids, what followed before.
        places: where, in the rows one behind the other, a learned piece comes next.
        targets: the learned pieces.
        rows: for each of them its row.
    """

    windows: Ids
    inputs: Ids
    hints: Ids
    places: Ids
    targets: Ids
    rows: Ids


class Corpus:
    """The examples of a file, at least one, as piece ids."""

    def __init__(self, examples: Iterable[Mapping[str, Any]], encoding: tiktoken.Encoding) -> None:
        encoded = [encode_example(example, encoding) for example in examples]
        self._pieces = np.concatenate([pieces for pieces, _ in encoded])
        self._learned = np.concatenate([marks for _, marks in encoded])
        self._ends = np.cumsum([len(pieces) for pieces, _ in encoded])
        self._padding = markers(encoding)["padding"]

    def __len__(self) -> int:
        """How many examples."""
        return len(self._ends)

    def learnable(self) -> Ids:
        """The numbers of the examples of which something is learned, from 0."""
        return np.array([number for number in range(len(self)) if self._of(number)[1].any()], np.int64)

    def windows(self, example: int) -> list[Window]:
        """The windows of one example in which something is learned."""
        pieces, learned = self._of(example)
        found = []
        for start in range(0, max(1, len(pieces) - STRIDE), STRIDE):
            part = slice(start, start + CONTEXT)
            marks = learned[part].copy()
            marks[: STRIDE if start else 1] = False  # these are told in the window before
            if marks.any():
                found.append(Window(pieces[part], marks, followed(pieces[part], self._padding)))
        return found

    def _of(self, example: int) -> tuple[Pieces, Marks]:
        part = slice(int(self._ends[example - 1]) if example else 0, int(self._ends[example]))
        return self._pieces[part], self._learned[part]


def groups(windows: Sequence[Window], most: int = MOST_AT_ONCE) -> list[WindowBatch]:
    """Windows in groups of at most `most` pieces, the longest ones first; always in the same order.

    >>> pieces = np.array([7, 8, 9], np.uint16)
    >>> window = Window(pieces, np.array([False, False, True]), followed(pieces, 0))
    >>> [(one.inputs.tolist(), one.places.tolist(), one.targets.tolist()) for one in groups([window])]
    [([[7, 8]], [1], [9])]
    """
    lengths = np.array([len(window.pieces) - 1 for window in windows])
    order = np.argsort(-lengths, kind="stable")
    found, start = [], 0
    while start < len(order):
        count = max(1, most // int(lengths[order[start]]))
        found.append(_group(windows, order[start : start + count]))
        start += count
    return found


def _group(windows: Sequence[Window], chosen: Ids) -> WindowBatch:
    length = max(len(windows[number].pieces) for number in chosen) - 1
    inputs = np.zeros((len(chosen), length), np.int64)
    hints = np.zeros((*inputs.shape, len(FOLLOWED)), np.int64)
    places, targets, rows = [], [], []
    for row, number in enumerate(chosen):
        window = windows[number]
        inputs[row, : len(window.pieces) - 1] = window.pieces[:-1]
        hints[row, : len(window.pieces) - 1] = window.hints[:-1]
        learned = np.flatnonzero(window.learned)
        places.append(row * length + learned - 1)
        targets.append(window.pieces[learned].astype(np.int64))
        rows.append(np.full(len(learned), row))
    return WindowBatch(chosen, inputs, hints, np.concatenate(places), np.concatenate(targets), np.concatenate(rows))


def followed(pieces: npt.NDArray[Any], padding: int) -> Pieces:
    """For each piece what followed when the last pieces, so many as FOLLOWED says, stood there before.

    The latest time counts; `padding` where there was none. (pieces, len(FOLLOWED)).

    >>> followed(np.array([1, 2, 3, 1, 2, 4, 1, 2]), 9).tolist()[-2:]
    [[2, 9], [4, 4]]
    """
    found = np.full((len(pieces), len(FOLLOWED)), padding, np.uint16)
    keys = np.zeros(len(pieces), np.int64)
    for back in range(max(FOLLOWED)):
        shifted = np.full(len(pieces), padding, np.int64)
        shifted[back:] = pieces[: len(pieces) - back]
        keys = (keys << 16) | shifted
        if back + 1 in FOLLOWED:
            order = np.argsort(keys, kind="stable")
            again = np.flatnonzero(keys[order[1:]] == keys[order[:-1]])
            found[order[again + 1], FOLLOWED.index(back + 1)] = pieces[order[again] + 1]
    return found


def window_start(position: int) -> int:
    """Where the window begins in which the piece at a position is told.

    >>> [window_start(position) for position in (0, 2047, 2048, 3071, 3072)]
    [0, 0, 1024, 1024, 2048]
    """
    return 0 if position < CONTEXT else (position // STRIDE - 1) * STRIDE
