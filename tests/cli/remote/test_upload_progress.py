"""Bytes on their way: silence for what is sent at once, a line now and then for what takes its time."""

from __future__ import annotations

import itertools

import pytest

from tuneset.cli.remote import upload_progress


def test_a_file_that_is_sent_at_once_needs_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    with upload_progress.shown_bytes() as on_bytes:
        for done in range(1000):
            on_bytes("train.jsonl", done, 1000)
    assert capsys.readouterr().err == ""


def test_a_log_gets_a_line_every_other_second(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = itertools.count()
    monkeypatch.setattr("tuneset.cli.remote.upload_progress.time.monotonic", lambda: float(next(seconds)))
    with upload_progress.shown_bytes() as on_bytes:
        for done in range(5):
            on_bytes("train.jsonl", done * 10**8, 4 * 10**8)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "train.jsonl: 100 of 400 MB sent"
    assert 2 <= len(lines) <= 3
