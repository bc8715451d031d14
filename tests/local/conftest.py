"""The endpoint in this process, behind the official client."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from openai import OpenAI
from starlette.testclient import TestClient

from pipeline.local.app import create_app

BASE_URL = "http://endpoint/v1"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def client(state: Path) -> Iterator[OpenAI]:
    with TestClient(create_app(state), base_url=BASE_URL) as http:
        yield OpenAI(api_key="any", base_url=BASE_URL, http_client=http, max_retries=0)


@pytest.fixture(scope="module")
def shared_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenAI]:
    """One endpoint for the tests of a file that only read."""
    with TestClient(create_app(tmp_path_factory.mktemp("endpoint")), base_url=BASE_URL) as http:
        yield OpenAI(api_key="any", base_url=BASE_URL, http_client=http, max_retries=0)
