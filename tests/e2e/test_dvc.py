"""A repository of somebody's own: `tuneset init`, then DVC runs what has changed and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.e2e.conftest import Command
from tests.e2e.test_prepare import write_chat
from tuneset import stage_table

LOOKS = "from dvc.cli import main; print([main([*looks.split()]) for looks in ('metrics show', 'dag', 'plots show')])"
"""Three commands in one process, as each takes longer to start than to look; prints their exit codes last."""


def dvc(*arguments: str, cwd: Path) -> str:
    return by_python("-m", "dvc", *arguments, cwd=cwd)


def by_python(*arguments: str, cwd: Path) -> str:
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "DVC_NO_ANALYTICS": "1",
        "CI": "1",
    }
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_dvc_runs_each_stage_once_and_only_what_a_param_touches_again(tmp_path: Path, tuneset: Command):
    tuneset("init", cwd=tmp_path)
    write_chat(tmp_path / "data/raw/chat.jsonl", 60)
    dvc("init", "--no-scm", "-q", cwd=tmp_path)
    first = dvc("repro", "gate", cwd=tmp_path)
    stages = tuple(row.name for row in stage_table.STAGES if row.scope != "remote")
    assert all(f"Running stage '{stage}'" in first for stage in stages)
    assert "Running stage" not in dvc("repro", "gate", cwd=tmp_path)
    params = tmp_path / "params.yaml"
    params.write_text(params.read_text().replace("validation: 0.1", "validation: 0.3"))
    changed = dvc("repro", "gate", cwd=tmp_path)
    assert "Running stage 'split'" in changed
    assert "Running stage 'tokenize'" not in changed
    told = by_python("-c", LOOKS, cwd=tmp_path)
    assert "rows.validation" in told
    assert "| ingest |" in told
    assert told.endswith("[0, 0, 0]\n")


def test_this_repository_sends_nothing_about_its_users():
    config = (Path(__file__).parents[2] / ".dvc" / "config").read_text()
    assert "analytics = false" in config
    assert "check_update = false" in config
