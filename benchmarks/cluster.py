"""`prepare` on nodes of Ray on this machine: what the driver takes of it, and what goes from shard to shard.

    python benchmarks/cluster.py --rows 100000 --nodes 2

Needs Ray (`make ray` makes an environment with it). Prints CPU seconds of the driver and of all workers, the driver's
peak memory above that of a run on few rows, and the bytes a row of what the bands exchange. Seconds on a shared machine
are noisy; CPU seconds are less so.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

from rows import rows

from tuneset.execution import fused_run
from tuneset.execution.progress import no_progress
from tuneset.params import parse_params

PARAMS = parse_params({"run": {"engine": "ray"}}, "params")
TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Make rows, start nodes, run, print the figures; the last line is one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--nodes", type=int, default=2)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        raw = folder / "rows.jsonl"
        with raw.open("wb") as handle:
            handle.writelines(rows(options.rows))
        few = folder / "few.jsonl"
        with few.open("wb") as handle:
            handle.writelines(rows(100))
        found = measured(raw, few, folder, options.nodes)
    for name, value in found.items():
        print(f"{name:28} {value:,.3f}")
    print(json.dumps({"rows": options.rows, "nodes": options.nodes, **found}))


def measured(raw: Path, few: Path, folder: Path, nodes: int) -> dict[str, float]:
    """One run on few rows, so that all is loaded, then one on all."""
    import ray  # noqa: PLC0415  only this program needs it
    from ray.cluster_utils import Cluster  # noqa: PLC0415  the same

    cluster: Any = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    for _ in range(nodes - 1):
        cluster.add_node(num_cpus=1)
    ray.init(address=cluster.address, log_to_driver=False, configure_logging=False)
    try:
        fused_run.prepare([few], folder / "few", PARAMS, no_progress)
        before, memory, worked = cpu_seconds(), peak_bytes(), workers_cpu_seconds(cluster)
        started = time.perf_counter()
        done = fused_run.prepare([raw], folder / "out", PARAMS, no_progress, keep_work=True)
        seconds = time.perf_counter() - started
        driver, workers = cpu_seconds() - before, workers_cpu_seconds(cluster) - worked
    finally:
        ray.shutdown()
        cluster.shutdown()
    total = done.metrics["rows"]["read"]
    work = folder / "out" / fused_run.WORK_FOLDER
    bands = sum(path.stat().st_size for path in work.rglob("*.bands"))
    return {
        "seconds": seconds,
        "driver CPU s": driver,
        "workers CPU s": workers,
        "driver share of CPU %": 100 * driver / (driver + workers),
        "driver MB a million rows": (peak_bytes() - memory) / 1e6 / (total / 1e6),
        "bytes of bands a row": bands / total,
    }


def cpu_seconds() -> float:
    """CPU seconds of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def peak_bytes() -> int:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def workers_cpu_seconds(cluster: Any) -> float:  # noqa: ANN401  Ray's
    """CPU seconds of the workers that there are."""
    above = {node.all_processes["raylet"][0].process.pid for node in cluster.list_all_nodes()}
    total = 0.0
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            fields = (place / "stat").read_text().rpartition(")")[2].split()
            if int(fields[1]) in above:
                total += (int(fields[11]) + int(fields[12])) / TICKS
    return total


if __name__ == "__main__":
    main()
