"""What the end-to-end tests share: raw files of several shapes, made from this Python's own documentation."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
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
def tuneset(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Command]:
    """Run the command line in a folder, as a user would; the exit code must be the one expected."""
    printed = tmp_path_factory.mktemp("printed")
    files = {name: printed / name for name in ("stdout", "stderr")}
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.e2e.forked"],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdin is not None
    assert server.stdout is not None
    orders, answers = server.stdin, server.stdout

    def run(*arguments: str, cwd: Path, code: int = 0) -> subprocess.CompletedProcess[str]:
        environment = {k: v for k, v in os.environ.items() if not k.endswith("_API_KEY")} | {"COLUMNS": "120"}
        order = {"arguments": arguments, "cwd": str(cwd), "environment": environment}
        orders.write(json.dumps(order | {name: str(path) for name, path in files.items()}) + "\n")
        orders.flush()
        ended = int(answers.readline())
        stdout, stderr = (path.read_text(encoding="utf-8") for path in files.values())
        assert ended == code, stdout + stderr
        assert "Traceback" not in stderr
        # Where this machine is slow, that a command starts is told.
        return subprocess.CompletedProcess(arguments, ended, stdout, stderr.removeprefix(f"{STARTING}\n"))

    with server:
        yield run
        orders.close()
