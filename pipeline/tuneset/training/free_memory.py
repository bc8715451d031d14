"""How much memory can be had without swapping, by the machine and by the limit of a container; not that of a GPU.

The kernel tells both in files. Where there are none, as on a Mac, what the system has free counts.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

_GROUPS = (
    ("memory.max", "memory.current", "memory.stat", "inactive_file"),
    (
        "memory/memory.limit_in_bytes",
        "memory/memory.usage_in_bytes",
        "memory/memory.stat",
        "total_inactive_file",
    ),
)
"""Limit, use, and where it is told how much of the use are cached files: of the second and the first control groups.

Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst of Linux 6.12.
"""


def available_memory(root: Path = Path("/")) -> int:
    """Bytes that can be had without swapping: cached files, which make room, count as free. `root` holds `proc`."""
    return max(0, min([_machine(root), *_containers(root / "sys/fs/cgroup")]))


def _machine(root: Path) -> int:
    with contextlib.suppress(OSError, StopIteration):
        return _number(root / "proc/meminfo", "MemAvailable:") << 10
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _containers(groups: Path) -> Iterator[int]:
    """What the limit of the container leaves, if there is one."""
    for limit, used, told, cached in _GROUPS:
        with contextlib.suppress(OSError, StopIteration, ValueError):  # "max" is no number
            there = int((groups / limit).read_text(encoding="ascii"))
            yield there - int((groups / used).read_text(encoding="ascii")) + _number(groups / told, cached)


def _number(path: Path, name: str) -> int:
    """The number behind a name. Raises StopIteration where there is none."""
    words = (line.split() for line in path.read_text(encoding="ascii").splitlines())
    return next(int(line[1]) for line in words if line[0] == name)
