"""Progress begins at once, speaks plain words, fits 80 columns, and says how long the rest takes."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from tests.builders import chat
from tuneset import stage_table
from tuneset.cli import progress
from tuneset.cli.progress import WORDS, shown_progress, words
from tuneset.execution import stage_runner
from tuneset.execution.executor import open_executor
from tuneset.execution.fused_run import prepare
from tuneset.execution.layout import Layout
from tuneset.params import parse_params


class Clock:
    """Seconds that pass when they are told to."""

    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(progress, "time", made)
    return made


def test_what_takes_no_time_is_one_line(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with shown_progress() as told:
        for label in WORDS:
            told(label, 0, 4)
            told(label, 4, 4)
    assert capsys.readouterr().err == "starting\n"


def test_a_line_now_and_then_says_how_much_and_how_long(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with shown_progress() as told:
        for done in range(11):
            told("ingest + clean", done, 10)
            clock.now += 1.5
    assert capsys.readouterr().err.splitlines() == [
        "starting",
        "reading and cleaning: 20%, 12 s left",
        "reading and cleaning: 40%, 9 s left",
        "reading and cleaning: 60%, 6 s left",
        "reading and cleaning: 80%, 3 s left",
        "reading and cleaning: 100%",
    ]


def test_every_task_of_a_run_has_words_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [chat(f"What is {number} and {number}?", f"It is {2 * number}, which is even.") for number in range(30)]
    (tmp_path / "raw.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    heard: set[str] = set()
    params = parse_params({"workers": 1, "ingest": {"paths": ["raw.jsonl"]}}, "params")
    prepare([Path("raw.jsonl")], Path("out"), params, lambda label, *_: heard.add(label))
    with open_executor(1, lambda label, *_: heard.add(label)) as executor:
        for row in stage_table.dataset_stages():
            stage_runner.run_alone(row.name, Layout(Path("data")), params, executor)
    assert {"write", "gate: train"} < heard
    jargon = {label for label in heard if words(label) == label or "+" in words(label)}
    assert jargon == set()


def test_the_bar_of_a_terminal_fits_80_columns(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = io.StringIO()
    terminal = Console(file=shown, force_terminal=True, width=80, color_system=None)
    monkeypatch.setattr("rich.console.Console", lambda **_: terminal)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    with shown_progress() as told:
        for label in WORDS:
            told(label, 0, 90)
            clock.now += 60
            told(label, 1, 90)
    text = shown.getvalue()
    assert "looking for text that rows share" in text
    assert "left" in text
    assert max(len(line) for line in text.replace("\r", "\n").splitlines() if "\x1b" not in line) <= 80
