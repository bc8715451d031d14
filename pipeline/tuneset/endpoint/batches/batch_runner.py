"""Takes batches from their creation to their end, beside the requests of clients and by the very same routes.

Every batch is a task of the server's loop; all of them together have RUNNING requests open at a time, each project in
turn, and each batch within it. An answer counts once it is on the disk: after a crash only what was not there yet is
asked again. A full disk or a locked database fails no batch, and has no answer made again: what it stops waits.
"""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio.to_thread
import httpx2
import orjson
from starlette.types import ASGIApp, Receive, Scope, Send

from tuneset.endpoint.batches.batch_input import Request, check_input, requests
from tuneset.endpoint.batches.batch_objects import (
    UNFINISHED,
    batch_folder,
    change_batch,
    finish_batch,
    remove_finished_batches,
)
from tuneset.endpoint.batches.batch_results import Answers
from tuneset.endpoint.fair_turns import FairTurns
from tuneset.endpoint.state.objects import Document
from tuneset.endpoint.state.state_folder import State, is_passing

RUNNING = 16
"""Requests of all batches that are open at a time: as many as take a step together (`training`), and a quarter of what
the models answer at once, so that people get turns."""

REST_S = 1.0
"""Seconds until something is tried again that a full queue, a full disk or a locked database has refused."""

COUNT_EVERY = 50
"""After so many answers the counts of a batch are written; after a crash they follow from the answers."""

BUSY = (429, 503)
"""Statuses of an endpoint that cannot answer now; the request is made again, until the batch expires."""

_log = logging.getLogger("tuneset.endpoint")


class BatchRunner:
    """Runs the batches of one server. It learns of them from the store alone."""

    def __init__(self, state: State, routes: ASGIApp, model_fault: Callable[[str, str], str | None]) -> None:
        """`routes` answers requests; `model_fault` says of a project and a model's name why it cannot be asked."""
        self._state = state
        self._model_fault = model_fault
        self._routes = routes
        self._clients: dict[str, httpx2.AsyncClient] = {}
        self._turns = FairTurns(RUNNING)
        self._woken = asyncio.Event()
        self._batches: dict[str, asyncio.Task[None]] = {}
        self._loop: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Remove what is left of batches that have ended, and go on with the others."""
        remove_finished_batches(self._state)
        self._loop = asyncio.create_task(self._run())

    def wake(self) -> None:
        """Say that there is a new batch."""
        self._woken.set()

    async def close(self) -> None:
        """Stop; what is open goes on at the next start."""
        tasks = [*self._batches.values(), *([self._loop] if self._loop else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for client in self._clients.values():
            await client.aclose()

    async def _run(self) -> None:
        while True:
            self._woken.clear()
            try:
                for record in self._state.store.in_status("batch", *UNFINISHED):
                    batch_id = record.document["id"]
                    if batch_id not in self._batches:
                        self._batches[batch_id] = asyncio.create_task(self._guarded(batch_id))
            except Exception as error:  # noqa: BLE001  whatever it was, looking must not end
                if not is_passing(error):
                    _log.exception("batches are looked for again")
                await asyncio.sleep(REST_S)
                continue
            await self._woken.wait()

    async def _guarded(self, batch_id: str) -> None:
        """Take a batch to its end; by a defect of the server it fails, and the others go on."""
        try:
            while True:
                try:
                    await self._process(batch_id)
                except Exception as error:
                    if not is_passing(error):
                        raise
                    _log.warning("batch %s waits: %s", batch_id, error)
                    await asyncio.sleep(REST_S)
                else:
                    return
        except Exception:  # noqa: BLE001  one batch's trouble must not end the others
            _log.exception("batch %s", batch_id)
            message = "The server had an error while processing this batch; its log says which."
            self._fail(batch_id, [{"code": "server_error", "line": None, "message": message, "param": None}])
        finally:
            self._batches.pop(batch_id, None)

    async def _process(self, batch_id: str) -> None:
        record = self._state.store.get("batch", batch_id)
        if record is None:
            return
        state = self._state.within(record.project)
        store, folder = state.store, batch_folder(state, batch_id)
        if self._status(batch_id) == "validating":
            await self._validate(batch_id, folder)
        if self._status(batch_id) == "in_progress":
            answers = await anyio.to_thread.run_sync(Answers, folder / "answers")
            try:
                expired = await self._answer(batch_id, folder, answers)
            finally:
                answers.close()
            if expired and self._status(batch_id) == "in_progress":
                await anyio.to_thread.run_sync(finish_batch, state, batch_id, "expired")
                return
            change = {"status": "finalizing", "finalizing_at": store.now()}
            change_batch(store, batch_id, when=["in_progress"], document=change)
        end = {"finalizing": "completed", "cancelling": "cancelled"}.get(self._status(batch_id))
        if end is not None:
            await anyio.to_thread.run_sync(finish_batch, state, batch_id, end)

    async def _validate(self, batch_id: str, folder: Path) -> None:
        record = self._state.store.get("batch", batch_id)
        assert record is not None
        url = record.document["endpoint"]
        model_fault = functools.partial(self._model_fault, record.project)
        total, model, faults = await anyio.to_thread.run_sync(check_input, folder / "input", url, model_fault)
        if faults:
            self._fail(batch_id, faults)
            return
        change: Document = {"status": "in_progress", "in_progress_at": self._state.store.now(), "model": model}
        change["request_counts"] = {"total": total, "completed": 0, "failed": 0}
        change_batch(self._state.store, batch_id, when=["validating"], document=change)

    def _fail(self, batch_id: str, faults: list[Document]) -> None:
        change = {"status": "failed", "failed_at": self._state.store.now()}
        change_batch(
            self._state.store,
            batch_id,
            when=UNFINISHED,
            document=change | {"errors": {"object": "list", "data": faults}},
        )
        remove_finished_batches(self._state)

    async def _answer(self, batch_id: str, folder: Path, answers: Answers) -> bool:
        """Have all requests answered that are not; leave off where the batch is cancelled or expires.

        Returns whether it has expired.
        """
        record = self._state.store.get("batch", batch_id)
        assert record is not None
        url, expires_at, expired = record.document["endpoint"], record.document["expires_at"], False
        client = self._client_of(record.project)
        open_requests: set[asyncio.Task[None]] = set()
        try:
            for number, request in enumerate(requests(folder / "input")):
                if number % COUNT_EVERY == 0:
                    self._count(batch_id, answers)
                    await asyncio.sleep(0)  # a batch that is taken up again passes over many
                if request.line in answers:
                    continue
                await self._turns.take(record.project)
                expired = self._state.store.now() >= expires_at
                if expired or self._status(batch_id) != "in_progress":
                    self._turns.give_back(record.project)
                    break
                task = asyncio.create_task(self._one(client, url, request, answers, expires_at))
                task.add_done_callback(lambda _: self._turns.give_back(record.project))  # also of one that never begins
                open_requests.add(task)
                for done in [task for task in open_requests if task.done()]:
                    open_requests.remove(done)
                    done.result()
            await asyncio.gather(*open_requests)
        finally:
            for task in open_requests:
                task.cancel()
            await asyncio.gather(*open_requests, return_exceptions=True)
        self._count(batch_id, answers)
        answered = sum(answers.counts().values())
        return expired or (
            self._state.store.now() >= expires_at and answered < record.document["request_counts"]["total"]
        )

    def _client_of(self, project: str) -> httpx2.AsyncClient:
        """A client whose requests are of a project."""
        if project not in self._clients:

            async def of_project(scope: Scope, receive: Receive, send: Send) -> None:
                scope.setdefault("state", {})["project"] = project
                await self._routes(scope, receive, send)

            self._clients[project] = httpx2.AsyncClient(
                transport=httpx2.ASGITransport(app=of_project, raise_app_exceptions=False),
                base_url="http://127.0.0.1",
                timeout=None,
            )
        return self._clients[project]

    async def _one(
        self, client: httpx2.AsyncClient, url: str, request: Request, answers: Answers, expires_at: int
    ) -> None:
        """Have one request answered, and keep the answer."""
        while True:
            response = await client.post(url, content=request.body, headers={"content-type": "application/json"})
            if response.status_code not in BUSY or self._state.store.now() >= expires_at:
                break
            await asyncio.sleep(REST_S)
        answer = {
            "status_code": response.status_code,
            "request_id": response.headers.get("x-request-id", ""),
            "body": _body(response.content),
        }
        while True:
            try:
                await anyio.to_thread.run_sync(answers.add, request.line, request.custom_id, answer)
            except OSError as error:
                if not is_passing(error):
                    raise
                _log.warning("an answer of a batch waits: %s", error)
                await asyncio.sleep(REST_S)
            else:
                return

    def _count(self, batch_id: str, answers: Answers) -> None:
        record = self._state.store.get("batch", batch_id)
        assert record is not None
        counts = record.document["request_counts"] | answers.counts()
        if counts != record.document["request_counts"]:
            change_batch(
                self._state.store,
                batch_id,
                when=["in_progress", "cancelling"],
                document={"request_counts": counts},
            )

    def _status(self, batch_id: str) -> str:
        record = self._state.store.get("batch", batch_id)
        return "" if record is None else str(record.document["status"])


def _body(content: bytes) -> Any:  # noqa: ANN401  whatever a server answers
    """An answer as JSON; what is none, as a server behind this one may send, as its text."""
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        return {"error": {"message": content[:1000].decode("utf-8", "replace"), "code": "invalid_answer"}}
