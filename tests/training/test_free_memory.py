"""What rows may take is held to the machine and to the container's limit, beside which the machine's is no use."""

from __future__ import annotations

from pathlib import Path

import pytest

from tuneset.training.free_memory import available_memory

MACHINE = {"proc/meminfo": "MemTotal: 9000 kB\nMemFree: 1 kB\nMemAvailable: 4000 kB\n"}
AVAILABLE = 4000 * 1024
SECOND, FIRST = "sys/fs/cgroup/", "sys/fs/cgroup/memory/"


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, AVAILABLE),
        ({SECOND + "memory.max": "max\n", SECOND + "memory.current": "7\n"}, AVAILABLE),
        ({FIRST + "memory.limit_in_bytes": "9223372036854771712\n", FIRST + "memory.usage_in_bytes": "7\n"}, AVAILABLE),
        (
            {
                SECOND + "memory.max": "1000\n",
                SECOND + "memory.current": "900\n",
                SECOND + "memory.stat": "anon 600\ninactive_file 300\n",
            },
            400,
        ),
        (
            {
                FIRST + "memory.limit_in_bytes": "1000\n",
                FIRST + "memory.usage_in_bytes": "900\n",
                FIRST + "memory.stat": "cache 1\ninactive_file 1\ntotal_inactive_file 200\n",
            },
            300,
        ),
        (
            {
                SECOND + "memory.max": "10\n",
                SECOND + "memory.current": "90\n",
                SECOND + "memory.stat": "inactive_file 0\n",
            },
            0,
        ),
    ],
)
def test_the_least_of_what_machine_and_container_have_is_available(
    tmp_path: Path, files: dict[str, str], expected: int
) -> None:
    assert available_memory(write(tmp_path, MACHINE | files)) == expected


def test_where_the_kernel_tells_nothing_what_is_free_counts(tmp_path: Path) -> None:
    assert available_memory(tmp_path) > 0
