"""A number for a text by which most texts that ask or say something else are told apart, sooner than by folding them.

Texts that `fold_question` folds to the same have the same number. Which of those with one number are the same, only
the folded texts say.
"""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import xxhash

from tuneset.cleaning.question_folding import fold_questions
from tuneset.execution.gate.examples import Texts
from tuneset.execution.gate.texts import Units
from tuneset.similarity.ragged import Hashes, Positions
from tuneset.similarity.words import chain, mix

EDGE, CUT = 16, 96
"""Letters and digits at both ends of a text, and how many characters are looked through for them: templates have the
beginning in common, quoted texts the end."""
_BARE = string.ascii_letters + string.digits
_SMALL = bytes.maketrans(string.ascii_uppercase.encode(), string.ascii_lowercase.encode())
_END = b"\xff"
_OTHERS = bytes(value for value in range(256) if chr(value) not in _BARE and value != _END[0])


class Hints(NamedTuple):
    """The numbers of some examples: of what each asks, and of what assistants answer, with the example of each."""

    asked: Hashes
    answers: Hashes
    owners: Positions


def hints_of(texts: Texts, batches: Sequence[Units]) -> Hints:
    """The numbers of what examples ask and answer, given their texts and the units of these.

    Mostly they are numbers of the sides, whose letters stand together.

    >>> from tuneset.execution.gate.examples import texts_of
    >>> from tuneset.execution.gate.texts import unit_batches
    >>> said = [{"role": "user", "content": "What?"}, {"role": "assistant", "content": "It."}]
    >>> texts = texts_of([{"messages": said}, {"messages": said * 2}])
    >>> found = hints_of(texts, list(unit_batches(texts.sides)))
    >>> (found.asked == hints(["what", "WhatItWhat"])).tolist(), found.owners.tolist()
    ([True, True], [0, 1, 1])
    """
    sides = np.concatenate([np.zeros(0, np.uint64), *(_side_hints(batch) for batch in batches)])
    asked, plain = sides[::2].copy(), np.ones(len(sides) // 2, np.bool_)
    asked[texts.others] = hints(texts.asked)
    plain[texts.others] = False
    owners = np.concatenate([np.flatnonzero(plain), np.array(texts.owners, np.int64)])
    return Hints(asked, np.concatenate([sides[1::2][plain], hints(texts.answers)]), owners)


def _side_hints(batch: Units) -> Hashes:
    """The number of each side of examples whose text is ASCII."""
    values, places = batch.letters
    stops = np.searchsorted(places, batch.ends)
    starts = np.append(0, stops)[: len(stops)]
    whole = stops - starts >= EDGE
    heads, tails = (_numbers(values, starts, stops, whole, last=last) for last in (False, True))
    return chain(heads, tails)


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
    values = np.frombuffer(letters, np.uint8)
    stops = np.flatnonzero(values == _END[0])
    starts = np.concatenate([[0], stops + 1])[: len(stops)]
    whole = stops - starts >= EDGE
    return _numbers(values, starts, stops, whole, last=last), whole


def _numbers(
    letters: npt.NDArray[np.uint8],
    starts: Positions,
    stops: Positions,
    whole: npt.NDArray[np.bool_],
    *,
    last: bool,
) -> Hashes:
    """A number for the first or the last of the letters from each start to its stop; of EDGE where so many are."""
    windows: Hashes = np.ndarray((max(len(letters) - 7, 0),), np.dtype("<u8"), letters, 0, (1,))
    begins = (stops - EDGE if last else starts)[whole]
    numbers = np.zeros(len(starts), np.uint64)
    for chunk in range(0, EDGE, 8):
        numbers[whole] = chain(numbers[whole], mix(windows[begins + chunk]))
    short = np.flatnonzero(~whole)
    for place, start, stop in zip(short.tolist(), starts[short].tolist(), stops[short].tolist(), strict=True):
        numbers[place] = xxhash.xxh3_64_intdigest(letters[start:stop].tobytes())
    return mix(numbers)
