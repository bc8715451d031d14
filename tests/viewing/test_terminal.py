"""Rows in a terminal of 80 columns, and what a row may not do to it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from tests.viewing.looked_at import viewer_of, write_lines
from tuneset.viewing.filters import wanted
from tuneset.viewing.terminal import print_list, print_row
from tuneset.viewing.viewer import Viewer

CALL = {"id": "call_1", "type": "function", "function": {"name": "find_order", "arguments": '{"order": 9}'}}
ROWS = [
    {
        "messages": [
            {"role": "user", "content": "Where is my order? My mail is <EMAIL_1>."},
            {"role": "assistant", "content": None, "tool_calls": [CALL]},
            {"role": "tool", "tool_call_id": "call_1", "content": "shipped"},
            {"role": "assistant", "content": "It left on Monday.", "weight": 1},
        ],
        "tools": [{"type": "function", "function": {"name": "find_order", "parameters": {}}}],
    },
    {
        "messages": [
            {"role": "user", "content": "\x1b[31mred\x07 \u202eleft"},
            {"role": "assistant", "content": "[bold]no[/]"},
        ]
    },
]
LIST = """\
2 rows
        0  train.jsonl:1  train
           Where is my order? My mail is <EMAIL_1>.
           It left on Monday.
        1  train.jsonl:2  train
           <U+001B>[31mred<U+0007> <U+202E>left
           [bold]no[/]
"""
ROW = """\
train.jsonl:1  train  line 1 of train.jsonl
row 0, id ID
redacted: email 1
tool: find_order
user · 13 tokens ───────────────────────────────────────────────────────────────
Where is my order? My mail is <EMAIL_1>.
assistant · 27 tokens · trained ────────────────────────────────────────────────
calls find_order
  order: 9
tool · 2 tokens ────────────────────────────────────────────────────────────────
shipped
assistant · 5 tokens · trained · weight 1 ──────────────────────────────────────
It left on Monday.
"""


def looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Viewer, Console]:
    monkeypatch.chdir(tmp_path)
    write_lines(Path("train.jsonl"), ROWS)
    return viewer_of([Path("train.jsonl")], tmp_path), Console(file=io.StringIO(), width=80, highlight=False)


def printed(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return "".join(f"{line.rstrip()}\n" for line in console.file.getvalue().splitlines())


def test_a_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    viewer, console = looked_at(tmp_path, monkeypatch)
    print_list(viewer, wanted([]), 0, console)
    assert printed(console) == LIST


def test_one_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    viewer, console = looked_at(tmp_path, monkeypatch)
    print_row(viewer, 0, console)
    assert printed(console) == ROW.replace("ID", viewer.rows.row_id(0))
