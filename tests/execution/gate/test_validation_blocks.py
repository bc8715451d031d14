"""A validation file that is indexed in several blocks gives what one block does, by any engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import orjson
import pytest

from tests.execution.gate.test_leaks import row, story
from tests.execution.test_many_machines import Machines
from tuneset.execution.executor import open_executor
from tuneset.execution.gate import exchanges, findings, measurement, near_rows, number_tables, validation_blocks
from tuneset.execution.gate.measurement import measure
from tuneset.execution.gate.near_rows import KnownRows
from tuneset.execution.gate.number_tables import NumberTables
from tuneset.execution.progress import no_progress
from tuneset.execution.stores.file_ranges import ranges
from tuneset.params import NearParams
from tuneset.similarity.ragged import Ragged
from tuneset.stages.gate import Measured

ROWS = [row(story(number, 20), story(number + 100, 20)) for number in range(12)]


def lines_of(rows: list[dict[str, object]]) -> bytes:
    return b"".join(orjson.dumps(one, option=orjson.OPT_APPEND_NEWLINE) for one in rows)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Every third row of validation stands in training; one is nearly there; some answer alike."""
    like = row(story(11, 20), f"{story(111, 20)} more")
    alike = [row(f"Why {number}?", story(999, 20)) for number in range(4)]
    train, validation = tmp_path / "train.jsonl", tmp_path / "validation.jsonl"
    train.write_bytes(lines_of([*ROWS[:9], *alike, like]))
    validation.write_bytes(lines_of([*ROWS[::3], ROWS[11], row("How?", story(999, 20)), *ROWS[::3]]))
    return train, validation


def measured(files: tuple[Path, Path], work: Path, **near: object) -> Measured:
    with open_executor(1, no_progress) as executor:
        return measure(*files, NearParams(**near), executor, work=work)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("near", "machines", "bits"), [(True, True, 30), (True, False, 30), (False, True, 30), (True, True, 0)]
)
def test_blocks_find_what_one_block_finds(
    near: bool, machines: bool, bits: int, files: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = measured(files, tmp_path / "whole", enabled=near)
    assert {name for name, share in whole.leaks.items() if share} >= {"equal_prompt", "equal_answer", "words_13"}
    for name in ("STEP_BYTES", "FEWER_STEP_BYTES"):
        monkeypatch.setattr(measurement, name, 900)
    monkeypatch.setattr(validation_blocks, "BLOCK_BYTES", 900)
    monkeypatch.setattr(findings, "_MET_AT_ONCE", 1)
    monkeypatch.setattr(number_tables, "MOST_FILTER_BITS", bits)  # or a filter that is full
    size = files[1].stat().st_size
    blocks = len(validation_blocks.blocks(ranges(files[1], size, 900)))
    assert number_tables.parts_for(blocks) > 2
    if machines:
        found = measure(*files, NearParams(enabled=near), Machines(None, no_progress), work=tmp_path / "parts")
    else:
        found = measured(files, tmp_path / "parts", enabled=near)
    assert found == whole


def test_of_blocks_that_have_nothing_in_common_with_training_none_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train, validation = tmp_path / "train.jsonl", tmp_path / "validation.jsonl"
    train.write_bytes(lines_of([ROWS[3], row(story(50, 20), story(51, 20))]))
    validation.write_bytes(lines_of(ROWS))
    size = validation.stat().st_size
    monkeypatch.setattr(measurement, "STEP_BYTES", size // 6)
    monkeypatch.setattr(validation_blocks, "BLOCK_BYTES", size // 6)
    asked, alike = [], near_rows.look

    def look(
        sets: Sequence[Ragged], near: NearParams, tables: NumberTables, known_of: Callable[[int], KnownRows]
    ) -> object:
        return alike(sets, near, tables, lambda block: asked.append(block) or known_of(block))  # type: ignore[func-returns-value]

    monkeypatch.setattr(near_rows, "look", look)
    found = measured((train, validation), tmp_path / "work")
    assert found.sample["near"] == [(4, 1)]
    assert len(validation_blocks.blocks(ranges(validation, size, size // 6))) > 5
    assert set(asked) == {1}


def test_what_is_kept_of_an_opening_does_not_grow_with_the_rows_that_go_on_from_it() -> None:
    greeting = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello, how can I help you today?"}]
    talks = [{"messages": [*greeting, *row(f"q {number}", "a")["messages"]]} for number in range(200)]
    known = {name: values for name, (values, _) in exchanges.numbers_of([{"messages": greeting}]).items()}

    def blocks_of(name: str, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        places = np.flatnonzero(np.isin(numbers, known[name]))
        return np.repeat(places, 2), np.tile([0, 3], len(places))

    found = exchanges.met(talks, range(200), blocks_of)
    assert set(found) == {0, 3}
    assert [column.tolist() for column in found[0]] == [column.tolist() for column in found[3]]
    assert len(found[3].rows) == exchanges.MOST_CONTINUATIONS + 2
    assert found[3].rows.tolist() == sorted(found[3].rows.tolist())
