"""The processes that read files of questions: each project has its own, and they end where it asks nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tuneset.endpoint.retrieval import reader
from tuneset.endpoint.retrieval.reader import IDLE_S, ProjectReaders


class Readers:
    """Stands for the processes: a project's files are read once `read` is set."""

    def __init__(self) -> None:
        self.read = asyncio.Event()
        self.open: list[object] = []

    def __call__(self, *_: object) -> Any:  # noqa: ANN401  as a Reader
        readers = self

        class Slow:
            async def answer(self, order: dict[str, Any]) -> dict[str, Any]:
                if order.get("slow"):
                    await readers.read.wait()
                return {"text": "a"}

            def close(self) -> None:
                readers.open.remove(self)

        made = Slow()
        self.open.append(made)
        return made


def test_slow_files_hold_up_their_own_project_alone_and_idle_processes_end(monkeypatch: pytest.MonkeyPatch) -> None:
    async def ask() -> None:
        made, now = Readers(), [0.0]
        monkeypatch.setattr(reader, "Reader", made)
        readers = ProjectReaders(Path("log"), lambda: now[0])
        slow = [asyncio.create_task(readers.answer("a", {"slow": True})) for _ in range(5)]
        assert await asyncio.wait_for(readers.answer("b", {}), 300) == {"text": "a"}
        assert len(made.open) == 2
        now[0] = IDLE_S + 1
        await readers.answer("c", {})  # b asks nothing any more, a still waits
        assert len(made.open) == 2
        made.read.set()
        assert await asyncio.gather(*slow) == [{"text": "a"}] * 5
        now[0] *= 3
        await readers.answer("c", {})
        assert len(made.open) == 1
        readers.close()
        assert made.open == []

    asyncio.run(ask())
