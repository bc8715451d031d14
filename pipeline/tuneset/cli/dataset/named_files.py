"""Which files a command means: paths, globs, folders, standard input. Nothing is read but standard input."""

from __future__ import annotations

import glob
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tuneset.cli.common import STDIN_NAME
from tuneset.errors import InputError

STDIN = "-"
LINES = (".jsonl", ".ndjson")
"""Files of a folder that are taken; what `check --fix` wrote beside them is not."""
_FIXED = ".fixed.jsonl"


@contextmanager
def named_sources(files: Sequence[str]) -> Iterator[list[tuple[Path, str]]]:
    """The files that are meant, with the names to report: globs and folders expanded, standard input as a file.

    What is left out of a folder is said on stderr.
    """
    names: list[str] = []
    for file in files:
        # A shell expands globs itself; quoted ones, and those of other systems, arrive here.
        is_pattern = glob.has_magic(file) and not Path(file).exists()
        matches = sorted(glob.glob(file, recursive=True)) if is_pattern else [file]  # noqa: PTH207  may be absolute
        if not matches:
            raise InputError(f"{file}: no file matches")
        for match in matches:
            names += _of_folder(Path(match)) if Path(match).is_dir() else [match]
    with tempfile.TemporaryDirectory() as folder:
        sources = []
        for name in dict.fromkeys(names):
            if name == STDIN:
                copy = Path(folder) / "stdin.jsonl"
                with copy.open("wb") as out:
                    shutil.copyfileobj(sys.stdin.buffer, out, 1 << 20)
                sources.append((copy, STDIN_NAME))
            else:
                sources.append((Path(name), name))
        yield sources


def _of_folder(folder: Path) -> list[str]:
    """The files of training lines below a folder, sorted; hidden ones are left alone."""
    found = [path for path in sorted(folder.rglob("*")) if path.is_file() and not _hidden(path.relative_to(folder))]
    taken = [path for path in found if path.suffix in LINES and not path.name.endswith(_FIXED)]
    if not taken:
        raise InputError(f"{folder}: it holds no {' or '.join(LINES)} file", hint="name the files, or another folder")
    left = [path.relative_to(folder).as_posix() for path in found if path not in set(taken)]
    if left:
        shown = ", ".join(left[:5]) + (f" and {len(left) - 5:,} more" if len(left) > 5 else "")
        print(f"{folder}: left out: {shown}", file=sys.stderr)
    return [str(path) for path in taken]


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)
