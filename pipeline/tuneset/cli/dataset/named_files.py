"""Which files a command means: paths, globs, folders, standard input, objects. Nothing is read but the last two."""

from __future__ import annotations

import contextlib
import glob
import shutil
import sys
import tempfile
import textwrap
import zipfile
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from tuneset.cli.common import STDIN_NAME, WIDTH
from tuneset.dataset_folder import SIDES, TRAIN_FILE
from tuneset.errors import InputError
from tuneset.execution.stores import local_copies
from tuneset.execution.stores.location import Location, RemotePath, location
from tuneset.reading.left_out import LeftOut, data_files, why_left_out, why_left_out_below

STDIN = "-"
LINES = (".jsonl", ".ndjson")
"""Files of a folder that are taken; what `check --fix` wrote beside them is not."""
_FIXED = ".fixed.jsonl"
_FIXED_REASON, _OTHER_REASON = "written by --fix", "no JSON lines"
_BESIDE_REASON = "written beside the dataset"
_LEDGER = "ledger.parquet"
"""Beside train.jsonl it says that `prepare` wrote a folder, where answers of an evaluation are no training lines."""
_SHOWN_NAMES = 4


@contextlib.contextmanager
def named_sources(files: Sequence[str]) -> Iterator[list[tuple[Path, str]]]:
    """The files that are meant, with the names to report: globs and folders expanded, standard input as a file.

    What lies in a store is copied for the block. What is left out of a folder is said on stderr.
    """
    names: list[str | RemotePath] = []
    for file in files:
        at = location(file)
        if isinstance(at, RemotePath):
            names += _of_store(at)
            continue
        # A shell expands globs itself; quoted ones, and those of other systems, arrive here.
        is_pattern = glob.has_magic(file) and not Path(file).exists()
        matches = sorted(glob.glob(file, recursive=True)) if is_pattern else [file]  # noqa: PTH207  may be absolute
        if not matches:
            raise InputError(f"{file}: no file matches")
        for match in matches:
            names += _of_folder(Path(match)) if Path(match).is_dir() else [match]
    with tempfile.TemporaryDirectory() as folder:
        sources = []
        for number, name in enumerate(dict.fromkeys(names)):
            if isinstance(name, RemotePath):
                copy = Path(folder, str(number), name.name)
                local_copies.fetch(name, copy)
                sources.append((copy, str(name)))
            elif name == STDIN:
                copy = Path(folder) / "stdin.jsonl"
                with copy.open("wb") as out:
                    shutil.copyfileobj(sys.stdin.buffer, out, 1 << 20)
                sources.append((copy, STDIN_NAME))
            else:
                sources.append((Path(name), name))
        yield sources


def _of_folder(folder: Path) -> list[str]:
    """The files of training lines below a folder, sorted; hidden ones are left alone."""
    below = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    return [str(folder / path) for path in _taken(str(folder), below)]


def _of_store(at: RemotePath) -> list[RemotePath]:
    """The object of that name, or as of a folder the objects below it. Raises InputError where there is none."""
    if at.is_file():
        return [at]
    try:
        found = at.below()
    except FileNotFoundError:
        found = {}
    if not found:
        raise InputError(f"{at}: there is nothing", hint="check the name")
    return [at / path.as_posix() for path in _taken(str(at), list(map(Path, found)))]


def _taken(folder: str, below: Sequence[Path]) -> list[Path]:
    """Which files below a folder are of training lines; what else there is but hidden ones is said on stderr."""
    found = [path for path in sorted(below) if not _hidden(path)]
    made = {path.parent for path in found if path.name == _LEDGER} & {
        path.parent for path in found if path.name == TRAIN_FILE
    }
    lines = [path for path in found if path.suffix in LINES and not path.name.endswith(_FIXED)]
    taken = [path for path in lines if _is_of_dataset(path, made)]
    if not taken:
        raise InputError(f"{folder}: it holds no {' or '.join(LINES)} file", hint="name the files, or another folder")
    reasons = {path: _FIXED_REASON if path.name.endswith(_FIXED) else _OTHER_REASON for path in found}
    reasons |= dict.fromkeys(lines, _BESIDE_REASON)
    _tell(folder, [LeftOut(path, reasons[path]) for path in found if path not in set(taken)])
    return taken


def _is_of_dataset(path: Path, made: Collection[Path]) -> bool:
    """Whether a file is one of the sides where it lies in a folder that `prepare` wrote; elsewhere any file is.

    >>> made = [Path("ds")]
    >>> [_is_of_dataset(Path(name), made) for name in ("ds/train.jsonl", "ds/evaluation.jsonl", "own/evaluation.jsonl")]
    [True, False, True]
    """
    roots = [folder for folder in path.parents if folder in made]
    return not roots or (path.parent in made and path.stem in SIDES)


def tell_left_out(folder: Path, left: Sequence[LeftOut]) -> None:
    """Say on stderr what of a folder is not read, by reason; of hidden files only how many there are."""
    _tell(str(folder), [one._replace(path=one.path.relative_to(folder)) for one in left])


def _tell(folder: str, left: Sequence[LeftOut]) -> None:
    """`tell_left_out` of paths below the folder."""
    by_reason: dict[str, list[str]] = {}
    for one in sorted(left):
        by_reason.setdefault(one.reason, []).append(one.path.as_posix())
    if not by_reason:
        return
    print(f"{folder}: left out", file=sys.stderr)
    for reason, names in by_reason.items():
        shown = [] if reason == "hidden" else names[:_SHOWN_NAMES]
        more = len(names) - len(shown)
        told = [
            *shown,
            *([f"{more:,} more" if shown else f"{more:,} {'file' if more == 1 else 'files'}"] if more else []),
        ]
        text = f"{reason}: {', '.join(told)}"
        for line in textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="    ", break_long_words=False):
            print(line, file=sys.stderr)


def tell_raw_left_out(raw: Sequence[Location]) -> None:
    """Say on stderr what of raw folders, and of zip archives of this machine, is not read.

    What else there is, is for its reader to judge.
    """
    for at in dict.fromkeys(at for at in raw if isinstance(at, RemotePath)):
        with contextlib.suppress(FileNotFoundError):
            _tell(str(at), [LeftOut(Path(name), why) for name in at.below() if (why := why_left_out_below(name))])
    for path in dict.fromkeys(path for path in raw if isinstance(path, Path)):
        files = [path]
        if path.is_dir():
            found = list(data_files(path))
            tell_left_out(path, [one for one in found if isinstance(one, LeftOut)])
            files = sorted(one for one in found if not isinstance(one, LeftOut))
        for file in files:
            if zipfile.is_zipfile(file):
                tell_left_out(file, _left_out_of_zip(file))


def _left_out_of_zip(path: Path) -> list[LeftOut]:
    """The members of a zip archive that are not read; none where it cannot be opened, which its reader tells."""
    try:
        with zipfile.ZipFile(path) as zipped:
            names = [entry.filename for entry in zipped.infolist() if not entry.is_dir()]
    except (OSError, zipfile.BadZipFile):
        return []
    if "[Content_Types].xml" in names:  # a workbook or a document (ECMA-376), which is one file
        return []
    why = {name: next(filter(None, map(why_left_out, name.split("/"))), None) for name in names}
    return [LeftOut(path / name, reason) for name, reason in why.items() if reason]


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)
