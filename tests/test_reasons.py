"""Whoever switches a rule of the linter off says why, beside it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SWITCH = re.compile(r"# noqa\b(?!: [A-Z]+[0-9]+(?:, [A-Z]+[0-9]+)*\)? +[(a-zA-Z0-9`])")
"""One that names no rule, or behind which no words stand."""


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("a()  # noqa", True),
        ("a()  # noqa: S101", True),
        ("a()  # noqa: S101, D100", True),
        ("a()  # noqa: S101  why", False),
    ],
)
def test_a_switch_without_a_reason_is_seen(line: str, found: bool) -> None:
    assert bool(SWITCH.search(line)) == found


def test_every_switch_has_a_reason() -> None:
    bare = [
        f"{path.relative_to(ROOT)}:{number}"
        for folder in ("pipeline", "tests", "benchmarks", "scripts")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if "# noqa" in line and SWITCH.search(line)
    ]
    assert bare == []
