"""Dead code is taken out: whatever a file defines at its top is used in the package. No class has another's name."""

from __future__ import annotations

import ast
import collections
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
DEFINED = re.compile(r"^(?:async )?(?:def|class) (\w+)|^(\w+)(?:: [^=\n]+)? = ", re.MULTILINE)
DECORATED = re.compile(r"^@[^\n]*\n(?:@[^\n]*\n)*(?:def|class) (\w+)", re.MULTILINE)
CALLED_BY_OTHERS = ("pipeline/tuneset/writing/scripts/", "pipeline/tuneset/__init__.py", "pipeline/conftest.py")
"""Scripts of exports are called by trainers and services; a module is asked for names; pytest reads its own file."""


def unused(sources: Mapping[str, str]) -> Iterator[str]:
    """Names at the top of files that stand nowhere else: private ones in their own file, others in any."""
    words = {path: collections.Counter(re.findall(r"\w+", text)) for path, text in sources.items()}
    all_words = collections.Counter[str]()
    for counted in words.values():
        all_words.update(counted)
    for path, text in sources.items():
        if not path.startswith("pipeline/") or path.startswith(CALLED_BY_OTHERS):
            continue
        decorated = set(DECORATED.findall(text))
        for found in DEFINED.finditer(text):
            name = found[1] or found[2]
            counts = words[path] if name.startswith("_") else all_words
            if counts[name] == 1 and name not in {*decorated, "__all__"}:
                yield f"{path}: {name}"


def test_a_name_that_nobody_uses_is_seen() -> None:
    sources = {
        "pipeline/a.py": "def used() -> None: ...\n\n\ndef lost() -> None: ...\n\n\n_OWN = 1\n_LOST: int = _OWN\n",
        "pipeline/b.py": "from tuneset.a import used\n\n_LOST = used()\n\n\n@app.command\ndef run() -> None: ...\n",
        "scripts/c.py": "def main() -> None: ...\n",
    }
    assert list(unused(sources)) == ["pipeline/a.py: lost", "pipeline/a.py: _LOST", "pipeline/b.py: _LOST"]


def test_whatever_is_defined_is_used() -> None:
    files = [*sorted((ROOT / "pipeline").rglob("*.py")), *sorted((ROOT / "scripts").rglob("*.py"))]
    sources = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in files}
    assert list(unused(sources)) == []


SHARED = frozenset({
    "Answers", "Asked", "Call", "Checkpoint", "Content", "Corpus", "Counted", "Decided", "Done", "Drawn",
    "Estimate", "Evaluation", "Files", "Found", "Given", "Head", "Jobs", "Kept", "Lines", "Look", "Looked", "Page",
    "Part", "Parts", "Piece", "Plan", "Preference", "Range", "Reader", "Reason", "Remote", "Report", "Rows", "Said",
    "Search", "Section", "Spans", "StoredModel", "Supervised", "Text", "Texts", "Told", "TrainingState", "Written",
})  # fmt: skip
"""Classes that several files have, each with the meaning that its room gives the word. None is to join them."""


def shared(sources: Mapping[str, str]) -> set[str]:
    """Names of public classes that stand at the top of more than one file."""
    named = [
        node.name
        for text in sources.values()
        for node in ast.parse(text).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    ]
    return {name for name, count in collections.Counter(named).items() if count > 1}


def test_a_class_that_has_the_name_of_another_is_seen() -> None:
    sources = {"a.py": "class One: ...\nclass _Own: ...\n", "b.py": "class _Own: ...\n", "c.py": "class Two: ...\n"}
    assert shared(sources) == set()
    assert shared(sources | {"d.py": "class Two:\n    class One: ...\n"}) == {"Two"}


def test_a_new_class_has_a_name_of_its_own() -> None:
    files = sorted((ROOT / "pipeline").rglob("*.py"))
    found = shared({str(path): path.read_text(encoding="utf-8") for path in files})
    assert found - SHARED == set(), "one word for one thing: call the new class by what sets it apart"
    assert SHARED - found == set(), "take it off the list"
