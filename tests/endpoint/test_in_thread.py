"""Work of a thread ends before its task does."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from tuneset.endpoint.in_thread import in_thread


def test_what_a_thread_makes_for_who_is_cancelled_is_there_before_it_is_removed(tmp_path: Path) -> None:
    begun, goes_on, path = threading.Event(), threading.Event(), tmp_path / "a"

    def write(content: str) -> int:
        begun.set()
        goes_on.wait()
        return path.write_text(content)

    async def work() -> None:
        try:
            await in_thread(write, "a")
        finally:
            path.unlink()  # raises where there is no such file yet

    async def cancelled() -> None:
        task = asyncio.create_task(work())
        await asyncio.to_thread(begun.wait)
        task.cancel()
        await asyncio.sleep(0)
        goes_on.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    assert not path.exists()


def test_what_the_call_gives_or_raises_is_passed_on() -> None:
    assert asyncio.run(in_thread(len, "abc")) == 3
    with pytest.raises(ValueError, match="invalid literal"):
        asyncio.run(in_thread(int, "a"))
