"""A fine-tuning job shown on stderr while it runs: a live line with loss curves in a terminal, plain lines elsewhere.

It shows what the endpoint says and keeps nothing; how the job is followed is the business of `tuneset/providers/`.
"""

from __future__ import annotations

import datetime as dt
import itertools
import sys
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tuneset.cli.progress import PLAIN_INTERVAL_S
from tuneset.providers.records import RemoteEvent, RemoteJob

CURVE_WIDTH = 16
"""Characters of a curve; each is the mean of as many steps as it takes to show all of them."""
_BARS = "▁▂▃▄▅▆▇█"
_CURVES = ("train_loss", "valid_loss", "full_valid_loss", "train_mean_reward", "full_valid_mean_reward")
_FIGURES = ("train_loss", "valid_loss", "full_valid_loss", "train_mean_token_accuracy", "valid_mean_token_accuracy",
            "train_mean_reward", "full_valid_mean_reward")  # fmt: skip


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
            TextColumn("{task.fields[facts]}", markup=False),
            console=console,
            disable=not self._live,
        )
        self._task = self._progress.add_task("waiting", total=None, figures="", facts="")
        self._measured: dict[str, list[float]] = {}
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

    def event(self, event: RemoteEvent) -> None:
        """Show one event: figures move the bar, messages are lines."""
        step, total = event.number("step"), event.number("total_steps")
        if step is None:
            self._print(event.message if event.level == "info" else f"{event.level}: {event.message}")
            return
        figures = figures_of(event)
        if self._live:
            for name in _CURVES:
                if (value := event.number(name)) is not None:
                    self._measured.setdefault(name, []).append(value)
            curves = "  ".join(f"{name} {values[-1]:.3f} {curve(values)}" for name, values in self._measured.items())
            self._progress.update(self._task, completed=int(step), total=total and int(total), figures=curves)
            return
        self._held_back = f"step {step:.0f}" + (f" of {total:.0f}" if total else "") + f"  {figures}"
        if time.monotonic() - self._figures_at >= PLAIN_INTERVAL_S:
            self._print_held_back()

    def status(self, job: RemoteJob) -> None:
        """Show the job's state where it has changed."""
        if self._live:
            self._progress.update(self._task, facts=facts_of(job))
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


def figures_of(event: RemoteEvent) -> str:
    """The losses and accuracies that an event holds, as one text.

    >>> figures_of(RemoteEvent("e", 0, "info", "", "metrics", {"step": 3, "train_loss": 1.23456, "valid_loss": None}))
    'train_loss 1.235'
    """
    found = {name: event.number(name) for name in _FIGURES}
    return "  ".join(f"{name} {value:.3f}" for name, value in found.items() if value is not None)


def curve(values: Sequence[float]) -> str:
    """Numbers as a small curve from their lowest to their highest, at most CURVE_WIDTH characters wide.

    >>> curve([4.0, 3.0, 2.0, 1.0]), curve([2.0, 2.0])
    ('█▅▃▁', '▁▁')
    """
    width = min(len(values), CURVE_WIDTH)
    edges = [round(place * len(values) / width) for place in range(width + 1)]
    means = [sum(values[start:end]) / (end - start) for start, end in itertools.pairwise(edges)]
    low, high = min(means), max(means)
    steps = (len(_BARS) - 1) / (high - low) if high > low else 0.0
    return "".join(_BARS[int((mean - low) * steps)] for mean in means)


def facts_of(job: RemoteJob) -> str:
    """What the endpoint says of a job beside its state: tokens, and when it expects to be finished.

    >>> facts_of(RemoteJob("ftjob-1", "running", "running", trained_tokens=1200))
    '1,200 tokens'
    """
    tokens, finish = job.trained_tokens, job.estimated_finish
    facts = [] if tokens is None else [f"{tokens:,} tokens"]
    if finish is not None:
        facts.append(f"ends about {dt.datetime.fromtimestamp(finish).astimezone():%H:%M}")
    return "  ".join(facts)
