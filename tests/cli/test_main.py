"""The command line as a whole: every command helps, expected faults are short, results go to stdout."""

from __future__ import annotations

import errno
import gc
import os
import re
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
import typer
from typer.testing import CliRunner

from tests.command_line import tuneset
from tests.test_locks import holder
from tuneset import stage_table
from tuneset.cli import main
from tuneset.cli.commands import Command, commands
from tuneset.params import load_params

ROOT = Path(__file__).parents[2]
CONTRACT = (
    "prepare", *stage_table.names(), "check", "tokens", "rules", "explain", "files", "serve", "init", "sample",
    "export",
)  # fmt: skip


def test_the_contract_has_every_command():
    assert set(CONTRACT) <= {command.name for command in commands()}


@pytest.mark.parametrize("command", commands(), ids=lambda command: command.name)
def test_the_list_of_commands_says_what_each_says_of_itself(command: Command):
    found = command.load()
    if command.stage:
        assert found.__doc__ is None, "the stage table has its words"
    else:
        assert (found.info.help if isinstance(found, typer.Typer) else found.__doc__) == command.help


def test_the_readme_has_every_command():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    stages = set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))
    named = set(re.findall(r"`tuneset (\w+)", " ".join(re.findall(r"^\| (`tuneset .*?) \|", text, re.MULTILINE))))
    assert named | stages >= {command.name for command in commands()}


def test_help_loads_no_command():
    loaded = "import sys, tuneset.cli.main; from typer.testing import CliRunner; "
    loaded += "assert CliRunner().invoke(tuneset.cli.main.app, ['--help']).exit_code == 0; "
    loaded += "print(*(name for name in sys.modules if name in ('polars', 'pydantic', 'openai', 'numpy')))"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize("command", CONTRACT)
def test_every_command_says_what_it_does(command: str):
    done = CliRunner().invoke(main.app, [command, "--help"], env={"COLUMNS": "100"})
    assert done.exit_code == 0
    assert re.search(r"Usage:.*" + command, done.stdout)
    described = [line.strip() for line in done.stdout.splitlines()[2:] if line.strip()]
    assert described[0][0].isupper(), "the help begins with a sentence"


@pytest.mark.parametrize("command", CONTRACT)
def test_the_readme_names_every_command(command: str):
    readme = (ROOT / "README.md").read_text()
    assert f"`{command}`" in readme or f"`tuneset {command}" in readme


def test_an_unknown_option_is_usage_and_says_so(tmp_path: Path):
    done = tuneset(tmp_path, "prepare", "--nope")
    assert done.returncode == 2
    assert "No such option: --nope" in done.stderr
    assert done.stdout == ""


def test_a_stage_without_the_one_before_it_names_it(tmp_path: Path):
    done = tuneset(tmp_path, "dedup")
    assert done.returncode == 3
    assert done.stderr.endswith(
        "error: data/work/validate: no rows here yet\n  do: run `tuneset validate` first, or `dvc repro`\n"
    )


def test_ctrl_c_says_what_is_kept(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    alone = typer.Typer()

    @alone.command()
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(main, "app", alone)
    monkeypatch.setattr(sys, "argv", ["tuneset"])
    with pytest.raises(SystemExit) as end:
        main.run()
    assert end.value.code == 130
    assert "what was finished is kept" in capsys.readouterr().err


def test_the_collector_rests_until_the_command_is_loaded_and_only_in_a_process_of_ours(monkeypatch: pytest.MonkeyPatch):
    gc.unfreeze()
    seen = list[bool]()

    def load_a_command() -> None:
        seen.append(gc.isenabled())
        CliRunner().invoke(app, ["version-of-nothing"])
        CliRunner().invoke(app, ["rules", "--help"])
        seen.append(gc.isenabled())

    app = main.app
    load_a_command()
    assert (seen, gc.get_freeze_count()) == ([True, True], 0)
    monkeypatch.setattr(main, "app", load_a_command)
    try:
        main.run()
        assert (seen[2:], gc.get_freeze_count() > 0) == ([False, True], True)
    finally:
        gc.unfreeze()


def test_a_panic_of_a_library_ends_in_words(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    def panic() -> None:
        raise pl.exceptions.PanicException("a value of the row")

    monkeypatch.setattr(main, "app", panic)
    with pytest.raises(SystemExit) as caught:
        main.run()
    assert caught.value.code == 1
    told = capsys.readouterr().err
    assert told.startswith("error: tuneset: a library panicked\n")
    assert "value" not in told


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOENT, "error: some/file: cannot be used: No such file or directory\n"),
        (errno.EACCES, "error: some/file: cannot be used: Permission denied\n"),
        (errno.ENOSPC, "error: some/file: the disk is full\n  do: free some space and run the same command again\n"),
    ],
)
def test_a_file_that_fails_unexpectedly_is_named_and_not_said_to_be_written(
    number: int, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def fail() -> None:
        raise OSError(number, os.strerror(number), "some/file")

    monkeypatch.setattr(main, "app", fail)
    with pytest.raises(SystemExit) as caught:
        main.run()
    assert (caught.value.code, capsys.readouterr().err) == (3, said)


def test_a_stage_beside_another_run_is_refused(tmp_path: Path):
    with holder(tmp_path / "data" / "work" / ".lock") as other:
        for stage in ("ingest", "report", "gate"):
            done = tuneset(tmp_path, stage)
            assert done.returncode == 2
            assert f"another run is at work here (process {other.pid})" in done.stderr
        other.communicate("")


def test_version(tmp_path: Path):
    command = [sys.executable, "-m", "tuneset", "--version"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "tuneset 0.1.0\n"


def test_init_writes_its_files_and_never_over_one_that_is_there(tmp_path: Path):
    done = tuneset(tmp_path, "init", "mine")
    assert done.stdout.startswith("wrote mine/params.yaml\nwrote mine/dvc.yaml\nwrote mine/.gitignore\nnext: ")
    assert load_params(tmp_path / "mine" / "params.yaml") == load_params(None, [])
    again = tuneset(tmp_path, "init", "mine")
    assert again.returncode == 2
    assert again.stderr == ("error: mine/params.yaml: is there already\n  do: move it away, or choose another folder\n")


def test_the_params_template_is_what_this_repository_runs():
    templates = ROOT / "pipeline/tuneset/templates"
    assert (templates / "params.template.yaml").read_bytes() == (ROOT / "params.yaml").read_bytes()


def test_params_yaml_states_every_default():
    assert load_params(ROOT / "params.yaml") == load_params(Path("/dev/null"))


def test_explain_without_a_ledger_says_where_it_looked(tmp_path: Path):
    done = tuneset(tmp_path, "explain", "a.jsonl:1")
    assert done.returncode == 3
    assert done.stderr == (
        "error: no ledger in data/reports, here or in out\n  do: name the folder that prepare wrote with --out DIR\n"
    )


def test_ctrl_c_while_the_command_line_is_loaded_is_no_traceback(tmp_path: Path):
    stopped = (
        "import os, runpy, signal, sys\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "class Finder:\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        if name == 'tuneset.cli.main':\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Finder())\n"
        "runpy.run_module('tuneset', run_name='__main__')\n"
    )
    done = subprocess.run([sys.executable, "-c", stopped], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr == "interrupted; what was finished is kept, run the same command again to go on\n"
