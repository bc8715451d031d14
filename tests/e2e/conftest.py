"""What the end-to-end tests share: raw files of several shapes, made from this Python's own documentation."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tuneset.cli.progress import STARTING
from tuneset.sample import write

STEP = 25  # of the demo input's examples, every 25th: about 300

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a part of the demo input in its four shapes, and some rows of it twice."""
    folder = tmp_path_factory.mktemp("sample") / "data" / "raw"
    folder.mkdir(parents=True)
    examples = write.examples()[::STEP]
    for part, (name, encode) in enumerate(write._FILES.items()):
        (folder / name).write_bytes(encode(examples[part::4]))
    (folder / "again.jsonl").write_bytes(write.chat_lines(examples[:8]))
    return folder


@pytest.fixture(scope="session")
def tuneset() -> Command:
    """Run the command line in a folder, as a user would; the exit code must be the one expected."""

    def run(*arguments: str, cwd: Path, code: int = 0) -> subprocess.CompletedProcess[str]:
        environment = {k: v for k, v in os.environ.items() if not k.endswith("_API_KEY")} | {"COLUMNS": "120"}
        done = subprocess.run(
            [sys.executable, "-m", "tuneset", *arguments],
            cwd=cwd,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        done.stderr = done.stderr.removeprefix(f"{STARTING}\n")  # where this machine is slow to start
        return done

    return run
