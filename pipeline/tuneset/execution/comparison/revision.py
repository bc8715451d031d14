"""A dataset folder as it was at a git revision: files that git tracks, and those that DVC keeps beside it.

A file of DVC's is named in `dvc.lock` or a `.dvc` file of the revision by its md5, and is taken from the cache, or from
a remote that is a folder of this machine. What is not there is asked of the program `dvc`, where it is installed. DVC
is imported nowhere, and nothing is checked out.
"""

from __future__ import annotations

import configparser
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import orjson
import yaml

from tuneset.errors import InputError, UsageError

PREFIX = "rev:"
DEFAULT_FOLDER = "data"
"""The folder that is meant where a revision is named alone: the one that the stages share."""
_FOLDER_MD5 = ".dir"  # how the md5 of a folder ends: https://dvc.org/doc/user-guide/project-structure/internal-files
_TIMEOUT_S = 600


class Revision(NamedTuple):
    """A folder of a repository at a commit.

    Args:
        name: as it was typed.
        commit: 40 hex digits.
        root: the repository.
        folder: from its root.
    """

    name: str
    commit: str
    root: Path
    folder: PurePosixPath


def parse(name: str) -> Revision:
    """Take `rev:NAME` or `rev:NAME:FOLDER` apart; the folder counts from the working folder.

    Raises UsageError where git is missing, this is no repository, or it has no such revision.
    """
    revision, _, folder = name.removeprefix(PREFIX).partition(":")
    if shutil.which("git") is None:
        raise UsageError(f"{name}: git is not installed", hint="install git, or name a folder or a file")
    allowed = "rev:NAME or rev:NAME:FOLDER, with a branch, a tag or a commit of this repository"
    root = _git(Path(), "rev-parse", "--show-toplevel")
    if root is None:
        raise UsageError(f"{name}: this folder is in no git repository", allowed=allowed)
    commit = _git(Path(), "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if not revision or commit is None:
        raise UsageError(f"{name}: git knows no revision `{revision}` here", allowed=allowed)
    top = Path(root.decode().strip())
    named = (Path.cwd() / (folder or DEFAULT_FOLDER)).resolve()
    if not named.is_relative_to(top.resolve()):
        raise UsageError(f"{name}: the folder lies outside of the repository {top}", allowed=allowed)
    return Revision(name, commit.decode().strip(), top, PurePosixPath(named.relative_to(top.resolve()).as_posix()))


def fetch(name: str, target: Path, names: Iterable[str]) -> Path:
    """Write the files of a folder at a revision into `target`, those of `names` that were there; give `target`.

    Raises UsageError as `parse` does, InputError where DVC's content of a file is nowhere to be had.
    """
    at = parse(name)
    listed = _git(at.root, "ls-tree", "-r", "-z", "--name-only", at.commit) or b""
    tracked = set(listed.decode(errors="surrogateescape").split("\0"))
    kept = dict(_kept_by_dvc(at, tracked))
    for wanted in names:
        path = str(at.folder / wanted)
        out = target / wanted
        if path in tracked:
            data = _git(at.root, "show", f"{at.commit}:{path}")
            assert data is not None, "git lists it"
            out.parent.mkdir(parents=True, exist_ok=True)
            out.write_bytes(data)
        elif path in kept:
            out.parent.mkdir(parents=True, exist_ok=True)
            _from_dvc(at, path, kept[path], out)
    return target


def _kept_by_dvc(at: Revision, tracked: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the files that DVC kept at a revision, from the repository's root, each with its md5."""
    for path in tracked:
        if PurePosixPath(path).name != "dvc.lock" and not path.endswith(".dvc"):
            continue
        try:
            document = yaml.safe_load(_git(at.root, "show", f"{at.commit}:{path}") or b"")
        except yaml.YAMLError:
            continue
        for out in _outs(document):
            where = PurePosixPath(path).parent / str(out.get("path"))
            md5 = str(out.get("md5") or "")
            if md5.endswith(_FOLDER_MD5):
                yield from ((str(where / name), own) for name, own in _members(at, md5))
            elif md5:
                yield str(where), md5


def _outs(document: Any) -> list[dict[str, Any]]:  # noqa: ANN401  any YAML document
    """The outs of a `.dvc` file, or of all stages of a `dvc.lock`.

    >>> _outs({"stages": {"split": {"outs": [{"path": "a", "md5": "1"}]}}}), _outs({"outs": [{"path": "b"}]}), _outs(1)
    ([{'path': 'a', 'md5': '1'}], [{'path': 'b'}], [])
    """
    if not isinstance(document, dict):
        return []
    stages = document.get("stages")
    holders = [document, *(stages.values() if isinstance(stages, dict) else ())]
    outs = [out for one in holders if isinstance(one, dict) for out in one.get("outs") or ()]
    return [out for out in outs if isinstance(out, dict)]


def _members(at: Revision, md5: str) -> list[tuple[str, str]]:
    """The files of a folder that DVC keeps as one, each with its md5; none where the list is not in the cache."""
    path = _cached(at.root, md5)
    if path is None:
        return []
    return [(entry["relpath"], entry["md5"]) for entry in orjson.loads(path.read_bytes())]


def _cached(root: Path, md5: str) -> Path | None:
    """Where the cache or a remote on this machine holds some content, in the layout of DVC 3 or of those before."""
    folders = [root / ".dvc" / "cache"]
    for config in _configs(root):
        if own := config.get("cache", "dir", fallback=""):
            folders.insert(0, root / ".dvc" / own)
        remotes = [name for name in config.sections() if name.strip("'").startswith("remote ")]
        urls = [config.get(name, "url", fallback="").removeprefix("file://") for name in remotes]
        folders += [root / ".dvc" / url for url in urls if url and "://" not in url]
    places = [(folder / kind, md5) for folder in folders for kind in ("files/md5", "")]
    return next((path for folder, name in places if (path := folder / name[:2] / name[2:]).is_file()), None)


def _configs(root: Path) -> Iterator[configparser.ConfigParser]:
    """Yield what DVC is told in this repository today: the revision may be older than its remote."""
    for name in ("config", "config.local"):
        config = configparser.ConfigParser(interpolation=None)
        config.read(root / ".dvc" / name)
        yield config


def _from_dvc(at: Revision, path: str, md5: str, out: Path) -> None:
    """Copy what DVC keeps under an md5 to `out`, from the cache, from a remote on this machine, or by the program."""
    cached = _cached(at.root, md5)
    if cached is not None:
        shutil.copyfile(cached, out)
        return
    if shutil.which("dvc") is not None:
        command = ["dvc", "get", "--quiet", "--force", "--rev", at.commit, "--out", str(out)]
        config = at.root / ".dvc" / "config"
        command += ["--config", str(config)] if config.is_file() else []
        done = subprocess.run([*command, str(at.root), path], capture_output=True, check=False, timeout=_TIMEOUT_S)
        if done.returncode == 0 and out.is_file():
            return
    raise InputError(
        f"{at.name}: {path} is not in DVC's cache", hint=f"fetch it: dvc fetch --all-commits, or dvc get . {path}"
    )


def _git(folder: Path, *arguments: str) -> bytes | None:
    """What git prints, or None where it fails."""
    command = ["git", "-C", str(folder), *arguments]
    done = subprocess.run(command, capture_output=True, check=False, timeout=_TIMEOUT_S)
    return done.stdout if done.returncode == 0 else None
