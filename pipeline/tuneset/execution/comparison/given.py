"""What is named for a comparison: a made dataset, a revision of one, or plain files; as files of lines.

Plain files of another shape than chat lines are read as `prepare` reads them, and nothing in them is cleaned.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tuneset import artifacts, dataset_folder
from tuneset.dataset_folder import DatasetFolder
from tuneset.errors import InputError
from tuneset.execution.comparison import revision
from tuneset.execution.comparison.lines import parsed, spoken
from tuneset.execution.comparison.overlap import as_lines
from tuneset.execution.stores import local_copies
from tuneset.execution.stores.location import RemotePath, location
from tuneset.params import Params
from tuneset.reading import decode

_FIRST_BYTES = 64 << 20  # of the first line; a longer one is read as any other file
ALLOWED = "a folder that `tuneset prepare` left, a file, or rev:NAME for a git revision"
NO_SIDE = "-"
"""The side of rows of plain files."""


@dataclasses.dataclass(frozen=True)
class Given:
    """A set to compare.

    Args:
        name: as it was typed.
        sides: side and file, for each file of lines.
        ledger: what became of raw rows, where that is known.
        manifest: how the set was made, where that is known.
        shown: what to call a file in place of its path.
        places: of lines that were made for the comparison, where each was read.
    """

    name: str
    sides: Sequence[tuple[str, Path]]
    ledger: Path | None = None
    manifest: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    shown: Mapping[Path, str] = dataclasses.field(default_factory=dict)
    places: Sequence[str] = ()

    @property
    def divided(self) -> bool:
        """Whether its rows have sides."""
        return any(side != NO_SIDE for side, _ in self.sides)


def take(name: str, work: Path, params: Params) -> Given:
    """What a name means; files that must be made for it go into `work`.

    Raises UsageError for a revision that is none, InputError for what is missing or holds no row.
    """
    if name.startswith(revision.PREFIX):
        found = dataset_folder.find(revision.fetch(name, work, dataset_folder.NAMES))
        return _made(name, found, prefix=name)
    at = location(name)
    if isinstance(at, RemotePath):
        return _in_store(at, work, params)
    path = at
    if path.is_dir() and dataset_folder.is_dataset(path):
        return _made(name, dataset_folder.find(path))
    if path.is_file() and _holds_examples(path):
        return Given(name, [(NO_SIDE, path)])
    if not path.exists():
        raise InputError(f"{name}: is missing", allowed=ALLOWED)
    lines = as_lines(path, work / "lines.jsonl", params)
    return Given(name, [(NO_SIDE, lines.path)], places=lines.places)


def _in_store(at: RemotePath, work: Path, params: Params) -> Given:
    """The same of what lies in a store, with copies in `work`."""
    if at.is_file():
        copy = work / "object" / at.name
        local_copies.fetch(at, copy)
        given = take(str(copy), work, params)
        label = decode.source_label(copy)
        places = [place.replace(label, str(at), 1) for place in given.places]
        return dataclasses.replace(given, name=str(at), shown={copy: str(at)}, places=places)
    for name in dataset_folder.NAMES:
        with contextlib.suppress(FileNotFoundError):
            local_copies.fetch(at / name, work / "set" / name)
    if not dataset_folder.is_dataset(work / "set"):
        raise InputError(f"{at}: is missing", allowed=ALLOWED)
    return _made(str(at), dataset_folder.find(work / "set"), prefix=str(at))


def _made(name: str, folder: DatasetFolder, prefix: str = "") -> Given:
    sides = folder.sides
    manifest = artifacts.read_json(folder.manifest) if folder.manifest.is_file() else {}
    return Given(
        name,
        list(sides.items()),
        folder.ledger if folder.ledger.is_file() else None,
        manifest if isinstance(manifest, dict) else {},
        {path: f"{prefix}/{path.name}" for path in sides.values()} if prefix else {},
    )


def _holds_examples(path: Path) -> bool:
    """Whether a file begins with a line that is an example as it is written."""
    with decode.reading(path), path.open("rb") as handle:
        first = handle.readline(_FIRST_BYTES)
    value = parsed(first) if first.startswith(b"{") else None
    return value is not None and spoken(value) is not None
