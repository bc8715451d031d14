"""Characters that Unicode can write in one piece or in several: letters with their marks, syllables of Hangul.

Put together is what file names of macOS and some keyboards leave in pieces, and what looks the same either way. The
rest of the normal form C is left: it takes characters apart, or exchanges a sign or a Chinese character for another.
"""

from __future__ import annotations

import functools
import re
import unicodedata

import polars as pl

from tuneset.cleaning.repair.affected_texts import CLOSING, OPENING, not_ascii

_WORD = re.compile(r"[^\W\d_]{2}")
_END_OF_A_VOWEL = tuple(map(chr, (
    0x9BE, 0x9D7, 0xB3E, 0xB56, 0xB57, 0xBBE, 0xBD7, 0xCC2, 0xCD5, 0xCD6, 0xD3E, 0xD57, 0xDCF, 0xDDF, 0x102E, 0x1B35,
)))  # fmt: skip
"""The second half of a vowel sign that Unicode also has in one piece, as in Bengali or Tamil."""


def compose(texts: pl.Series) -> pl.Series:
    """Composed form, so that one character is one character, where nothing else changes."""
    places = not_ascii(texts).fill_null(value=False).arg_true()
    if places.is_empty():
        return texts
    some = texts.gather(places)
    differ = (some != some.str.normalize("NFC")).arg_true()
    if differ.is_empty():
        return texts
    before = some.gather(differ)
    after = pl.Series([composed(text) for text in before], dtype=pl.String)
    return texts.clone().scatter(places.gather(differ), after) if (before != after).any() else texts


def composed(text: str) -> str:
    r"""One text with the letters put together that stand in words; as it is where letters in pieces are its subject.

    Such are a letter in quotes or brackets, a range of characters, a letter alone, one that is there in one piece, too.

    >>> composed("cafe\u0301") == "café"
    True
    >>> all(composed(text) == text for text in ("'e\u0301'", "\u212b", "[a\u0300-\u036f]"))
    True
    """
    found = [match for match in _clusters().finditer(text) if _in_one_piece(match.group()) != match.group()]
    if any(_is_subject(match) or _in_one_piece(match.group()) in text for match in found):
        return text
    if found and all(not _letter_beside(match) for match in found) and not _WORD.search(_between(found, text)):
        return text
    pieces, position = [], 0
    for match in found:
        pieces += [text[position : match.start()], _in_one_piece(match.group())]
        position = match.end()
    return "".join([*pieces, text[position:]])


@functools.cache
def _clusters() -> re.Pattern[str]:
    """A character with the marks that follow it, and the letters that make a syllable of Hangul."""
    combining = filter(unicodedata.combining, map(chr, range(0x300, 0x1_F000)))  # in C: there are 126,000
    marks = "".join(map(re.escape, {*combining, *_END_OF_A_VOWEL}))
    return re.compile(
        f"[\u1100-\u1112][\u1161-\u1175][\u11a8-\u11c2]?|[\uac00-\ud7a3][\u11a8-\u11c2]|[^{marks}][{marks}]+"
    )


@functools.lru_cache(maxsize=4096)
def _in_one_piece(cluster: str) -> str:
    r"""The cluster composed, where that only puts characters together.

    >>> _in_one_piece("e\u0301") == "é", _in_one_piece("\u1004\u103a\u1037") == "\u1004\u103a\u1037"
    (True, True)
    """
    whole = unicodedata.normalize("NFC", cluster)
    if len(whole) == len(cluster) or any(unicodedata.normalize("NFC", one) != one for one in cluster):
        return cluster
    return whole if len(whole) == 1 or whole[0] == cluster[0] else cluster


def _is_subject(found: re.Match[str]) -> bool:
    """Whether the letter itself is what is spoken of: it stands in quotes or brackets, or begins a range."""
    text = found.string
    before, after = text[found.start() - 1 : found.start()], text[found.end() : found.end() + 1]
    quoted = bool(before) and before in OPENING and bool(after) and after in CLOSING
    return quoted or (after == "-" and unicodedata.combining(text[found.end() + 1 : found.end() + 2] or " ") != 0)


def _letter_beside(found: re.Match[str]) -> bool:
    text = found.string
    before, after = text[found.start() - 1 : found.start()], text[found.end() : found.end() + 1]
    return before.isalpha() or after.isalpha() or found.group()[0] >= "\u1100"  # where syllables make words


def _between(found: list[re.Match[str]], text: str) -> str:
    pieces, position = [], 0
    for match in found:
        pieces.append(text[position : match.start()])
        position = match.end()
    return " ".join([*pieces, text[position:]])
