"""Batches run to their end through crashes, cancels and time; each request has exactly one line in the files."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.types import Receive, Scope, Send

from tests.amounts import drawn
from tests.endpoint.support import Clock
from tuneset.endpoint.batches import batch_objects, batch_results, batch_runner
from tuneset.endpoint.batches.batch_objects import batch_folder, cancel_batch, keep_input, new_batch
from tuneset.endpoint.batches.batch_results import Answers
from tuneset.endpoint.batches.batch_runner import BatchRunner
from tuneset.endpoint.state.objects import Document
from tuneset.endpoint.state.state_folder import State, new_file, open_state

URL = "/v1/completions"
Status = Callable[[int], int]


class Killed(BaseException):
    """The process ends here."""


class Routes:
    """Answers each request with a status; counts what it was asked."""

    def __init__(self, status: Status = lambda _: 200) -> None:
        self.asked: list[int] = []
        self.status = status
        self.before: Callable[[int], None] = lambda _: None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["path"] == URL
        number = orjson.loads((await receive())["body"])["number"]
        self.asked.append(number)
        self.before(number)
        status = self.status(number)
        await send({"type": "http.response.start", "status": status, "headers": [(b"x-request-id", b"req_1")]})
        await send({"type": "http.response.body", "body": orjson.dumps({"number": number})})


def created(state: State, number: int) -> str:
    """A new batch of so many requests."""
    lines = [
        {"custom_id": f"c{one}", "method": "POST", "url": URL, "body": {"model": "m", "number": one}}
        for one in range(number)
    ]
    now = state.store.now()
    file = new_file(now, filename="in.jsonl", purpose="batch", size=1, status="processed")
    state.blob(file["id"]).write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    state.store.insert("file", file, {})
    batch = new_batch(file["id"], URL, "24h", None, now)
    keep_input(state, batch)
    state.store.insert("batch", batch, {})
    return str(batch["id"])


@contextlib.asynccontextmanager
async def running(state: State, routes: Routes) -> AsyncIterator[BatchRunner]:
    runner = BatchRunner(state, routes, lambda _project, _name: None)
    runner.start()
    try:
        yield runner
    finally:
        await runner.close()


async def followed(runner: BatchRunner, batch_id: str) -> None:
    """Wait until a batch is no more worked on: it has ended, or the process was killed in it."""
    while batch_id not in runner._batches:  # noqa: ASYNC110  the runner has no event of it
        await asyncio.sleep(0)
    await asyncio.wait_for(runner._batches[batch_id], 300)


def run(state: State, batch_id: str, routes: Routes) -> Document:
    """The batch after it was worked on; one that was finished by an earlier server stays as it is."""

    async def go() -> None:
        async with running(state, routes) as runner:
            if document()["status"] in batch_objects.UNFINISHED:
                await followed(runner, batch_id)

    def document() -> Document:
        record = state.store.get("batch", batch_id)
        assert record is not None
        return record.document

    asyncio.run(go())
    return document()


def lines(state: State, batch: Document, name: str) -> list[Any]:
    file = batch[f"{name}_file_id"]
    return [] if file is None else [orjson.loads(line) for line in state.blob(file).read_bytes().splitlines()]


def custom_ids(state: State, batch: Document) -> list[str]:
    return sorted(line["custom_id"] for name in ("output", "error") for line in lines(state, batch, name))


@pytest.fixture
def state(tmp_path: Path) -> State:
    return open_state(tmp_path / "state", Clock())


def test_answers_and_refusals_stand_in_their_files_in_the_order_of_the_requests(state: State) -> None:
    batch = run(state, created(state, 12), Routes(lambda number: 400 if number % 3 == 0 else 200))
    assert (batch["status"], batch["request_counts"]) == ("completed", {"total": 12, "completed": 8, "failed": 4})
    good, bad = lines(state, batch, "output"), lines(state, batch, "error")
    assert [line["custom_id"] for line in bad] == ["c0", "c3", "c6", "c9"]
    assert [line["response"]["body"]["number"] for line in good] == [1, 2, 4, 5, 7, 8, 10, 11]
    assert good[0]["response"] | {"body": None} == {"status_code": 200, "request_id": "req_1", "body": None}
    assert good[0].keys() == {"id", "custom_id", "response", "error"}
    assert not list((state.folder / "batches").iterdir())


def test_what_is_busy_is_asked_again(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_runner, "REST_S", 0.0)
    routes = Routes()
    routes.status = lambda number: 429 if routes.asked.count(number) < 3 else 200
    batch = run(state, created(state, 2), routes)
    assert batch["request_counts"]["completed"] == 2
    assert sorted(routes.asked) == [0, 0, 0, 1, 1, 1]


def test_a_disk_that_is_full_for_long_takes_no_turn_away(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_runner, "REST_S", 0.0)
    monkeypatch.setattr(batch_runner, "RUNNING", 2)
    add, refused = Answers.add, [OSError(errno.ENOSPC, "no room")] * 20

    def full_at_first(*given: Any) -> None:  # noqa: ANN401  as `add` has it
        if refused:
            raise refused.pop()
        add(*given)

    monkeypatch.setattr(Answers, "add", full_at_first)
    routes = Routes()
    batch = run(state, created(state, 6), routes)
    assert (batch["status"], batch["request_counts"]["completed"], refused) == ("completed", 6, [])
    assert sorted(routes.asked) == list(range(6))  # nothing was answered twice


def test_an_answer_is_not_lost_where_its_file_cannot_be_opened_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(number: int) -> Callable[..., Any]:
        def call(*_: object) -> None:
            raise OSError(number, os.strerror(number))

        return call

    def add(line: int) -> None:
        answers.add(line, f"c{line}", {"status_code": 200, "request_id": "", "body": {}})

    answers = Answers(tmp_path / "answers")
    add(1)
    with monkeypatch.context() as full:
        full.setattr(os, "fsync", refuse(errno.ENOSPC))
        with pytest.raises(OSError, match="space"):
            add(2)
    with monkeypatch.context() as many:
        many.setattr(batch_results, "_opened", refuse(errno.EMFILE))
        with pytest.raises(OSError, match="open files"):
            add(2)
    add(2)
    answers.close()
    again = Answers(tmp_path / "answers")
    assert (1 in again, 2 in again, again.counts()) == (True, True, {"completed": 2, "failed": 0})
    again.close()


def test_a_defect_while_batches_are_looked_for_ends_no_looking(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_runner, "REST_S", 0.0)
    look, defects = type(state.store).in_status, list[Exception]()

    def faulty(*given: Any) -> Any:  # noqa: ANN401  as `in_status` has it
        if defects:
            raise defects.pop()
        return look(*given)

    monkeypatch.setattr(type(state.store), "in_status", faulty)
    batch_id = created(state, 1)

    async def go() -> None:
        async with running(state, Routes()) as runner:
            defects.append(ZeroDivisionError())  # it looks as soon as this waits
            await asyncio.wait_for(followed(runner, batch_id), 300)

    asyncio.run(go())
    record = state.store.get("batch", batch_id)
    assert record is not None
    assert record.document["status"] == "completed"


def test_the_input_may_be_deleted_meanwhile(state: State) -> None:
    batch_id = created(state, 3)
    record = state.store.get("batch", batch_id)
    assert record is not None
    state.blob(record.document["input_file_id"]).unlink()
    assert run(state, batch_id, Routes())["request_counts"]["completed"] == 3


def test_a_cancelled_batch_keeps_what_was_answered(state: State) -> None:
    batch_id, routes = created(state, 60), Routes()
    routes.before = lambda number: None if number != 20 else _cancelled(state, batch_id)
    batch = run(state, batch_id, routes)
    assert batch["status"] == "cancelled"
    assert 20 <= len(lines(state, batch, "output")) < 60
    assert {line["error"]["code"] for line in lines(state, batch, "error")} == {"batch_cancelled"}
    assert custom_ids(state, batch) == sorted(f"c{number}" for number in range(60))


def _cancelled(state: State, batch_id: str) -> None:
    assert cancel_batch(state.store, batch_id)


def test_what_was_not_answered_in_the_window_expires(tmp_path: Path) -> None:
    clock = Clock()
    state = open_state(tmp_path / "state", clock)
    batch_id, routes = created(state, 60), Routes()

    def pass_a_day(number: int) -> None:
        if number == 20:
            clock.now += 86_400

    routes.before = pass_a_day
    batch = run(state, batch_id, routes)
    assert (batch["status"], batch["expired_at"]) == ("expired", clock())
    assert {line["error"]["code"] for line in lines(state, batch, "error")} == {"batch_expired"}
    assert custom_ids(state, batch) == sorted(f"c{number}" for number in range(60))


STEPS = ["check_input", "add", "write_files", "move", "rmtree"]


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("step", STEPS)
def test_a_crash_at_any_step_loses_no_answer_and_repeats_no_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, after: bool
) -> None:
    state = open_state(tmp_path / "state", Clock())
    batch_id, routes = created(state, 9), Routes()
    with monkeypatch.context() as patched:
        owner = {"check_input": batch_runner, "add": Answers, "write_files": Answers}
        target = owner.get(step, batch_objects)
        target = batch_objects.shutil if step == "rmtree" else target  # type: ignore[attr-defined]
        _kill(patched, target, step, 4 if step == "add" else 1, after=after)
        with contextlib.suppress(Killed):
            run(state, batch_id, routes)
    state.store.close()
    state = open_state(tmp_path / "state", Clock())
    batch = run(state, batch_id, routes)
    assert batch["status"] == "completed"
    assert [line["custom_id"] for line in lines(state, batch, "output")] == [f"c{number}" for number in range(9)]
    assert not list((state.folder / "batches").iterdir())
    files = {record.document["id"] for record in state.store.every("file")}
    assert {blob.name for blob in state.blobs.iterdir()} == files


def _kill(patched: pytest.MonkeyPatch, target: Any, name: str, at: int, *, after: bool) -> None:  # noqa: ANN401  whatever is patched
    """Have a function end the process when it is called for the `at`-th time, before or after it has done its work."""
    real, calls = getattr(target, name), [0]

    def killing(*args: Any, **options: Any) -> Any:  # noqa: ANN401  whatever is patched
        calls[0] += 1
        if calls[0] >= at and not after:
            raise Killed
        found = real(*args, **options)
        if calls[0] >= at:
            raise Killed
        return found

    patched.setattr(target, name, killing)


@settings(max_examples=drawn(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    appended=st.lists(st.tuples(st.integers(1, 8), st.booleans()), max_size=14),
    cut=st.integers(0, 400),
    end=st.sampled_from(["completed", "expired", "cancelled"]),
)
def test_whatever_was_appended_each_request_has_exactly_one_line(
    tmp_path_factory: pytest.TempPathFactory, appended: list[tuple[int, bool]], cut: int, end: str
) -> None:
    state = open_state(tmp_path_factory.mktemp("endpoint") / "state", Clock())
    batch_id = created(state, 8)
    batch_objects.change_batch(
        state.store,
        batch_id,
        when=["validating"],
        document={"request_counts": {"total": 8, "completed": 0, "failed": 0}},
    )
    path = batch_folder(state, batch_id) / "answers"
    answers = Answers(path)
    for line, failed in appended:
        answers.add(line, f"c{line - 1}", {"status_code": 500 if failed else 200, "body": {}})
    answers.close()
    path.write_bytes(path.read_bytes()[: max(0, path.stat().st_size - cut)])  # a crash in the middle of a write
    batch_objects.finish_batch(state, batch_id, end)
    record = state.store.get("batch", batch_id)
    assert record is not None
    assert custom_ids(state, record.document) == sorted(f"c{number}" for number in range(8))
    assert sum(record.document["request_counts"].values()) == 16
    state.store.close()
