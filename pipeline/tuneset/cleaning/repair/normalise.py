"""The steps over texts, run over whole columns until none finds anything more, each counted.

Each step changes only what is certainly damage: it never collapses white space inside a text, never straightens
curly quotes, never touches the case. Most texts need nothing; a cheap test over the column finds those that do.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from tuneset.cleaning.repair.columns import not_ascii
from tuneset.cleaning.steps import TextStep


def normalise(texts: pl.Series, wanted: Sequence[TextStep]) -> tuple[pl.Series, dict[str, int]]:
    r"""Run steps over a String column, in their order; nulls stay null.

    Returns the new column and, by step, how many texts it changed. Running it again changes nothing: what the steps
    changed they see again, because one repair can uncover another (a zero-width space hides mojibake from ftfy).

    >>> from tuneset.cleaning.steps import TEXT_STEPS
    >>> fixed, changed = normalise(pl.Series(["  schÃ¶n\r\n", "fine"]), TEXT_STEPS)
    >>> fixed.to_list(), changed["mojibake"]
    (['schön', 'fine'], 1)
    """
    changed = {step.name: np.zeros(len(texts), dtype=bool) for step in wanted}
    places, suspects = np.arange(len(texts)), texts
    while places.size:  # ends, because each step does
        repaired = suspects
        for step in wanted:
            before = repaired
            repaired = step.repair(before)
            if repaired is not before:
                changed[step.name][places] |= _differ(before, repaired).to_numpy()
        if repaired is suspects:
            break
        texts = repaired if len(places) == len(texts) else texts.clone().scatter(places, repaired)
        # Plain ASCII is done after one pass: neither ftfy nor NFC finds anything in it.
        again = (_differ(suspects, repaired) & not_ascii(repaired)).fill_null(value=False).arg_true()
        places, suspects = places[again.to_numpy()], repaired.gather(again)
    return texts, {name: int(texts_changed.sum()) for name, texts_changed in changed.items()}


def _differ(before: pl.Series, after: pl.Series) -> pl.Series:
    return (before != after).fill_null(value=False)
