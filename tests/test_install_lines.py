"""What a page or a remedy tells one to install exists: this folder, an address of git, or a package of a registry."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import tuneset

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "action.yml", ROOT / ".pre-commit-hooks.yaml"]
PLACES = {"${{ github.action_path }}": "."}
"""What an action puts in, as it is in this repository."""
IMPORTED = re.compile(
    r"^ *(?:from ([A-Za-z]\w*)[\w.]* import |import ([A-Za-z]\w*)[\w.]*(?: as \w+)?(?:  #.*)?$)", re.MULTILINE
)
"""The package that a line of code imports from; to parse all files takes three seconds."""
INSTALL = re.compile(r"(?<!uv )\bpip install ([^\n`#]+)")


def name_of(requirement: str) -> str:
    """The package that a requirement names: `pip` of `pip>=1`."""
    return re.split(r"[\[<>=!~; ]", requirement)[0]


def install_lines() -> Iterator[tuple[str, str]]:
    """What follows `pip install` in the pages, and in every text of the code, up to the end of the command."""
    for page in PAGES:
        for found in INSTALL.findall(page.read_text(encoding="utf-8")):
            yield page.name, found
    for path in sorted((ROOT / "pipeline").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)) if "install" in text else ():
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                for found in INSTALL.findall(node.value):
                    yield path.name, re.split(r", | or |;", found)[0]


LINES = sorted({(where, line.strip()) for where, line in install_lines()})


def wanted(line: str) -> list[str]:
    """The requirements of one line, without options."""
    for told, place in PLACES.items():
        line = line.replace(told, place)
    return [word for word in shlex.split(line) if not word.startswith("-")]


def test_the_lines_are_found() -> None:
    assert {"README.md", "ci.md", "action.yml", "encodings.py", "language.py"} <= {where for where, _ in LINES}


@pytest.mark.parametrize(("where", "line"), LINES)
def test_what_is_to_be_installed_exists(where: str, line: str) -> None:
    known = {name_of(one) for one in [*PROJECT["dependencies"], *(one for extra in EXTRAS.values() for one in extra)]}
    for requirement in wanted(line):
        address = re.fullmatch(r"tuneset\[([a-z0-9,]+)\] @ git\+https://[\w.]+/OWNER/tuneset", requirement)
        here = re.fullmatch(r"\.\[([a-z0-9,]+)\]", requirement)
        if address or here:
            match = address or here
            assert match is not None
            assert set(match.group(1).split(",")) <= set(EXTRAS), where
        else:
            assert name_of(requirement) in known - {"tuneset"}, where


@pytest.mark.slow
def test_pip_takes_them() -> None:
    requirements = sorted({one for _, line in LINES for one in wanted(line) if "git+" not in one})
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--no-deps", "--no-build-isolation", "--quiet"]
    done = subprocess.run([*command, *requirements], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_version_is_the_same_everywhere() -> None:
    assert PROJECT["version"] == tuneset.__version__
    assert f"\n## {tuneset.__version__}\n" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_what_is_imported_is_declared() -> None:
    # Pydantic asks for one exact version of its core, so that nobody else may.
    distributions = {
        "pydantic_core": "pydantic",
        "PIL": "pillow",
        "yaml": "pyyaml",
        "vl_convert": "vl-convert-python",
        "stdnum": "python-stdnum",
        "botocore": "boto3",
        "google": "google-genai",
        "multipart": "python-multipart",
    }
    declared = {
        name_of(one) for one in [*PROJECT["dependencies"], *(one for extra in EXTRAS.values() for one in extra)]
    }
    imported = set()
    for path in (ROOT / "pipeline").rglob("*.py"):
        if path.parent.name != "scripts":  # of exports: each runs by itself and names its own libraries
            imported |= {"".join(found) for found in IMPORTED.findall(path.read_text(encoding="utf-8"))}
    ours = {
        distributions.get(name, name.replace("_", "-")) for name in imported - sys.stdlib_module_names - {"tuneset"}
    }
    assert {"polars", "pillow", "anyio"} <= ours
    assert ours <= declared
