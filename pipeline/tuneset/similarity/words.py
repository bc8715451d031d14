"""Texts cut into units, each unit a 64-bit hash: what shingles are made of.

A unit is a word (a run of letters, marks, digits and underscores), one character of a script that puts no spaces
between words (Han, kana, Thai ...), or one symbol (`+`, `-`, `<`, an emoji): "3 + 4" and "3 - 4" are not the same text.
White space, quotes, brackets and sentence punctuation only separate. Case and compatibility forms (NFKC) are folded.
Because the rule is by character and not by text, a text that mixes scripts needs no decision, and one more Latin
word in it changes one unit only.

All texts of a shard are one buffer of UTF-8 bytes, worked on by numpy. Nothing here knows of shingles.
"""

from __future__ import annotations

import functools
import string
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
import xxhash

from tuneset.similarity.ragged import Hashes, Positions, Ragged, Texts

Bytes = npt.NDArray[np.uint8]

# What a byte is to its unit, as bits.
WORD, OPENS, CLOSES = 1, 2, 4
SYMBOLS = "!#$%&*+-/<=>@\\^|~"
"""ASCII characters that mean something alone, in formulas, code and prices. The others of ASCII only separate."""

_WORD_PATTERN = r"^\w$"
_ALONE_PATTERN = (
    r"^[\p{S}"  # symbols; and the scripts without spaces: UAX 14, classes ID and SA
    r"[\w&&[\p{scx:Han}\p{scx:Hiragana}\p{scx:Katakana}\p{Bopomofo}\p{Yi}"
    r"\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tai_Le}\p{New_Tai_Lue}\p{Tai_Tham}\p{Tai_Viet}\p{Ahom}]]]$"
)
_TABLE_END = 0x20000  # planes 0 and 1 are looked up
_PAGE_BITS = 12  # of the table: code points whose kind is found out together
_IDEOGRAPHS_END = 0x40000  # planes 2 and 3 hold Han characters only; beyond lies nothing that is text
_ANY_HAN = 0x4E00
_FIRST_LEAD = 0xC0
_LEADS = {2: (0xC0, 0xE0), 3: (0xE0, 0xF0), 4: (0xF0, 0xF8)}  # bytes of a character: its first byte, from and to
_SURROGATES = range(0xD800, 0xE000)

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # 2**64 divided by the golden ratio
_MIXER = np.uint64(0xD6E8FEB86659FD93)  # Mulvey's rrmxmx constant
_UNMIXER = np.uint64(pow(0xD6E8FEB86659FD93, -1, 1 << 64))
_HALF = np.uint64(32)
_CHUNK = 8  # bytes that are hashed at a time
_CHUNKS_IN_NUMPY = 8  # longer units (base64, URLs without a break) are few: xxhash takes what is left of them
_MASKS = np.array([(1 << (8 * size)) - 1 for size in range(_CHUNK + 1)], np.uint64)


def mix(values: Hashes) -> Hashes:
    """Spread every input bit over all output bits; a bijection, so different values stay different.

    >>> len(set(mix(np.arange(1000, dtype=np.uint64)).tolist()))
    1000
    """
    high = values >> _HALF
    mixed = values ^ high
    mixed *= _MIXER
    mixed ^= np.right_shift(mixed, _HALF, out=high)
    mixed *= _MIXER
    mixed ^= np.right_shift(mixed, _HALF, out=high)
    return mixed


def unmix(mixed: Hashes) -> Hashes:
    """The values of which `mix` made these.

    >>> unmix(mix(np.arange(3, dtype=np.uint64) << np.uint64(40))).tolist() == [0, 1 << 40, 2 << 40]
    True
    """
    values = mixed ^ (mixed >> _HALF)
    values *= _UNMIXER
    values ^= values >> _HALF
    values *= _UNMIXER
    values ^= values >> _HALF
    return values


def chain(values: Hashes, following: Hashes, length: int = 1) -> Hashes:
    """A hash of what `values` stands for, followed by what `following` stands for, `length` values; not yet mixed."""
    return values * (_MULTIPLIER if length == 1 else np.uint64(pow(int(_MULTIPLIER), length, 1 << 64))) + following


def folded_bytes(texts: pl.Series) -> list[bytes]:
    r"""The texts of a String column as UTF-8, case and compatibility forms folded; a null is empty.

    ASCII is folded later, all of it at once.

    >>> [text.decode() for text in folded_bytes(pl.Series(["ABC", "\uff21 ÄÖ", None]))]
    ['ABC', 'a äö', '']
    """
    texts = texts.fill_null("")
    plain = texts.str.len_bytes() == texts.str.len_chars()
    if not plain.all():
        positions = (~plain).arg_true()
        folded = texts.gather(positions).str.normalize("NFKC").str.to_lowercase()
        texts = texts.clone().scatter(positions, folded)
    return texts.cast(pl.Binary).to_list()


def fold_texts(texts: Sequence[str]) -> list[bytes]:
    r"""What `folded_bytes` gives, for texts that stand in no column.

    >>> [text.decode() for text in fold_texts(["ABC", "\uff21 ÄÖ"])]
    ['ABC', 'a äö']
    """
    wide = iter(folded_bytes(pl.Series([text for text in texts if not text.isascii()], dtype=pl.String)))
    return [text.encode() if text.isascii() else next(wide) for text in texts]


class Spans(NamedTuple):
    """The units of some texts, and where they stand.

    Args:
        units: their hashes.
        raw: all texts, one after the other.
        begins: where in `raw` each unit begins.
        ends: where each text ends.
    """

    units: Ragged
    raw: bytes
    begins: Positions
    ends: Positions


def unit_hashes(texts: Sequence[bytes]) -> Ragged:
    """Hash the units of each text, as `folded_bytes` gives them.

    Units of up to 8 bytes keep different hashes for certain, longer ones but for a chance of 2**-64 a pair.

    >>> hashes = unit_hashes([b"Well, well!", b"well well !", b"C++", b""])
    >>> hashes.counts.tolist(), hashes.values[:3].tolist() == hashes.values[3:6].tolist()
    ([3, 3, 3, 0], True)
    """
    return unit_spans(texts).units


def unit_spans(texts: Sequence[bytes]) -> Spans:
    """The same, with the places of the units.

    >>> spans = unit_spans([b"a, B", b"c"])
    >>> spans.raw[:6], spans.begins.tolist(), spans.ends.tolist()
    (b'a, b c', [0, 3, 5], [4, 6])
    """
    raw = b" ".join(texts).lower() + b" " + bytes(_CHUNK)  # the padding lets the last unit be read 8 bytes at a time
    ends = np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)) + 1)
    begins, stops = _boundaries(raw)
    values = _hash_spans(raw, begins, stops - begins)
    starts = np.zeros(len(texts) + 1, np.int64)
    starts[1:] = np.searchsorted(begins, ends)
    return Spans(Ragged(values, starts), raw, begins, ends - 1)


def unit_batches(texts: Texts, size: int) -> Iterator[tuple[slice, Ragged]]:
    """Yield the units of so many texts at a time, and which texts they are.

    >>> texts = Texts(pl.Series(["a b", "c"]), np.array([0, 2, 2]))
    >>> [units.counts.tolist() for _, units in unit_batches(texts, 9)]
    [[3, 0]]
    """
    folded = folded_bytes(texts.pieces)
    for start in range(0, len(texts.starts) - 1, size):
        part = slice(start, min(start + size, len(texts.starts) - 1))
        first, last = int(texts.starts[part.start]), int(texts.starts[part.stop])
        units = unit_hashes(folded[first:last])
        yield part, Ragged(units.values, units.starts[texts.starts[part.start : part.stop + 1] - first])


def _boundaries(raw: bytes) -> tuple[Positions, Positions]:
    """First byte of each unit, and one past its last.

    >>> [edge.tolist() for edge in _boundaries(b"ab, c+d ")]
    [[0, 4, 5, 6], [2, 5, 6, 7]]
    """
    kinds = np.frombuffer(bytearray(raw.translate(_ascii_kinds())), np.uint8)
    if not raw.isascii():
        _mark_wide(np.frombuffer(raw, np.uint8), kinds)
    # A byte opens a unit by itself, or as that of a word behind one that is none: then its bits are more.
    word, opening, closing = kinds & WORD, kinds & (OPENS | WORD), kinds & (CLOSES | WORD)
    opens, closes = np.empty((2, len(kinds)), np.bool_)
    opens[0], closes[-1] = opening[0] > 0, closing[-1] > 0
    np.greater(opening[1:], word[:-1], out=opens[1:])
    np.greater(closing[:-1], word[1:], out=closes[:-1])
    return np.flatnonzero(opens), np.flatnonzero(closes) + 1


def _mark_wide(raw: Bytes, kinds: Bytes) -> None:
    """Enter the kinds of all characters beyond ASCII into `kinds`, in place.

    The bytes are valid UTF-8, as a polars String holds nothing else.
    """
    leads = np.flatnonzero(raw >= _FIRST_LEAD)
    first = raw[leads]
    for size, (low, high) in _LEADS.items():
        lead = leads[(first >= low) & (first < high)]
        if not len(lead):
            continue
        points = (raw[lead] & np.uint8(0x7F >> size)).astype(np.int32)
        for offset in range(1, size):
            points = (points << 6) | (raw[lead + offset] & np.uint8(0x3F))
        if size == 4:
            han = (points >= _TABLE_END) & (points < _IDEOGRAPHS_END)
            points = np.where(han, _ANY_HAN, np.minimum(points, _TABLE_END - 1))
        kind = _kinds_of(points)
        inside = kind & np.uint8(WORD)
        kinds[lead] = kind & np.uint8(WORD | OPENS)
        for offset in range(1, size - 1):
            kinds[lead + offset] = inside
        kinds[lead + size - 1] = kind & np.uint8(WORD | CLOSES)


def _hash_spans(raw: bytes, begins: Positions, sizes: Positions) -> Hashes:
    """Hash spans of bytes, 8 bytes at a time; `raw` is padded with 8 bytes.

    >>> a, b, c = _hash_spans(b"one one two" + bytes(8), np.array([0, 4, 8]), np.array([3, 3, 3])).tolist()
    >>> a == b, a == c
    (True, False)
    """
    windows: Hashes = np.ndarray((len(raw) - _CHUNK + 1,), np.dtype("<u8"), raw, 0, (1,))  # one begins at every byte
    first = windows[begins]  # `take` would copy all of the unaligned windows
    first &= _MASKS.take(sizes, mode="clip")
    hashes = mix(first)
    longer = np.flatnonzero(sizes > _CHUNK)
    for done in range(_CHUNK, _CHUNK * _CHUNKS_IN_NUMPY, _CHUNK):
        if not len(longer):
            return hashes
        left = sizes.take(longer)
        chunk = windows[begins.take(longer) + done] & _MASKS.take(left - done, mode="clip")
        hashes[longer] = mix(chain(hashes.take(longer), mix(chunk)))
        longer = longer[left > done + _CHUNK]
    rest = [
        xxhash.xxh3_64_intdigest(raw[begin : begin + size])
        for begin, size in zip(begins[longer].tolist(), sizes[longer].tolist(), strict=True)
    ]
    hashes[longer] = np.array(rest, np.uint64)
    return hashes


@functools.cache
def _ascii_kinds() -> bytes:
    """The kind of each byte, for `bytes.translate`; bytes beyond ASCII are none until they are decoded."""
    kinds = bytearray(256)
    for character in string.ascii_letters + string.digits + "_":
        kinds[ord(character)] = WORD
    for character in SYMBOLS:
        kinds[ord(character)] = OPENS | CLOSES
    return bytes(kinds)


def _kinds_of(points: npt.NDArray[np.int32]) -> Bytes:
    """The kind of each of some code points below _TABLE_END, by the Unicode tables of polars' regular expressions.

    Only the pages that these stand on are looked at: all of them take 40 ms, in every process.

    >>> _kinds_of(np.array([ord(one) for one in "\u00e9\u597d\u2026"], np.int32)).tolist() == [WORD, OPENS | CLOSES, 0]
    True
    """
    kinds, known = _table()
    for page in np.flatnonzero((np.bincount(points >> _PAGE_BITS, minlength=len(known)) > 0) & ~known).tolist():
        first = page << _PAGE_BITS
        codes = np.array([code for code in range(first, first + (1 << _PAGE_BITS)) if code not in _SURROGATES])
        characters = pl.Series([chr(code) for code in codes.tolist()], dtype=pl.String)
        kinds[codes[characters.str.contains(_WORD_PATTERN).to_numpy()]] = WORD
        kinds[codes[characters.str.contains(_ALONE_PATTERN).to_numpy()]] = OPENS | CLOSES
        known[page] = True  # last: another thread that finds it so has all of the page
    return kinds[points]


@functools.cache
def _table() -> tuple[Bytes, npt.NDArray[np.bool_]]:
    """The kinds of all code points, and which pages of it are filled in."""
    return np.zeros(_TABLE_END, np.uint8), np.zeros(_TABLE_END >> _PAGE_BITS, np.bool_)
