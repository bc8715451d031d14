"""A number for a text by which most texts that ask or say something else are told apart, sooner than by folding them.

Texts that `fold_question` folds to the same have the same number. Which of those with one number are the same, only
the folded texts say.
"""

from __future__ import annotations

import string
from collections.abc import Sequence

import numpy as np
import xxhash

from tuneset.cleaning.question_folding import fold_questions
from tuneset.similarity.ragged import Hashes, Positions

EDGE, CUT = 24, 72
"""Letters and digits at both ends of a text, and how many characters are looked through for them: templates have the
beginning in common, quoted texts the end."""
_BARE = string.ascii_letters + string.digits
_SMALL = bytes.maketrans(string.ascii_uppercase.encode(), string.ascii_lowercase.encode())
_END = b"\xff"
_OTHERS = bytes(value for value in range(256) if chr(value) not in _BARE and value != _END[0])


def hints(texts: Sequence[str]) -> Hashes:
    """The number of each text.

    >>> one, same, other, none = hints(["What is  IT?", "what is it", "what was it", ""])
    >>> one == same, one == other
    (np.True_, np.False_)
    """
    wide = [place for place, text in enumerate(texts) if not text.isascii()]
    if wide:
        texts = list(texts)
        for place, folded in zip(wide, fold_questions([texts[place] for place in wide]), strict=True):
            texts[place] = folded.translate(None, _OTHERS + _END).decode()
    heads, tails = _letters([text[:CUT] for text in texts]), _letters([text[-CUT:] for text in texts])
    few = [
        place
        for place, (text, head, tail) in enumerate(zip(texts, heads, tails, strict=True))
        if len(text) > CUT and (len(head) < EDGE or len(tail) < EDGE)
    ]
    for place, letters in zip(few, _letters([texts[place] for place in few]), strict=True):
        heads[place] = tails[place] = letters
    number = xxhash.xxh3_64_intdigest
    numbers = [number(head[:EDGE] + _END + tail[-EDGE:]) for head, tail in zip(heads, tails, strict=True)]
    return np.array(numbers, np.uint64)


def hinted(own: Hashes, known: Hashes) -> Positions:
    """Which of some texts have a number that is known; `known` ascend.

    >>> hinted(np.array([5, 6], np.uint64), np.array([1, 6], np.uint64)).tolist()
    [1]
    """
    if not len(known):
        return np.zeros(0, np.int64)
    return np.flatnonzero(known[np.minimum(np.searchsorted(known, own), len(known) - 1)] == own)


def _letters(texts: Sequence[str]) -> list[bytes]:
    """The letters, made small, and digits of texts of ASCII.

    >>> _letters(["It's 3 - 4", "", "-"])
    [b'its34', b'', b'']
    """
    if not texts:
        return []
    return _END.decode("latin-1").join(texts).encode("latin-1").translate(_SMALL, _OTHERS).split(_END)
