"""`tuneset init`: params.yaml and dvc.yaml for somebody's own repository."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Annotated

import typer

from tuneset import artifacts
from tuneset.cli.repository import dvc_file
from tuneset.errors import UsageError

FILES = ("params.yaml", "dvc.yaml")


def init(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="The repository's folder.")] = Path(),
) -> None:
    """Write params.yaml and dvc.yaml into a repository of your own; never over a file that is there."""
    present = [name for name in FILES if (folder / name).exists()]
    if present:
        raise UsageError(f"{folder / present[0]}: is there already", hint="move it away, or choose another folder")
    template = resources.files("tuneset.templates").joinpath("params.template.yaml")
    for name, content in zip(FILES, (template.read_bytes(), dvc_file.text().encode()), strict=True):
        artifacts.write_bytes(folder / name, content)
        print(f"wrote {folder / name}")
    print("next: put raw files into data/raw, then `dvc init` (once) and `dvc repro`, or without DVC:")
    print("      tuneset prepare data/raw --out out")
