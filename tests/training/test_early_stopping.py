"""When a training stops early and which checkpoint is its model, whatever crashes and pauses came between."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.training.early_stopping import best_checkpoint, is_over, reason, told_checkpoints
from tuneset.training.epoch_loop import Course, Finished, train_epochs
from tuneset.training.progress import Checkpoint, Metrics, Note, Paused, Record, read_records, to_line
from tuneset.training.trainer_files import PAUSE, PROGRESS

PER_EPOCH = 3
FEW = st.sampled_from([0.5, 1.0, 1.5, 2.0])


class Scripted:
    """A learner whose validation at the end of each epoch is known beforehand."""

    def __init__(self, losses: Sequence[float], folder: Path) -> None:
        self._losses, self._state = losses, folder / "state"
        self.step = json.loads(self._state.read_text()) if self._state.exists() else 0

    def advance(self) -> dict[str, float]:
        self.step += 1
        epoch, within = divmod(self.step, PER_EPOCH)
        return {"train_loss": 1.0} | ({} if within else {"full_valid_loss": self._losses[epoch - 1]})

    def save(self, path: Path) -> None:
        path.write_text(str(self.step))

    def keep(self) -> None:
        self._state.write_text(str(self.step))


def go(
    losses: Sequence[float], patience: int | None, folder: Path, pause_at: int = -1, killed_at: int = -1
) -> tuple[list[Record], Finished | None]:
    """What is told to the end, a pause or a kill, each record written down as the trainer's process does."""
    folder.mkdir(exist_ok=True)
    (folder / PAUSE).unlink(missing_ok=True)
    told: list[Record] = []
    course = Course(len(losses) * PER_EPOCH, PER_EPOCH, patience, ".txt")
    course_of_it = train_epochs(Scripted(losses, folder), course, folder)
    with (folder / PROGRESS).open("ab", buffering=0) as handle:
        while True:
            try:
                record = next(course_of_it)
            except StopIteration as end:
                return told, end.value
            handle.write(to_line(record))
            told.append(record)
            if isinstance(record, Metrics) and record.step == pause_at:
                (folder / PAUSE).touch()
            if isinstance(record, Metrics) and record.step == killed_at:
                return told, None


@given(st.lists(FEW, min_size=1, max_size=8), st.integers(1, 4))
def test_it_stops_where_so_many_epochs_were_no_better_than_the_best_before(losses: list[float], patience: int) -> None:
    told = [Checkpoint(epoch, {"full_valid_loss": loss}, "") for epoch, loss in enumerate(losses, start=1)]
    best = best_checkpoint(told)
    assert best is not None
    assert best.step == losses.index(min(losses)) + 1
    before, last = losses[:-patience], losses[-patience:]
    assert is_over(told, patience) == (bool(before) and min(last) >= min(before))
    assert not is_over(told, None)


@pytest.mark.parametrize("lost", [math.nan, math.inf])
def test_an_epoch_whose_loss_is_no_number_is_never_the_best(lost: float) -> None:
    losses = [lost, 2.0, lost, 1.0, lost]
    made: list[Record] = [Checkpoint(step, {"full_valid_loss": loss}, "") for step, loss in enumerate(losses, start=1)]
    for records in (made, read_records(b"".join(map(to_line, made)))):  # in a file it is left out
        told = [one for one in records if isinstance(one, Checkpoint)]
        best = best_checkpoint(told)
        assert best is not None
        assert (best.step, best_checkpoint(told[:1])) == (4, None)
        assert (is_over(told[:3], 1), is_over(told[:4], 1), is_over(told, 1)) == (True, False, True)


def test_rewards_are_better_the_higher_they_are() -> None:
    told = [Checkpoint(step, {"full_valid_mean_reward": value}, "") for step, value in ((4, 0.25), (8, 0.5), (12, 0.5))]
    assert is_over(told, 1)
    text = "Stopped early at step 12 of 40: the mean reward of the full validation has not risen for 1 epoch(s); "
    assert reason(told, 1, 40) == Note("info", f"{text}the model is that of step 8, where it was highest, 0.5")


def test_without_a_measure_nothing_is_stopped_and_that_is_said() -> None:
    told = [Checkpoint(4, {"train_loss": 1.0}, "")]
    assert (best_checkpoint(told), is_over(told, 1)) == (None, False)
    assert reason(told, 1, 4).level == "warn"


def test_a_patience_that_is_never_used_up_gives_the_best_model_all_the_same(tmp_path: Path) -> None:
    told, finished = go([2.0, 1.0, 1.5], 2, tmp_path)
    assert finished == Finished(3, 6)
    assert told[-1] == Note(
        "info", "All epochs are done; by the full validation loss the model is that of step 6, where it was lowest, 1"
    )
    assert go([2.0, 1.0, 1.5], None, tmp_path / "b")[1] == Finished(3, None)


@pytest.mark.parametrize("step", range(1, 13))
@pytest.mark.parametrize("how", ["pause_at", "killed_at"])
def test_a_training_that_goes_on_stops_where_it_would_have(how: str, step: int, tmp_path: Path) -> None:
    losses = [2.0, 1.0, 1.5, 1.0, 0.5, 0.5]
    whole, finished = go(losses, 2, tmp_path / "whole")
    assert finished == Finished(4, 6)
    assert isinstance(whole[-1], Note)
    assert whole[-1].message == (
        "Stopped early at step 12 of 18: the full validation loss has not fallen for 2 epoch(s); "
        "the model is that of step 6, where it was lowest, 1"
    )
    folder = tmp_path / "again"
    first, cut = go(losses, 2, folder, **{how: step})
    if step < 12 or how == "killed_at":
        assert cut is None
        assert isinstance(first[-1], Paused) is (how == "pause_at")
        second, cut = go(losses, 2, folder)
        told = [record for record in [*first, *second] if not isinstance(record, Paused)]
        assert [record for place, record in enumerate(told) if record not in told[:place]] == whole
    assert cut == finished
    assert [one.step for one in told_checkpoints(folder, 99)] == [3, 6, 9, 12]
