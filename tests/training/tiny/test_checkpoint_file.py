"""A model is read as it was written, whatever its vocabulary."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tuneset.training.tiny.checkpoint_file import load_checkpoint, save_checkpoint
from tuneset.training.trainer import CannotTrainError


@pytest.mark.parametrize("merges", [[], [b"ab"], [b"ab", b"\xff\x00c", b"abab"]])
def test_weights_and_vocabulary_come_back(tmp_path: Path, merges: list[bytes]):
    weights = np.arange(6, dtype=np.float32).reshape(2, 3)
    save_checkpoint(tmp_path / "a.npz", {"embedding": weights}, merges)
    found = load_checkpoint(tmp_path / "a.npz")
    assert found.merges == merges
    assert (found.parameters["embedding"] == weights).all()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no archive"])
def test_what_is_no_whole_archive_is_refused_by_its_reason(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(CannotTrainError, match="cannot be read by the trainer of its base model"):
        load_checkpoint(tmp_path / "a.npz")
