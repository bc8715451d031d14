"""The trainer `torch`: a small transformer, trained from nothing on a GPU, else on all threads of the processor.

Its vocabulary is learned from the training file, as that of `tiny`. In an epoch every example is seen once, in an order
drawn by the seed and the epoch's number, so that nothing of chance has to be kept. Same request, same machine: same
bytes, also of a training that was paused or killed.

Beside what every trainer leaves in its folder it writes `checkpoint-STEP.npz` with weights and vocabulary after each
epoch, and at a pause and every two minutes `training_state.npz`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tuneset.training.progress import Record
from tuneset.training.trainer import TrainingRequest, require_libraries


def train(request: TrainingRequest, folder: Path) -> Iterator[Record]:
    """Train to the end, or until a pause is asked for; the `Trainer` of this folder."""
    require_libraries("torch")

    from tuneset.training.torch.run_training import run_training  # noqa: PLC0415  PyTorch takes seconds, may be missing

    yield from run_training(request, folder)
