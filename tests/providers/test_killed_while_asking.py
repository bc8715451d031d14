"""A process that SIGKILL or Ctrl-C ends while it asks for a job, at a paid server that keeps no mark: one job."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from tests.providers.protocol_server import KEY, Server, write_dataset
from tests.providers.socket_server import on_a_socket
from tuneset.params import Params, parse_params
from tuneset.providers import remote_stages
from tuneset.providers.endpoint import connect
from tuneset.providers.places import Places

CREATE = "POST /fine_tuning/jobs"


def go(address: str, data: str) -> str:
    """Upload and start a job, as `tuneset upload` and `tuneset tune --detach` do."""
    # A shell that starts the tests in the background has them ignore Ctrl-C, and what they start with them.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ["THEIR_KEY"] = KEY
    section = {"profile": "nebius", "base_url": address, "api_key_env": "THEIR_KEY", "accept_unknown_cost": True}
    model = {"model": "meta-llama/Meta-Llama-3.1-8B-Instruct"}
    params: Params = parse_params({"endpoint": section, "tune": model}, "params")
    endpoint = connect(params.endpoint)
    assert endpoint.profile.endpoint.paid
    places = Places(Path(data))
    remote_stages.upload(endpoint, places, say=_silent)
    return remote_stages.start(endpoint, places, params, say=_silent).id


def _silent(_: str) -> None:
    """Nobody listens."""


@pytest.mark.slow
@pytest.mark.parametrize("ends_by", [signal.SIGKILL, signal.SIGINT])
def test_one_rerun_goes_on_with_the_one_job(
    tmp_path: Path, ends_by: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THEIR_KEY", KEY)
    write_dataset(tmp_path)
    server = Server(keeps_metadata=False, job_states=["running"] * 9)
    with on_a_socket(server) as address:
        client = multiprocessing.get_context("spawn").Process(target=go, args=(address, str(tmp_path)))

        def end(_: httpx2.Request, act: Callable[[], httpx2.Response]) -> httpx2.Response:
            answer = act()
            assert client.pid is not None
            os.kill(client.pid, ends_by)
            client.join()
            return answer

        server.faults[CREATE] = [end]
        client.start()
        client.join()
        assert client.exitcode != 0
        assert list(server.jobs) == ["ftjob-1"]
        assert go(address, str(tmp_path)) == "ftjob-1"
    assert list(server.jobs) == ["ftjob-1"]
