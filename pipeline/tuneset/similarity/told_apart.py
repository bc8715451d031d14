"""Whether two examples that are nearly the same say something else: what tells them apart, though they share the rest.

Of two examples whose prompts and answers are alike, neither stands for the other where

- each answer has a number that the other has not ("in 5 days", "in 7 days"),
- a few words of the answers differ, and a word that denies is among them ("it is", "it is not"), or one that agrees
  where the other answer has something else ("yes", "hardly"),
- what is another word in the prompt is another word in the answer: one form, filled in with two things,
- no word differs, nor their order, but how lines are indented: two programs.

Words are compared as `words.py` divides them, each once a text, words that deny as often as they stand there. A number
that is written out is its digits, in a few languages; "can't", "cant" and "cannot" are as "can not"; greetings at the
beginning fill no form. Whether examples are alike at all is decided elsewhere.
"""

from __future__ import annotations

import functools
import itertools
import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
import xxhash

from tuneset.similarity.layout import NO_LAYOUT, layouts
from tuneset.similarity.ragged import Hashes, Positions, Ragged, Texts, distinct, joined
from tuneset.similarity.set_store import SetStore, chunks, read
from tuneset.similarity.shingles import SET_BITS
from tuneset.similarity.words import fold_texts, folded_bytes, mix, unit_hashes, unit_spans

MOST_WORDS = 3
"""So many words of an answer may differ on either side for one of them to turn its meaning: "rose", "did not rise"."""

TEXTS_AT_ONCE = 512
"""Of up to 1 << (64 - SET_BITS)."""

WORD, GREETING, NUMBER, DENIES, AGREES, LAYOUT, ORDER = range(7)
"""What a value stands for, in its lowest bits: a word, a greeting at the beginning, a word with digits, one that denies
or agrees; and of a text of several lines how they are indented, and the order of all words."""
_KIND_BITS = 3
_KINDS = np.uint64((1 << _KIND_BITS) - 1)
_LEADING_BITS = 16
_NOT_LEADING = np.uint64(64 - _LEADING_BITS)

_NUMBERS = (
    "zero null cero nul 零", "one eins ein un uno une 一", "two zwei deux dos due 二 两 兩",
    "three drei trois tres tre 三", "four vier quatre cuatro quattro 四", "five fünf cinq cinco cinque 五",
    "six sechs seis sei 六", "seven sieben sept siete sette 七", "eight acht huit ocho otto 八",
    "nine neun neuf nueve nove 九", "ten zehn dix diez dieci 十", "eleven elf onze once undici",
    "twelve zwölf douze doce dodici",
)  # fmt: skip
"""Numbers written out, by their value: English, German, French, Spanish, Italian, Chinese and Japanese."""
_DIGITS = " ".join(map(str, range(len(_NUMBERS))))
_DENY = (
    "not no never none nobody nothing neither nor without nope false incorrect wrong "
    "nicht kein keine keinen keinem keiner keines nie niemals ohne nein falsch "
    "ne pas non jamais aucun aucune sans faux "
    "nunca jamás sin ningún ninguna falso mai senza não sem nem "
    "niet geen nooit zonder nee onwaar inte ikke nej aldrig nie bez nigdy ei "
    "не нет без никогда ни ні değil hayır yok yanlış "  # noqa: RUF001  a word of Turkish
    "لا ليس ليست لم لن غير بدون לא אין בלי نه نیست नहीं मत না "
    "아니요 아닙니다 없습니다 않습니다 không tidak bukan jangan δεν όχι "
    "不 没 沒 无 無 非 未 否 勿 莫"
)
_AGREE = (
    "yes true correct ja wahr oui vrai sí verdadero sì vero sim verdadeiro waar tak ano kyllä да так evet doğru "
    "نعم כן بله हाँ हां হ্যাঁ 네 예 có ya ναι"  # noqa: RUF001  a word of Greek
)
_NOT = "cannot dont doesnt didnt cant wont wouldnt shouldnt couldnt isnt arent wasnt werent hasnt havent hadnt"
"""Words that are "not" with another one; and so is what stands behind the apostrophe of "can't"."""
_APOSTROPHES = tuple(mark.encode()[-1] for mark in "'`\u2019")
"""The last byte of each."""
_GREETINGS = (
    "hi hello hey dear greetings good morning afternoon evening hallo moin servus guten tag abend liebe lieber bonjour "
    "bonsoir salut hola buenos buenas ciao buongiorno olá oi hej hoi merhaba привет здравствуйте"
)
_OPENING = 2
"""Words at the beginning of a text that may greet: "good morning"."""
_SEPARATED = re.compile(r"(?<![\d.,])\d{1,3}(?:[,'\u2019\u00a0\u2009\u202f]\d{3})+(?![\d,])", re.ASCII)
"""A number with its thousands set apart. A point may as well begin its decimals, so that it stays."""


class Said(NamedTuple):
    """What examples say, as `said_sets` gives it: the sets of their prompts and of their answers."""

    prompts: SetStore
    answers: SetStore


def said_sets(texts: Texts) -> Ragged:
    r"""The distinct words of each text, ascending, as hashes of SET_BITS bits, the last of which say what they are.

    >>> found = said_sets(Texts.whole(pl.Series(["It is not 5, not five.", "", "a:\n  b"])))
    >>> [sorted((one & _KINDS).tolist()) for one in np.split(found.values, found.starts[1:-1])]
    [[0, 0, 2, 3, 3], [], [0, 0, 5, 6]]
    """
    folded, indented = folded_bytes(_with_plain_numbers(texts.pieces)), layouts(texts.pieces)
    in_lines = texts.pieces.str.contains("\n", literal=True).fill_null(value=False).to_numpy()
    parts = []
    for first in range(0, len(texts.starts) - 1, TEXTS_AT_ONCE):
        starts = texts.starts[first : first + TEXTS_AT_ONCE + 1]
        some = slice(starts[0], starts[-1])
        parts.append(_batch(folded[some], indented[some], in_lines[some], starts - starts[0]))
    return joined(parts)


def _batch(folded: list[bytes], indented: Hashes, in_lines: npt.NDArray[np.bool_], piece_starts: Positions) -> Ragged:
    """The sets of so few texts that the text's number and a value share 64 bits: one sort does for all."""
    spans = unit_spans(folded)
    starts = spans.units.starts[piece_starts]
    values = _kinds(spans.units.values, spans.raw, spans.begins, starts)
    count = len(starts) - 1
    owners = np.repeat(np.arange(count), np.diff(starts))
    wholes = [
        (place, whole)
        for place, (start, end) in enumerate(itertools.pairwise(piece_starts.tolist()))
        if in_lines[start:end].any()
        for whole in _wholes(indented[start:end], values[starts[place] : starts[place + 1]])
    ]
    values = np.concatenate([_counted(values, owners), np.array([whole for _, whole in wholes], np.uint64)])
    owners = np.concatenate([owners, np.array([place for place, _ in wholes], np.int64)])
    keys = distinct(values | owners.astype(np.uint64) << np.uint64(SET_BITS))
    held = np.bincount((keys >> np.uint64(SET_BITS)).astype(np.int64), minlength=count)
    return Ragged(keys & np.uint64((1 << SET_BITS) - 1), np.concatenate([[0], np.cumsum(held)]))


def told_apart(said: Said, left: Positions, right: Positions) -> npt.NDArray[np.bool_]:
    """Which pairs of examples, by their numbers in the stores, say something else."""
    apart = np.zeros(len(left), np.bool_)
    sizes = said.prompts.sizes + said.answers.sizes
    for chunk in chunks(np.arange(len(left)), sizes[left] + sizes[right]):
        apart[chunk] = _apart(said, left[chunk], right[chunk])
    return apart


def numbers_among(values: Hashes) -> npt.NDArray[np.bool_]:
    """Which values of sets stand for words with digits, or for a number that is written out."""
    return values & _KINDS == NUMBER  # type: ignore[no-any-return]


def _apart(said: Said, left: Positions, right: Positions) -> npt.NDArray[np.bool_]:
    count = len(left)
    here, there = _only(said.answers, left, right)
    asked_here, asked_there = _only(said.prompts, left, right)

    def of(values: Hashes, kind: int) -> Positions:
        return _per_pair(values[values & _KINDS == kind], count)

    def words(values: Hashes) -> Positions:
        return _per_pair(values[values & _KINDS < LAYOUT], count)

    numbers = (of(here, NUMBER) > 0) & (of(there, NUMBER) > 0)
    few = np.maximum(words(here), words(there)) <= MOST_WORDS
    denied = of(here, DENIES) + of(there, DENIES) > 0
    both = (words(here) > 0) & (words(there) > 0)
    turned = few & (denied | (both & (of(here, AGREES) + of(there, AGREES) > 0)))
    shared, shared_there = np.intersect1d(here, asked_here), np.intersect1d(there, asked_there)
    filled = (words(shared) > of(shared, GREETING)) & (words(shared_there) > of(shared_there, GREETING))
    everything = [here, there, asked_here, asked_there]
    same = sum(words(values) + of(values, ORDER) for values in everything) == 0
    laid_out = same & (sum(of(values, LAYOUT) for values in everything) > 0)
    apart: npt.NDArray[np.bool_] = numbers | turned | filled | laid_out
    return apart


def _only(sets: SetStore, left: Positions, right: Positions) -> tuple[Hashes, Hashes]:
    """What the left set of each pair has alone, and the right one; above each value stands the number of the pair."""
    both = []
    for numbers in (left, right):
        pairs = np.arange(len(numbers), dtype=np.uint64) << np.uint64(SET_BITS)
        both.append(read(sets, numbers) | np.repeat(pairs, sets.sizes[numbers]))
    return tuple(np.setdiff1d(one, other, assume_unique=True) for one, other in (both, both[::-1]))  # type: ignore[return-value]


def _per_pair(values: Hashes, count: int) -> Positions:
    return np.bincount((values >> np.uint64(SET_BITS)).astype(np.int64), minlength=count).astype(np.int64)


def _kinds(hashes: Hashes, raw: bytes, begins: Positions, starts: Positions) -> Hashes:
    """Values of words with what they are; numbers written out are as their digits. Texts begin at `starts`."""
    special, characters = _special_words(), np.frombuffer(raw, np.uint8)
    places, entries = special.among(hashes)
    hashes = hashes.copy()
    hashes[places] = special.stands_for[entries]
    kinds = np.full(len(hashes), WORD, np.uint64)
    digits = np.flatnonzero((characters >= ord("0")) & (characters <= ord("9")))  # between two words stands none
    kinds[np.searchsorted(begins, digits, side="right") - 1] = NUMBER
    told = special.kinds[entries] != WORD
    kinds[places[told]] = special.kinds[entries[told]]
    # What stands behind an apostrophe: its first word is at the beginning, behind the padding.
    ends = places[hashes[places] == _hash_of("t")]
    ends = ends[np.isin(characters[begins[ends] - 1], _APOSTROPHES)]
    hashes[ends], kinds[ends] = _hash_of("not"), DENIES
    greets = np.zeros(len(hashes), np.bool_)
    greets[places] = special.greets[entries]
    first = np.minimum(starts[:-1, None] + np.arange(_OPENING), starts[1:, None] - 1)[np.diff(starts) > 0].ravel()
    kinds[first[greets[first]]] = GREETING
    return hashes >> np.uint64(64 - SET_BITS) & ~_KINDS | kinds


def _counted(values: Hashes, owners: Positions) -> Hashes:
    """Values in which a word that denies or agrees is another one each time that it stands in a text."""
    kinds = values & _KINDS
    places = np.flatnonzero((kinds == DENIES) | (kinds == AGREES))
    order = np.lexsort((values[places], owners[places]))
    places = places[order]
    some, whose = values[places], owners[places]
    new = np.ones(len(some), np.bool_)
    new[1:] = (some[1:] != some[:-1]) | (whose[1:] != whose[:-1])
    firsts = np.flatnonzero(new)
    turn = np.arange(len(some)) - firsts[np.cumsum(new) - 1] if len(some) else firsts
    values = values.copy()
    again = turn > 0
    renamed = mix(some[again] + (turn[again].astype(np.uint64) << np.uint64(_KIND_BITS))) >> np.uint64(64 - SET_BITS)
    values[places[again]] = renamed & ~_KINDS | some[again] & _KINDS
    return values


def _wholes(indented: Hashes, words: Hashes) -> Iterator[int]:
    """Of a text of several lines how those of its pieces are indented, if they are, and the order of its words."""
    if (indented != NO_LAYOUT).any():
        yield _value(indented.tobytes(), LAYOUT)
    yield _value(words.tobytes(), ORDER)


def _value(said: bytes, kind: int) -> int:
    return xxhash.xxh3_64_intdigest(said) >> (64 - SET_BITS) & ~int(_KINDS) | kind


def _with_plain_numbers(texts: pl.Series) -> pl.Series:
    """Texts with the digits of all scripts as those of ASCII, and thousands not set apart.

    >>> _with_plain_numbers(pl.Series(["\u0663 3", "a", "1,000,000 and 10,5", "(1,20)", "1.000"])).to_list()
    ['3 3', 'a', '1000000 and 10,5', '(1,20)', '1.000']
    """
    places = texts.str.contains(r"[\p{Nd}--[0-9]]|[0-9][,'\x{2019}\x{a0}\x{2009}\x{202f}][0-9]").fill_null(value=False)
    if not places.any():
        return texts
    table = _digits()
    chosen = places.arg_true()
    plain = [_SEPARATED.sub(_joined, text.translate(table)) for text in texts.gather(chosen)]
    return texts.clone().scatter(chosen, pl.Series(plain))


def _joined(number: re.Match[str]) -> str:
    return "".join(filter(str.isdigit, number.group()))


@functools.cache
def _digits() -> dict[int, str]:
    every = (code for code in range(0x80, 0x20000) if unicodedata.category(chr(code)) == "Nd")
    return {code: str(unicodedata.digit(chr(code))) for code in every}


class _Special(NamedTuple):
    """Words that are more than a word.

    Args:
        hashes: of them, ascending.
        stands_for: the hash of the word that each stands for, mostly itself.
        kinds: what each is; WORD where it only stands for another one, or greets.
        greets: whether it greets at the beginning of a text.
        leading: by the first bits of a hash whether one of them begins so.
    """

    hashes: Hashes
    stands_for: Hashes
    kinds: Hashes
    greets: npt.NDArray[np.bool_]
    leading: npt.NDArray[np.bool_]

    def among(self, hashes: Hashes) -> tuple[Positions, Positions]:
        """The places of those hashes that are of such words, and which word each is."""
        places = np.flatnonzero(self.leading[hashes >> _NOT_LEADING])
        entries = np.minimum(np.searchsorted(self.hashes, hashes[places]), len(self.hashes) - 1)
        exact = self.hashes[entries] == hashes[places]
        return places[exact], entries[exact]


@functools.cache
def _special_words() -> _Special:
    written_out = [(word, str(value)) for value, words in enumerate(_NUMBERS) for word in words.split()]
    words, others = zip(*written_out, *((word, "not") for word in _NOT.split()), strict=True)
    standing, for_others = (unit_hashes([text.encode() for text in texts]).values for texts in (words, others))
    named = [_hashes_of(some) for some in (_DIGITS, _DENY, _AGREE, _GREETINGS, "t")]
    hashes = np.unique(np.concatenate([standing, *named]))
    stands_for = hashes.copy()
    stands_for[np.searchsorted(hashes, standing)] = for_others
    kinds = np.full(len(hashes), WORD, np.uint64)
    for some, kind in zip(named, (NUMBER, DENIES, AGREES), strict=False):
        kinds[np.isin(stands_for, some)] = kind
    leading = np.zeros(1 << _LEADING_BITS, np.bool_)
    leading[hashes >> _NOT_LEADING] = True
    return _Special(hashes, stands_for, kinds, np.isin(stands_for, _hashes_of(_GREETINGS)), leading)


@functools.cache
def _hashes_of(words: str) -> Hashes:
    return np.unique(unit_hashes(fold_texts([words])).values)


def _hash_of(word: str) -> np.uint64:
    found: np.uint64 = _hashes_of(word)[0]
    return found
