"""The built wheel is whole, and takes no name but its own: it works beside packages called `pipeline` and `schemas`."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
import zipfile
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.e2e.test_prepare import write_chat
from tuneset.cli.commands import commands

ROOT = Path(__file__).parents[2]
RIVALS = ("pipeline", "schemas")
RIVAL_PROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "somebody-elses"
version = "1"
[tool.hatch.build.targets.wheel]
packages = ["pipeline", "schemas"]
"""
KEEP = "def keep(messages):\n    return 'What is 7 plus one?' not in messages[0]['content']\n"


def asked_for(ours: Distribution, extra: str) -> set[str]:
    """The distributions that ours asks for with an extra, and all that these ask for, by what is installed here."""
    found: set[tuple[str, str]] = set()
    left = [(ours, extra)]
    while left:
        one, extra = left.pop()
        for asked in map(Requirement, one.requires or ()):
            if asked.marker is None or asked.marker.evaluate({"extra": extra}):
                new = {(canonicalize_name(asked.name), name) for name in ("", *asked.extras)} - found
                found |= new
                left += [(distribution(name), extra) for name, extra in new]
    return {name for name, _ in found}


def link(name: str, folder: Path) -> None:
    """Put a distribution of this environment into the folder of another one's packages: unpacking takes long."""
    for top in {path.parts[0] for path in distribution(name).files or ()} - {"..", "__pycache__"}:
        (folder / top).symlink_to(Path(str(distribution(name).locate_file(top))))


def build(project: Path, folder: Path) -> Path:
    """The wheel of a project, built by what the development environment has."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=project, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our wheel."""
    return build(ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` folder of an environment that holds the wheel, what it asks for and nothing else, and the rivals.

    `pip check` sees to it that the versions are those asked for. That a registry has them is what `make dist` shows.
    """
    folder = tmp_path_factory.mktemp("environment")
    for name in RIVALS:
        package = folder / "rivals" / name
        package.mkdir(parents=True)
        (package / "__init__.py").write_text("OWNER = 'somebody else'\n")
    (folder / "rivals" / "pyproject.toml").write_text(RIVAL_PROJECT)
    rivals = build(folder / "rivals", folder / "rivals-wheel")
    venv.create(folder / "venv")
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "venv/bin/python"), "--disable-pip-version-check"]
    install = [*pip, "install", "--quiet", "--no-compile", "--no-index", "--no-deps", str(wheel), str(rivals)]
    subprocess.run(install, check=True, cwd=folder)
    (packages,) = (folder / "venv" / "lib").glob("*/site-packages")
    (ours,) = Distribution.discover(name="tuneset", path=[str(packages)])
    for name in asked_for(ours, "offline"):
        link(name, packages)
    subprocess.run([*pip, "check"], check=True, cwd=folder)
    return folder / "venv" / "bin"


def run(environment: Path, folder: Path, *command: str) -> str:
    """What a command of the environment prints; it must end with 0."""
    program, *arguments = command
    done = subprocess.run(
        [str(environment / program), *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_nothing_but_tuneset_is_in_the_wheel(wheel: Path):
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"tuneset"}
    schemas = {path.name for path in (ROOT / "schemas").glob("*.json")}
    assert {f"tuneset/schemas/{name}" for name in schemas} <= set(names)
    assert "tuneset/py.typed" in names


def test_the_rivals_stay_what_they_are(environment: Path, tmp_path: Path):
    program = "import pipeline, schemas, tuneset; print(pipeline.OWNER, schemas.OWNER, tuneset.prepare.__module__)"
    told = run(environment, tmp_path, "python", "-c", program)
    assert told == "somebody else somebody else tuneset.api.prepare\n"


def test_prepare_and_check_work_from_the_wheel(environment: Path, tmp_path: Path):
    write_chat(tmp_path / "raw.jsonl", 40)
    run(environment, tmp_path, "tuneset", "prepare", "raw.jsonl", "--out", "out")
    files = ("out/train.jsonl", "out/validation.jsonl")
    told = run(
        environment, tmp_path, "python", "-m", "tuneset", "check", *files, "--profile", "openai", "--output", "json"
    )
    assert json.loads(told)["summary"]["errors"] == 0


def test_a_filter_in_the_users_own_pipeline_folder_is_reached(environment: Path, tmp_path: Path):
    write_chat(tmp_path / "raw.jsonl", 40)
    for name in RIVALS:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
    (tmp_path / "pipeline" / "filters.py").write_text(KEEP)
    (tmp_path / "params.yaml").write_text("clean: {filters: {function: 'pipeline.filters:keep'}}\n")
    for way, command in enumerate((["tuneset"], ["python", "-m", "tuneset"])):
        told = run(environment, tmp_path, *command, "prepare", "raw.jsonl", "--out", f"out{way}", "--output", "json")
        assert json.loads(told)["rows"]["dropped_by_code"] == {"CLN012": 1}


def test_every_command_loads_without_any_extra(environment: Path, tmp_path: Path):
    loading = "from tuneset.cli.commands import commands; print(len([one.load() for one in commands()]))"
    done = subprocess.run(
        [str(environment / "python"), "-c", loading], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.stdout.strip(), done.stderr) == (str(len(commands())), "")


def test_the_endpoint_starts_from_the_wheel(environment: Path, tmp_path: Path):
    command = [str(environment / "tuneset"), "serve", "--port", "0", "--state", "state"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        line: str = process.stderr.readline()
        process.terminate()
        process.communicate()
    assert "listening" in line
