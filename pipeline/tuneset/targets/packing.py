"""How well examples fill sequences of a fixed length: packed first-fit, as trainers pack, or padded one by one.

Only arithmetic over numbers of tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class Packing(NamedTuple):
    """What sequences of one length hold.

    Args:
        sequences: how many there are when packed.
        efficiency: the share of their places that holds a token.
        padding: the share of places that is padding where each example is padded to the longest of the set alone.
        cut: examples that are longer than a sequence.
        cut_tokens: tokens of theirs that no sequence holds.
    """

    sequences: int
    efficiency: float
    padding: float
    cut: int
    cut_tokens: int


def pack(tokens: npt.NDArray[np.int64], examples: npt.NDArray[np.int64], length: int) -> Packing:
    """Put examples of so many tokens into sequences of `length`, each whole, the longest first, where it first fits.

    `tokens` ascend, and `examples` says how many have each number. First-fit decreasing, as Axolotl packs; TRL's
    `packing_strategy: bfd` takes the closest fit, which fills as much. An example that is longer is cut at the length.

    >>> pack(np.array([2, 3, 5, 7]), np.array([2, 1, 1, 1]), 10)
    Packing(sequences=2, efficiency=0.95, padding=0.457143, cut=0, cut_tokens=0)
    """
    over = tokens > length
    cut, cut_tokens = int(examples[over].sum()), int(((tokens - length) * examples)[over].sum())
    fitting = ~over & (tokens > 0)
    sizes, counts = tokens[fitting].tolist(), examples[fitting].tolist()
    if cut:
        sizes, counts = [*sizes, length], [*counts, cut]
    if not sizes:
        return Packing(0, 0.0, 0.0, cut, cut_tokens)
    sequences = _first_fit(sizes[::-1], counts[::-1], length)
    held = sum(size * count for size, count in zip(sizes, counts, strict=True))
    return Packing(
        sequences,
        round(held / (sequences * length), 6),
        round(1 - held / (sizes[-1] * sum(counts)), 6),
        cut,
        cut_tokens,
    )


def _first_fit(sizes: Sequence[int], counts: Sequence[int], length: int) -> int:
    """How many sequences first-fit needs for so many examples of each size; sizes descend.

    Sequences that follow one another and have as much room are looked at together: examples of one size fill them one
    after the other, each as far as it goes. So the work grows with the sizes that there are, not with the examples.

    >>> _first_fit([6, 5, 4, 3], [1, 1, 1, 1], 10)
    2
    """
    room, many = np.zeros((2, 0), np.int64)
    for size, count in zip(sizes, counts, strict=True):
        left, at = count, 0
        for place in np.flatnonzero(room >= size).tolist():
            each = int(room[place]) // size
            if left < each * int(many[place]):
                at = place
                break
            room[place] -= each * size
            left -= each * int(many[place])
        else:
            at = len(room)
            needed = -(-left // (length // size))
            room, many = np.append(room, length), np.append(many, needed)
        each = int(room[at]) // size
        full, rest = divmod(left, each)
        cut = [(int(room[at]) - each * size, full), (int(room[at]) - rest * size, min(rest, 1))]
        cut.append((int(room[at]), int(many[at]) - sum(part for _, part in cut)))
        kept = np.array([one for one in cut if one[1]], np.int64).reshape(-1, 2)
        room = np.concatenate([room[:at], kept[:, 0], room[at + 1 :]])
        many = np.concatenate([many[:at], kept[:, 1], many[at + 1 :]])
    return int(many.sum())
