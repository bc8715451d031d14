"""The gate's own look at the written files: near duplicates across them, by another way than dedup's."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from tuneset.execution.executor import open_executor
from tuneset.execution.gate_measurement import measure
from tuneset.execution.progress import no_progress
from tuneset.params import NearParams
from tuneset.stages.gate import Measured

LONG = "The quick brown fox jumps over the lazy dog while the slow grey cat looks on from its place at the window sill"


def write(path: Path, *pairs: tuple[str, str]) -> Path:
    rows = (
        {
            "messages": [
                {"role": "system", "content": LONG},
                {"role": "user", "content": q},
                {"role": "assistant", "content": a},
            ]
        }
        for q, a in pairs
    )
    path.write_bytes(b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows))
    return path


def measured(folder: Path, train: tuple[str, str], validation: tuple[str, str], near: NearParams) -> Measured:
    files = write(folder / "train.jsonl", ("other", "thing"), train), write(folder / "validation.jsonl", validation)
    with open_executor(1, no_progress) as pool:
        return measure(*files, near, pool)


@pytest.mark.parametrize(
    ("train", "validation"),
    [
        (("What is it?", "a fox"), ("What is it?", "a bird")),  # one prompt, other answers
        ((LONG, "yes, it is so"), (LONG, "no, it never was like that")),  # one long prompt on purpose
        (("one", LONG), ("two", " ".join(reversed(LONG.split())))),  # the same words in another order
    ],
)
def test_what_is_no_near_duplicate(tmp_path: Path, train: tuple[str, str], validation: tuple[str, str]):
    assert measured(tmp_path, train, validation, NearParams()).near_overlap == 0


def test_one_changed_word_is_found(tmp_path: Path):
    found = measured(
        tmp_path, ("Tell me.", LONG + " today."), ("Tell me!", LONG + " again."), NearParams(threshold=0.6)
    )
    assert found == Measured(2, 1, 0.0, 1.0)


def test_nobody_looks_where_near_duplicates_are_off(tmp_path: Path):
    assert measured(tmp_path, ("q", LONG), ("q", LONG), NearParams(enabled=False)) == Measured(2, 1, 1.0, None)
