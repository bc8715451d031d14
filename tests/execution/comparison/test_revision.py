"""A dataset at a git revision: what git tracks, and what DVC keeps by its md5, without a checkout."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import orjson
import pytest
import yaml

from tuneset.errors import InputError, UsageError
from tuneset.execution.comparison import revision

NAMES = ("dataset/train.jsonl", "dataset/validation.jsonl", "reports/ledger.parquet", "reports/metrics.json")


def git(*arguments: str) -> None:
    own = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *own, *arguments], check=True, capture_output=True)


def commit(message: str) -> None:
    git("add", "-A")
    git("commit", "-q", "-m", message)


def keep(data: bytes, cache: str = ".dvc/cache/files/md5") -> str:
    """Put content where DVC keeps it."""
    md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
    path = Path(cache) / md5[:2] / md5[2:]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return md5


def lock(**outs: str) -> None:
    entries = [{"path": path, "md5": md5} for path, md5 in outs.items()]
    Path("dvc.lock").write_text(yaml.safe_dump({"schema": "2.0", "stages": {"split": {"outs": entries}}}))


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "repository"
    (root / "data" / "reports").mkdir(parents=True)
    monkeypatch.chdir(root)
    git("init", "-q")
    Path(".gitignore").write_text("/.dvc/cache\n/data/dataset\n")
    return root


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("rev:", "git knows no revision ``"),
        ("rev:nope", "git knows no revision `nope`"),
        ("rev:--help", "git knows no revision `--help`"),
        ("rev:HEAD:../..", "the folder lies outside of the repository"),
    ],
)
def test_what_is_no_revision_is_a_usage_error(repository: Path, name: str, message: str) -> None:
    Path("a").write_text("a")
    commit("one")
    with pytest.raises(UsageError, match=message):
        revision.fetch(name, repository / "out", NAMES)


def test_outside_of_a_repository_no_revision_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="in no git repository"):
        revision.fetch("rev:HEAD", tmp_path, NAMES)


def test_files_of_git_and_of_dvc_come_as_they_were(repository: Path) -> None:
    Path("data/reports/metrics.json").write_text('{"old": 1}')
    lock(**{"data/dataset/train.jsonl": keep(b"old train\n"), "data/reports/ledger.parquet": keep(b"", ".dvc/cache")})
    commit("old")
    git("tag", "v1")
    Path("data/reports/metrics.json").write_text('{"new": 1}')
    lock(**{"data/dataset/train.jsonl": keep(b"new train\n")})
    commit("new")
    out = revision.fetch("rev:v1", repository.parent / "out", NAMES)
    assert (out / "dataset/train.jsonl").read_bytes() == b"old train\n"
    assert (out / "reports/metrics.json").read_text() == '{"old": 1}'
    assert (out / "reports/ledger.parquet").read_bytes() == b"", "the cache of DVC before version 3"
    assert not (out / "dataset/validation.jsonl").exists()
    newer = revision.fetch("rev:HEAD:data", repository.parent / "newer", NAMES)
    assert (newer / "dataset/train.jsonl").read_bytes() == b"new train\n"


def test_a_folder_that_dvc_keeps_as_one_is_looked_into(repository: Path) -> None:
    members = [{"md5": keep(b"a line\n"), "relpath": "train.jsonl"}]
    whole = hashlib.md5(b"list", usedforsecurity=False).hexdigest()
    place = Path(".dvc/cache/files/md5") / whole[:2] / f"{whole[2:]}.dir"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(orjson.dumps(members))
    Path("set.dvc").write_text(yaml.safe_dump({"outs": [{"path": "set", "md5": f"{whole}.dir"}]}))
    commit("one")
    out = revision.fetch("rev:HEAD:set", repository.parent / "out", ("train.jsonl",))
    assert (out / "train.jsonl").read_bytes() == b"a line\n"


def test_another_cache_is_found_where_the_config_says(repository: Path) -> None:
    Path(".dvc").mkdir()
    Path(".dvc/config").write_text("[core]\n    analytics = false\n[cache]\n    dir = ../elsewhere\n")
    lock(**{"data/dataset/train.jsonl": keep(b"a line\n", "elsewhere/files/md5")})
    commit("one")
    out = revision.fetch("rev:HEAD", repository.parent / "out", NAMES)
    assert (out / "dataset/train.jsonl").read_bytes() == b"a line\n"


@pytest.mark.parametrize("url", ["../../remote", "{}/remote", "file://{}/remote"])
def test_a_remote_on_this_machine_is_asked_though_it_is_younger_than_the_revision(repository: Path, url: str) -> None:
    md5 = keep(b"a line\n", "../remote/files/md5")
    lock(**{"data/dataset/train.jsonl": md5})
    commit("one")
    Path(".dvc").mkdir()
    own = url.format(repository.parent)
    Path(".dvc/config").write_text(f"[core]\n    remote = own\n['remote \"own\"']\n    url = {own}\n")
    out = revision.fetch("rev:HEAD", repository.parent / "out", NAMES)
    assert (out / "dataset/train.jsonl").read_bytes() == b"a line\n"


def test_content_that_is_nowhere_is_named(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock(**{"data/dataset/train.jsonl": "0" * 32})
    commit("one")
    which = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "dvc" else which(name))
    with pytest.raises(InputError, match=r"data/dataset/train.jsonl is not in DVC's cache\n  do: fetch it: dvc fetch"):
        revision.fetch("rev:HEAD", repository.parent / "out", NAMES)
