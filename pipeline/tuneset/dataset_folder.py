"""Where the files of a made dataset lie: in the one folder that `prepare` leaves, or in those that the stages share.

    prepare --out D      D/train.jsonl, D/ledger.parquet, D/metrics.json, D/gate.json ...
    stages, DVC          data/dataset/train.jsonl, data/reports/ledger.parquet, data/reports/metrics.json ...

In both the remote stages write below `remote/` and `results/`. Nothing is opened here.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

from tuneset.errors import InputError

DEFAULT_DATA = Path("data")
"""The folder that the stages share, where no other is named."""
SIDES = ("train", "validation", "test")
TRAIN_FILE = "train.jsonl"
_REPORTS = ("ledger.parquet", "manifest.json", "metrics.json", "gate.json")
NAMES = (
    *(f"{folder}{side}.jsonl" for side in SIDES for folder in ("", "dataset/")),
    *(f"{folder}{name}" for name in _REPORTS for folder in ("", "reports/")),
)
"""The files of a dataset that others ask for, in both layouts, from its folder."""

PLOTS = ("plots/tokens.csv", "plots/characters.csv")
ASKED_FOR = ("review.parquet", "contamination.parquet", "clean_trace.md")
"""What the report writes with some params alone; without them what an earlier run left of it goes."""
REPORTS = (
    *("ledger.parquet", "duplicates.parquet", "duplicates.md", "private.parquet", "samples.json"),
    *("distributions.json", *PLOTS, *ASKED_FOR, "gate.json", "metrics.json", "manifest.json"),
)
"""What the report and the gate write, and the page of the report is made from."""
LAST = ("metrics.json", "manifest.json")
"""Where files are written one by one, these come after all others."""


@dataclasses.dataclass(frozen=True)
class DatasetFolder:
    """A made dataset.

    Args:
        root: the folder that was named.
        files: where the sides lie.
        reports: where ledger, metrics, manifest, gate, report and plots lie.
    """

    root: Path
    files: Path
    reports: Path

    def side(self, side: str) -> Path:
        """The file of a side, whether or not there is one."""
        return self.files / f"{side}.jsonl"

    @property
    def sides(self) -> dict[str, Path]:
        """The files of the sides that there are."""
        return {side: self.side(side) for side in SIDES if self.side(side).is_file()}

    @property
    def ledger(self) -> Path:
        """What became of every raw row."""
        return self.reports / "ledger.parquet"

    @property
    def metrics(self) -> Path:
        """The counts of the run."""
        return self.reports / "metrics.json"

    @property
    def manifest(self) -> Path:
        """What was made, from which params, by which versions."""
        return self.reports / "manifest.json"

    @property
    def gate(self) -> Path:
        """How the thresholds stood when the files were last held against them."""
        return self.reports / "gate.json"


def prepared(root: Path) -> DatasetFolder:
    """A folder that `prepare --out` leaves: everything is directly in it."""
    return DatasetFolder(root, root, root)


def staged(root: Path) -> DatasetFolder:
    """A data folder that the stages share, as under DVC."""
    return DatasetFolder(root, root / "dataset", root / "reports")


def is_dataset(root: Path) -> bool:
    """Whether a folder holds a made dataset, of either layout."""
    return any(found.side("train").is_file() for found in (prepared(root), staged(root)))


def find(root: Path) -> DatasetFolder:
    """The dataset in a folder, of whichever layout. Raises InputError where there is none."""
    for found in (prepared(root), staged(root)):
        if found.side("train").is_file():
            return found
    what = f"holds no {TRAIN_FILE}" if root.is_dir() else "is no folder" if root.exists() else "is missing"
    raise InputError(
        f"{root}: {what}",
        allowed=f"the folder of `tuneset prepare --out`, with {TRAIN_FILE}, or a data folder with dataset/{TRAIN_FILE}",
        hint="make one: tuneset prepare RAW... --out DIR",
    )
