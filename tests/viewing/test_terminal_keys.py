"""Arrows and the page keys do what the letters do; Escape alone is Escape, and letters are themselves."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tuneset.viewing.terminal import next_key

pty = pytest.importorskip("pty")


@pytest.fixture
def keyboard(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """What is written there is pressed at this process's terminal."""
    master, slave = pty.openpty()
    with Path(f"/dev/fd/{slave}").open() as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        yield master
    os.close(master)
    os.close(slave)


def test_each_key_is_read_by_itself_though_all_come_at_once(keyboard: int) -> None:
    os.write(keyboard, b"j\x1b[B\x1b[A\x1bOB\x1b[6~\x1b[5~d\x1b[C\x1b[Dy")
    assert [next_key() for _ in range(10)] == ["j", "j", "k", "j", "n", "p", "d", "\r", "q", "y"]


def test_escape_alone_is_escape(keyboard: int) -> None:
    os.write(keyboard, b"\x1b")
    assert next_key() == "\x1b"
