"""`tuneset sample`: real demo input, made from this machine's Python documentation."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from tuneset.cli.common import OutputOption, print_json
from tuneset.sample.write import write_sample

OutOption = Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder to write into.", show_default=True)]


def sample(out: OutOption = Path("data/raw"), output: OutputOption = "text") -> None:
    """Write real demo input: questions on Python's standard library, answered by its documentation."""
    print("reading the documentation of this machine's Python ...", file=sys.stderr)
    written = write_sample(out)
    total = sum(file.examples for file in written)
    if output == "json":
        files = [{"path": file.path.as_posix(), "examples": file.examples, "bytes": file.size} for file in written]
        print_json({"schema_version": 1, "files": files, "examples": total})
        return
    width = max(len(str(file.path)) for file in written)
    for file in written:
        print(f"{file.path!s:{width}}  {file.examples:6,} examples  {file.size:9,} bytes")
    print(f"{'in all':{width}}  {total:6,} examples")
