"""Reads the files that were put into vector stores, one of each project at a time, and has their passages kept.

A thread that learns of files from the store alone, and one more for each project that is read for: what is
`in_progress` is read, and read again where a server was killed meanwhile; passages of files that were taken out are
removed. A full disk or a locked database fails no file, it waits.
What is in a file is found by the `reader`, in processes of its own.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence

from tuneset.endpoint.project_threads import ProjectThreads
from tuneset.endpoint.retrieval.reader import Json, Reader
from tuneset.endpoint.state.disk_usage import bytes_used
from tuneset.endpoint.state.objects import Record, key_of
from tuneset.endpoint.state.state_folder import State, is_passing, remove_index
from tuneset.endpoint.state.vector_stores import read_again, settle_attached

REST_S = 1.0
"""Seconds until something is tried again that a full disk or a locked database has refused."""

LOOK_S = 1.0
"""Seconds after which it is looked for what has come and was taken out, in the midst of others."""

PROJECTS = 4
"""Projects whose files are read at a time: one whose files take their time holds up none but itself."""

_log = logging.getLogger("tuneset.endpoint")


class _WaitError(Exception):
    """The disk is full or a database locked, in the other process."""


class Indexer:
    """A thread beside the request handlers. `disk_limit` is how many bytes a project may keep."""

    def __init__(self, state: State, reader: Reader, disk_limit: int | None) -> None:
        self._state = state
        self._reader = reader
        self._disk_limit = disk_limit
        self._woken = threading.Event()
        self._stopped = threading.Event()
        self._threads = ProjectThreads(PROJECTS, "tuneset-indexer", self._read, self._woken.set)
        self._taken_up = False
        self._thread = threading.Thread(target=self._run, name="tuneset-indexer", daemon=True)

    def start(self) -> None:
        """Remove indexes of vector stores that are gone, have those made again that are missing, and begin."""
        for path in self._state.index("").parent.iterdir():
            if self._state.store.get("vector_store", path.name.partition(".")[0]) is None:
                path.unlink()
        self._thread.start()

    def wake(self) -> None:
        """Say that files were put in or taken out."""
        self._woken.set()

    def make_again(self, vector_store_id: str) -> None:
        """Have the index of a vector store made again, which is no database any more."""
        _log.warning("the index of %s is damaged; its files are read again", vector_store_id)
        remove_index(self._state, vector_store_id)
        read_missing_again(self._state)
        self.wake()

    def stop(self) -> None:
        """End the thread; what was not read is read at the next start. The reader must be closed first."""
        self._stopped.set()
        self._woken.set()
        self._thread.join()
        self._threads.close()

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._woken.clear()
            try:
                if not self._taken_up:
                    read_missing_again(self._state)
                    self._taken_up = True
                self._forget()
                self._threads.begin(self._state.store.in_status("vector_store_file", "in_progress"))
            except Exception as error:  # noqa: BLE001  whatever it was, the thread must not end
                self._rest(error)
            else:
                self._woken.wait()

    def _read(self, records: Sequence[Record]) -> None:
        """Read files of one project for a while."""
        began = time.monotonic()
        try:
            for record in records:
                if self._stopped.is_set():
                    return
                self._guarded(record)
                if time.monotonic() - began > LOOK_S:
                    return
        except Exception as error:  # noqa: BLE001  as above
            self._rest(error)

    def _rest(self, error: Exception) -> None:
        """Wait before something is tried again that was refused."""
        if not self._waits(error):
            _log.exception("indexer", exc_info=error)
        elif not self._stopped.is_set():
            _log.warning("the indexer waits: %s", error)
        self._stopped.wait(REST_S)

    def _waits(self, error: Exception) -> bool:
        return is_passing(error) or isinstance(error, _WaitError)

    def _forget(self) -> None:
        """Remove passages of files that were taken out of their vector stores."""
        busy = self._threads.busy
        for record in self._state.store.left_over("vector_store_file"):
            if record.project not in busy:  # what is read just now may be of this very file
                self._remove(record)
                self._state.store.nothing_left(key_of(record.document))

    def _remove(self, record: Record) -> None:
        index = self._state.index(record.document["vector_store_id"])
        self._ask({"do": "forget", "index": str(index), "files": [record.document["id"]]})

    def _guarded(self, record: Record) -> None:
        """Index a file; by a defect of the server it fails, and the others go on."""
        try:
            self._index(record)
        except Exception as error:  # as in `_run`
            if self._waits(error):
                raise
            _log.exception("file %s", record.document["id"])
            message = "The server had an error while reading this file; its log says which."
            fault = {"code": "server_error", "message": message}
            settle_attached(self._state.store, record, {"status": "failed", "last_error": fault})

    def _index(self, record: Record) -> None:
        store, file = self._state.store, record.document
        now = store.get("vector_store_file", key_of(file))
        known = store.get("file", file["id"])
        if now is None or known is None or now.document["status"] != "in_progress":
            return
        size = file["chunking_strategy"]["static"]
        order = {
            "do": "index",
            "index": str(self._state.index(file["vector_store_id"])),
            "file": file["id"],
            "path": str(self._state.blob(file["id"])),
            "name": known.document["filename"],
            "most": size["max_chunk_size_tokens"],
            "overlap": size["chunk_overlap_tokens"],
            "room": self._room(now),
        }
        answer = self._ask(order)
        if "broken" in answer:
            self.make_again(file["vector_store_id"])
            return
        fault = answer.get("fault")
        change = {"status": "failed", "last_error": fault} if fault else {"status": "completed"}
        if settle_attached(store, now, change | {"usage_bytes": answer.get("usage", 0)}):
            return
        if store.get("vector_store", file["vector_store_id"]) is None:
            remove_index(self._state, file["vector_store_id"])
        else:
            there = store.get("vector_store_file", key_of(file))
            if there is None or there.document["status"] == "cancelled":
                self._remove(now)

    def _room(self, record: Record) -> int | None:
        if self._disk_limit is None:
            return None
        return max(0, self._disk_limit - bytes_used(self._state.store.within(record.project)))

    def _ask(self, order: Json) -> Json:
        answer = self._reader.ask(order)
        if "later" in answer:
            raise _WaitError(answer["later"])
        if "closed" in answer:
            self._stopped.set()
            raise _WaitError("the server stops")
        return answer


def read_missing_again(state: State) -> None:
    """Have files read again whose vector store has lost its index: all that have passages, or would have some soon."""
    with state.store.transaction():  # the disk is waited for once, and no store expires in between
        for vector_store in state.store.every("vector_store"):
            name = vector_store.document["id"]
            if vector_store.document["status"] != "expired" and not state.index(name).exists():
                for record in state.store.every("vector_store_file", parent=name):
                    read_again(state.store, record)
