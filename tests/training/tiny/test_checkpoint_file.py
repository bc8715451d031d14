"""A model is read as it was written, whatever its vocabulary."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tuneset.training.tiny.checkpoint_file import load_checkpoint, save_checkpoint


@pytest.mark.parametrize("merges", [[], [b"ab"], [b"ab", b"\xff\x00c", b"abab"]])
def test_weights_and_vocabulary_come_back(tmp_path: Path, merges: list[bytes]):
    weights = np.arange(6, dtype=np.float32).reshape(2, 3)
    save_checkpoint(tmp_path / "a.npz", {"embedding": weights}, merges)
    found = load_checkpoint(tmp_path / "a.npz")
    assert found.merges == merges
    assert (found.parameters["embedding"] == weights).all()
