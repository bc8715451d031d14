"""The steps over texts, run over whole columns until none finds anything more, each counted.

Each step changes only what is certainly damage: it never collapses white space inside a text, never straightens
curly quotes, never touches the case. Most texts need nothing; a cheap test over the column finds those that do. What a
conversation speaks about (`spoken_of.py`) is no damage in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from tuneset.cleaning.repair.affected_texts import not_ascii
from tuneset.cleaning.steps import TextStep


def normalise(
    texts: pl.Series,
    wanted: Sequence[TextStep],
    rows: pl.Series | None = None,
    said: pl.Series | None = None,
) -> tuple[pl.Series, dict[str, int]]:
    r"""Run steps over a String column, in their order; nulls stay null.

    `rows` holds an equal value for the texts of one conversation; without it each text is one by itself. `said` is
    what shows what a conversation speaks about, if not the texts themselves.
    Returns the new column and, by step, how many texts it changed. Running it again changes nothing: what the steps
    changed they see again, because one repair can uncover another (a zero-width space hides mojibake from ftfy).

    >>> from tuneset.cleaning.steps import TEXT_STEPS
    >>> fixed, changed = normalise(pl.Series([" schÃ¶n\r\n", "fine"]), TEXT_STEPS)
    >>> fixed.to_list(), changed["mojibake"]
    (['schön', 'fine'], 1)
    """
    repaired, changed = _repaired(texts, wanted)
    delicate = [step for step in wanted if step.spoken_of is not None and changed[step.name].any()]
    if delicate:
        for spared, places in _spoken_of(texts if said is None else said, wanted, changed, rows):
            again, changed_again = _repaired(texts.gather(places), [step for step in wanted if step not in spared])
            repaired = repaired.clone().scatter(places, again)
            for step in wanted:
                changed[step.name][places] = changed_again.get(step.name, False)
    return repaired, {name: int(texts_changed.sum()) for name, texts_changed in changed.items()}


def _repaired(texts: pl.Series, wanted: Sequence[TextStep]) -> tuple[pl.Series, dict[str, npt.NDArray[np.bool_]]]:
    """The texts after the steps, and by step which it changed."""
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
    return texts, changed


def _differ(before: pl.Series, after: pl.Series) -> pl.Series:
    return (before != after).fill_null(value=False)


def _spoken_of(
    said: pl.Series, wanted: Sequence[TextStep], changed: dict[str, npt.NDArray[np.bool_]], rows: pl.Series | None
) -> Iterator[tuple[frozenset[TextStep], npt.NDArray[np.int64]]]:
    """The steps whose subject conversations with changes speak about, and the places of their texts."""
    delicate = [step for step in wanted if step.spoken_of is not None]
    places = np.flatnonzero(np.logical_or.reduce([changed[step.name] for step in delicate]))
    rows = pl.int_range(len(said), eager=True) if rows is None else rows
    concerned = rows.is_in(rows.gather(places).unique().implode()).arg_true()
    members: dict[object, list[int]] = {}
    for row, place in zip(rows.gather(concerned), concerned, strict=True):
        members.setdefault(row, []).append(place)
    groups: dict[frozenset[TextStep], list[int]] = {}
    for of_row in members.values():
        texts = [text for text in said.gather(of_row) if text is not None]
        spared = frozenset(step for step in delicate if _speak_of(texts, step.spoken_of))
        if spared:
            groups.setdefault(spared, []).extend(of_row)
    for spared, of_group in groups.items():
        yield spared, np.array(of_group)


def _speak_of(texts: Sequence[str], words: re.Pattern[str] | None) -> bool:
    return words is not None and any(words.search(text) for text in texts)
