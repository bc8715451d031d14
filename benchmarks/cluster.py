"""`prepare` on nodes of Ray on this machine: what the driver takes of it, and what goes from shard to shard.

    python benchmarks/cluster.py --rows 100000 --nodes 2

Needs Ray (`make ray` makes an environment with it). Prints CPU seconds of the driver, by its own threads and by Ray's,
and of all workers; the driver's peak memory above what it has after a run on few rows, and the largest worker's peak;
and bytes a row of what goes from task to task. `--steps FILE` keeps the seconds of all tasks, for `cluster_model.py`.
Seconds on a shared machine are noisy; CPU seconds are less so. `--folder` is for files that /tmp has no room for.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import json
import os
import resource
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from cluster_tasks import timed
from rows import rows

from tuneset.execution import exchange, fused_run
from tuneset.execution.executors.ray_cluster import RayCluster
from tuneset.execution.progress import no_progress
from tuneset.params import parse_params

PARAMS = parse_params({"run": {"engine": "ray"}}, "params")
OWN_THREADS = ("python", "polars", "jemalloc")
"""How threads of the driver are called that are not Ray's, beside the main one."""


class Recorded:
    """Every map of a run: what was done, by how many tasks, their CPU seconds, and the driver's before it."""

    def __init__(self) -> None:
        self.steps: list[dict[str, Any]] = []
        self.peak = self.shuffled = 0
        self._spent = {threading.get_ident(): time.thread_time()}  # the report is asked for by a thread of its own

    def map(
        self,
        cluster: RayCluster,
        function: Callable[[Any], Any],
        tasks: Iterable[Any],
        *,
        label: str,
        size: int,
        count: int | None = None,
    ) -> Iterator[Any]:
        """As `RayCluster.map`, whose place it takes."""
        inner = function
        while isinstance(inner, functools.partial):
            inner = inner.keywords.get("function", inner.func)
        before = time.thread_time()
        spent = before - self._spent.get(threading.get_ident(), before)
        step: dict[str, Any] = {"label": label, "function": inner.__name__, "driver": spent, "tasks": []}
        self.steps.append(step)
        one = functools.partial(timed, function=function)
        for done in MAP(cluster, one, tasks, label=label, size=size, count=count):
            step["tasks"].append(round(done.seconds, 4))
            self.peak = max(self.peak, done.peak)
            yield done.result
        after = self._spent[threading.get_ident()] = time.thread_time()
        step["driver within"] = after - before

    def remove(self, written: exchange.Written) -> None:
        """As `Written.remove`, whose place it takes; the bytes that a step has written are counted."""
        self.shuffled += sum(file.stat().st_size for file in written.files if isinstance(file, Path) and file.is_file())
        REMOVE(written)


MAP, REMOVE = RayCluster.map, exchange.Written.remove


def main() -> None:
    """Make rows, start nodes, run, print the figures; the last line is one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--nodes", type=int, default=2)
    parser.add_argument("--steps", type=Path, help="where the seconds of all tasks are kept")
    parser.add_argument("--folder", type=Path, help="where files lie meanwhile")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory(dir=options.folder) as temporary:
        folder = Path(temporary)
        raw, few = folder / "rows.jsonl", folder / "few.jsonl"
        for path, count in ((raw, options.rows), (few, 100)):
            with path.open("wb") as handle:
                handle.writelines(rows(count))
        found, steps = measured(raw, few, folder, options.nodes)
    for name, value in found.items():
        print(f"{name:32} {value:,.3f}")
    document = {"rows": options.rows, "nodes": options.nodes, **found}
    print(json.dumps(document))
    if options.steps:
        options.steps.write_text(json.dumps({**document, "steps": steps}))


def measured(raw: Path, few: Path, folder: Path, nodes: int) -> tuple[dict[str, float], list[dict[str, Any]]]:
    """One run on few rows, so that all is loaded, then one on all."""
    import ray  # noqa: PLC0415  only this program needs it
    from ray.cluster_utils import Cluster  # noqa: PLC0415  the same

    cluster: Any = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    for _ in range(nodes - 1):
        cluster.add_node(num_cpus=1)
    ray.init(address=cluster.address, log_to_driver=False, configure_logging=False)
    try:
        fused_run.prepare([few], folder / "few", PARAMS, no_progress)
        forget_peak()
        before, own, memory = cpu_seconds(), own_seconds(), peak_bytes()
        recorded = Recorded()
        RayCluster.map = functools.partialmethod(_map, recorded)  # type: ignore[assignment, method-assign]

        def remove(written: exchange.Written) -> None:
            recorded.remove(written)

        exchange.Written.remove = remove  # type: ignore[assignment, method-assign]
        started = time.perf_counter()
        done = fused_run.prepare([raw], folder / "out", PARAMS, no_progress, keep_work=True)
        seconds = time.perf_counter() - started
        driver, own = cpu_seconds() - before, own_seconds() - own
    finally:
        ray.shutdown()
        cluster.shutdown()
    total = done.metrics["rows"]["read"]
    work = folder / "out" / fused_run.WORK_FOLDER
    bands = sum(path.stat().st_size for path in work.rglob("*.bands"))
    tasks = [spent for step in recorded.steps for spent in step["tasks"]]
    found = {
        "seconds": seconds,
        "tasks": len(tasks),
        "CPU s of tasks": sum(tasks),
        "driver CPU s": driver,
        "driver CPU s of its own": own,
        "driver CPU s of Ray": driver - own,
        "driver share of CPU %": 100 * driver / (driver + sum(tasks)),
        "driver own share of CPU %": 100 * own / (driver + sum(tasks)),
        "driver MB a million rows": (peak_bytes() - memory) / total,
        "largest worker MB": recorded.peak / 1e6,
        "bytes of bands a row": bands / total,
        "bytes of other exchanges a row": recorded.shuffled / total,
    }
    return found, recorded.steps


def _map(cluster: RayCluster, recorded: Recorded, *given: Any, **named: Any) -> Iterator[Any]:  # noqa: ANN401  of any map
    return recorded.map(cluster, *given, **named)


def cpu_seconds() -> float:
    """CPU seconds of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def own_seconds() -> float:
    """The same without the threads that Ray has started, which last as long as this process."""
    rays = 0.0
    for place in Path("/proc/self/task").iterdir():
        with contextlib.suppress(OSError):
            name = (place / "comm").read_text().strip()
            if int(place.name) != os.getpid() and not name.startswith(OWN_THREADS):
                rays += int((place / "schedstat").read_text().split()[0]) / 1e9
    return cpu_seconds() - rays


def peak_bytes() -> int:
    """The most memory that this process has had since `forget_peak`."""
    told = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(told["VmHWM"].split()[0]) * 1024


def forget_peak() -> None:
    """From here on the peak is that of what follows; see `clear_refs` in proc(5)."""
    Path("/proc/self/clear_refs").write_text("5")


if __name__ == "__main__":
    main()
