"""A function of somebody's own grades, and can do little else."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tuneset.graders.python_source import run_source

REFUSED = {
    "import socket\n    socket.create_connection(('127.0.0.1', 9))": "PermissionError",
    "import subprocess\n    subprocess.run(['true'])": "PermissionError",
    "import os\n    os.system('true')": "PermissionError",
    "open('/etc/hostname').read()": "PermissionError",
    "open('/tmp/tuneset-written', 'w')": "PermissionError",
    "bytearray(3 << 30)": "MemoryError",
    "raise SystemExit": "SystemExit",
}


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory differ elsewhere")
def test_what_a_grader_may_not_do_costs_it_the_score_and_nobody_else() -> None:
    branches = "".join(f"  if item['n'] == {n}:\n    {code}\n" for n, code in enumerate(REFUSED))
    source = f"def grade(sample, item):\n{branches}  return 1"
    found = run_source(source, [({}, {"n": n}) for n in range(len(REFUSED) + 1)])
    assert found == [*((0.0, f"the function raised {name}") for name in REFUSED.values()), (1.0, None)]
    assert not Path("/tmp/tuneset-written").exists()


def test_one_that_hangs_or_ends_its_process_costs_its_own_score_alone() -> None:
    source = (
        "import os\ndef grade(sample, item):\n"
        "  while item['n'] == 1: pass\n  if item['n'] == 2: os._exit(3)\n  return item['n']"
    )
    found = run_source(source, [({}, {"n": n}) for n in range(4)], seconds=1)
    assert found == [
        (0.0, None),
        (0.0, "the function took longer than 1 seconds"),
        (0.0, "the function ended its process"),
        (3.0, None),
    ]


def test_what_it_prints_and_gives_that_is_no_number_is_no_score() -> None:
    source = (
        "def grade(sample, item):\n  print('[1.0, null]')\n  return {'a': float('nan'), 'b': 'x', 'c': True}[item['k']]"
    )
    found = run_source(source, [({}, {"k": key}) for key in "abc"])
    assert found == [(0.0, "the function gave no finite number"), (0.0, "the function raised ValueError"), (1.0, None)]
    assert run_source("grade = 1 / 0", [({}, {})]) == [(0.0, "the source raised ZeroDivisionError")]
