"""When a training ends before its last epoch, and which of its checkpoints is then the model.

It is asked for by a patience: so many epochs in a row may end without the full validation being better than at the end
of any epoch before. The model is the best checkpoint then, the earliest of equal ones, whether or not all epochs were
done. It looks at checkpoints that were told alone, so that a training that goes on after a crash decides the same.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from tuneset.training.progress import Checkpoint, Note, read_records
from tuneset.training.trainer_files import PROGRESS

_LOWER, _HIGHER = 1, -1
_MEASURES = (
    ("full_valid_loss", "full validation loss", _LOWER),
    ("full_valid_mean_reward", "mean reward of the full validation", _HIGHER),
)
"""What is compared: the first that an epoch was measured by; its name in words, and which way is better."""


def told_checkpoints(folder: Path, step: int) -> list[Checkpoint]:
    """The checkpoints that a trainer has told up to a step, by the progress in its folder, each once, oldest first."""
    path = folder / PROGRESS
    records = read_records(path.read_bytes()) if path.exists() else []
    found = {one.step: one for one in records if isinstance(one, Checkpoint) and one.step <= step}
    return [found[step] for step in sorted(found)]


def best_checkpoint(checkpoints: Sequence[Checkpoint]) -> Checkpoint | None:
    """The best one, of equal ones the earliest; None where none was measured on a validation file, or as no number.

    >>> told = [Checkpoint(step, {"full_valid_loss": loss}, "") for step, loss in ((5, 2.0), (10, 1.5), (15, 1.5))]
    >>> best_checkpoint(told).step
    10
    """
    measured = [one for one in checkpoints if _measure(one.metrics) is not None]
    return min(measured, key=lambda one: (_score(one.metrics), one.step), default=None)


def is_over(checkpoints: Sequence[Checkpoint], patience: int | None) -> bool:
    """Whether so many epochs have ended since the best one; never without a patience.

    >>> told = [Checkpoint(step, {"full_valid_loss": loss}, "") for step, loss in ((5, 1.5), (10, 1.6), (15, 1.5))]
    >>> is_over(told[:2], 2), is_over(told, 2), is_over(told, None)
    (False, True, False)
    """
    best = best_checkpoint(checkpoints)
    if patience is None or best is None:
        return False
    return sum(one.step > best.step for one in checkpoints) >= patience


def reason(checkpoints: Sequence[Checkpoint], patience: int, steps: int) -> Note:
    """What the owner is told when a training with a patience has ended, after some of its `steps` or all."""
    best, last = best_checkpoint(checkpoints), checkpoints[-1]
    if best is None:
        return Note("warn", "Nothing of the validation file could be measured; the model is that of the last step")
    _, words, way = _measure(best.metrics) or _MEASURES[0]
    value = abs(_score(best.metrics))
    model = f"the model is that of step {best.step}, where it was {'lowest' if way == _LOWER else 'highest'}, {value:g}"
    if last.step < steps:
        better = "fallen" if way == _LOWER else "risen"
        why = f"the {words} has not {better} for {patience} epoch(s)"
        text = f"Stopped early at step {last.step} of {steps}: {why}; {model}"
    else:
        text = f"All epochs are done; by the {words} {model}"
    return Note("info", text)


def _measure(metrics: Mapping[str, float]) -> tuple[str, str, int] | None:
    return next((measure for measure in _MEASURES if math.isfinite(metrics.get(measure[0], math.nan))), None)


def _score(metrics: Mapping[str, float]) -> float:
    """What is the lower the better."""
    name, _, way = _measure(metrics) or _MEASURES[0]
    return way * metrics[name]
