"""Clouds through their own libraries: whatever breaks at whatever request, one job, its files once, and its results.

As `tests/providers/test_native_whole_way.py`, whose table of docs/reliability.md has their rows too.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.providers.bedrock_server import MODEL as BEDROCK_MODEL
from tests.providers.bedrock_server import BedrockServer
from tests.providers.native_server import NativeServer
from tests.providers.test_native_whole_way import FAULTS, calls_of, hold_to_the_table
from tests.providers.vertex_server import MODEL as VERTEX_MODEL
from tests.providers.vertex_server import VertexServer

pytestmark = pytest.mark.clouds

SERVERS: dict[str, tuple[Callable[[], NativeServer], str]] = {
    "bedrock-customization": (BedrockServer, BEDROCK_MODEL),
    "vertex-ai": (VertexServer, VERTEX_MODEL),
}


@pytest.mark.parametrize("provider", SERVERS)
def test_the_whole_way_is_walked_without_a_fault(tmp_path: Path, provider: str) -> None:
    make, model = SERVERS[provider]
    print(calls_of(make, model, tmp_path))


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("provider", SERVERS)
def test_any_fault_at_any_request_ends_with_one_job(tmp_path: Path, provider: str, name: str) -> None:
    make, model = SERVERS[provider]
    hold_to_the_table(make, model, provider, name, tmp_path)
