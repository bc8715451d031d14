"""The tiny trainer: where it is paused changes no byte of what it leaves."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from tests.endpoint.support import chat, examples, lines, pairs
from tuneset.training.billing import billable_tokens
from tuneset.training.progress import Checkpoint, Done, Metrics, Note, Paused, Planned, Record, Resumed, to_line
from tuneset.training.tiny.tiny_trainer import STATE, train
from tuneset.training.trainer import TrainingRequest
from tuneset.training.trainer_files import PAUSE, PROGRESS, RESULTS


def asked(
    folder: Path, method: Literal["supervised", "dpo"], n_epochs: int, patience: int | None = None
) -> TrainingRequest:
    return TrainingRequest(
        trainer="",
        method=method,
        training=str(folder / "train"),
        validation=str(folder / "valid"),
        n_epochs=n_epochs,
        batch_size=2,
        learning_rate_multiplier="auto",
        seed=3,
        encoding="o200k_base",
        max_example_tokens=16_384,
        patience=patience,
    )


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


def test_a_training_that_only_learns_by_heart_is_stopped_and_its_best_model_taken(tmp_path: Path) -> None:
    (tmp_path / "train").write_bytes(lines([chat(f"Say {number}", f"It is {number}.") for number in range(4)]))
    (tmp_path / "valid").write_bytes(lines([chat("2 + 2", "9876543210")]))
    request = asked(tmp_path, "supervised", n_epochs=9, patience=2)
    undisturbed = go(request, tmp_path / "a")
    made = [record for record in undisturbed if isinstance(record, Checkpoint)]
    losses = [record.metrics["full_valid_loss"] for record in made]
    note, done = undisturbed[-2:]
    assert isinstance(done, Done)
    assert losses.index(min(losses)) == len(made) - 3 < 6
    assert done.model_step == made[-3].step
    assert done.trained_tokens == len(made) * billable_tokens(request, range(4))
    assert isinstance(note, Note)
    assert note.message.startswith(f"Stopped early at step {made[-1].step} of 18: the full validation loss")
    first, second = go(request, tmp_path / "b", made[-2].step), go(request, tmp_path / "b")
    assert [*first[:-1], *second[1:]] == undisturbed


@pytest.mark.slow
@pytest.mark.parametrize("method", ["supervised", "dpo"])
@pytest.mark.parametrize("pause_at", [1, 4, 5])  # in an epoch, at its end, after it
def test_a_paused_training_ends_with_the_same_bytes(
    tmp_path: Path, method: Literal["supervised", "dpo"], pause_at: int
) -> None:
    rows = list(examples() if method == "supervised" else pairs())
    (tmp_path / "train").write_bytes(lines(rows[:8]))
    (tmp_path / "valid").write_bytes(lines(rows[8:12]))
    request = asked(tmp_path, method, n_epochs=2)
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
