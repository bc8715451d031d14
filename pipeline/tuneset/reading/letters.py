"""How much of a decoded text is out of place: what tells the encoding of a text from those that look like it.

A wrong encoding leaves symbols and capitals within words, and letters that no one language has together. Nothing is
known here of words, so that two encodings which give letters of one language each are not told apart.
"""

from __future__ import annotations

import itertools
import re

_ALPHABETS = tuple(
    frozenset(letters)
    for letters in (
        "äöüß", "àâæçéèêëîïôœùûüÿ", "áéíñóúüç·", "áàâãçéêíóôõúü", "àèéìíîòóùú", "áéíóöőúüű", "ąćęłńóśźż",
        "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "čćđšž", "ăâîșțşţ", "çğıöşüâîû", "åäöæøé", "áðéíóúýþæö", "äëïéèüöíóá",
        "äõöüšž", "āčēģīķļņšūž", "ąčęėįšųūž", "ăâđêôơưàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ",
        "абвгдежзийклмнопрстуфхцчшщъыьэюяё", "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя'", "абвгдђежзијклљмнњопрстћуфхцчџшѓќѕ",
        "αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ", "אבגדהוזחטיךכלםמןנסעףפץצקרשת",
        "ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىيپچژگ",
    )
)  # fmt: skip
"""The letters beyond ASCII of languages: German, French, Spanish, Portuguese, Italian, Hungarian, Polish, Czech,
Slovak, South Slavic, Romanian, Turkish, Nordic, Icelandic, Dutch, Estonian, Latvian, Lithuanian, Vietnamese, Russian
and Bulgarian, Ukrainian, Serbian and Macedonian, Greek, Hebrew, Arabic and Persian."""
_HAN = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_AROUND_HAN = re.compile(rf"(?<=[A-Za-z]){_HAN.pattern}(?=[A-Za-z])")
_NEVER = re.compile("[\x80-\x9f\u2500-\u259f\ue000-\uf8ff\uff61-\uff9f]")
"""Controls, frames of the time of DOS, private use, and half-width kana, which Japanese has long had wide."""
_OTHER_SCRIPTS = re.compile("[\u0370-\u06ff]")
_CASED = re.compile("[\u0370-\u04ff]")
_VOWELS = frozenset("аеёиоуыэюяіїєαεηιουωάέήίόύώϊϋΐΰ")
_LEAST_WORD = 4
_GREEK, _ACCENTED = re.compile("[\u0370-\u03ff]+"), frozenset("άέήίόύώϊϋΐΆΈΉΊΌΎΏ")
"""Nearly all words of Greek in small letters have one accent."""
_END_WITHIN = re.compile("[ךםןףץς](?=[^\\W\\d_])")
"""Letters that end a word, before another letter."""
_SHOUTING, _LEAST_SHOUTED = 0.1, 8
"""What it counts that all letters of a script with small ones are capitals, from so many on."""
_WORD = r"[^\W\d_]"
_WITHIN = re.compile(rf"(?<={_WORD})[^\x00-\x7f\w\s\u00ad\u2010-\u2015\u2018\u2019\u2026\u00b7](?={_WORD})")
_AT_AN_EDGE = re.compile(
    "(?<=[A-Za-z])[\u201a\u201e\u0192\u02c6\u2020\u2021\u2030\u00a2-\u00a8\u00aa\u00ac\u00ae\u00af]"
)
_LETTERS = re.compile(rf"{_WORD}+")


def out_of_place(text: str) -> float:
    """The share of the characters beyond ASCII that are out of place, from 0 to 1.

    >>> out_of_place("Das Gerät läuft"), out_of_place("Das GerÑt lÑuft"), out_of_place("東京")
    (0.0, 1.0, 0.0)
    """
    beyond = sum(1 for character in text if not character.isascii() and not character.isspace())
    if not beyond:
        return 0.0
    symbols = sum(len(pattern.findall(text)) for pattern in (_WITHIN, _AT_AN_EDGE, _AROUND_HAN, _NEVER))
    words = sum(_odd_letters(word) for word in _LETTERS.findall(text) if not word.isascii())
    cased = [letter for letter in text if not letter.isascii() and (letter.isupper() or letter.islower())]
    shouting = _SHOUTING if len(cased) >= _LEAST_SHOUTED and all(map(str.isupper, cased)) else 0.0
    return min(1.0, shouting + (symbols + max(words, _foreign(text))) / beyond)


def _odd_letters(word: str) -> int:
    """How many letters beyond ASCII stand oddly in a word: capitals within it, another script, no vowel beside them.

    >>> [_odd_letters(word) for word in ("Été", "ÉTÉ", "Привет", "взгляд")]
    [0, 0, 0, 0]
    >>> [_odd_letters(word) for word in ("aprŠs", "grφίer", "оПХБЕР", "нтзщ", "κοφβες", "שםום")]
    [1, 2, 6, 4, 6, 1]
    """
    beyond = sum(1 for letter in word if not letter.isascii())
    others = len(_OTHER_SCRIPTS.findall(word))
    if others and others < len(word):
        return others
    if _GREEK.fullmatch(word) and len(word) > _LEAST_WORD and not word.isupper() and not _ACCENTED & {*word}:
        return beyond
    cased = _CASED.search(word) is not None
    if cased and len(word) >= _LEAST_WORD and not _VOWELS & {*word.lower()}:
        return beyond
    if len(word) > 2 and word[0].islower() and word[1:].isupper():
        return beyond
    return len(_END_WITHIN.findall(word)) + sum(
        1
        for before, letter in itertools.pairwise(word)
        if before.islower() and letter.isupper() and not (before.isascii() and letter.isascii())
    )


def _foreign(text: str) -> int:
    """How many letters beyond ASCII are none of the language that has most of them; of Han, kana and Hangul none are.

    >>> _foreign("größer"), _foreign("aprčs łętes ŕ ô"), _foreign("何時")
    (0, 2, 0)
    """
    counts: dict[str, int] = {}
    for letter in text:
        if not letter.isascii() and letter.isalpha() and _HAN.match(letter) is None:
            small = letter.lower()[:1].replace("i", "\u0131")  # of the one capital that has two small marks
            counts[small] = counts.get(small, 0) + 1
    counts.pop("é", None)  # of words that all languages of Europe have taken over
    total = sum(counts.values())
    return total - max(sum(count for letter, count in counts.items() if letter in known) for known in _ALPHABETS)
