"""The files that other repositories use: the action, the hooks and docs/ci.md call options that exist."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
import typer
import typer.main
import yaml
from typer.core import TyperGroup

from tuneset.cli.dataset.baseline import baseline
from tuneset.cli.dataset.check import check
from tuneset.cli.dataset.prepare import prepare
from tuneset.cli.remote.stages import upload

ROOT = Path(__file__).parents[2]
TEXTS = ["action.yml", ".pre-commit-hooks.yaml", "docs/ci.md"]


def _options(of: Iterable[Callable[..., None]]) -> set[str]:
    app = typer.Typer()
    for number, function in enumerate(of):
        app.command(str(number))(function)
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    return {option for command in group.commands.values() for parameter in command.params for option in parameter.opts}


@pytest.mark.parametrize("name", TEXTS)
def test_every_option_exists(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)) - {"--quiet"}  # of pip
    assert named
    assert named <= _options([check, baseline, prepare, upload])


def test_the_action_passes_no_input_as_code() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    steps = action["runs"]["steps"]
    assert all("${{ inputs." not in step.get("run", "") for step in steps)
    passed = {value for step in steps for value in step.get("env", {}).values()}
    assert passed == {"${{ inputs." + name + " }}" for name in action["inputs"]}


def test_the_hooks_call_the_command() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert [hook["id"] for hook in hooks] == ["tuneset-check", "tuneset-check-fix"]
    assert all(hook["entry"].startswith("tuneset check") and re.search(hook["files"], "a/b.jsonl") for hook in hooks)


def test_the_script_of_the_action_runs(tmp_path: Path) -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    script = next(step["run"] for step in action["runs"]["steps"] if step.get("name") == "Check")
    (tmp_path / "train.jsonl").write_bytes(b'{"messages":[]}\n')
    environment = {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "FILES": "*.jsonl", "PROFILE": "openai",
        "FORMAT": "sft",
        "MODEL": "", "IGNORE": "DAT001", "JUNIT": "check.xml", "GITHUB_STEP_SUMMARY": "summary.md",
    }  # fmt: skip
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, check=False, text=True
    )
    assert done.returncode == 1
    assert done.stdout.startswith("::error file=train.jsonl,line=1,title=SHP005 empty-messages::$.messages: ")
    assert "| SHP005 empty-messages | error | 1 |" in (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert 'failures="1"' in (tmp_path / "check.xml").read_text(encoding="utf-8")
