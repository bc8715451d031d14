"""The process of a generator: it leaves off when nobody listens, and its end is told and mended."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.endpoint.inference.generators import BEGUN, CLOSED
from tests.endpoint.support import LIMIT_S
from tuneset.endpoint.api.api_errors import ApiError
from tuneset.endpoint.inference import generator_process
from tuneset.endpoint.inference.generator_process import GeneratorProcess
from tuneset.training.generator import ModelRef, Piece, Prompted, Question

ADDRESS = "tests.endpoint.inference.generators:load"
ROOT = str(Path(__file__).parents[3])


@contextlib.asynccontextmanager
async def process(folder: Path) -> AsyncIterator[tuple[GeneratorProcess, ModelRef, Path]]:
    files = {BEGUN: str(folder / "begun"), CLOSED: str(folder / "closed")}
    opened = GeneratorProcess(ADDRESS, folder / "log", {"PYTHONPATH": f"{ROOT}/pipeline:{ROOT}"} | files)
    try:
        yield opened, ModelRef(ADDRESS, "endless"), folder / "closed"
    finally:
        await opened.close()


async def appears(path: Path) -> bool:
    for _ in range(int(LIMIT_S / 0.02)):
        if path.exists():  # noqa: ASYNC240  a look at a local folder
            return True
        await asyncio.sleep(0.02)
    return False


def test_it_leaves_off_when_nobody_listens(tmp_path: Path) -> None:
    async def go() -> None:
        async with process(tmp_path) as (opened, model, closed):
            async with contextlib.aclosing(opened.ask(model, Question())) as told:
                assert [await anext(told), await anext(told)] == [Prompted(1), Piece(b"a", 0.0, [])]
                assert not closed.exists()
            assert await appears(closed)

    asyncio.run(go())


def test_its_end_is_told_and_the_next_question_starts_it_again(tmp_path: Path) -> None:
    async def go() -> None:
        async with process(tmp_path) as (opened, model, _):
            with pytest.raises(ApiError) as caught:
                _ = [told async for told in opened.ask(model, Question(text="crash"))]
            assert (caught.value.status, caught.value.code) == (500, "generator_error")
            with pytest.raises(ApiError) as caught:
                _ = [told async for told in opened.ask(model, Question(text="fail"))]
            assert "secret" not in caught.value.message
            assert "secret" in (tmp_path / "log").read_text(encoding="utf-8")
            async with contextlib.aclosing(opened.ask(model, Question())) as told:
                assert await anext(told) == Prompted(1)

    asyncio.run(go())


@pytest.mark.parametrize("asked", ["long", "flood"])
def test_what_cannot_be_read_ends_it_and_keeps_nobody_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    monkeypatch.setattr(generator_process, "LONGEST_LINE", 1 << 9)

    async def ends(opened: GeneratorProcess, model: ModelRef, text: str) -> None:
        with pytest.raises(ApiError, match="has ended") as caught:
            _ = [told async for told in opened.ask(model, Question(text=text))]
        assert (caught.value.status, caught.value.code) == (500, "generator_error")

    async def go() -> None:
        async with process(tmp_path) as (opened, model, _):
            both = asyncio.gather(ends(opened, model, "on and on"), ends(opened, model, asked))
            await asyncio.wait_for(both, LIMIT_S)
            async with contextlib.aclosing(opened.ask(model, Question())) as told:
                assert await anext(told) == Prompted(1)

    asyncio.run(go())
