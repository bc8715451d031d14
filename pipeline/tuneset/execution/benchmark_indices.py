"""Indices of public benchmarks by name: files in folders that params name, and those that installed packages bring.

A package brings its indices by an entry point of the group `tuneset_benchmarks`, whose value is the package that the
files lie in. Nothing of a package is run, and nothing is fetched.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
from collections.abc import Iterator, Sequence
from pathlib import Path

from tuneset.errors import UsageError
from tuneset.execution.evaluation_index import SUFFIX
from tuneset.params import EvaluationParams

GROUP = "tuneset_benchmarks"


def evaluation_files(params: EvaluationParams) -> tuple[str, ...]:
    """All files of evaluation material that params name: by path, and indices by name.

    Raises UsageError where no index has a name, with those that there are.
    """
    if not params.benchmarks:
        return tuple(params.files)
    found = known(params.indices)
    for name in params.benchmarks:
        if name not in found:
            there = ", ".join(f"{one} ({path.parent})" for one, path in sorted(found.items()))
            raise UsageError(
                f"dedup.evaluation.benchmarks: no index is called {name}",
                allowed=there or f"none is in {', '.join(params.indices) or 'any folder'}, and no package brings one",
                hint=f"make it of the benchmark's files: tuneset index FILE... --out {_first(params)}/{name}{SUFFIX}",
            )
    return (*params.files, *(str(found[name]) for name in params.benchmarks))


def known(folders: Sequence[str]) -> dict[str, Path]:
    """The indices that there are, by name; what stands first counts, folders before packages."""
    found: dict[str, Path] = {}
    for folder in (*map(Path, folders), *_of_packages()):
        for path in sorted(folder.glob(f"*{SUFFIX}")):
            found.setdefault(path.stem, path)
    return found


def _of_packages() -> Iterator[Path]:
    """Yield the folders of installed packages that bring indices."""
    for entry in sorted(importlib.metadata.entry_points(group=GROUP), key=lambda entry: entry.name):
        try:
            spec = importlib.util.find_spec(entry.value)
        except (ImportError, ValueError):
            continue
        yield from map(Path, (spec.submodule_search_locations or ()) if spec else ())


def _first(params: EvaluationParams) -> str:
    return params.indices[0] if params.indices else "data/indices"
