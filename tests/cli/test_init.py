"""What `tuneset init` keeps out of git, and what it leaves to it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from tuneset import stage_table
from tuneset.cli.repository import dvc_file, git_ignore
from tuneset.params import parse_params


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("repository")
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    git_ignore.add_to(folder / ".gitignore")
    return folder


def ignored(folder: Path, paths: list[str]) -> set[str]:
    done = subprocess.run(
        ["git", "-C", str(folder), "check-ignore", *paths], capture_output=True, text=True, check=False
    )
    return set(done.stdout.splitlines())


def test_what_is_small_and_holds_no_row_is_offered_to_git(repository: Path):
    small = [f"data/{path}" for row in stage_table.STAGES for path in (*row.small_outs, *row.metrics)]
    own = ["params.yaml", "dvc.yaml", "dvc.lock", "data/raw.dvc", "data/receipts/x.json", "review.jsonl", ".env.d/x"]
    assert ignored(repository, [*small, *own]) <= {".env.d/x"}


def test_raw_data_state_and_keys_never_are(repository: Path):
    cached = [f"data/{path}" for row in stage_table.STAGES for path in row.outs]
    work = [f"data/work/{row.name}/a.examples" for row in stage_table.STAGES if row.work]
    rows = ["data/raw/chats.jsonl", "data/dataset/test.jsonl", "data/local/files/a", "out/train.jsonl"]
    keys = [".env", ".env.local", "openai.key", "train.fixed.jsonl"]
    wanted = [*cached, *work, *rows, *keys]
    assert ignored(repository, wanted) == set(wanted)


def test_lines_that_are_there_stay_and_none_is_added_twice(tmp_path: Path):
    path = tmp_path / ".gitignore"
    path.write_text("mine/\n/data/raw/")
    assert git_ignore.add_to(path)
    lines = path.read_text().splitlines()
    assert lines[:2] == ["mine/", "/data/raw/"]
    assert sorted(line for line in lines if line.startswith("/data/raw")) == ["/data/raw/"]
    assert not git_ignore.add_to(path)


def test_a_test_set_that_dvc_does_not_keep_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    with_test, without = (parse_params({"split": {"test": share}}, "here") for share in (0.1, 0.0))
    text = dvc_file.text()
    Path("dvc.yaml").write_text(text)
    assert not dvc_file.unkept_test_set("split", with_test), "no run of DVC"
    monkeypatch.setenv("DVC_STAGE", "split")
    assert not dvc_file.unkept_test_set("split", without)
    assert dvc_file.unkept_test_set("split", with_test)
    Path("dvc.yaml").write_text(text.replace(f"# - {dvc_file.TEST_SET}", f"- {dvc_file.TEST_SET}"))
    assert dvc_file.TEST_SET in yaml.safe_load(Path("dvc.yaml").read_text())["stages"]["split"]["outs"]
    assert not dvc_file.unkept_test_set("split", with_test)
