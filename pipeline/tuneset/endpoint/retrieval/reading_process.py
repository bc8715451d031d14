"""Reads files in a process of its own: python -m tuneset.endpoint.retrieval.reading_process PARENT_PID.

A text of megabytes takes seconds to read and a damaged PDF may take the process with it; the server answers meanwhile
and goes on. Orders come as JSON, a line each, and each is answered by a line:

    {"do": "index", "index", "file", "path", "name", "most", "overlap", "room"}   {"usage": BYTES} or {"fault": {...}}
    {"do": "forget", "index", "files"}                                            {}
    {"do": "read", "path", "name"}                                                {"text"} or {"fault": {...}}

A disk that is full, or a locked database, is {"later": REASON}, an index that is no database any more {"broken": true}.
The process ends with its parent, and with its input.
"""

from __future__ import annotations

import errno
import select
import sqlite3
import sys
from pathlib import Path
from typing import Any

import orjson

from tuneset.endpoint.retrieval import search_index
from tuneset.endpoint.retrieval.passages import passages, pieces
from tuneset.endpoint.retrieval.readable import readable
from tuneset.endpoint.retrieval.unreadable import UnreadableError
from tuneset.processes import die_with_parent

MEMORY = 4 << 30
"""Bytes that reading may take: the longest text takes a quarter of it."""

MOST_PIECES = 5_000_000
"""Pieces of a file in a vector store. OpenAI's guide to file search (tokens of a file), 2026-11-20."""

_PASSING = {
    *(sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED),
    *(sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN),
}
_PASSING_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.EIO}

Json = dict[str, Any]


IDLE_S = 0.5
"""Seconds without an order after which an index is closed: closing waits for the disk, which a file each would do."""


class Kept:
    """The index that was written last, open for the next file."""

    def __init__(self) -> None:
        self._path = Path()
        self._number = 0
        self._connection: sqlite3.Connection | None = None

    def at(self, path: Path) -> sqlite3.Connection:
        """The index at a path; where it was removed meanwhile, a new one."""
        there = path.stat().st_ino if path.exists() else 0
        if self._connection is None or path != self._path or there != self._number:
            self.close()
            self._connection = search_index.connect(path)
            self._path, self._number = path, path.stat().st_ino
        return self._connection

    def close(self) -> None:
        """Close it, where one is open."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def answer(order: Json, kept: Kept) -> Json:
    """What is answered to an order."""
    try:
        if order["do"] == "index":
            return _index(order, kept)
        if order["do"] == "forget":
            return _forget(order, kept)
        return {"text": readable(Path(order["path"]), order["name"])}
    except UnreadableError as error:
        return {"fault": {"code": error.code, "message": error.message}}
    except FileNotFoundError:
        return {"fault": {"code": "invalid_file", "message": "The file was deleted before it was read."}}
    except MemoryError:
        message = f"Reading the file takes more than {MEMORY >> 30} GiB of memory."
        return {"fault": {"code": "invalid_file", "message": message}}
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        kept.close()
        if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
            return {"broken": True}
        if code == sqlite3.SQLITE_ERROR and not search_index.has_full_text_search():
            message = "The SQLite of this server was built without FTS5, by which vector stores are searched."
            return {"fault": {"code": "server_error", "message": message}}
        if code not in _PASSING:
            raise
        return {"later": str(error)}
    except OSError as error:
        if error.errno not in _PASSING_ERRORS:
            raise
        return {"later": str(error)}


def _index(order: Json, kept: Kept) -> Json:
    text = readable(Path(order["path"]), order["name"])
    if pieces(text) > MOST_PIECES:
        message = f"A file in a vector store may have {MOST_PIECES} tokens; send it in several files."
        raise UnreadableError("invalid_file", message)
    found = [search_index.Passage.of(one) for one in passages(text, order["most"], order["overlap"])]
    usage = sum(one.size() for one in found)
    if order["room"] is not None and usage > order["room"]:
        message = f"What the project may keep on the disk has no room for the {usage} bytes of this file's passages."
        raise UnreadableError("server_error", message)
    search_index.replace(kept.at(Path(order["index"])), order["file"], found)
    return {"usage": usage}


def _forget(order: Json, kept: Kept) -> Json:
    path = Path(order["index"])
    if path.exists():
        search_index.remove(kept.at(path), order["files"])
    return {}


def main(parent: int) -> None:
    """Answer the orders on standard input."""
    die_with_parent(parent)
    if sys.platform != "win32":
        import resource  # noqa: PLC0415  only some systems have it

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    kept = Kept()
    while True:
        if not select.select([sys.stdin], [], [], IDLE_S)[0]:
            kept.close()
        line = sys.stdin.buffer.readline()  # the next order comes after the answer to this one, so no more is read
        if not line:
            kept.close()
            return
        sys.stdout.buffer.write(orjson.dumps(answer(orjson.loads(line), kept), option=orjson.OPT_APPEND_NEWLINE))
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]))
