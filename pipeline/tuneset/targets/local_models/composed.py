"""Texts in Unicode's form NFC, and where each of their characters was before."""

from __future__ import annotations

import functools
import sys
import unicodedata

import numpy as np
import numpy.typing as npt


def composed(text: str) -> tuple[str, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    r"""A text in NFC, and of each of its characters the first character it was made of and the one after the last.

    >>> text, starts, ends = composed("ae\u0301b")
    >>> text, starts.tolist(), ends.tolist()
    ('aéb', [0, 1, 3], [1, 3, 4])
    """
    continues = _continuing()
    bounds = [0, *(place for place, character in enumerate(text) if place and character not in continues)]
    parts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for first, end in zip(bounds, [*bounds[1:], len(text)], strict=True):
        part = text[first:end]
        made = unicodedata.normalize("NFC", part)
        parts.append(made)
        if made == part:
            starts += range(first, end)
            ends += range(first + 1, end + 1)
        else:
            starts += [first] * len(made)
            ends += [end] * len(made)
    return "".join(parts), np.array(starts, np.int64), np.array(ends, np.int64)


@functools.cache
def _continuing() -> frozenset[str]:
    """Characters that may change with what stands before them: marks, and second parts of composed characters."""
    found = {chr(code) for code in range(0x1161, 0x1200)}  # vowels and final consonants of Hangul, composed by rule
    for code in range(0x80, sys.maxunicode + 1):
        character = chr(code)
        if unicodedata.combining(character):
            found.add(character)
        parts = unicodedata.decomposition(character)
        if parts and not parts.startswith("<") and " " in parts:
            found.add(chr(int(parts.split()[1], 16)))
    return frozenset(found)
