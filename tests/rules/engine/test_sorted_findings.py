"""Findings in the order of their lines, counted and shown in part without being made in full."""

import numpy as np

from tuneset.rules.engine.sorted_findings import FindingGroup, Findings
from tuneset.terms import Finding


def _one(line: int, code: str = "CNV006") -> Finding:
    return Finding(line, line, code, "error", "", "m", "h")


def _group(lines: list[int], others: list[int]) -> FindingGroup:
    numbers = np.array(lines, dtype=np.uint64)
    return FindingGroup(
        "DAT004", "warning", "as in line {}", "h", numbers, numbers.astype(np.int64), np.array(others, np.uint64)
    )


def test_listed_and_grouped_findings_are_merged_by_line() -> None:
    found = Findings([_one(0), _one(2), _one(9)], [_group([1, 3, 20], [5, 6, 7])])
    assert [one.line for one in found] == [0, 1, 2, 3, 9, 20]
    assert [one.message for one in found if one.code == "DAT004"] == [f"as in line {n}" for n in (5, 6, 7)]
    assert list(found) == list(found)
    assert len(found) == 6


def test_counts_and_first_findings_need_no_pass_over_all() -> None:
    million = np.arange(1, 1_000_001, dtype=np.uint64)
    found = Findings(
        [_one(4)], [FindingGroup("DAT005", "warning", "same", "h", million, million.astype(np.int64), million[:0])]
    )
    assert found.counts() == {("error", "CNV006"): 1, ("warning", "DAT005"): 1_000_000}
    first = found.first(2)
    assert [one.line for one in first["DAT005"]] == [1, 2]
    assert first["CNV006"] == [_one(4)]


def test_an_empty_group_is_no_finding() -> None:
    found = Findings([], [_group([], [])])
    assert not found
    assert (list(found), found.counts(), found.first(3)) == ([], {}, {})
