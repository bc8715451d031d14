"""The endpoint in this process, behind the official client."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from openai import OpenAI
from starlette.testclient import TestClient

from tests.endpoint.support import Clock
from tests.providers.quick_endpoint import quick_trainers
from tuneset.endpoint.app import create_app
from tuneset.endpoint.state.object_store import unix_time
from tuneset.training.trainer import TRAINERS

BASE_URL = "http://localhost/v1"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@contextlib.contextmanager
def serving(state: Path, clock: Callable[[], int] = unix_time, *, devices: Sequence[str] = ()) -> Iterator[OpenAI]:
    """An endpoint on this state folder, behind the official client."""
    with TestClient(create_app(state, clock=clock, devices=devices), base_url=BASE_URL) as http:
        yield OpenAI(api_key="any", base_url=BASE_URL, http_client=http, max_retries=0)


@pytest.fixture
def client(state: Path) -> Iterator[OpenAI]:
    with serving(state) as opened:
        yield opened


@pytest.fixture(scope="module")
def quickly_trained() -> Iterator[None]:
    """Trainers are forked, not started: for files in which it does not matter how a job's process begins."""
    with quick_trainers():
        yield


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def clocked(state: Path, clock: Clock) -> Iterator[OpenAI]:
    with serving(state, clock) as opened:
        yield opened


@pytest.fixture(scope="module")
def shared_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenAI]:
    """One endpoint for the tests of a file that only read."""
    with serving(tmp_path_factory.mktemp("endpoint")) as opened:
        yield opened


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs are trained by `patient_trainer`, which the trainer's process finds on its import path."""
    root = str(Path(__file__).parent.parent.parent)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([root, os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep))
    monkeypatch.setitem(TRAINERS, "tiny", "tests.endpoint.patient_trainer:train")
