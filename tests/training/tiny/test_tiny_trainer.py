"""The tiny trainer: where it is paused changes no byte of what it leaves."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from tests.endpoint.support import examples, lines, pairs
from tuneset.training.progress import Checkpoint, Done, Metrics, Paused, Planned, Record, Resumed, to_line
from tuneset.training.tiny.tiny_trainer import STATE, train
from tuneset.training.trainer import TrainingRequest
from tuneset.training.trainer_files import PAUSE, PROGRESS, RESULTS


def go(request: TrainingRequest, folder: Path, pause_at: int = 0) -> list[Record]:
    """What a trainer tells until its end, or until it is paused after so many steps."""
    folder.mkdir(exist_ok=True)
    told: list[Record] = []
    with (folder / PROGRESS).open("ab", buffering=0) as handle:
        for record in train(request, folder):
            handle.write(to_line(record))
            told.append(record)
            if isinstance(record, Metrics) and record.step == pause_at:
                (folder / PAUSE).touch()
    (folder / PAUSE).unlink(missing_ok=True)
    return told


@pytest.mark.slow
@pytest.mark.parametrize("method", ["supervised", "dpo"])
@pytest.mark.parametrize("pause_at", [1, 4, 5])  # in an epoch, at its end, after it
def test_a_paused_training_ends_with_the_same_bytes(
    tmp_path: Path, method: Literal["supervised", "dpo"], pause_at: int
) -> None:
    rows = list(examples() if method == "supervised" else pairs())
    (tmp_path / "train").write_bytes(lines(rows[:8]))
    (tmp_path / "valid").write_bytes(lines(rows[8:12]))
    request = TrainingRequest(
        trainer="",
        method=method,
        training=str(tmp_path / "train"),
        validation=str(tmp_path / "valid"),
        n_epochs=2,
        batch_size=2,
        learning_rate_multiplier="auto",
        seed=3,
        encoding="o200k_base",
        max_example_tokens=16_384,
    )
    undisturbed = go(request, tmp_path / "a")
    first = go(request, tmp_path / "b", pause_at)
    assert first[-1] == Paused(pause_at)
    assert (tmp_path / "b" / STATE).exists()
    second = go(request, tmp_path / "b")
    assert second[0] == Resumed(pause_at)
    assert isinstance(first[0], Planned)
    assert [*first[:-1], *second[1:]] == undisturbed
    assert isinstance(second[-1], Done)
    left = [RESULTS, *(record.file for record in undisturbed if isinstance(record, Checkpoint))]
    assert len(left) == 3
    for name in left:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert not (tmp_path / "b" / STATE).exists()
