"""Seeded sequences of faults over real sockets: reruns end with one file a side, one job, its results."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.amounts import cases
from tests.providers.fault_proxy import FAULTS, LATE, fault_proxy
from tests.providers.quick_endpoint import quick_endpoint
from tests.providers.whole_way import check, go, write_own_dataset
from tuneset.errors import RemoteError

SEQUENCES = cases(100, 500)
IN_A_TEST, AT_ONCE = 25, 4
FAULT_SHARE = {"POST": 0.4, "GET": 0.08}
"""Of the requests by method: what creates something is met more often. A run has 3 to 11 and about 18 of them."""
MOST_FAULTS = 4
"""In a sequence: as many reruns at most, and one after."""


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    with quick_endpoint(tmp_path / "state") as port:
        yield port


def run_sequence(port: int, data: Path, seed: int) -> None:
    """Go on through the faults of a seed until a run ends, and see what it has left."""
    write_own_dataset(data, seed)
    chance = random.Random(seed)
    left = MOST_FAULTS
    honours_keys = seed % 4 < 2
    faults = [fault for fault in FAULTS if honours_keys or fault not in LATE]
    with fault_proxy(port, honours_keys=honours_keys) as proxy:

        def meet(request: str) -> str | None:
            nonlocal left
            if not left or chance.random() >= FAULT_SHARE[request.split(maxsplit=1)[0]]:
                return None
            left -= 1
            return chance.choice(faults)

        for _ in range(MOST_FAULTS + 1):
            try:
                go(proxy.port, data, seed, meet, silent_port=proxy.silent_port)
            except RemoteError:
                continue
            break
    check(port, data, seed)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, SEQUENCES, IN_A_TEST))
def test_after_any_sequence_of_faults_one_clean_run_ends_well(port: int, tmp_path: Path, first: int) -> None:
    with ThreadPoolExecutor(AT_ONCE) as threads:  # they wait more than they work
        runs = {
            seed: threads.submit(run_sequence, port, tmp_path / str(seed), seed)
            for seed in range(first, first + IN_A_TEST)
        }
    failed = {seed: run.exception() for seed, run in runs.items() if run.exception() is not None}
    assert failed == {}
