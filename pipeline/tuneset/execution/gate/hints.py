"""A number for a text by which most texts that ask or say something else are told apart, sooner than by folding them.

Texts that `fold_question` folds to the same have the same number. Which of those with one number are the same, only
the folded texts say.
"""

from __future__ import annotations

import string
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import xxhash

from tuneset.cleaning.question_folding import fold_questions
from tuneset.similarity.ragged import Hashes, Positions
from tuneset.similarity.words import chain, mix

EDGE, CUT = 16, 96
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
    sizes = np.fromiter(map(len, texts), np.int64, len(texts))
    heads, head_whole = _edges([text[:CUT] for text in texts], last=False)
    tails, tail_whole = _edges([text[-CUT:] for text in texts], last=True)
    few = np.flatnonzero(~(head_whole & tail_whole) & (sizes > CUT))
    if len(few):
        some = [texts[place] for place in few.tolist()]
        heads[few], tails[few] = (_edges(some, last=last)[0] for last in (False, True))
    return chain(heads, tails)


def _edges(texts: Sequence[str], *, last: bool) -> tuple[Hashes, npt.NDArray[np.bool_]]:
    """A number for the first or the last letters and digits of texts of ASCII, and which of them have so many.

    >>> numbers, whole = _edges(["It's " * 9, "Its " * 8, "it"], last=False)
    >>> numbers[0] == numbers[1], whole.tolist()
    (np.True_, [True, True, False])
    """
    letters = _END.decode("latin-1").join([*texts, ""]).encode("latin-1").translate(_SMALL, _OTHERS)
    stops = np.flatnonzero(np.frombuffer(letters, np.uint8) == _END[0])
    starts = np.concatenate([[0], stops + 1])[: len(stops)]
    whole = stops - starts >= EDGE
    windows: Hashes = np.ndarray((len(letters) + 1,), np.dtype("<u8"), letters + bytes(8), 0, (1,))
    begins = (stops - EDGE if last else starts)[whole]
    numbers = np.zeros(len(texts), np.uint64)
    for chunk in range(0, EDGE, 8):
        numbers[whole] = chain(numbers[whole], mix(windows[begins + chunk]))
    short = np.flatnonzero(~whole)
    for place, start, stop in zip(short.tolist(), starts[short].tolist(), stops[short].tolist(), strict=True):
        numbers[place] = xxhash.xxh3_64_intdigest(letters[start:stop])
    return mix(numbers), whole


def hinted(own: Hashes, known: Hashes) -> Positions:
    """Which of some texts have a number that is known; `known` ascend.

    >>> hinted(np.array([5, 6], np.uint64), np.array([1, 6], np.uint64)).tolist()
    [1]
    """
    if not len(known):
        return np.zeros(0, np.int64)
    return np.flatnonzero(known[np.minimum(np.searchsorted(known, own), len(known) - 1)] == own)
