"""The finders of the rules on repeated examples, over the keys of all lines.

Apart from the rules themselves, because each process that judges lines knows all rules, and does without numpy: loading
it takes half as long as everything else that such a process loads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tuneset.rules.context import Context
from tuneset.rules.engine.sorted_findings import FindingGroup

LINE, WHOLE, PROMPT = 0, 1, 2
"""Columns of the keys that `scan` gives: the line, the hash of the example, the hash of its prompt."""

Keys = npt.NDArray[np.uint64]


def repeated(keys: Keys, context: Context) -> Iterator[FindingGroup]:
    """Yield the examples that stand in the file already, and the prompts that had another answer.

    `keys` has one row an example, in their order.
    """
    order = np.arange(len(keys))
    first_whole = _first_of(keys[:, WHOLE])
    copies = first_whole != order
    if context.on("DAT004"):
        said = "the same example as in line {}"
        yield _group("DAT004", said, "keep one of them", keys, copies, context, first_whole)
    # A preference may share its prompt with others: each compares other answers, or judges one.
    if context.on("DAT005") and context.format not in ("dpo", "kto"):
        first_prompt = _first_of(keys[:, PROMPT])
        said = "the prompt of line {} with another answer"
        hint = "keep the right answer; where both are wanted, switch the rule off"
        yield _group("DAT005", said, hint, keys, ~copies & (first_prompt != order), context, first_prompt)


def overlaps(keys: Keys, earlier: Sequence[tuple[str, Keys]], context: Context) -> Iterator[FindingGroup]:
    """Yield the examples and the prompts of a file that stand in one of the files before it as well."""
    seen_whole = np.zeros(len(keys), dtype=bool)
    seen_prompt = np.zeros(len(keys), dtype=bool)
    for name, other in earlier:
        whole = np.isin(keys[:, WHOLE], other[:, WHOLE]) & ~seen_whole
        prompt = np.isin(keys[:, PROMPT], other[:, PROMPT]) & ~seen_prompt & ~seen_whole & ~whole
        shown = name.replace("{", "{{").replace("}", "}}")
        for code, found, said in (
            ("DAT006", whole, f"the same example stands in {shown}"),
            ("DAT007", prompt, f"the same prompt stands in {shown}, with another answer"),
        ):
            if context.on(code):
                yield _group(code, said, "keep it in one of the two files", keys, found, context)
        seen_whole |= whole
        seen_prompt |= prompt


def _group(
    code: str,
    message: str,
    hint: str,
    keys: Keys,
    chosen: npt.NDArray[np.bool_],
    context: Context,
    first: npt.NDArray[np.int64] | None = None,
) -> FindingGroup:
    """The findings of a rule on the examples that are chosen; `first` says which example each is like."""
    indices = np.flatnonzero(chosen)
    lines = keys[:, LINE]
    others = lines[first[indices]] if first is not None else np.empty(0, dtype=np.uint64)
    return FindingGroup(code, context.severity[code], message, hint, lines[indices], indices + 1, others)


def _first_of(values: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """For each value the index of its first occurrence.

    >>> _first_of(np.array([7, 8, 7, 7])).tolist()
    [0, 1, 0, 0]
    """
    # np.unique does the same with a stable sort, in twice the time.
    order = np.argsort(values)
    ordered = values[order]
    is_start = np.ones(len(values), dtype=bool)
    is_start[1:] = ordered[1:] != ordered[:-1]
    starts = np.flatnonzero(is_start)
    first = np.empty(len(values), dtype=np.int64)
    if len(values):
        lengths = np.diff(starts, append=len(values))
        first[order] = np.repeat(np.minimum.reduceat(order, starts), lengths)
    return first
