"""Cuts a text into passages of bounded length that overlap.

Lengths are counted in pieces, since nobody says which model will read the passages: a character of a script without
spaces, up to eight letters or digits of a word, any other mark. A text has about as many of a model's own tokens.
"""

from __future__ import annotations

import re

from tuneset.endpoint.retrieval.terms import UNSPACED

_PIECE = re.compile(rf"[{UNSPACED}]|(?:(?![{UNSPACED}])[^\W_]){{1,8}}|\S")


def passages(text: str, most: int, overlap: int) -> list[str]:
    """The passages of a text, of at most `most` pieces, each of which begins with the last `overlap` of the one before.

    >>> passages("one two three four five", 3, 1)
    ['one two three', 'three four five']
    >>> passages("  ", 3, 1)
    []
    """
    starts, ends = [], []
    for piece in _PIECE.finditer(text):
        starts.append(piece.start())
        ends.append(piece.end())
    found = []
    for first in range(0, len(starts), most - overlap):
        last = min(first + most, len(starts)) - 1
        found.append(text[starts[first] : ends[last]])
        if last == len(starts) - 1:
            break
    return found


def pieces(text: str) -> int:
    """How many pieces a text has.

    >>> pieces("Internationalisation, 東京")
    6
    """
    return sum(1 for _ in _PIECE.finditer(text))
