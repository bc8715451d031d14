"""Which files of a folder are no data, by their names, and why: they are left out, and a person is told so.

A file that is named itself is always read, whatever it is called.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_BY_ENDING = {
    "~": "a copy of an editor",
    ".tmp": "unfinished",
    ".part": "unfinished",
    ".dvc": "a pointer of DVC",
    ".md": "a paper",
    **dict.fromkeys((".html", ".htm", ".css", ".js"), "a page"),
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".gif", ".webp", ".heic", ".bmp", ".svg", ".ico"), "a picture"),
    **dict.fromkeys((".wav", ".mp3", ".m4a", ".ogg", ".opus", ".flac", ".aac"), "sound"),
    **dict.fromkeys((".mp4", ".mov", ".webm", ".avi", ".mkv", ".3gp"), "a film"),
}
"""Exports of chats bring a page to look at them, and what was attached."""
_BY_BEGINNING = {
    ".": "hidden",
    "__macosx": "made by macOS",
    "readme": "a paper",
    "license": "a paper",
    "licence": "a paper",
    "dataset_info": "written by datasets",
    "dataset_dict.json": "written by datasets",
    "state.json": "written by datasets",
    **dict.fromkeys(("_success", "_committed_", "_started_"), "a marker of Spark"),
}
"""Papers, and what datasets, trainers and Spark write beside the data."""


class LeftOut(NamedTuple):
    """A file or folder that is not read, and why."""

    path: Path
    reason: str


def why_left_out(name: str) -> str | None:
    """Why a file or folder of this name is no data; None for one that may hold some.

    >>> [why_left_out(name) for name in ("a.jsonl", "README.txt", ".cache", "__MACOSX", "a.csv.part")]
    [None, 'a paper', 'hidden', 'made by macOS', 'unfinished']
    """
    plain = name.lower()
    begun = (reason for begin, reason in _BY_BEGINNING.items() if plain.startswith(begin))
    ended = (reason for end, reason in _BY_ENDING.items() if plain.endswith(end))
    return next(begun, None) or next(ended, None)


def why_left_out_below(name: str) -> str | None:
    """Why a file of this name below a folder is no data, as `data_files` judges it; None for one that may hold some.

    >>> [why_left_out_below(name) for name in ("readme/a.jsonl", "a/README", ".cache/a.jsonl", "a/_SUCCESS")]
    [None, 'a paper', 'hidden', 'a marker of Spark']
    """
    *folders, own = name.split("/")
    return "hidden" if any(folder.startswith(".") for folder in folders) else why_left_out(own)


def data_files(folder: Path, seen: frozenset[Path] = frozenset()) -> Iterator[Path | LeftOut]:
    """Yield the data files below a folder, and what is left out of it; `seen` are the folders on the way.

    Links can form a ring: what is on the way already is not walked again. A hidden folder is left out whole.
    """
    seen |= {folder.resolve()}
    for path in folder.iterdir():
        is_folder = path.is_dir()
        # A folder is left out only where it is hidden: `readme/` may hold data.
        reason = why_left_out_below(f"{path.name}/x" if is_folder else path.name)
        if reason is not None:
            yield LeftOut(path, reason)
        elif not is_folder:
            yield path
        elif path.resolve() not in seen:
            yield from data_files(path, seen)
