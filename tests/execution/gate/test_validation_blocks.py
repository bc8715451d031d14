"""A validation file that is indexed in several blocks gives what one block does, by any engine."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from tests.execution.gate.test_leaks import row, story
from tests.execution.test_many_machines import Machines
from tuneset.execution.executor import open_executor
from tuneset.execution.gate import exchanges, measurement, training_ranges, validation_blocks
from tuneset.execution.gate.measurement import measure
from tuneset.execution.progress import no_progress
from tuneset.execution.stores.file_ranges import ranges
from tuneset.params import NearParams
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


@pytest.mark.parametrize(("near", "machines"), [(True, True), (True, False), (False, True)])
def test_blocks_find_what_one_block_finds(
    near: bool, machines: bool, files: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = measured(files, tmp_path / "whole", enabled=near)
    assert {name for name, share in whole.leaks.items() if share} >= {"equal_prompt", "equal_answer", "words_13"}
    for name in ("STEP_BYTES", "FEWER_STEP_BYTES"):
        monkeypatch.setattr(measurement, name, 900)
    monkeypatch.setattr(validation_blocks, "BLOCK_BYTES", 1800)
    monkeypatch.setattr(training_ranges, "_MET_AT_ONCE", 1)
    size = files[1].stat().st_size
    assert len(validation_blocks.blocks(ranges(files[1], size, 900))) > 2
    if machines:
        found = measure(*files, NearParams(enabled=near), Machines(None, no_progress), work=tmp_path / "parts")
    else:
        found = measured(files, tmp_path / "parts", enabled=near)
    assert found == whole


def test_what_is_kept_of_an_opening_does_not_grow_with_the_rows_that_go_on_from_it() -> None:
    greeting = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello, how can I help you today?"}]
    talks = [{"messages": [*greeting, *row(f"q {number}", "a")["messages"]]} for number in range(200)]
    known = {name: values for name, (values, _) in exchanges.numbers_of([{"messages": greeting}]).items()}
    found = exchanges.met(talks, range(200), known)
    assert len(found.rows) == exchanges.MOST_CONTINUATIONS + 2
    assert found.rows.tolist() == sorted(found.rows.tolist())
