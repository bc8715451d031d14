"""What a pair's own scores say of which answer is better: sets keep one for each beside the two.

Of equal scores one answer was taken by chance, and where the other one's is higher the columns may be changed over.
Counted are scores of the whole answer alone: of harm or perplexity less is more, of length or one trait neither, and
how many gave a score is none. Where several columns score both and one of them is for the pair, it stays.
Source: UltraFeedback (binarized), Argilla's and other sets of pairs with
`score_chosen` or `chosen_rating` on the Hugging Face hub; seen 2026-11.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from typing import Any

from tuneset.json_text import shown_key
from tuneset.reading.verdict_places import plain_name

_SCORES = frozenset(("score", "scores", "rating", "reward"))
_OF_ALL = frozenset(
    {
        "overall", "avg", "average", "mean", "final", "total", "quality", "preference", "answer", "response", "output",
        "model", "rm", "judge", "llm", "gpt", "gpt4", "human", "user", "annotator", "raw", "normalized",
    }
)  # fmt: skip
"""What may stand beside the name of a score: of which answer, of all of it, or who gave it."""
_BETTER = {"chosen": "rejected", "preferred": "rejected", "accepted": "rejected"}


def against(record: Mapping[str, Any]) -> str | None:
    """What the scores of a pair have against it, as a sentence; None where they agree with it or there are none.

    >>> against({"chosen": "Yes.", "rejected": "No.", "score_chosen": 4, "score_rejected": 4})
    'score_chosen and score_rejected say that neither answer is better'
    >>> against({"chosen-rating": "2.5", "rejected-rating": "4"})
    'chosen-rating and rejected-rating say that the other answer is better'
    >>> against({"chosen_score": 5, "rejected_score": 4}) is None, against({"chosen_score": None}) is None
    (True, True)
    >>> against({"chosen_harm_score": 1, "rejected_harm_score": 4}) is None
    True
    """
    said: str | None = None
    for better, worse in _pairs(tuple(record)):
        first, second = _number(record[better]), _number(record[worse])
        if first is None or second is None:
            continue
        if first > second:
            return None
        says = "neither" if first == second else "the other"
        said = said or f"{shown_key(better)} and {shown_key(worse)} say that {says} answer is better"
    return said


@functools.lru_cache(maxsize=1024)
def _pairs(names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """The columns among some that hold the two scores of a pair.

    >>> _pairs(("chosen", "rejected", "chosen_rank", "rejected_rank", "Chosen Score", "Rejected Score"))
    (('Chosen Score', 'Rejected Score'),)
    """
    plain = {plain_name(name): name for name in names}
    return tuple(
        (column, plain[other])
        for name, column in plain.items()
        for better, worse in _BETTER.items()
        if _is_score(name.split("_"), better) and (other := name.replace(better, worse)) in plain
    )


def _is_score(words: list[str], better: str) -> bool:
    """Whether a name in words is that of a score of the whole better answer.

    >>> _is_score(["chosen", "avg", "rating"], "chosen"), _is_score(["chosen", "rating", "count"], "chosen")
    (True, False)
    """
    return better in words and not _SCORES.isdisjoint(words) and _OF_ALL.union(_SCORES, (better,)).issuperset(words)


def _number(value: Any) -> float | None:  # noqa: ANN401  any JSON value
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
