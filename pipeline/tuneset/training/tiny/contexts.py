"""What the model sees at positions of a corpus, in batches of bounded size.

The memory of a position holds the last PROMPT pieces of what its message answers, and of the message itself what stands
before the position: all of it at first, further on the last BLOCK or two. Positions of one block share it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from tuneset.training.tiny.arrays import Ids
from tuneset.training.tiny.attention import Memory
from tuneset.training.tiny.corpus import Corpus
from tuneset.training.tiny.language_model import FOLLOWED, WINDOW, Batch

PROMPT = 256
"""Pieces before the message."""

BLOCK = 128
"""Pieces of the message."""

MAX_POSITIONS, MAX_ROWS = 4_096, 64
"""Positions and rows of memory in a batch: at a thousand pieces about 100 MB while its gradient is computed."""


def batches(corpus: Corpus, positions: Ids) -> Iterator[Batch]:
    """The batches of learned positions, in their order; those of one example are ascending."""
    turn = np.searchsorted(corpus.turns, positions, "right") - 1
    block = (positions - corpus.turns[turn]) // BLOCK
    begins = np.r_[True, (turn[1:] != turn[:-1]) | (block[1:] != block[:-1]) | (positions[1:] <= positions[:-1])]
    row = np.cumsum(begins) - 1
    start = 0
    while start < len(positions):
        end = int(np.searchsorted(row, row[start] + MAX_ROWS))
        end = min(end, start + MAX_POSITIONS)
        part = slice(start, end)
        yield _batch(corpus, positions[part], turn[part], block[part], row[part] - row[start])
        start = end


def _batch(corpus: Corpus, positions: Ids, turn: Ids, block: Ids, row: Ids) -> Batch:
    """One batch; `row` is ascending from 0."""
    firsts = np.flatnonzero(np.r_[True, row[1:] != row[:-1]])
    lasts = np.r_[firsts[1:], len(row)] - 1
    message = corpus.turns[turn[firsts]]
    example = corpus.starts[np.searchsorted(corpus.starts, message, "right") - 1] + WINDOW
    prompt_start = np.maximum(example, message - PROMPT)
    own_start = message + np.maximum(0, (block[firsts] - 1) * BLOCK)
    prompt_length = message - prompt_start
    length = prompt_length + positions[lasts] - own_start
    place = np.arange(int(length.max()))
    from_prompt = prompt_start[:, None] + place
    from_message = (own_start - prompt_length)[:, None] + place
    index = np.where(place < prompt_length[:, None], from_prompt, from_message)
    pieces = corpus.pieces[np.minimum(index, positions[lasts][:, None])].astype(np.int64)
    reach = prompt_length[row] + positions - own_start[row]
    memory = Memory(pieces, row, reach)
    around = corpus.pieces[positions[:, None] + np.arange(-WINDOW, 1)].astype(np.int64)
    return Batch(np.concatenate([around[:, :-1], followed(memory, corpus.padding)], axis=1), memory, around[:, -1])


def next_context(prompt: Ids, answer: Sequence[int], padding: int) -> tuple[Ids, Memory]:
    """What the model sees after a prompt and the beginning of its answer, as it would at that place of a corpus."""
    own_start = max(0, (len(answer) // BLOCK - 1) * BLOCK)
    pieces = np.r_[prompt[-PROMPT:], np.array(answer[own_start:], np.int64)]
    memory = Memory(pieces[None], np.zeros(1, np.int64), np.array([len(pieces)]))
    window = np.r_[np.full(WINDOW, padding), pieces][-WINDOW:]
    return np.concatenate([window[None], followed(memory, padding)], axis=1), memory


def followed(memory: Memory, padding: int) -> Ids:
    """For each position the piece that followed when its last pieces, so many as FOLLOWED says, stood there before.

    The latest time counts; `padding` where there was none.

    >>> memory = Memory(np.array([[1, 2, 3, 1, 2, 4, 1, 2]]), np.array([0, 0]), np.array([5, 8]))
    >>> followed(memory, 9).tolist()
    [[3, 3], [4, 4]]
    """
    rows, length = memory.pieces.shape
    flat = memory.pieces.ravel()
    last = memory.row * length + memory.reach - 1
    bits = int(max(flat.max(), padding)).bit_length()
    key = np.repeat(np.arange(rows), length)
    found = []
    for back in range(max(FOLLOWED)):
        shifted = np.full((rows, length), padding)
        shifted[:, back:] = memory.pieces[:, : length - back]
        key = (key << bits) | shifted.ravel()
        if back + 1 in FOLLOWED:
            former = _former(key)[last]
            found.append(np.where(former < 0, padding, flat[np.minimum(former + 1, len(flat) - 1)]))
    return np.stack(found, axis=1)


def _former(keys: Ids) -> npt.NDArray[np.int64]:
    """Where each key stood the last time before; -1 where it did not.

    >>> _former(np.array([5, 7, 5, 5])).tolist()
    [-1, -1, 0, 2]
    """
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    former = np.full(len(keys), -1)
    former[order[1:]] = np.where(ordered[1:] == ordered[:-1], order[:-1], -1)
    return former
