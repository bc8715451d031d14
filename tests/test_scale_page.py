"""What docs/scale.md gives to be copied: YAML, a script of the shell, and commands with params that there are."""

from __future__ import annotations

import itertools
import json
import re
import shlex
import subprocess
import textwrap
from pathlib import Path

import pytest
import yaml

from tuneset.params import load_params

PAGE = (Path(__file__).parent.parent / "docs" / "scale.md").read_text(encoding="utf-8")
BLOCKS = [textwrap.dedent(block) for block in re.findall(r"(?:(?<=\n\n)|^)((?:    .*\n|\n(?=    ))+)", PAGE)]
COMMANDS = sorted({line.strip() for line in PAGE.splitlines() if "tuneset prepare" in line and "--set" in line})


def block(begin: str) -> str:
    """The one block that begins so."""
    (found,) = [each for each in BLOCKS if each.startswith(begin)]
    return found.partition("\n\n")[0]


def test_the_files_to_be_copied_are_of_their_kinds() -> None:
    cluster = yaml.safe_load(block("cluster_name:"))
    assert cluster["head_node_type"] in cluster["available_node_types"]
    job = yaml.safe_load(block("apiVersion: ray.io/v1"))
    assert (job["kind"], sorted(job["spec"]["rayClusterSpec"])) == ("RayJob", ["headGroupSpec", "workerGroupSpecs"])
    assert yaml.safe_load(block("stages:"))["stages"]["prepare"]["outs"]
    checked = subprocess.run(["/bin/bash", "-n"], input=block("#!/bin/bash").encode(), check=False, capture_output=True)
    assert (checked.returncode, checked.stderr) == (0, b"")


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_name_params_that_there_are(command: str) -> None:
    words = shlex.split(command.replace("'", "").replace("`", ""))
    given = [word for before, word in itertools.pairwise(words) if before == "--set"]
    assert load_params(None, given).run.engine in ("ray", "local")


@pytest.mark.ray
def test_the_cluster_is_of_rays_own_schema() -> None:
    import jsonschema  # noqa: PLC0415  a second of every run
    import ray.autoscaler  # noqa: PLC0415  only `make ray` has it

    schema = json.loads((Path(ray.autoscaler.__file__).parent / "ray-schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(yaml.safe_load(block("cluster_name:")), schema)
