"""What the gate measures on the written files, from scratch and range by range in worker processes.

Prompts are held against each other by digest. Near duplicates across the files are found by looking the shingles of
training up in an index of those of validation (`similar/crossing.py`), not by the signatures that dedup used.
"""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import orjson
import polars as pl

from pipeline.checks.ranges import ByteRange, byte_ranges, lines_of
from pipeline.flow.pool import Pool
from pipeline.params import NearParams
from pipeline.similar import crossing
from pipeline.similar.shingles import shingle_sets
from pipeline.similar.units import Hashes
from pipeline.stages import gate

MOST_SIDES = 2  # texts by which a pair is compared: all that was said, and the answer


class Indexed(NamedTuple):
    """What a range of the validation file holds: the digests of its prompts, and the index of its shingles."""

    digests: bytes
    shingles: crossing.CrossIndex


class Looked(NamedTuple):
    """What a range of the training file holds.

    Args:
        digests: of the prompts, one after the other.
        alike: for each line that is a candidate, the line itself and the validation examples that it may be like.
    """

    digests: bytes
    alike: list[tuple[bytes, list[int]]]


def measure(train: Path, validation: Path, near: NearParams, pool: Pool) -> gate.Measured:
    """Read both files from scratch and hold them against each other."""
    size = validation.stat().st_size
    parts = list(
        pool.map(functools.partial(index_range, near=near), _ranges(validation), label="gate: validation", size=size)
    )
    asked = b"".join(part.digests for part in parts)
    with tempfile.TemporaryDirectory() as scratch:
        crossing.save(crossing.merge([part.shingles for part in parts]), Path(scratch))
        examples = [len(part.shingles.sizes) for part in parts]
        del parts
        look = functools.partial(look_range, index=Path(scratch), near=near)
        found = list(pool.map(look, _ranges(train), label="gate: train", size=train.stat().st_size))
    measured = gate.compare(b"".join(one.digests for one in found), asked)
    if not near.enabled:
        return measured
    candidates = [pair for one in found for pair in one.alike]
    wanted = {number for _, numbers in candidates for number in numbers}
    alike = _verified(candidates, _lines(validation, examples, wanted), near)
    return measured._replace(near_overlap=len(alike) / sum(examples) if sum(examples) else 0.0)


def index_range(part: ByteRange, *, near: NearParams) -> Indexed:
    """Look at a part of the validation file; without near duplicates its index is empty."""
    lines = [line for line in lines_of(part) if line]
    texts = _texts(lines if near.enabled else [], near.key)
    return Indexed(gate.digests(lines), crossing.build(shingle_sets(texts, near.n)))


def look_range(part: ByteRange, *, index: Path, near: NearParams) -> Looked:
    """Look at a part of the training file."""
    lines = [line for line in lines_of(part) if line]
    digests = gate.digests(lines)
    if not near.enabled or not lines:
        return Looked(digests, [])
    sets = shingle_sets(_texts(lines, near.key), near.n)
    rows, numbers = crossing.candidates(sets, _load(index), near.threshold)
    alike: dict[int, list[int]] = {}
    for row, number in zip(rows.tolist(), numbers.tolist(), strict=True):
        alike.setdefault(row, []).append(number)
    return Looked(digests, [(lines[row], found) for row, found in alike.items()])


@functools.cache
def _load(index: Path) -> crossing.CrossIndex:
    return crossing.load(index)


def _lines(validation: Path, examples: Sequence[int], wanted: set[int]) -> dict[int, bytes]:
    """The wanted lines of the validation file, by number; `examples` says how many each range has."""
    found: dict[int, bytes] = {}
    first = 0
    for part, count in zip(_ranges(validation), examples, strict=True):
        here = {number for number in range(first, first + count) if number in wanted}
        if here:
            lines = [line for line in lines_of(part) if line]
            found |= {number: lines[number - first] for number in here}
        first += count
    return found


def _verified(alike: Sequence[tuple[bytes, list[int]]], lines: Mapping[int, bytes], near: NearParams) -> set[int]:
    """The validation examples of which a candidate really is a near duplicate: alike in each of the texts compared."""
    ours = [_sides(orjson.loads(line), near.key) for line, _ in alike]
    theirs = {number: _sides(orjson.loads(line), near.key) for number, line in lines.items()}
    place = {number: row for row, number in enumerate(theirs)}
    pairs = [(row, number) for row, (_, numbers) in enumerate(alike) for number in numbers]
    pairs = [(row, number) for row, number in pairs if len(ours[row]) == len(theirs[number])]
    for side in range(MOST_SIDES):
        of_train = _sets([sides[side] if side < len(sides) else "" for sides in ours], near.n)
        of_validation = _sets([sides[side] if side < len(sides) else "" for sides in theirs.values()], near.n)
        pairs = [
            (row, number)
            for row, number in pairs
            if side >= len(ours[row])
            or crossing.similarity(of_train[row], of_validation[place[number]]) >= near.threshold
        ]
    return {number for _, number in pairs}


def _sets(texts: Sequence[str], n: int) -> list[Hashes]:
    """The shingle set of each text."""
    sets = shingle_sets(pl.Series(texts, dtype=pl.String), n)
    return np.split(sets.values, sets.starts[1:-1])


def _texts(lines: Sequence[bytes], key: str) -> pl.Series:
    return pl.Series([_sides(orjson.loads(line), key)[0] for line in lines], dtype=pl.String)


def _sides(example: dict[str, Any], key: str) -> list[str]:
    r"""The texts by which an example is compared: all that was said, and the answer; or the one that `key` names.

    >>> _sides({"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}, "messages")
    ['q\na', 'a']
    """
    pair = "preferred_output" in example
    messages = example["input"]["messages"] if pair else example["messages"]
    spoken = [message for message in messages if message.get("role") not in gate.SYSTEM_ROLES]
    outputs = [*example["preferred_output"], *example["non_preferred_output"]] if pair else []
    if not pair and spoken and spoken[-1].get("role") == "assistant":
        spoken, outputs = spoken[:-1], spoken[-1:]
    question, answer = ("\n".join(map(_text, part)) for part in (spoken, outputs))
    if key != "messages":
        return [question if key == "prompt" else answer]
    return [f"{question}\n{answer}", answer] if outputs else [question]


def _text(message: dict[str, Any]) -> str:
    parts = (message.get("content"), message.get("tool_calls"))
    texts = (part if isinstance(part, str) else orjson.dumps(part).decode() for part in parts if part is not None)
    return "\n".join(texts)


def _ranges(path: Path) -> list[ByteRange]:
    return byte_ranges(path, 0, path.stat().st_size)
