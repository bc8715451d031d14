"""What every stage runs in: its params, its folders, an executor, and the lock that keeps other runs out."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tuneset.cli.error_log import kept_in
from tuneset.cli.progress import shown_progress
from tuneset.execution import fused_run
from tuneset.execution.executor import Executor, open_engine
from tuneset.execution.folder_lock import locked
from tuneset.execution.layout import Layout
from tuneset.execution.stores.location import Location, RemotePath, location
from tuneset.execution.target_files import make_ready
from tuneset.params import Params, load_params


class Workspace(NamedTuple):
    """Params, folders and executor of one run."""

    params: Params
    layout: Layout
    executor: Executor


@contextlib.contextmanager
def workspace(
    params: Path | None, overrides: Sequence[str] | None, data: Path, work: Location | None = None
) -> Iterator[Workspace]:
    """Hold the work folder for the block, by default that of the data folder.

    Raises UsageError for wrong params or where another run has the folder.
    """
    settings = load_params(params, overrides or [])
    make_ready(settings.target)
    root = location(data)
    work = work or root / "work"
    with (
        locked(work, fused_run.word([root], settings) if isinstance(root, RemotePath) else ""),
        kept_in(work),
        shown_progress() as progress,
        open_engine(settings, progress) as executor,
    ):
        yield Workspace(settings, Layout(root), executor)
