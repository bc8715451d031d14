"""Three nodes of Ray on this machine, and the processes of their workers."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NODES = 3


class Nodes:
    """A cluster of NODES nodes with a core each, which this process has joined."""

    def __init__(self) -> None:
        import ray  # noqa: PLC0415  only `make ray` has it
        from ray.cluster_utils import Cluster  # noqa: PLC0415  the same

        self._cluster: Any = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
        self._others = [self._cluster.add_node(num_cpus=1) for _ in range(NODES - 1)]
        self.address: str = self._cluster.address
        ray.init(address=self.address, log_to_driver=False, configure_logging=False)
        self.lost = 0

    def lose_one(self) -> None:
        """Kill all processes of a node, not the first one, on which Ray itself depends."""
        self._cluster.remove_node(self._others.pop(0), allow_graceful=False)
        self.lost += 1

    def add_lost(self) -> None:
        """Have as many nodes as before."""
        for _ in range(self.lost):
            self._others.append(self._cluster.add_node(num_cpus=1))
        self.lost = 0

    def busy_workers(self) -> list[int]:
        """The process ids of the workers that are at a task."""
        above = {node.all_processes["raylet"][0].process.pid for node in self._cluster.list_all_nodes()}
        found = []
        for place in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                parent = int((place / "stat").read_text().rpartition(")")[2].split()[1])
                if parent in above and b"ray::_do" in (place / "cmdline").read_bytes():
                    found.append(int(place.name))
        return found

    def close(self) -> None:
        """End all nodes."""
        import ray  # noqa: PLC0415  as above

        ray.shutdown()
        self._cluster.shutdown()


@contextlib.contextmanager
def started() -> Iterator[Nodes]:
    """Yield a cluster for as long as the block lasts."""
    found = Nodes()
    try:
        yield found
    finally:
        found.close()
