"""Write this repository's dvc.yaml: the stage table, and the code of each stage by what its modules import.

    python scripts/write_dvc_yaml.py

A stage's code is its module, what the stage table names beside it, and everything of ours that these import, directly
or not: rooms as folders, stages and the files of the top one by one. `execution/` runs every stage and imports all of
them, so it is a dependency as a folder, and imports from one of its files to another are not followed. Remote stages
name no code: receipts say what they have done, and a change of the client makes no other job.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

from tuneset import stage_table
from tuneset.cli.repository import dvc_file
from tuneset.params import load_params

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "pipeline"
HEAD = """\
# Written by scripts/write_dvc_yaml.py (`make dvc.yaml`) from the stage table, with the code of each stage among its
# dependencies; `tuneset init` writes the same without it. One stage a step, each cached by its inputs. `dvc repro` runs
# what has changed, `dvc repro gate` stops before the job.
"""
COMMAND = "env PATH=.venv/bin:$PATH tuneset # the one that `make` installed, else the one on the path"
DATA = {"tuneset.profile": "pipeline/tuneset/profiles", "tuneset.line_schemas": "schemas"}
"""Folders of data that a module reads."""


def text() -> str:
    """The whole of dvc.yaml."""
    params = load_params(ROOT / "params.yaml")
    reads = {}
    for row in stage_table.STAGES:
        named = dvc_file.files_in_params(row, params)
        reads[row.name] = named + ([] if row.scope == "remote" else code_of(row))
    return dvc_file.text(COMMAND, HEAD, reads)


def code_of(row: stage_table.Stage) -> list[str]:
    """The files and folders, from the root of the repository, that hold the code of a stage."""
    modules = closure([f"tuneset.stages.{row.name}", *row.code])
    rooms = {parts[1] for name in modules if len(parts := name.split(".")) > 2 or is_package(name)} - {"stages"}
    single = {name for name in modules if name.startswith("tuneset.stages.") or name.count(".") == 1}
    files = {f"pipeline/{name.replace('.', '/')}.py" for name in single if not is_package(name)}
    folders = {f"pipeline/tuneset/{room}" for room in rooms | {"execution"}}
    return sorted(files | folders | {folder for name, folder in DATA.items() if name in modules})


def closure(roots: list[str]) -> set[str]:
    """The modules of ours that these import, directly or not, and they themselves."""
    found: set[str] = set()
    waiting = [module for root in roots for module in [root, *_below(root)]]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            is_runner = name.startswith("tuneset.execution.")
            waiting += [other for other in imported(name) if not (is_runner and other.startswith("tuneset.execution."))]
    return found - {"tuneset"}


@functools.cache
def imported(name: str) -> tuple[str, ...]:
    """The modules of ours that a module imports, late imports too."""
    return tuple(_imported(name))


def _imported(name: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(path_of(name).read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        yield from (one for one in names if one.startswith("tuneset.") and path_of(one).is_file())


def path_of(name: str) -> Path:
    """The file of a module or a package."""
    folder = SOURCE / name.replace(".", "/")
    return folder / "__init__.py" if is_package(name) else folder.with_name(f"{folder.name}.py")


def is_package(name: str) -> bool:
    """Whether a dotted name is a folder of modules."""
    return (SOURCE / name.replace(".", "/")).is_dir()


def _below(name: str) -> list[str]:
    folder = SOURCE / name.replace(".", "/")
    return [".".join(path.relative_to(SOURCE).with_suffix("").parts) for path in folder.rglob("*.py")]


if __name__ == "__main__":
    (ROOT / "dvc.yaml").write_text(text(), encoding="utf-8")
