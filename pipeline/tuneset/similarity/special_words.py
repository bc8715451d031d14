"""Words that are more than a word: numbers written out, those that deny or agree, greetings; in many languages.

What becomes of them is decided elsewhere.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from tuneset.similarity.ragged import Hashes, Positions
from tuneset.similarity.words import fold_texts, unit_hashes

WORD, GREETING, NUMBER, DENIES, AGREES = range(5)
"""What a word is: nothing more, a greeting at the beginning, one with digits, one that denies, one that agrees."""
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
_GREETINGS = (
    "hi hello hey dear greetings good morning afternoon evening hallo moin servus guten tag abend liebe lieber bonjour "
    "bonsoir salut hola buenos buenas ciao buongiorno olá oi hej hoi merhaba привет здравствуйте"
)
OPENING = 2
"""Words at the beginning of a text that may greet: "good morning"."""
_SEPARATED = re.compile(r"(?<![\d.,])\d{1,3}(?:[,'\u2019\u00a0\u2009\u202f]\d{3})+(?![\d,])", re.ASCII)
"""A number with its thousands set apart. A point may as well begin its decimals, so that it stays."""


class Special(NamedTuple):
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
def special_words() -> Special:
    """All of them, by their hashes as `words.py` makes them."""
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
    return Special(hashes, stands_for, kinds, np.isin(stands_for, _hashes_of(_GREETINGS)), leading)


@functools.cache
def _hashes_of(words: str) -> Hashes:
    return np.unique(unit_hashes(fold_texts([words])).values)


def hash_of(word: str) -> np.uint64:
    """The hash of one word."""
    found: np.uint64 = _hashes_of(word)[0]
    return found


def with_plain_numbers(texts: pl.Series) -> pl.Series:
    """Texts with the digits of all scripts as those of ASCII, and thousands not set apart.

    >>> with_plain_numbers(pl.Series(["\u0663 3", "a", "1,000,000 and 10,5", "(1,20)", "1.000"])).to_list()
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
