r"""Mojibake: UTF-8 that was read as another encoding, undone by ftfy; nothing else that ftfy could do.

A text that shows mojibake, or a table of characters, is none: where the sequences stand in quotes, beside the word
that is right, or outside of words in a text that has such letters anyway, it stays as it is. So does what only looks
like UTF-8. Controls U+0080 to U+009F are the punctuation of Windows-1252 where they stand as punctuation does.

ftfy changes only texts in which its `BADNESS_RE` finds something, and looking for that in Python costs some 300 us for
a text of 1 KB that is not ASCII. The same expression is therefore translated for polars' Rust engine, and ftfy sees
only what that finds.
"""

from __future__ import annotations

import functools
import re
import unicodedata

import ftfy
import polars as pl
from ftfy.badness import BADNESS_RE
from ftfy.chardata import UTF8_DETECTOR_RE

from tuneset.cleaning.repair.affected_texts import CLOSING, OPENING, not_ascii

# Where the two engines differ on a class, the translation matches more: ftfy has the last word. Python's `\w` is every
# letter and every number, its `\s` also has the four separators of ASCII.
_CLASSES = {r"\w": r"[\pL\pM\pN_]", r"\s": r"[\s\x1c-\x1f]"}

_WHOLE = ftfy.TextFixerConfig(decode_inconsistent_utf8=False, replace_lossy_sequences=False, fix_c1_controls=False)
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
# Letters and signs that mojibake is made of, but for those that people type into a text that was misread before.
_ELSE = re.compile(
    "(?![\xa0\u2018\u2019\u201c\u201d\u2013\u2014\u2026\u2022\u20ac\u2122])[\x80-\u02ff\u0370-\u04ff\u2000-\u25ff\ufffd]"
)
_WINDOWS = str.maketrans({code: bytes([code]).decode("cp1252") for code in range(0x80, 0xA0) if code not in (
    0x81, 0x8D, 0x8F, 0x90, 0x9D)})  # fmt: skip
_LETTER = "A-Za-z\xc0-\xff"
_AS_PUNCTUATION = re.compile(
    f"(?<=[{_LETTER}0-9.,!?)])[\x85\x92\x94\x99](?=[ \n.,;:!?)]|\\Z)|(?<=[{_LETTER}])[\x92\x96\x97](?=[{_LETTER}])"
    f"|(?:(?<=[\\s(])|\\A)[\x91\x93](?=[{_LETTER}0-9])|(?<=[\\w,.] )[\x96\x97](?= \\w)|(?:(?<=\n)|\\A)\x95(?= )"
    "|(?:(?<=[0-9])|(?<=[0-9] ))\x80(?=[\\s.,;)]|\\Z)|(?<=[a-z])[\x9a\x9c\x9e](?=[a-z])"
)
_WORD = re.compile(r"[^\W\d_]{2,}")
_SPACE = re.compile(r"\s+", re.ASCII)
_CONTROLS = re.compile("[\x80-\x9f]")


def repair_mojibake(texts: pl.Series) -> pl.Series:
    """Undo mojibake in a String column; nulls stay null.

    >>> repair_mojibake(pl.Series(["schÃ¶n", "schön", "'Ã¶' for 'ö'", None])).to_list()
    ['schön', 'schön', "'Ã¶' for 'ö'", None]
    """
    places = not_ascii(texts).fill_null(value=False).arg_true()
    suspects = texts.gather(places).str.contains(bad_pattern())
    places = places.filter(suspects)
    if places.is_empty():
        return texts
    before = texts.gather(places)
    after = pl.Series([undone(text) for text in before], dtype=pl.String)
    return texts.clone().scatter(places, after) if (before != after).any() else texts


def undone(text: str) -> str:
    r"""One text without mojibake; as it is where that is not certain.

    >>> undone("voilÃ\xa0 le cafÃ©"), undone("cafÃ© for café"), undone("5 \x80")
    ('voilà le café', 'cafÃ© for café', '5 €')
    """
    if _shows_it(text):
        return text
    fixed = _misread(text)
    return _as_windows(_parts_undone(text) if fixed == text else fixed)


def _misread(text: str) -> str:
    r"""The text as UTF-8, where all of it was read as another encoding.

    >>> _misread("schÃ¶n"), _misread("a\x80b"), _misread("\ufffdé")
    ('schön', 'a\x80b', '�é')
    """
    fixed, steps = ftfy.fix_encoding_and_explain(text, _WHOLE)
    from_utf_8 = all(step.action != "decode" or step.parameter.startswith("utf-8") for step in steps or ())
    return fixed if from_utf_8 and _is_likely(fixed) and "\ufffd" not in text else text


def _shows_it(text: str) -> bool:
    """Whether a sequence stands by itself in quotes or brackets: an example, or an entry of a table."""
    for found in _NOT_ASCII.finditer(text):
        before, after = text[found.start() - 1 : found.start()], text[found.end() : found.end() + 1]
        if before and before in OPENING and after and after in CLOSING and BADNESS_RE.search(found.group()):
            return True
    return False


def _parts_undone(text: str) -> str:
    """The sequences of a text undone that was not misread as a whole, if nothing else in it speaks against that.

    Where the rest has such letters that were read right, only sequences in words are damage, and only where the right
    word is not there to compare.
    """
    misread = functools.cache(_misread)
    parts = {match.group() for match in UTF8_DETECTOR_RE.finditer(text)}
    if not parts or any(part == misread(part) for part in parts):
        return text

    def undo(some: str) -> str:
        return UTF8_DETECTOR_RE.sub(lambda match: misread(match.group()), some)

    if _ELSE.search(UTF8_DETECTOR_RE.sub("", text)):
        # A no-break space may be part of a sequence, so that only the white space of ASCII is between words.
        words = [word for word in _SPACE.split(text) if UTF8_DETECTOR_RE.search(word)]
        there = set(_WORD.findall(text))
        if any(there & set(_WORD.findall(undo(word))) for word in words):
            return text
        if not all(map(_is_in_a_word, UTF8_DETECTOR_RE.finditer(text))):
            return text
    return undo(text)


def _is_in_a_word(found: re.Match[str]) -> bool:
    beside = found.string[max(0, found.start() - 1) : found.start()] + found.string[found.end() : found.end() + 1]
    return any(character.isascii() and character.isalpha() for character in beside)


def _is_likely(text: str) -> bool:
    r"""Whether a repaired text has no characters that nobody has in one.

    >>> _is_likely("schön"), _is_likely("\uab1f"), _is_likely("a\ufffdb")
    (True, False, False)
    """
    return all(
        character.isascii() or (character != "\ufffd" and unicodedata.category(character) not in ("Cn", "Co", "Cc"))
        for character in text
    )


def _as_windows(text: str) -> str:
    r"""Controls U+0080 to U+009F as Windows-1252 has them, where all of them stand as its punctuation does.

    >>> _as_windows("\x93Yes\x94, 5 \x80"), _as_windows("[\x80-\xff]")
    ('“Yes”, 5 €', '[\x80-ÿ]')
    """
    if not _CONTROLS.search(text):
        return text
    fixed = _AS_PUNCTUATION.sub(lambda found: found.group().translate(_WINDOWS), text)
    return text if _CONTROLS.search(fixed) else fixed


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
