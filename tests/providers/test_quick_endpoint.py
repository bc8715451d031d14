"""Processes that tests fork: how one ended is said once and for all, whoever asks."""

from __future__ import annotations

import threading
import time

from tests.providers.quick_endpoint import Forked

PROCESSES, ASKING = 10, 4


def test_all_threads_that_ask_a_process_learn_how_it_ended() -> None:
    for _ in range(PROCESSES):
        process = Forked(target=time.sleep, args=(0.01,))
        process.start()
        threads = [threading.Thread(target=ends, args=(process,)) for _ in range(ASKING)]
        for thread in threads:
            thread.start()
        process.join()
        for thread in threads:
            thread.join()
        assert process.exitcode == 0


def ends(process: Forked) -> None:
    while process.exitcode is None:
        pass
