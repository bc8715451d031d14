"""Imports flow one way: the table of docs/architecture.md, held against every file."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted(path for room in ("pipeline", "schemas") for path in (ROOT / room).rglob("*.py"))

MAY_IMPORT = {
    "top": set[str](),
    "schemas": set[str](),
    "text": set[str](),
    "tokens": set[str](),
    "formats": set[str](),
    "checks": {"text", "tokens", "schemas"},
    "similar": {"text"},
    "stages": {"text", "tokens", "formats", "checks", "similar", "schemas"},
    "flow": {"text", "tokens", "formats", "checks", "similar", "schemas", "stages"},
    "output": {"tokens", "checks", "stages"},
    "remote": set[str](),
    "local": {"tokens", "checks"},
    "sample": set[str](),
    "profiles": set[str](),
    "templates": set[str](),
}
MAY_IMPORT["cli"] = set(MAY_IMPORT) - {"top"}
"""Beside itself and the top, which every room may import."""

OWNERS = {"openai": {"remote"}, "dvc": set[str](), "click": set[str]()}
"""Libraries that only these rooms import; the product works without DVC."""


def imports(source: str, package: str) -> Iterator[tuple[int, str]]:
    """Line and absolute dotted name of everything that a file imports; `from a import b` gives `a.b`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def room_of(dotted: str) -> str | None:
    """The room that a dotted name of ours lies in; None for a name that is not ours.

    `pipeline.stages.gate.Gate` is in stages, `pipeline.errors.InputError` in the top.
    """
    first, *rest = dotted.split(".")
    if first == "schemas":
        return "schemas"
    if first != "pipeline":
        return None
    return rest[0] if rest and rest[0] in MAY_IMPORT else "top"


def violations(path: Path, source: str) -> list[str]:
    """Every import of one file (its path from the root) that goes through no door, in words."""
    package = ".".join(path.parent.parts)
    room = room_of(".".join(path.with_suffix("").parts))
    assert room is not None, f"{path}: is in no room"
    found = []
    for line, name in imports(source, package):
        target = room_of(name)
        owners = OWNERS.get(name.split(".")[0])
        if owners is not None and room not in owners:
            allowed = f"only {' and '.join(sorted(owners))} may" if owners else "no file may"
            found.append(f"{path}:{line}: imports {name}; {allowed}")
        elif target is None or target == "top":
            continue
        elif target == room == "stages":
            if not path.match(f"{'/'.join(name.split('.')[:3])}.py") and path.name != "__init__.py":
                found.append(f"{path}:{line}: imports {name}; stages never import each other, pipeline/flow joins them")
        elif (room, target) == ("output", "stages") and not name.split(".")[-1][0].isupper():
            found.append(f"{path}:{line}: imports {name}; output may import the records of stages alone")
        elif target != room and target not in MAY_IMPORT[room]:
            doors = ", ".join(["the top", *sorted(MAY_IMPORT[room])])
            found.append(f"{path}:{line}: imports {name}; {room} may import {doors} (docs/architecture.md)")
    return found


@pytest.mark.parametrize(
    ("path", "source", "text"),
    [
        (
            "pipeline/text/a.py",
            "from pipeline.stages import clean",
            "pipeline/text/a.py:1: imports pipeline.stages.clean; text may import the top (docs/architecture.md)",
        ),
        (
            "pipeline/checks/rules/a.py",
            "\nfrom ...stages.gate import Gate",
            (
                "pipeline/checks/rules/a.py:2: imports pipeline.stages.gate.Gate; "
                "checks may import the top, schemas, text, tokens (docs/architecture.md)"
            ),
        ),
        (
            "pipeline/local/a.py",
            "def f():\n    from ..remote import jobs",
            (
                "pipeline/local/a.py:2: imports pipeline.remote.jobs; "
                "local may import the top, checks, tokens (docs/architecture.md)"
            ),
        ),
        (
            "pipeline/params.py",
            "import pipeline.text.normalise",
            "pipeline/params.py:1: imports pipeline.text.normalise; top may import the top (docs/architecture.md)",
        ),
        (
            "pipeline/stages/a.py",
            "from pipeline.stages import split",
            (
                "pipeline/stages/a.py:1: imports pipeline.stages.split; "
                "stages never import each other, pipeline/flow joins them"
            ),
        ),
        (
            "pipeline/stages/a.py",
            "from .split import TRAIN",
            (
                "pipeline/stages/a.py:1: imports pipeline.stages.split.TRAIN; "
                "stages never import each other, pipeline/flow joins them"
            ),
        ),
        (
            "pipeline/output/a.py",
            "from pipeline.stages.gate import evaluate",
            (
                "pipeline/output/a.py:1: imports pipeline.stages.gate.evaluate; "
                "output may import the records of stages alone"
            ),
        ),
        (
            "pipeline/cli/a.py",
            "import openai.types",
            "pipeline/cli/a.py:1: imports openai.types; only remote may",
        ),
        ("pipeline/cli/a.py", "import click", "pipeline/cli/a.py:1: imports click; no file may"),
        ("schemas/a.py", "from dvc.api import open", "schemas/a.py:1: imports dvc.api.open; no file may"),
    ],
)
def test_an_import_through_a_wall_is_seen_and_told(path: str, source: str, text: str) -> None:
    assert violations(Path(path), source) == [text]


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("pipeline/text/a.py", "from pipeline.params import CleanParams\nimport openair, dvclive"),
        ("pipeline/text/a.py", "from . import normalise\nfrom pipeline import artifacts"),
        ("pipeline/remote/a.py", "import openai\nfrom openai import OpenAI"),
        ("pipeline/flow/a.py", "from pipeline.stages import clean, split\nfrom schemas.tables import check_tables"),
        ("pipeline/output/a.py", "from pipeline.stages.gate import Gate"),
    ],
)
def test_an_import_through_a_door_is_not_blamed(path: str, source: str) -> None:
    assert violations(Path(path), source) == []


def test_every_import_goes_through_a_door() -> None:
    assert len(FILES) > 50
    found = [text for path in FILES for text in violations(path.relative_to(ROOT), path.read_text(encoding="utf-8"))]
    assert not found, "imports that go through no door:\n" + "\n".join(found)


def test_every_folder_is_a_room() -> None:
    folders = {path.parent.name for path in (ROOT / "pipeline").glob("*/__init__.py")}
    assert folders == set(MAY_IMPORT) - {"top", "schemas"}


def test_the_table_of_the_architecture_says_the_same() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    told = {}
    for rooms, _, doors in re.findall(r"^\| (`.+?) \| (.+) \| (.+?) \|$", page, flags=re.MULTILINE):
        for path in re.findall("`(.+?)`", rooms):
            room = path.removesuffix("/").removeprefix("pipeline/").replace("*.py", "top")
            told[room] = {name for name in MAY_IMPORT if re.search(rf"\b{name}\b", doors)} - {"top"}
    in_words = {"flow": "all of the above", "cli": "everything"}
    assert all(phrase in page for phrase in in_words.values())
    assert {**told, **{room: MAY_IMPORT[room] for room in in_words}} == MAY_IMPORT
