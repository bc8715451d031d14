r"""Mojibake: UTF-8 that was read as another encoding, undone by ftfy; nothing else that ftfy could do.

ftfy changes only texts in which its `BADNESS_RE` finds something, and looking for that in Python costs some 300 us for
a text of 1 KB that is not ASCII. The same expression is therefore translated for polars' Rust engine, and ftfy sees
only what that finds.
"""

from __future__ import annotations

import functools

import ftfy
import polars as pl
from ftfy.badness import BADNESS_RE

from tuneset.cleaning.repair.columns import not_ascii

# Where the two engines differ on a class, the translation matches more: ftfy has the last word. Python's `\w` is every
# letter and every number, its `\s` also has the four separators of ASCII.
_CLASSES = {r"\w": r"[\pL\pM\pN_]", r"\s": r"[\s\x1c-\x1f]"}


def repair_mojibake(texts: pl.Series) -> pl.Series:
    """Undo mojibake in a String column; nulls stay null.

    >>> repair_mojibake(pl.Series(["schÃ¶n", "schön", None])).to_list()
    ['schön', 'schön', None]
    """
    places = not_ascii(texts).fill_null(value=False).arg_true()
    suspects = texts.gather(places).str.contains(bad_pattern())
    places = places.filter(suspects)
    if places.is_empty():
        return texts
    fixed = [ftfy.fix_encoding(text) for text in texts.gather(places)]
    return texts.clone().scatter(places, pl.Series(fixed, dtype=pl.String))


@functools.cache
def bad_pattern() -> str:
    """The expression of ftfy for texts that may be mojibake, for the Rust engine: it matches wherever that one does."""
    return translated(BADNESS_RE.pattern)


def translated(verbose: str) -> str:
    r"""A verbose expression of Python's `re` without its white space and comments, which Rust sees in classes too.

    >>> translated(r"[ab ] \w  # a letter" + "\n | x\\.")
    '[ab ][\\pL\\pM\\pN_]|x\\.'
    """
    pieces, position, in_class = [], 0, False
    while position < len(verbose):
        piece = verbose[position : position + (2 if verbose[position] == "\\" else 1)]
        position += len(piece)
        if piece == "#" and not in_class:
            position += len(verbose[position:].partition("\n")[0])
        elif in_class or not piece.isspace():
            pieces.append(piece if in_class else _CLASSES.get(piece, piece))
        in_class = piece != "]" if in_class else piece == "["
    return "".join(pieces)
