"""The form of a question in which punctuation, case, marks and width make no difference.

One folding for the keys of prompts, the groups of the split and the gate. It is for telling whether two texts ask the
same, never for what is written. Symbols of formulas and code stay ("C++" and "C#", "3 + 4" and "3 - 4"), and so do the
marks that are letters of their own: vowels and tones of Thai and the scripts of India, the voiced sounds of kana, the
short i of Cyrillic.
"""

from __future__ import annotations

import functools
import re
import string
import unicodedata
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tuneset.cleaning.folding import END, squeeze

_QUOTES = b"'`"  # they go without a trace: what's, whats
_SEPARATORS = b'.,;:?"()[]{}\t\n\r\x0b\x0c\x1c\x1d\x1e\x1f'
_ASCII = bytes.maketrans(_SEPARATORS, b" " * len(_SEPARATORS))

_SMALL = bytes.maketrans(
    string.ascii_uppercase.encode() + _SEPARATORS, string.ascii_lowercase.encode() + b" " * len(_SEPARATORS)
)
_END = END.decode("latin-1")
_TEXTS_AT_ONCE = 1024  # few enough for their bytes to stay in a core's cache

_HYPHEN = re.compile(rb"(?<=[a-z])-+(?=[a-z])|(?<![!-~])--+(?![!-~])")
_LARGEST_FACTORIAL = 3  # digits; "2024!" and "room 12!!" are exclamations
# Neither a factorial, which stands right behind a short number, nor "is not".
_MARK = re.compile(
    rb"(?<![0-9!])!+(?![=!])|(?<=[0-9])!!+(?![=!])|(?<=[0-9]{4})!(?![=!])"
    rb"|(?:(?<=[a-z_\x80-\xff][0-9])|(?<=[a-z_\x80-\xff][0-9]{2})|(?<=[a-z_\x80-\xff][0-9]{3}))!(?![=!])"
)

_WIDE_QUOTES = "\u2018\u2019\u201a\u201b\u02bc\u00b4\uff07"
_IGNORED = re.compile(
    f"[{_WIDE_QUOTES}"
    "\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff"  # not seen
    "\u0640\u064b-\u0652\u0670"  # Arabic: the stretched line and the short vowels
    "\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7]"  # Hebrew: accents and points
    "|(?<!\u0438)\u0306|[\u0300-\u0305\u0307-\u036f]"  # marks of Latin, Greek and Cyrillic
)
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Myanmar, Khmer
    "\u3040-\u30ff\u3105-\u312f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_BESIDE_UNSPACED = re.compile(f"(?<=[{_UNSPACED}]) +| +(?=[{_UNSPACED}])")
_PUNCTUATION_END = 0x10000  # the few beyond stand in ancient scripts, and would make the class slow
_KEPT_PUNCTUATION = frozenset("\u2030\u2031\u2044\u2052\u204a")  # per mille and the like, which mean something alone


def fold_question(text: str) -> bytes:
    r"""What a text asks, as UTF-8: compatibility forms and case folded, marks and punctuation gone, white space one.

    A text of which nothing is left is folded by case and white space alone.

    >>> fold_question("  What\u2019s a list? ") == fold_question("WHATS A LIST") == b"whats a list"
    True
    >>> fold_question("C++ or C#?"), fold_question("5 - 3"), fold_question("?!")
    (b'c++ or c#', b'5 - 3', b'?!')
    """
    folded = _fold_ascii(text.lower().encode()) if text.isascii() else _fold_wide(text)
    return folded or " ".join(text.lower().split()).encode()


def fold_questions(texts: Sequence[str]) -> list[bytes]:
    """What `fold_question` gives for each text; those of ASCII are folded together, five times as fast.

    >>> fold_questions(["Well-known?", "?!", "\u00c7a va"])
    [b'well known', b'?!', b'ca va']
    """
    folded: list[bytes] = []
    for start in range(0, len(texts), _TEXTS_AT_ONCE):
        some = texts[start : start + _TEXTS_AT_ONCE]
        # Of others, and of texts of which nothing is left, nothing stands in the place.
        together = _fold_all_ascii([text if text.isascii() else "" for text in some])
        folded += [one or (fold_question(text) if text else b"") for one, text in zip(together, some, strict=True)]
    return folded


def _fold_all_ascii(texts: Sequence[str]) -> list[bytes]:
    r"""What `_fold_ascii` gives for each text in small letters; its expressions are looked up by places.

    >>> _fold_all_ascii(["Well-known, isn't it?!", "3!=6 and a != b", "3!! -- no", "-5", ""])
    [b'well known isnt it', b'3!=6 and a != b', b'3 no', b'-5', b'']
    """
    whole = " " + f"{_END} ".join(texts) + _END
    buffer = bytearray(whole.encode("latin-1").translate(_SMALL, _QUOTES))
    raw = np.frombuffer(buffer, np.uint8)
    if ord("!") in buffer:
        begins, ends, before, after = _runs(raw, ord("!"))
        factorial = (ends - begins == 1) & _behind_short_number(raw, begins)
        _blank(raw, begins, ends, (after != ord("=")) & ~factorial)
    if ord("-") in buffer:
        begins, ends, before, after = _runs(raw, ord("-"))
        joining = _within(before, "a", "z") & _within(after, "a", "z")
        alone = ~_within(before, "!", "~") & ~_within(after, "!", "~") & (ends - begins > 1)
        _blank(raw, begins, ends, joining | alone)
    return squeeze(raw)


def _runs(raw: npt.NDArray[np.uint8], byte: int) -> tuple[npt.NDArray[Any], ...]:
    """Where runs of a byte begin and end, and the bytes before and behind them; the last byte is another one.

    >>> [column.tolist() for column in _runs(np.frombuffer(b"-a--b", np.uint8), ord("-"))]
    [[0, 2], [1, 4], [98, 97], [97, 98]]
    """
    places = np.flatnonzero(raw == byte)
    new = np.diff(places) > 1
    begins = places[np.append(True, new)]
    ends = places[np.append(new, True)] + 1
    return begins, ends, raw[begins - 1], raw[ends]


def _behind_short_number(raw: npt.NDArray[np.uint8], places: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    r"""Which places stand right behind a number of a few digits that is no end of a word; no text begins there.

    >>> raw = np.frombuffer(b"12!a3!2024! \xff", np.uint8)
    >>> _behind_short_number(raw, np.array([2, 5, 10])).tolist()
    [True, False, False]
    """
    found = np.zeros(len(places), np.bool_)
    digits = np.ones(len(places), np.bool_)
    for back in range(1, _LARGEST_FACTORIAL + 2):
        one = raw[places - back]
        is_digit = _within(one, "0", "9")
        if back > 1:
            found |= digits & ~is_digit & ~_within(one, "a", "z") & (one != ord("_"))
        digits &= is_digit
    return found


def _within(values: npt.NDArray[np.uint8], low: str, high: str) -> npt.NDArray[np.bool_]:
    """Which bytes are characters from `low` to `high`."""
    inside: npt.NDArray[np.bool_] = (values >= ord(low)) & (values <= ord(high))
    return inside


def _blank(
    raw: npt.NDArray[np.uint8], begins: npt.NDArray[Any], ends: npt.NDArray[Any], chosen: npt.NDArray[np.bool_]
) -> None:
    """Put spaces in the place of the chosen runs."""
    sizes = (ends - begins)[chosen]
    shift = np.cumsum(sizes) - sizes
    raw[np.repeat(begins[chosen] - shift, sizes) + np.arange(sizes.sum())] = ord(" ")


def _fold_ascii(lower: bytes) -> bytes:
    r"""Fold a text whose letters of ASCII are small.

    >>> _fold_ascii(b"well-known, isn't it?!"), _fold_ascii(b"3!=6 and a != b"), _fold_ascii(b"-5")
    (b'well known isnt it', b'3!=6 and a != b', b'-5')
    """
    folded = lower.translate(_ASCII, _QUOTES)
    if b"!" in folded:
        folded = _MARK.sub(b" ", folded)
    if b"-" in folded:
        folded = _HYPHEN.sub(b" ", folded)
    return b" ".join(folded.split())


def _fold_wide(text: str) -> bytes:
    r"""Fold a text with characters beyond ASCII.

    >>> _fold_wide("O\u00f9 est l\u2019\u00e9t\u00e9 ?"), _fold_wide("\uff21\uff22\uff23\uff01")
    (b'ou est lete', b'abc')
    """
    folded = unicodedata.normalize("NFKD", text).casefold()
    folded = unicodedata.normalize("NFC", _IGNORED.sub("", unicodedata.normalize("NFKD", folded)))
    folded = _wide_punctuation().sub(" ", folded)
    spaced = _fold_ascii(folded.encode())
    return spaced if spaced.isascii() else _BESIDE_UNSPACED.sub("", spaced.decode()).encode()


@functools.cache
def _wide_punctuation() -> re.Pattern[str]:
    """Punctuation and white space beyond ASCII, as one class of characters: ten times as fast as to ask each one."""
    wide = (chr(code) for code in range(0x80, _PUNCTUATION_END) if chr(code) not in _KEPT_PUNCTUATION)
    return re.compile(f"[{''.join(one for one in wide if unicodedata.category(one)[0] in 'PZ')}]")
