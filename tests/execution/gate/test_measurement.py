"""The gate's own look at the written files: near duplicates across them, by another way than dedup's."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from tuneset.errors import InputError
from tuneset.execution.executor import open_executor
from tuneset.execution.gate import near_rows, number_tables, validation_blocks
from tuneset.execution.gate.measurement import measure
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
    work = folder / "work"
    (work / ".tmp-killed").mkdir(parents=True)
    with open_executor(1, no_progress) as executor:
        found = measure(*files, near, executor, work=work)
    assert not work.exists()
    return found


@pytest.mark.parametrize(
    ("train", "validation"),
    [
        (("What is it?", "a fox"), ("What is it?", "a bird")),  # one prompt, other answers
        ((LONG, "yes, it is so"), (LONG, "no, it never was like that")),  # one long prompt on purpose
        (("Turn on the lamp.", LONG), ("Make it bright in here.", LONG)),  # one answer, other questions
        (("one", LONG), ("two", " ".join(reversed(LONG.split())))),  # the same words in another order
    ],
)
def test_what_is_no_near_duplicate(tmp_path: Path, train: tuple[str, str], validation: tuple[str, str]):
    assert measured(tmp_path, train, validation, NearParams()).leaks["near"] == 0


def test_one_changed_word_is_found(tmp_path: Path):
    found = measured(
        tmp_path, (f"Say: {LONG}", f"{LONG} today."), (f"Tell: {LONG}", f"{LONG} again."), NearParams(threshold=0.6)
    )
    assert found[:2] == (2, 1)
    assert (found.leaks["equal_prompt"], found.leaks["near"]) == (0.0, 1.0)


def test_nobody_looks_where_near_duplicates_are_off(tmp_path: Path):
    leaks = measured(tmp_path, ("q", LONG), ("q", LONG), NearParams(enabled=False)).leaks
    assert (leaks["equal_prompt"], leaks["near"], leaks["near_prompt"], leaks["near_answer"]) == (1.0, None, None, None)


def test_a_missing_file_is_named_with_the_stage_that_makes_it(tmp_path: Path):
    train = write(tmp_path / "train.jsonl", ("q", "a"))
    with open_executor(1, no_progress) as executor, pytest.raises(InputError) as caught:
        measure(train, tmp_path / "validation.jsonl", NearParams(), executor, work=tmp_path / "work")
    assert str(caught.value) == (
        f"{tmp_path}/validation.jsonl: is missing\n  do: run `tuneset split` first, or `tuneset prepare`"
    )


def test_what_is_kept_open_of_an_index_does_not_grow_with_the_runs(tmp_path: Path):
    for number in range(4):
        folder = tmp_path / str(number)
        folder.mkdir()
        measured(folder, ("Tell me.", LONG), ("Tell me!", f"{LONG} {number}"), NearParams())
    for cache in (near_rows._sampled, validation_blocks._opened, number_tables.opened):
        info = cache.cache_info()
        assert info.currsize <= 1
    assert len(validation_blocks._opened(tmp_path)) == 0
