"""Whatever one field of any answer of another protocol holds, the whole way ends well or with a code of ours."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from tests.amounts import LONG
from tests.providers.native_server import NativeServer
from tests.providers.protocol_server import Fault, write_dataset
from tests.providers.test_any_answers import WRONG, changed, places_in
from tests.providers.test_native_whole_way import SERVERS, calls_of, go, keys
from tuneset.errors import RemoteError
from tuneset.providers.places import Places

__all__ = ["keys"]  # a fixture that pytest finds here


def changing(path: tuple[object, ...], wrong: object) -> Fault:
    """The server acts, and one field of its JSON answer is another wherever it is there."""

    def fault(_: httpx2.Request, act: Callable[[], httpx2.Response]) -> httpx2.Response:
        answered = act()
        if "json" not in answered.headers.get("content-type", ""):
            return answered
        found = json.loads(answered.content)
        with contextlib.suppress(KeyError, IndexError, TypeError):
            found = changed(found, path, wrong)
        content = json.dumps(found).encode()
        return httpx2.Response(answered.status_code, content=content, headers={"content-type": "application/json"})

    return fault


def richest(make: Callable[[], NativeServer], model: str, call: str, folder: Path) -> object:
    """The longest JSON answer to that call on a way without faults; None where it has none."""
    seen: list[object] = []

    def keep(_: httpx2.Request, act: Callable[[], httpx2.Response]) -> httpx2.Response:
        answered = act()
        if "json" in answered.headers.get("content-type", ""):
            seen.append(json.loads(answered.content))
        return answered

    server = make()
    server.faults[call] = [keep] * 50
    write_dataset(folder)
    go(server, Places(folder), model)
    return max(seen, key=lambda one: len(json.dumps(one)), default=None)


@pytest.mark.slow
@pytest.mark.parametrize("provider", SERVERS)
def test_any_field_of_any_answer_may_be_anything(tmp_path: Path, provider: str) -> None:
    make, model = SERVERS[provider]
    hold_to_the_law(make, model, provider, tmp_path)


def hold_to_the_law(make: Callable[[], NativeServer], model: str, provider: str, folder: Path) -> None:
    """Change every field of every answer: the way ends well or with a code, and well once answers are right again."""
    names, number = list(WRONG), 0
    for place, call in enumerate(calls_of(make, model, folder / "plain")):
        answered = richest(make, model, call, folder / f"whole-{place}")
        for turn, path in enumerate(dict.fromkeys(places_in(answered))):
            for name in (names[turn % len(names)], *(("absent", "null") if LONG else ())):
                number += 1
                case = f"{provider}: {call} {path} {name}"
                server, data = make(), folder / str(number)
                write_dataset(data)
                server.faults[call] = [changing(path, WRONG[name])] * 400
                try:
                    go(server, Places(data), model)
                except RemoteError as error:
                    if not error.code:
                        raise AssertionError(case) from error
                except Exception as error:
                    raise AssertionError(case) from error
                server.faults.clear()
                try:
                    go(server, Places(data), model)
                except RemoteError as error:
                    raise AssertionError(case) from error
