"""The file of a checkpoint: the weights and the vocabulary of the model after a step, as a numpy archive.

Its arrays are told in docs/training.md. What a training needs beside them to go on is in `training_state`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from tuneset.artifacts import replacing
from tuneset.training.tiny.arrays import Parameters
from tuneset.training.trainer import CannotTrainError

FORMAT = 2
"""Which arrays there are, and what the model makes of them. The first format had none; its model saw eight pieces."""


@dataclasses.dataclass(frozen=True)
class StoredModel:
    """A model: its weights, and the pieces of its vocabulary beyond the 256 bytes."""

    parameters: Parameters
    merges: list[bytes]


def save_checkpoint(path: Path, parameters: Parameters, merges: Sequence[bytes]) -> None:
    """Keep the weights and the vocabulary of a step."""
    with replacing(path) as temporary, temporary.open("wb") as handle:
        ends = np.cumsum([len(piece) for piece in merges], dtype=np.int64)
        vocabulary = np.frombuffer(b"".join(merges), np.uint8)
        arrays: dict[str, Any] = {**parameters, "format": np.int64(FORMAT), "merges": vocabulary, "merge_ends": ends}
        np.savez(handle, **arrays)


def load_checkpoint(path: Path) -> StoredModel:
    """Read what `save_checkpoint` has written. Raises CannotTrainError where it is none of this trainer's."""
    try:
        with path.open("rb") as handle, np.load(handle, allow_pickle=False) as arrays:
            found = {name: arrays[name] for name in arrays.files}
        check_format(found.pop("format", np.int64(1)))
        pieces, ends = found.pop("merges").tobytes(), found.pop("merge_ends")
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        message = "The weights of the model cannot be read by the trainer of its base model."
        raise CannotTrainError("invalid_model", message, "model") from error
    begins = [0, *ends][:-1]  # none, where training data is too small for any piece
    return StoredModel(found, [pieces[begin:end] for begin, end in zip(begins, ends, strict=True)])


def check_format(found: npt.NDArray[np.int64]) -> None:
    """Raise CannotTrainError where a file was written by another version of this trainer.

    >>> check_format(np.array(FORMAT))
    """
    if int(found) != FORMAT:
        message = (
            f"The model was made by {'an older' if int(found) < FORMAT else 'a newer'} version of the trainer and has "
            f"another form (format {int(found)}, this version reads {FORMAT}); train it again from its base model."
        )
        raise CannotTrainError("invalid_model", message, "model")
