"""Values and texts of different lengths a row, in one flat column with the start of each row.

Containers only: what the values are, and how texts become values, stands elsewhere.
"""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

Hashes = npt.NDArray[np.uint64]
Positions = npt.NDArray[np.int64]


@dataclasses.dataclass(frozen=True)
class Ragged:
    """64-bit values by text: those of text i are `values[starts[i]:starts[i + 1]]`."""

    values: Hashes
    starts: Positions

    @property
    def counts(self) -> Positions:
        """How many values each text has."""
        return np.diff(self.starts)


class Texts(NamedTuple):
    """Texts in pieces: text i is `pieces[starts[i]:starts[i + 1]]` (a String column), with white space between them."""

    pieces: pl.Series
    starts: Positions

    @classmethod
    def whole(cls, texts: pl.Series) -> Texts:
        """Texts of one piece each."""
        return cls(texts, np.arange(len(texts) + 1))
