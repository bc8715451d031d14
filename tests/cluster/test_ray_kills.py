"""Workers, nodes and the driver of a Ray run are killed at random points: the run, or its repetition, ends the same.

A point is one of the events of which a run tells its progress, drawn by a seeded chance. KILLS says how many runs.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cluster import nodes
from tests.execution.conftest import SHARD_BYTES
from tuneset.execution import fused_run
from tuneset.execution.progress import no_progress
from tuneset.params import parse_params
from tuneset.reading import raw_shards

pytestmark = [pytest.mark.ray, pytest.mark.filterwarnings("ignore")]

KILLS = int(os.environ.get("KILLS", "6"))
EVENTS = 30
"""Of which a run tells at least: it has about ten shards, and each goes through several steps."""
PARAMS = parse_params({"run": {"engine": "ray"}}, "params")
LOCAL = parse_params({"workers": 1}, "params")

DRIVER = """
import os, signal, sys
from pathlib import Path
from tuneset.execution import fused_run
from tuneset.params import parse_params
from tuneset.reading import raw_shards

raw_shards.SHARD_BYTES = int(sys.argv[5])
left = int(sys.argv[4])

def progress(label, done, total):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

params = parse_params({"run": {"engine": "ray", "address": sys.argv[3]}}, "params")
fused_run.prepare([Path(sys.argv[1])], Path(sys.argv[2]), params, progress)
"""


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.fixture(scope="module")
def local(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("local") / "set"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(raw_shards, "SHARD_BYTES", SHARD_BYTES)
        fused_run.prepare([raw], folder, LOCAL, no_progress)
    return bytes_of(folder)


def at_event(number: int, kill: Callable[[], None]) -> Callable[[str, int, int], None]:
    """Progress that kills at the event of that number."""
    heard = 0

    def progress(label: str, done: int, total: int) -> None:
        nonlocal heard
        heard += 1
        if heard == number:
            kill()

    return progress


@pytest.mark.parametrize("seed", range(KILLS))
def test_a_run_ends_with_the_same_bytes_whatever_is_killed(
    seed: int, cluster: nodes.Nodes, tmp_path: Path, raw: Path, local: dict[str, bytes], small_shards: None
) -> None:
    chance = random.Random(seed)
    event, victim = chance.randint(1, EVENTS), ("worker", "node", "driver")[seed % 3]
    out = tmp_path / "set"
    if victim == "driver":
        script = tmp_path / "driver.py"
        script.write_text(DRIVER)
        arguments = [str(raw), str(out), cluster.address, str(event), str(SHARD_BYTES)]
        ended = subprocess.run([sys.executable, str(script), *arguments], check=False, capture_output=True, timeout=300)
        assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
        fused_run.prepare([raw], out, PARAMS, no_progress)
    elif victim == "worker":

        def kill() -> None:
            for worker in cluster.busy_workers():
                os.kill(worker, signal.SIGKILL)

        fused_run.prepare([raw], out, PARAMS, at_event(event, kill))
    else:
        fused_run.prepare([raw], out, PARAMS, at_event(event, cluster.lose_one))
        cluster.add_lost()
    assert bytes_of(out) == local
