"""Where the stages keep what they make: their folders below one data folder, and files that one writes for another."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from tuneset.execution.stores.location import RemotePath

DUPLICATE_SAMPLE_FILE = "duplicates.md"
FILES_FILE, PLACES_FILE = "files.json", "places.json"


@dataclasses.dataclass(frozen=True)
class Layout:
    """Where the stages keep what they make, below one data folder."""

    root: Path | RemotePath

    def work(self, stage: str) -> Path | RemotePath:
        """The folder of a stage's shards."""
        return self.root / "work" / stage

    @property
    def dataset(self) -> Path | RemotePath:
        """The folder of `train.jsonl` and `validation.jsonl`."""
        return self.root / "dataset"

    @property
    def reports(self) -> Path | RemotePath:
        """The folder of ledger, metrics, manifest, report and plots."""
        return self.root / "reports"
