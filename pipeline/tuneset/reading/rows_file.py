"""What can be read: files and folders of the user's, and rows that a program holds. No library is loaded for it."""

from __future__ import annotations

import dataclasses
from pathlib import Path


@dataclasses.dataclass(frozen=True)
class RowsFile:
    """Rows that come from no file of the user's, one a line of JSON.

    Args:
        path: where they were written for the time of a run.
        source: the name that ledgers and findings give them, the same in each run.
    """

    path: Path
    source: str

    def __str__(self) -> str:
        return self.source


Raw = Path | RowsFile
"""A file or folder, whose content decides what it is; or rows that are known to be JSON lines."""
