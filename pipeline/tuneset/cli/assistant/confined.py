"""What a tool may touch: paths below one folder, and datasets whose own records lead nowhere else.

The tools have no way to params: these can name functions, which are code. A manifest holds the params of the run that
wrote it, and `view` and `explain` read raw rows again with them; a ledger names the raw files. Both may come from
somebody else, so they are looked at before a command is run.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from tuneset.errors import InputError, UsageError

_FUNCTIONS = ("clean.map", "clean.filters.function")
_FILES = ("review.file", "target.model", "target.template")
"""Params of a run by which `view` and `explain` run code, and read files."""


def below(root: Path, named: str, *, must_exist: bool = True) -> Path:
    """The path that is meant, absolute and without links.

    Raises UsageError where it, or a link in the folder that it is, leads out of the root; InputError where there is
    nothing.
    """
    try:
        path = (root / named).resolve()
    except (OSError, ValueError, RuntimeError):  # a null character, or links in a circle
        raise UsageError(f"{named!r}: is no path") from None
    _hold(root, path, named)
    if must_exist and not path.exists():
        raise InputError(f"{named}: there is no such file or folder", hint="a path is relative to the root")
    for link in _links(path, {path}):
        _hold(root, link.resolve(), str(link.relative_to(root)))
    return path


def dataset_below(root: Path, named: str) -> Path:
    """The same for what was prepared: its manifest names no code, its ledger no file outside of the root."""
    path = below(root, named)
    folder = path if path.is_dir() else path.parent
    for place in (folder, folder / "reports", folder.parent, folder.parent / "reports"):
        if place.is_relative_to(root):
            _hold_manifest(root, place / "manifest.json")
            _hold_ledger(root, place / "ledger.parquet")
    return path


def _hold(root: Path, path: Path, named: str) -> None:
    if not path.is_relative_to(root):
        raise UsageError(
            f"{named}: lies outside of the root",
            allowed="paths below the folder that tuneset mcp was started with",
            hint="start it with --root DIR of a folder that holds all of it",
        )


def _links(folder: Path, seen: set[Path]) -> Iterator[Path]:
    """Every link below a folder, and below the folders that links lead to."""
    for above, folders, files in os.walk(folder):
        for name in (*folders, *files):
            link = Path(above, name)
            if not link.is_symlink():
                continue
            yield link
            target = link.resolve()
            if target.is_dir() and target not in seen:
                seen.add(target)
                yield from _links(target, seen)


def _hold_manifest(root: Path, file: Path) -> None:
    if not file.is_file():
        return
    _hold(root, file.resolve(), str(file.relative_to(root)))
    try:
        params = json.loads(file.read_bytes()).get("params") or {}
    except (ValueError, AttributeError):
        raise InputError(f"{file.relative_to(root)}: is no manifest", hint="run tuneset prepare again") from None
    for key in _FUNCTIONS:
        if _value(params, key) is not None:
            raise UsageError(
                f"{file.relative_to(root)}: {key} names a function, which no tool runs",
                hint="look at the written files alone, or run the command yourself",
            )
    for key in _FILES:
        if (named := _value(params, key)) is not None:
            _hold(root, (root / str(named)).resolve(), f"{key} of {file.relative_to(root)}")


def _hold_ledger(root: Path, file: Path) -> None:
    if not file.is_file():
        return
    _hold(root, file.resolve(), str(file.relative_to(root)))
    try:
        sources = pl.scan_parquet(file).select(pl.col("source").cast(pl.String).unique()).collect()
    except (pl.exceptions.PolarsError, OSError):
        raise InputError(f"{file.relative_to(root)}: is no ledger", hint="run tuneset prepare again") from None
    for source in sources["source"].drop_nulls():
        _hold(root, (root / source).resolve(), f"a raw file of {file.relative_to(root)}")


def _value(params: Any, key: str) -> Any:  # noqa: ANN401  whatever the file holds
    """What stands at a dotted key, None where nothing does.

    >>> _value({"clean": {"map": "a:b"}}, "clean.map"), _value({"clean": None}, "clean.map")
    ('a:b', None)
    """
    for part in key.split("."):
        params = params.get(part) if isinstance(params, dict) else None
    return params
