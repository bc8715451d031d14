"""Imports flow one way: the table of docs/architecture.md, held against every file."""

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "pipeline"
FILES = sorted((SOURCE / "tuneset").rglob("*.py"))

MAY_IMPORT = {
    "top": set[str](),
    "reading": set[str](),
    "cleaning": set[str](),
    "targets": set[str](),
    "graders": set[str](),
    "evaluation": {"graders"},
    "labelling": {"reading"},
    "similarity": set[str](),
    "rules": {"reading", "cleaning", "targets"},
    "writing": {"reading"},
    "stages": {"reading", "cleaning", "targets", "similarity", "rules"},
    "execution": {"reading", "cleaning", "targets", "similarity", "rules", "stages"},
    "reporting": {"targets", "rules", "stages"},
    "viewing": {"reading", "cleaning", "targets", "rules", "execution", "reporting"},
    "providers": set[str](),
    "training": {"targets", "graders"},
    "endpoint": {"training", "graders"},
    "sample": set[str](),
    "profiles": set[str](),
    "templates": set[str](),
}
MAY_IMPORT["api"] = {"reading", "targets", "rules", "stages", "execution", "reporting", "providers"}
MAY_IMPORT["api"] |= {"endpoint", "evaluation", "graders", "labelling", "writing"}
MAY_IMPORT["cli"] = set(MAY_IMPORT) - {"top"}
"""Beside itself and the top, which every room may import."""

OWNERS = {
    "fcntl": set[str](),
    "fsspec": {"execution/stores", "providers/bedrock", "providers/vertex"},
    "boto3": {"providers/bedrock"},
    "botocore": {"providers/bedrock"},
    "google": {"providers/vertex"},
    "ray": {"execution/executors"},
    "openai": {"providers/openai", "writing/scripts"},
    "httpx2": {"providers/openai", "providers/wire", "graders", "endpoint/batches", "endpoint/inference"},
    "pypdfium2": {"endpoint/retrieval"},
    "jinja2": {"targets/local_models"},
    "tokenizers": {"targets/local_models"},
    "huggingface_hub": {"targets/local_models"},
    "mcp": {"cli/assistant"},
    "dvc": set[str](),
    "click": set[str](),
}
"""Libraries that only these folders import; the product works without DVC."""

IN_THE_TOP = {"params", "pages"}
"""Folders of the top: one subject in several files."""

INSIDES = ("tuneset.training.tiny", "tuneset.training.torch", "tuneset.training.trl")
"""Packages that only their own files import: a trainer is loaded by its address, in its own process."""


@functools.cache
def imports(source: str, package: str) -> tuple[tuple[int, str], ...]:
    """Line and absolute dotted name of everything that a file imports; `from a import b` gives `a.b`."""
    return tuple(_imports(source, package))


def _imports(source: str, package: str) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def room_of(dotted: str) -> str | None:
    """The room that a dotted name of ours lies in; None for a name that is not ours.

    `tuneset.stages.gate.Gate` is in stages, `tuneset.errors.InputError` in the top.
    """
    first, *rest = dotted.split(".")
    if first != "tuneset":
        return None
    if rest[:1] == ["__main__"]:
        return "cli"
    if rest[:1] == ["__init__"]:
        return "api"
    return rest[0] if rest and rest[0] in MAY_IMPORT else "top"


def violations(path: Path, source: str) -> list[str]:
    """Every import of one file (its path from the source root) that goes through no door, in words."""
    package = ".".join(path.parent.parts)
    room = room_of(".".join(path.with_suffix("").parts))
    assert room is not None, f"{path}: is in no room"
    found = []
    for line, name in imports(source, package):
        target = room_of(name)
        owners = OWNERS.get(name.split(".")[0])
        if owners is not None and "/".join(path.parent.parts[1:]) not in owners:
            allowed = f"only {' and '.join(sorted(owners))} may" if owners else "no file may"
            found.append(f"{path}:{line}: imports {name}; {allowed}")
        elif any(f"{name}.".startswith(f"{inside}.") and package != inside for inside in INSIDES):
            found.append(f"{path}:{line}: imports {name}; only files beside it may")
        elif target is None or target == "top":
            continue
        elif target == room == "stages":
            if not path.match(f"{'/'.join(name.split('.')[:3])}.py") and path.name != "__init__.py":
                found.append(f"{path}:{line}: imports {name}; stages never import each other, execution joins them")
        elif (room, target) == ("reporting", "stages") and not name.split(".")[-1][0].isupper():
            found.append(f"{path}:{line}: imports {name}; reporting may import the records of stages alone")
        elif target != room and target not in MAY_IMPORT[room]:
            doors = ", ".join(["the top", *sorted(MAY_IMPORT[room])])
            found.append(f"{path}:{line}: imports {name}; {room} may import {doors} (docs/architecture.md)")
    return found


@pytest.mark.parametrize(
    ("path", "source", "text"),
    [
        (
            "tuneset/cleaning/a.py",
            "from tuneset.stages import clean",
            "tuneset/cleaning/a.py:1: imports tuneset.stages.clean; cleaning may import the top (docs/architecture.md)",
        ),
        (
            "tuneset/rules/families/a.py",
            "\nfrom ...stages.gate import Gate",
            (
                "tuneset/rules/families/a.py:2: imports tuneset.stages.gate.Gate; "
                "rules may import the top, cleaning, reading, targets (docs/architecture.md)"
            ),
        ),
        (
            "tuneset/endpoint/a.py",
            "def f():\n    from ..providers import jobs",
            (
                "tuneset/endpoint/a.py:2: imports tuneset.providers.jobs; "
                "endpoint may import the top, graders, training (docs/architecture.md)"
            ),
        ),
        (
            "tuneset/params/split.py",
            "import tuneset.cleaning.normalise",
            (
                "tuneset/params/split.py:1: imports tuneset.cleaning.normalise; "
                "top may import the top (docs/architecture.md)"
            ),
        ),
        (
            "tuneset/stages/a.py",
            "from tuneset.stages import split",
            (
                "tuneset/stages/a.py:1: imports tuneset.stages.split; "
                "stages never import each other, execution joins them"
            ),
        ),
        (
            "tuneset/stages/a.py",
            "from .split import TRAIN",
            (
                "tuneset/stages/a.py:1: imports tuneset.stages.split.TRAIN; "
                "stages never import each other, execution joins them"
            ),
        ),
        (
            "tuneset/reporting/a.py",
            "from tuneset.stages.gate import evaluate",
            (
                "tuneset/reporting/a.py:1: imports tuneset.stages.gate.evaluate; "
                "reporting may import the records of stages alone"
            ),
        ),
        (
            "tuneset/cli/a.py",
            "import openai.types",
            "tuneset/cli/a.py:1: imports openai.types; only providers/openai and writing/scripts may",
        ),
        (
            "tuneset/providers/calls.py",
            "import httpx2",
            (
                "tuneset/providers/calls.py:1: imports httpx2; "
                "only endpoint/batches and endpoint/inference and graders and providers/openai and providers/wire may"
            ),
        ),
        (
            "tuneset/endpoint/a.py",
            "from tuneset.training.tiny import corpus",
            "tuneset/endpoint/a.py:1: imports tuneset.training.tiny.corpus; only files beside it may",
        ),
        (
            "tuneset/training/a.py",
            "import tuneset.training.tiny",
            "tuneset/training/a.py:1: imports tuneset.training.tiny; only files beside it may",
        ),
        ("tuneset/cli/a.py", "import click", "tuneset/cli/a.py:1: imports click; no file may"),
        ("tuneset/sample/a.py", "from dvc.api import open", "tuneset/sample/a.py:1: imports dvc.api.open; no file may"),
    ],
)
def test_an_import_through_a_wall_is_seen_and_told(path: str, source: str, text: str) -> None:
    assert violations(Path(path), source) == [text]


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("tuneset/cleaning/a.py", "from tuneset.params import CleanParams\nimport openair, dvclive"),
        (
            "tuneset/training/tiny/a.py",
            "from tuneset.training.tiny import corpus\nfrom tuneset.training import tinyness",
        ),
        ("tuneset/cleaning/a.py", "from . import normalise\nfrom tuneset import artifacts"),
        ("tuneset/providers/openai/a.py", "import openai\nfrom openai import OpenAI"),
        (
            "tuneset/execution/a.py",
            "from tuneset.stages import clean, split\nfrom tuneset.table_columns import check_tables",
        ),
        ("tuneset/reporting/a.py", "from tuneset.stages.gate import Gate"),
    ],
)
def test_an_import_through_a_door_is_not_blamed(path: str, source: str) -> None:
    assert violations(Path(path), source) == []


def test_every_import_goes_through_a_door() -> None:
    assert len(FILES) > 50
    found = [text for path in FILES for text in violations(path.relative_to(SOURCE), path.read_text(encoding="utf-8"))]
    assert not found, "imports that go through no door:\n" + "\n".join(found)


def test_every_folder_is_a_room() -> None:
    folders = {path.parent.name for path in (SOURCE / "tuneset").glob("*/__init__.py")}
    assert folders == set(MAY_IMPORT) - {"top"} | IN_THE_TOP


def test_the_table_of_the_architecture_says_the_same() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    told = {}
    for rooms, _, doors in re.findall(r"^\| (`.+?) \| (.+) \| (.+?) \|$", page, flags=re.MULTILINE):
        for path in re.findall("`(.+?)`", rooms):
            room = path.removesuffix("/").replace("*.py", "top")
            told[room] = {name for name in MAY_IMPORT if re.search(rf"\b{name}\b", doors)} - {"top"}
    in_words = {"execution": "all of the above", "cli": "everything"}
    assert all(phrase in page for phrase in in_words.values())
    assert {**told, **{room: MAY_IMPORT[room] for room in in_words}} == MAY_IMPORT
