"""Where the remote stages read and write: a dataset of either layout, what is said of it at an endpoint, the receipts.

Receipts are kept in the data folder, not in the dataset's: so the commands for files and jobs know them, and a dataset
that is made anew in another folder is not sent or trained twice.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

from tuneset.artifacts import write_bytes
from tuneset.dataset_folder import DEFAULT_DATA, DatasetFolder, find, staged

NOTE = "receipts-are-in.txt"


@dataclasses.dataclass(frozen=True)
class Places:
    """Where the remote stages read and write.

    Args:
        data: the folder of receipts; by itself also the one that all stages share.
        made: another dataset than that of `data`; what is said of it at an endpoint stands beside it.
    """

    data: Path
    made: DatasetFolder | None = None

    @property
    def folder(self) -> DatasetFolder:
        """The dataset that is meant."""
        return self.made or staged(self.data)

    def dataset(self, side: str) -> Path:
        """The file of `train` or `validation`."""
        return self.folder.side(side)

    @property
    def metrics(self) -> Path:
        """What the report stage left."""
        return self.folder.metrics

    @property
    def remote(self) -> Path:
        """The folder of what is said of the dataset at an endpoint."""
        return self.folder.root / "remote"

    @property
    def upload(self) -> Path:
        """The files at the endpoint."""
        return self.remote / "upload.json"

    @property
    def job(self) -> Path:
        """The finished job."""
        return self.remote / "job.json"

    @property
    def results(self) -> Path:
        """The folder of results."""
        return self.folder.root / "results"

    @property
    def receipts(self) -> Path:
        """The folder of receipts; no output of any DVC stage."""
        return self.data / "receipts"


def find_places(dataset: Path | None, data: Path) -> Places:
    """The places of a dataset that is named, or of that of the data folder where none is.

    A dataset in a folder of its own remembers where its receipts are (`note`): a later call from another working folder
    goes on with them, unless it names a data folder. Raises InputError where no dataset is in a folder that is named.
    """
    if dataset is None:
        return Places(data)
    made = find(dataset)
    if made.reports != made.root:
        return Places(made.root)
    noted = made.root / "remote" / NOTE
    if data == DEFAULT_DATA and noted.is_file():
        known = Path(noted.read_text(encoding="utf-8").rstrip("\n"))
        if (known / "receipts").is_dir():
            return Places(known, made)
    return Places(data, made)


def note(places: Places) -> None:
    """Write beside a dataset in a folder of its own where its receipts are."""
    if places.made is not None:
        write_bytes(places.remote / NOTE, f"{places.data.resolve()}\n".encode())
