"""Runs the trainer of one job in a process of its own: python -m tuneset.training.run FOLDER PARENT_PID.

Reads `request.json` in the folder and appends to `progress.jsonl` what the trainer tells. It ends with its parent.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from tuneset.artifacts import read_json
from tuneset.errors import TunesetError
from tuneset.processes import die_with_parent
from tuneset.training.progress import Failed, Record, to_line
from tuneset.training.trainer import CannotTrainError, TrainingRequest, load_trainer
from tuneset.training.trainer_files import PROGRESS, REQUEST


def main(folder: Path, parent: int) -> None:
    """Do the job in `folder`, as long as the process `parent` lives."""
    die_with_parent(parent)
    with (folder / PROGRESS).open("ab", buffering=0) as handle:
        for record in _records(folder):
            handle.write(to_line(record))  # in a single call, so that a reader sees whole lines


def _records(folder: Path) -> Iterator[Record]:
    """What the trainer tells; where it raises for a reason that can be told, the failure that this is."""
    try:
        request = TrainingRequest(**read_json(folder / REQUEST))
        yield from load_trainer(request.trainer)(request, folder)
    except CannotTrainError as error:
        yield Failed(error.code, str(error), error.param)
    except TunesetError as error:  # a full disk, missing rank files
        yield Failed("trainer_error", str(error), None)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
