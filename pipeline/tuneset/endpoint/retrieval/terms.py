"""What of a text is searched for: its terms, the same of a passage and of a query.

Words without case, accents and the plural's s; of scripts without spaces (Chinese, Japanese, Thai, ...), and of Korean,
whose words carry endings, each character and each pair of neighbours. A term has letters, digits and marks alone, so
that no query can be anything else in the language of an index.
"""

from __future__ import annotations

import re
import unicodedata

UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
"""Thai, Lao, Burmese, Khmer, kana, Han, Hangul: ranges of Unicode 17 as a class of a pattern has them."""

LONGEST = 64
"""Characters of a word that count: keys and encoded data have no other end."""

_MARKS = "".join(chr(code) for code in range(0x300, 0x2000) if unicodedata.category(chr(code)).startswith("M"))
_LETTER = rf"(?:[^\W_]|[{_MARKS}])"
_WORD = re.compile(rf"(?:(?=[{UNSPACED}]){_LETTER})+|(?:(?![{UNSPACED}]){_LETTER})+")
_OPTIONAL_MARKS = re.compile("[\u0300-\u036f\u0591-\u05c7\u064b-\u065f]")
"""Accents, the vowels of Hebrew and of Arabic: written or left out."""


def terms(text: str) -> list[str]:
    """The terms of a text in their order.

    >>> terms("The Cafés' policies, v2")
    ['the', 'cafe', 'policy', 'v2']
    >>> terms("東京タワー")
    ['東', '東京', '京', '京タ', 'タ', 'タワ', 'ワ', 'ワー', 'ー']
    """
    found = []
    for run in _runs(text):
        if _is_unspaced(run):
            found += [part for place, one in enumerate(run) for part in (one, run[place : place + 2])][:-1]
        else:
            found.append(_singular(run[:LONGEST]))
    return found


def query_terms(text: str) -> list[str]:
    """The terms by which a query finds passages, each once: of a script without spaces the pairs, which say more.

    >>> query_terms("Tower in 東京 in 京")
    ['tower', 'in', '東京', '京']
    """
    found = []
    for run in _runs(text):
        if not _is_unspaced(run):
            found.append(_singular(run[:LONGEST]))
        elif len(run) == 1:
            found.append(run)
        else:
            found += [run[place : place + 2] for place in range(len(run) - 1)]
    return list(dict.fromkeys(found))


def _runs(text: str) -> list[str]:
    folded = unicodedata.normalize("NFKC", text).casefold()
    if not folded.isascii():
        bare = _OPTIONAL_MARKS.sub("", unicodedata.normalize("NFD", folded))
        folded = unicodedata.normalize("NFC", bare)
    return _WORD.findall(folded)


_STARTS_UNSPACED = re.compile(f"[{UNSPACED}]")


def _is_unspaced(run: str) -> bool:
    return _STARTS_UNSPACED.match(run) is not None


def _singular(word: str) -> str:
    """A word without the s of its plural, by the rules of Harman (1991), which leave all else alone.

    >>> [_singular(word) for word in ("policies", "uses", "refunds", "class", "bus", "is")]
    ['policy', 'use', 'refund', 'class', 'bus', 'is']
    """
    if len(word) < 4 or not word.endswith("s"):
        return word
    if word.endswith("ies") and not word.endswith(("eies", "aies")):
        return word[:-3] + "y"
    return word if word.endswith(("us", "ss", "aes", "ees", "oes")) else word[:-1]
