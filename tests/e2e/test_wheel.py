"""The built wheel is whole: in an empty environment, outside the repository, it prepares and checks."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.e2e.test_prepare import write_chat

ROOT = Path(__file__).parents[2]


def pins() -> str:
    """The pinned versions of the development environment, as constraints without hashes."""
    text = (ROOT / "requirements" / "dev.txt").read_text()
    return "\n".join(re.findall(r"^[A-Za-z0-9_.-]+(?:\[[^]]*\])?==[^\\\n]+", text, flags=re.MULTILINE)) + "\n"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` folder of an environment that holds the wheel and what the wheel asks for, nothing else."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (folder / "constraints.txt").write_text(pins())
    venv.create(folder / "venv", with_pip=True)
    wheel = next(folder.glob("*.whl"))
    install = [str(folder / "venv/bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, "-c", str(folder / "constraints.txt"), f"{wheel}[offline]"], check=True, cwd=folder)
    return folder / "venv" / "bin"


def test_prepare_and_check_work_from_the_wheel(environment: Path, tmp_path: Path):
    write_chat(tmp_path / "raw.jsonl", 40)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(environment / "tuneset"), *arguments], cwd=tmp_path, capture_output=True, text=True, check=True
        )

    run("prepare", "raw.jsonl", "--out", "out")
    told = run("check", "out/train.jsonl", "out/validation.jsonl", "--profile", "openai", "--output", "json")
    assert json.loads(told.stdout)["summary"]["errors"] == 0
    assert "listening" in _serve_once(environment, tmp_path)


def _serve_once(environment: Path, folder: Path) -> str:
    """Start the endpoint from the wheel, read its first line, stop it."""
    command = [str(environment / "tuneset"), "serve", "--port", "0", "--state", "state"]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        line: str = process.stderr.readline()
        process.terminate()
        process.communicate()
    return line
