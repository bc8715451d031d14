"""A walk through the main commands, in one folder with a small export, as a person at a terminal sees it."""

from __future__ import annotations

import contextlib
import json
import re
from pathlib import Path
from unittest import mock

from tests.builders import chat
from tests.command_line import tuneset
from tuneset.execution.progress import no_progress

SCREENS = Path(__file__).parent
_CHANGING = re.compile(r"^(?:Usage: |Try '| +\$[\d.]+ \S+/| +cost +[\d.]+ USD).*\n", re.MULTILINE)
"""Lines that go by how the program was called, or by prices, which change."""
ONE = ("--set", "workers=1")
COMMANDS: dict[str, tuple[str, ...]] = {
    "prepare": ("prepare", "raw", "--out", "old", *ONE),
    "prepare-failed-gate": ("prepare", "raw", "--out", "new", *ONE, "--set", "gate.min_examples=12345"),
    "summary": ("summary", "old"),
    "check": ("check", "bad.jsonl"),
    "check-concise": ("check", "bad.jsonl", "--output", "concise"),
    "check-statistics": ("check", "raw", "--statistics"),
    "diff": ("diff", "old", "more.jsonl"),
    "tokens": ("tokens", "old"),
    "explain": ("explain", "raw/chats.jsonl:2", "--out", "old"),
    "overlap": ("overlap", "old", "more.jsonl", *ONE),
    "no-such-file": ("prepare", "nowhere.jsonl", "--out", "out"),
    "wrong-params": ("prepare", "raw", "--out", "out", "--set", "split.validaton=0.2", "--set", "clean.map=nobody:f"),
    "missing-params": (
        "prepare", "raw", "--out", "out", *ONE, "--set", "clean.map=nobody:f", "--set", "gate.baseline=none.json",
    ),
    "no-such-command": ("prepair",),
}  # fmt: skip


def shown(folder: Path) -> dict[str, str]:
    """What each of COMMANDS says, run one after the other in an empty folder: stdout, stderr, the exit code."""
    _export(folder)
    return {name: _screen(folder, command) for name, command in COMMANDS.items()}


def _export(folder: Path) -> None:
    (folder / "raw").mkdir()
    rows = [
        chat(
            f"How do I reset device number {number} of the series?",
            f"Hold button {number} until light {number * 7} blinks.",
        )
        for number in range(40)
    ]
    rows += [rows[3], chat("Who can I ask?", "Write to somebody.else@example-shop.com, they know.")]
    lines = [json.dumps(row) + "\n" for row in rows]
    (folder / "raw" / "chats.jsonl").write_text("".join(lines))
    (folder / "raw" / "README.md").write_text("An export.\n")
    (folder / "raw" / "half.csv.part").write_text("a,b\n")
    (folder / "more.jsonl").write_text("".join(lines[5:]))
    bad = [chat("Hi", ""), {"messages": []}, {"messages": [{"role": "human", "content": "Hi"}]}, {"text": "Hi"}]
    (folder / "bad.jsonl").write_text("".join(json.dumps(row) + "\n" for row in bad) + "{\n")


def _screen(folder: Path, command: tuple[str, ...]) -> str:
    quiet = contextlib.nullcontext(no_progress)  # a bar redraws itself: it is no text
    with (
        mock.patch("tuneset.cli.progress._live_progress", return_value=quiet),
        mock.patch.dict("os.environ", {"NO_COLOR": "1"}),
    ):
        done = tuneset(folder, *command, terminal=True)
    told = [f"$ tuneset {' '.join(command)}", done.stdout.rstrip("\n")]
    told += [f"--- stderr\n{done.stderr.rstrip()}"] if done.stderr else []
    told += [f"--- exit code {done.returncode}\n"]
    plain = re.sub(r"\x1b\[[\d;]*m|[ \t]+$", "", "\n".join(told), flags=re.MULTILINE)
    return _CHANGING.sub("", plain)
