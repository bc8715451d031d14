"""Clients killed with SIGKILL at random points: one rerun ends with one file a side, one job, its results."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.amounts import cases
from tests.providers.quick_endpoint import Forked, quick_endpoint
from tests.providers.whole_way import check, client_process, go, write_own_dataset

KILLS, AT_ONCE = cases(30, 100), 10
MOST_KILLS_IN_A_ROW = 4
LATEST = 1.2
"""Times what a client that is left alone needs for the whole way, so that every point of it is met."""


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    with quick_endpoint(tmp_path / "state") as port:
        yield port


def killed(port: int, data: Path, seed: int, after_s: float | None) -> bool:
    """Run a client and kill it after so many seconds, if any; False where it had finished before."""
    client = Forked(target=client_process, args=(port, str(data), seed))
    client.start()
    client.join(after_s)
    client.kill()
    client.join()
    assert client.exitcode in (0, -signal.SIGKILL)
    return client.exitcode == -signal.SIGKILL


def seconds_alone(port: int, data: Path, seed: int) -> float:
    """What a client needs that nobody kills. The first of all takes longer: what forks the others starts with it."""
    write_own_dataset(data, seed)
    started = time.monotonic()
    assert not killed(port, data, seed, None)
    return time.monotonic() - started


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, KILLS, AT_ONCE))
def test_one_rerun_after_clients_were_killed_ends_well(port: int, tmp_path: Path, first: int) -> None:
    chance = random.Random(first)
    kills, seed = 0, first
    latest_s = LATEST * min(seconds_alone(port, tmp_path / str(seed), seed) for seed in (1000 + first, 2000 + first))
    while kills < AT_ONCE:
        seed += 1
        data = tmp_path / str(seed)
        write_own_dataset(data, seed)
        for _ in range(chance.randint(1, MOST_KILLS_IN_A_ROW)):
            if not killed(port, data, seed, chance.uniform(0, latest_s)):
                break
            kills += 1
        go(port, data, seed)
        check(port, data, seed)
