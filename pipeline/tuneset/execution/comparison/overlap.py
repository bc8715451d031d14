"""What two sets of one's own have in common, both ways, by the measures of the gate; and soft neighbours, to look at.

Files of any known shape are read as `prepare` reads them; of a folder that `prepare` wrote its sides are. Nothing is
cleaned and nothing is dropped.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from tuneset.errors import InputError
from tuneset.example_tables import render_lines
from tuneset.execution import row_steps
from tuneset.execution.executor import Executor
from tuneset.execution.gate.measurement import measure
from tuneset.execution.gate.texts import said
from tuneset.execution.whole_files.ingested import ingested
from tuneset.params import Params
from tuneset.reading.raw_shards import plan
from tuneset.similarity.soft_neighbours import neighbours
from tuneset.stages import gate, split

SOFT_ROWS, SOFT_SHOWN = 1000, 5
"""Rows of the first set whose neighbours are looked for, spread over it, and how many pairs are named."""
SOFT_LEAST = (0.5, 0.7, 0.9)
"""Cosines from which on rows are counted."""


class Lines(NamedTuple):
    """A set as lines: their file, and the place of each where it was read."""

    path: Path
    places: Sequence[str]


def compare(first: Path, second: Path, params: Params, executor: Executor) -> dict[str, Any]:
    """The overlap of two sets as one document: counts, shares both ways, places to look at, soft neighbours.

    `first_in_second` are the shares of the first set that the second has too. Raises InputError where a set cannot be
    read, or holds no example.
    """
    with tempfile.TemporaryDirectory() as folder:
        one, other = (
            as_lines(path, Path(folder) / f"{number}.jsonl", params) for number, path in enumerate((first, second))
        )
        work = Path(folder) / "work"
        forth = measure(other.path, one.path, params.dedup.near, executor, work=work)
        back = measure(one.path, other.path, params.dedup.near, executor, work=work)
        soft = _soft(one, other)
    return {
        "schema_version": 1,
        "first": {"name": str(first), "examples": len(one.places)},
        "second": {"name": str(second), "examples": len(other.places)},
        "first_in_second": dict(forth.leaks),
        "second_in_first": dict(back.leaks),
        "sample": _sample(forth, one, other),
        "soft": soft,
    }


def as_lines(path: Path, target: Path, params: Params) -> Lines:
    """Write the examples of a set as lines. Raises InputError where it cannot be read, or holds no example."""
    sides = [path / f"{side}.jsonl" for side in split.SIDES] if (path / "train.jsonl").is_file() else [path]
    line_format = row_steps.line_format(params)
    places: list[str] = []
    with target.open("wb") as handle:
        shards = plan([side for side in sides if side.exists() or side == path])
        for shard, result in ingested(shards, params, line_format):
            handle.writelines(render_lines(result.tables))
            numbers = result.tables.examples["line"].to_list()
            places += [f"{shard.source}:{number}" for number in numbers]
    if not places:
        raise InputError(f"{path}: holds no example", allowed="rows of a shape that `tuneset prepare` reads")
    return Lines(target, places)


def _sample(measured: gate.Measured, one: Lines, other: Lines) -> Mapping[str, list[dict[str, str]]]:
    return {
        name: [{"first": one.places[ours - 1], "second": other.places[theirs - 1]} for ours, theirs in pairs]
        for name, pairs in measured.sample.items()
    }


def _soft(one: Lines, other: Lines) -> dict[str, Any]:
    """How many of some rows of the first set have a neighbour in the second, and the nearest ones."""
    rows = sorted({row * len(one.places) // SOFT_ROWS for row in range(SOFT_ROWS)})
    texts, others = _texts(one.path), _texts(other.path)
    found = neighbours([texts[row] for row in rows], others)
    pairs = sorted(zip(found.cosines.tolist(), rows, found.nearest.tolist(), strict=True), key=lambda pair: -pair[0])
    return {
        "rows": len(rows),
        "share_from_cosine": {str(least): float((found.cosines >= least).mean()) for least in SOFT_LEAST},
        "sample": [
            {"first": one.places[row], "second": other.places[nearest], "cosine": round(cosine, 3)}
            for cosine, row, nearest in pairs
            if cosine >= SOFT_LEAST[0]
        ][:SOFT_SHOWN],
    }


def _texts(path: Path) -> list[str]:
    examples = (said(orjson.loads(line)) for line in path.read_bytes().split(b"\n") if line)
    return [f"{one.question}\n{one.answer or ''}" for one in examples]
