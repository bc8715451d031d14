"""A job on the screen: few plain lines in a log, one live line in a terminal, and nobody else's markup."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from tuneset.cli.remote.job_progress import CURVE_WIDTH, Watch, curve
from tuneset.providers.records import RemoteEvent, RemoteJob


def message(text: str, level: str = "info") -> RemoteEvent:
    return RemoteEvent("e", 0, level, text, "message", {})


def figures(step: int, **more: float) -> RemoteEvent:
    return RemoteEvent("e", 0, "info", f"Step {step}", "metrics", {"step": step, "total_steps": 100, **more})


def test_a_log_gets_states_messages_and_few_figures(capsys: pytest.CaptureFixture[str]) -> None:
    with Watch() as watch:
        for status in ("queued", "queued", "running"):
            watch.status(RemoteJob("ftjob-1", status, "running"))
        for step in range(1, 101):
            watch.event(figures(step, train_loss=1 / step, valid_loss=2.0))
        watch.event(message("one example was skipped", "warn"))
        watch.status(RemoteJob("ftjob-1", "succeeded", "succeeded"))
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines() == [
        "job ftjob-1: queued",
        "job ftjob-1: running",
        "step 1 of 100  train_loss 1.000  valid_loss 2.000",
        "warn: one example was skipped",
        "step 100 of 100  train_loss 0.010  valid_loss 2.000",
        "job ftjob-1: succeeded",
    ]


def test_the_last_figures_are_shown_even_where_the_job_breaks_off(capsys: pytest.CaptureFixture[str]) -> None:
    def break_off() -> None:
        with Watch() as watch:
            watch.event(figures(1))
            watch.event(figures(2))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        break_off()
    assert capsys.readouterr().err.splitlines() == ["step 1 of 100  ", "step 2 of 100  "]


def test_a_terminal_gets_one_live_line_with_state_steps_and_losses() -> None:
    target = io.StringIO()
    with Watch(Console(file=target, force_terminal=True, width=200, highlight=False)) as watch:
        watch.status(RemoteJob("ftjob-1", "running", "running"))
        for step in range(1, 41):
            watch.event(figures(step, train_loss=20 / step))
        watch.status(RemoteJob("ftjob-1", "running", "running", trained_tokens=1234))
        watch.event(message("[red]no markup[/red]"))
    shown = target.getvalue()
    assert "[red]no markup[/red]" in shown
    assert "40/100" in shown
    assert "train_loss 0.500" in shown
    assert "1,234 tokens" in shown
    assert "running" in shown


def test_a_curve_is_never_wider_than_its_place_and_shows_the_fall() -> None:
    assert curve([float(step) for step in range(1000, 0, -1)])[0] == "█"
    assert len(curve([1.0] * 5000)) == CURVE_WIDTH
    assert curve([0.0, 1.0]) == "▁█"
