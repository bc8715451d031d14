"""A fine-tuning job shown on stderr while it runs: one live line in a terminal, plain lines elsewhere.

It shows what the endpoint says and keeps nothing; how the job is followed is the business of `pipeline/remote/`.
"""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from pipeline.cli.common import PLAIN_INTERVAL_S
from pipeline.remote.events import Event
from pipeline.remote.jobs import Job

_FIGURES = ("train_loss", "valid_loss", "full_valid_loss", "train_mean_token_accuracy", "valid_mean_token_accuracy")


class Watch:
    """Shows one job from start to end; a context manager. Text in events is printed as it is, never as markup."""

    def __init__(self, console: Console | None = None) -> None:
        console = console or Console(stderr=True, highlight=False)
        self._live = console.is_terminal
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[figures]}", markup=False),
            TimeRemainingColumn(),
            console=console,
            disable=not self._live,
        )
        self._task = self._progress.add_task("waiting", total=None, figures="")
        self._status = ""
        self._figures_at = -PLAIN_INTERVAL_S
        self._held_back = ""

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()
        self._print_held_back()

    def say(self, line: str) -> None:
        """One line of progress."""
        self._print(line)

    def event(self, event: Event) -> None:
        """Show one event: figures move the bar, messages are lines."""
        step, total = event.number("step"), event.number("total_steps")
        if step is None:
            self._print(event.message if event.level == "info" else f"{event.level}: {event.message}")
            return
        figures = figures_of(event)
        if self._live:
            self._progress.update(self._task, completed=int(step), total=total and int(total), figures=figures)
            return
        self._held_back = f"step {step:.0f}" + (f" of {total:.0f}" if total else "") + f"  {figures}"
        if time.monotonic() - self._figures_at >= PLAIN_INTERVAL_S:
            self._print_held_back()

    def status(self, job: Job) -> None:
        """Show the job's state where it has changed."""
        if job.status == self._status:
            return
        self._status = job.status
        if self._live:
            self._progress.update(self._task, description=job.status)
        else:
            self._print_held_back()
            self._print(f"job {job.id}: {job.status}")

    def _print(self, line: str) -> None:
        if self._live:
            self._progress.console.print(line, markup=False, soft_wrap=True)
        else:
            print(line, file=sys.stderr, flush=True)

    def _print_held_back(self) -> None:
        """The newest figures that were not printed yet."""
        if self._held_back:
            self._print(self._held_back)
            self._held_back = ""
            self._figures_at = time.monotonic()


def figures_of(event: Event) -> str:
    """The losses and accuracies that an event holds, as one text.

    >>> figures_of(Event("e", 0, "info", "", "metrics", {"step": 3, "train_loss": 1.23456, "valid_loss": None}))
    'train_loss 1.235'
    """
    found = {name: event.number(name) for name in _FIGURES}
    return "  ".join(f"{name} {value:.3f}" for name, value in found.items() if value is not None)
