"""`tuneset init`: params.yaml, dvc.yaml and .gitignore for somebody's own repository."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Annotated

import typer

from tuneset import artifacts
from tuneset.cli.common import OutputOption, print_result
from tuneset.cli.repository import dvc_file, git_ignore
from tuneset.errors import UsageError

FILES = ("params.yaml", "dvc.yaml")
IGNORES = ".gitignore"
NEXT = (
    "put raw files into data/raw, then `dvc init` (once) and `dvc repro`;",
    "or without DVC: tuneset prepare data/raw --out out",
)


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The repository's folder.")] = Path(),
    output: OutputOption = "text",
) -> None:
    """Write params.yaml, dvc.yaml and .gitignore into a repository of your own; never over a file that is there."""
    present = [name for name in FILES if (folder / name).exists()]
    if present:
        raise UsageError(f"{folder / present[0]}: is there already", hint="move it away, or choose another folder")
    template = resources.files("tuneset.templates").joinpath("params.template.yaml")
    for name, content in zip(FILES, (template.read_bytes(), dvc_file.text().encode()), strict=True):
        artifacts.write_bytes(folder / name, content)
    named = [folder / name for name in FILES]
    if git_ignore.add_to(folder / IGNORES):
        named.append(folder / IGNORES)
    lines = [*(f"wrote {path}" for path in named), f"next: {NEXT[0]}", f"      {NEXT[1]}"]
    print_result(output, {"schema_version": 1, "files": [str(path) for path in named], "next": list(NEXT)}, lines)
