"""All findings of a file, in the order of its lines, without all of them in memory.

Findings on single lines are listed. Those on pairs of lines, of which a file of copies has millions, are kept as
numbers and come to be when they are asked for. No rules here.
"""

from __future__ import annotations

import dataclasses
import heapq
import itertools
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from tuneset.terms import Finding, Severity

_STEP = 4096
"""Findings that are made at a time."""


@dataclasses.dataclass(frozen=True)
class FindingGroup:
    """Findings of one rule on many lines.

    Args:
        lines: the lines, ascending.
        examples: the number of the example on each line.
        message: with `{}` where the number of the other line goes.
        others: the number of the other line of each; empty where the message has no place for it.
    """

    code: str
    severity: Severity
    message: str
    hint: str
    lines: npt.NDArray[np.uint64]
    examples: npt.NDArray[np.int64]
    others: npt.NDArray[np.uint64]

    def __iter__(self) -> Iterator[Finding]:
        for start in range(0, len(self.lines), _STEP):
            part = slice(start, start + _STEP)
            others: Sequence[int] = self.others[part].tolist()
            numbers = zip(self.lines[part].tolist(), self.examples[part].tolist(), strict=True)
            for (line, example), other in itertools.zip_longest(numbers, others):
                message = self.message.format(other)
                yield Finding(line, example, self.code, self.severity, "", message, self.hint)


@dataclasses.dataclass(frozen=True)
class Findings:
    """The findings of one file; iterating gives them in the order of their lines."""

    listed: Sequence[Finding]
    groups: Sequence[FindingGroup] = ()

    def __iter__(self) -> Iterator[Finding]:
        return heapq.merge(self.listed, *self.groups, key=lambda found: found.line)

    def __len__(self) -> int:
        return len(self.listed) + sum(len(group.lines) for group in self.groups)

    def counts(self) -> Counter[tuple[Severity, str]]:
        """How many findings each rule has, by severity and code."""
        counts: Counter[tuple[Severity, str]] = Counter((found.severity, found.code) for found in self.listed)
        for group in self.groups:
            if len(group.lines):
                counts[group.severity, group.code] += len(group.lines)
        return counts

    def first(self, most: int) -> dict[str, list[Finding]]:
        """The first findings of each rule by code, `most` at most."""
        firsts: dict[str, list[Finding]] = {}
        for found in heapq.merge(
            self.listed, *(itertools.islice(group, most) for group in self.groups), key=lambda found: found.line
        ):
            own = firsts.setdefault(found.code, [])
            if len(own) < most:
                own.append(found)
        return firsts
