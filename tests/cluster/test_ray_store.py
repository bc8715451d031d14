"""Ray and a store together: three nodes that share no folder but S3 leave the bytes of a local run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.store_proxy import StoreProxy
from tests.execution.conftest import SHARD_BYTES
from tuneset.execution import fused_run
from tuneset.execution.progress import no_progress
from tuneset.execution.stores.location import RemotePath
from tuneset.params import parse_params

pytestmark = [pytest.mark.ray, pytest.mark.store, pytest.mark.filterwarnings("ignore")]

DRIVER = """
import sys, warnings
warnings.simplefilter("ignore")
from tests.cluster import nodes
from tuneset.cli import main
from tuneset.reading import raw_shards

raw_shards.SHARD_BYTES = int(sys.argv.pop(1))
with nodes.started():
    main.run()
"""


def gates_of(made: fused_run.RunOutcome) -> dict[str, Any]:
    shown = ("value", "kind", "limit", "passed", "remedy")
    return {gate.name: {name: getattr(gate, name) for name in shown} for gate in made.gates}


def test_nodes_that_share_a_store_alone_leave_the_bytes_of_a_local_run(
    raw: Path, bucket: RemotePath, proxy: StoreProxy, tmp_path: Path, small_shards: None
) -> None:
    local = fused_run.prepare([raw], tmp_path / "set", parse_params({"workers": 1}, "params"), no_progress)
    for path in raw.iterdir():
        (bucket / "raw" / path.name).write(path.read_bytes())
    proxy.faults = {"busy": 0.03, "torn": 0.03}
    script = tmp_path / "driver.py"
    script.write_text(DRIVER)
    arguments = ["prepare", f"{bucket}/raw", "--out", f"{bucket}/set", "--set", "run.engine=ray"]
    done = subprocess.run(
        [sys.executable, str(script), str(SHARD_BYTES), *arguments],
        check=False, capture_output=True, cwd=tmp_path, timeout=500, env={**os.environ},
    )  # fmt: skip
    assert done.returncode == int(not all(gate.passed for gate in local.gates)), done.stderr.decode()[-2000:]
    assert {"busy", "torn"} <= set(proxy.met)
    proxy.faults = {}
    for name in ("train.jsonl", "validation.jsonl"):
        assert (bucket / "set" / name).read_bytes() == (tmp_path / "set" / name).read_bytes()
    found = json.loads((bucket / "set" / "gate.json").read_bytes())
    assert (found["leaks"], found["gates"]) == (dict(local.measured.leaks), gates_of(local))
    assert json.loads((bucket / "set" / "metrics.json").read_bytes())["rows"] == local.metrics["rows"]
    assert "AKIA" not in done.stdout.decode() + done.stderr.decode()
