"""How well examples fill sequences of a fixed length: packed first-fit, as trainers pack, or padded one by one.

Only arithmetic over numbers of tokens.
"""

from __future__ import annotations

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


def pack(tokens: npt.NDArray[np.int64], length: int) -> Packing:
    """Put examples of so many tokens into sequences of `length`, each whole, the longest first, where it first fits.

    First-fit decreasing, as Axolotl packs; TRL's `packing_strategy: bfd` takes the closest fit, which fills as much. An
    example that is longer is cut at the length.

    >>> pack(np.array([7, 5, 3, 2, 2]), 10)
    Packing(sequences=2, efficiency=0.95, padding=0.457143, cut=0, cut_tokens=0)
    """
    held = np.sort(np.minimum(tokens, length))[::-1]
    held = held[held > 0]
    over = tokens[tokens > length] - length
    if not len(held):
        return Packing(0, 0.0, 0.0, 0, 0)
    sequences = _first_fit(held, length)
    longest = int(held[0])
    return Packing(
        sequences,
        round(float(held.sum()) / (sequences * length), 6),
        round(1 - float(held.sum()) / (longest * len(held)), 6),
        len(over),
        int(over.sum()),
    )


def _first_fit(sizes: npt.NDArray[np.int64], length: int) -> int:
    """How many sequences first-fit needs; a tree of the most room left in each half finds the first that fits.

    >>> _first_fit(np.array([6, 5, 4, 3]), 10)
    2
    """
    leaves = 1 << max(len(sizes) - 1, 0).bit_length()
    room = [length] * (2 * leaves)
    for size in sizes.tolist():
        place = 1
        while place < leaves:
            place *= 2
            if room[place] < size:
                place += 1
        room[place] -= size
        while place > 1:
            place //= 2
            room[place] = max(room[2 * place], room[2 * place + 1])
    return sum(left < length for left in room[leaves:])
