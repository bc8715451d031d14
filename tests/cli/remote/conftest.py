"""An endpoint for commands that are tested one by one: it is started once a test, where each command starts its own."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.providers.quick_endpoint import quick_endpoint
from tuneset.endpoint import server


@pytest.fixture
def one_endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The embedded endpoint runs from the first command that needs it to the end of the test."""
    with contextlib.ExitStack() as stack:

        @functools.cache
        def served(state: Path) -> str:
            return f"http://127.0.0.1:{stack.enter_context(quick_endpoint(state))}/v1"

        monkeypatch.setattr(server, "running_endpoint", lambda state: contextlib.nullcontext(served(state)))
        yield
