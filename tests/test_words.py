"""A word of ours means one thing: no two rooms have a class of a name that docs/architecture.md gives a meaning."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "pipeline" / "tuneset"
MORE = frozenset({"Checkpoint", "Endpoint", "Measure", "Measured", "Request", "Standing", "Tables"})
"""Words that had several meanings once, beside those of the page."""
ON_BOTH_SIDES = {
    "Checkpoint": "what a trainer says of it is read by the endpoint, and what an endpoint says of it by its client",
}


def words() -> set[str]:
    """The words of the page's table, as classes would be called."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = page.partition("\n## Our own words\n")[2].partition("\n## ")[0]
    return {word.capitalize() for word in re.findall(r"\*\*(\w+)\*\*", table)}


def test_the_words_are_found() -> None:
    assert {"Row", "Shard", "Group", "Target", "Registry"} <= words()


def test_no_two_files_have_a_class_of_one_word() -> None:
    found, known = defaultdict(list), words() | MORE
    for path in sorted(PACKAGE.rglob("*.py")):
        for name in re.findall(r"^class (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE):
            if name in known:
                found[name].append(str(path.relative_to(PACKAGE)))
    assert {name: files for name, files in found.items() if len(files) > 1 and name not in ON_BOTH_SIDES} == {}
    assert all(len(found[name]) == 2 for name in ON_BOTH_SIDES)
