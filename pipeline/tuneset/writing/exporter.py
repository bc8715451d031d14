"""The interface to export formats: what one is given, and what it tells of each line. No format stands here.

A format is a function over a dataset that writes its files and yields one `LineOutcome` a line, so that no line is
left out without a word. `export.py` does all else: ledger, manifest, sums.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tuneset.errors import InputError
from tuneset.json_text import loads
from tuneset.reading.line_ranges import byte_ranges, lines_of

SIDES = ("train", "validation", "test")
"""The sides that a dataset may have, each a file `SIDE.jsonl`; only the first must be there."""

Progress = Callable[[str, int, int], None]
"""Told what runs, how many ranges of bytes are done, and how many there are."""


class Line(NamedTuple):
    """One example of the dataset.

    Args:
        number: of the physical line, from 1.
        text: the line without its end.
        example: the same as a dict, in the provider's own form.
    """

    number: int
    text: bytes
    example: dict[str, Any]


class LineOutcome(NamedTuple):
    """What an export made of one line.

    Args:
        side: of the file in which the line stands.
        line: its number, from 1.
        rows: how many rows were written for it; 0 where it was left out.
        code: of the reason in `drop_reasons.py` for which it was left out.
        detail: what of the line the format has no place for, without any value of it.
    """

    side: str
    line: int
    rows: int
    code: str | None = None
    detail: str | None = None


class Dataset:
    """A folder as `prepare` and the stage `split` leave it: `train.jsonl` and what stands beside it.

    Raises InputError where there is no `train.jsonl`.
    """

    def __init__(self, folder: Path, progress: Progress) -> None:
        self.folder = folder
        self.sides = tuple(side for side in SIDES if self.path(side).is_file())
        if SIDES[0] not in self.sides:
            raise InputError(
                f"{self.path(SIDES[0])}: is not there", hint="name the folder that `tuneset prepare` wrote"
            )
        self._progress = progress

    def path(self, side: str) -> Path:
        """The file of a side."""
        return self.folder / f"{side}.jsonl"

    def lines(self, side: str) -> Iterator[Line]:
        """Yield the examples of a side; blank lines are none.

        Raises InputError at a line that is no JSON object.
        """
        path = self.path(side)
        ranges = byte_ranges(path, 0, path.stat().st_size)
        numbers = itertools.count(1)
        for done, part in enumerate(ranges):
            self._progress(path.name, done, len(ranges))
            for text, number in zip(lines_of(part), numbers, strict=False):
                if text is None or text.strip():
                    yield Line(number, text or b"", _example(path, number, text))
        self._progress(path.name, len(ranges), len(ranges))

    def sums(self, side: str) -> dict[str, str | int]:
        """`sha256`, `bytes` and `examples` of a side's file, counted by other means than `lines` has."""
        digest, size, examples = hashlib.sha256(), 0, 0
        with self.path(side).open("rb") as handle:
            for text in handle:
                digest.update(text)
                size += len(text)
                examples += not text.isspace()
        return {"sha256": digest.hexdigest(), "bytes": size, "examples": examples}


def _example(path: Path, number: int, text: bytes | None) -> dict[str, Any]:
    try:
        example = loads(text) if text is not None else None
    except ValueError:
        example = None
    if not isinstance(example, dict):
        raise InputError(f"{path}:{number}: is no JSON object", hint=f"see `tuneset check {path}`")
    return example


def one_file_a_side(sides: Sequence[str]) -> tuple[str, ...]:
    """The files of a format that writes each side as JSON lines.

    >>> one_file_a_side(["train", "validation"])
    ('train.jsonl', 'validation.jsonl')
    """
    return tuple(f"{side}.jsonl" for side in sides)


class Exporter(NamedTuple):
    """One export format.

    Args:
        name: as `export --to` takes it.
        title: what it writes, for people, in a few words.
        files: the names of its files, given the sides that the dataset has.
        write: writes its files into a folder, each whole or not at all, and yields a LineOutcome for each line of the
            dataset, side by side and in the order of the lines.
    """

    name: str
    title: str
    files: Callable[[Sequence[str]], tuple[str, ...]]
    write: Callable[[Dataset, Path], Iterator[LineOutcome]]
