"""Texts by key in a temporary file, for what would grow in memory with the rows of a dataset.

SQLite keeps it: two megabytes of it are in memory however many keys there are, the rest is in the folder for temporary
files, without a name there, so that it goes with the process whatever happens to it. Nothing here is kept for long.
"""

from __future__ import annotations

import sqlite3
import threading
import weakref
from collections.abc import Iterator
from typing import Any

from tuneset.errors import InputError

_PAGE = 256
"""Keys that are read at a time."""


class DiskTable:
    """Keys with a value each, in the order in which they came first. Threads may share it.

    Its methods raise InputError where the temporary file cannot be written.

    >>> table = DiskTable()
    >>> table.add("a", "1"), table.add("a", "2"), table.get("a"), "b" in table, len(table)
    (True, False, '1', False, 1)
    """

    def __init__(self) -> None:
        # Without a name SQLite makes a file that it has removed already. Nobody will read it after a crash: so neither
        # a journal nor a flush.
        self._connection = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        weakref.finalize(self, self._connection.close)
        self._lock = threading.Lock()
        for setting in ("journal_mode = OFF", "synchronous = OFF"):
            self._do(f"PRAGMA {setting}")
        self._do("CREATE TABLE entries (number INTEGER PRIMARY KEY, key BLOB UNIQUE NOT NULL, value BLOB NOT NULL)")
        self._length = 0

    def add(self, key: str, value: str = "") -> bool:
        """Keep a value where the key has none yet; whether it was kept."""
        with self._lock:
            added = self._do(
                "INSERT OR IGNORE INTO entries (key, value) VALUES (?, ?)", _bytes(key), _bytes(value)
            ).rowcount
            self._length += added
        return bool(added)

    def put(self, key: str, value: str) -> None:
        """Keep a value in the place of the one that the key may have."""
        if not self.add(key, value):
            with self._lock:
                self._do("UPDATE entries SET value = ? WHERE key = ?", _bytes(value), _bytes(key))

    def get(self, key: str) -> str | None:
        """The value of a key."""
        with self._lock:
            found = self._do("SELECT value FROM entries WHERE key = ?", _bytes(key)).fetchone()
        return None if found is None else _text(found[0])

    def pop(self, key: str) -> str | None:
        """The value of a key, which has none from now on."""
        value = self.get(key)
        with self._lock:
            self._length -= self._do("DELETE FROM entries WHERE key = ?", _bytes(key)).rowcount
        return value

    def items(self) -> Iterator[tuple[str, str]]:
        """Yield all keys with their values; keys that come meanwhile are among them."""
        after = -1
        while True:
            with self._lock:
                found = self._do(
                    "SELECT number, key, value FROM entries WHERE number > ? ORDER BY number LIMIT ?", after, _PAGE
                ).fetchall()
            if not found:
                return
            after = found[-1][0]
            yield from ((_text(key), _text(value)) for _, key, value in found)

    def __iter__(self) -> Iterator[str]:
        """Yield all keys, as `items`."""
        return (key for key, _ in self.items())

    def __contains__(self, key: str) -> bool:
        return self.get(key) is not None

    def __len__(self) -> int:
        return self._length

    def _do(self, statement: str, *values: Any) -> sqlite3.Cursor:  # noqa: ANN401  whatever SQLite takes
        try:
            return self._connection.execute(statement, values)
        except sqlite3.OperationalError as error:
            raise InputError(
                f"a temporary file cannot be written: {error}",
                hint="make room in the folder for temporary files, or name another one in the variable TMPDIR",
            ) from error


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")  # names of files may hold halves of pairs


def _text(content: bytes) -> str:
    return content.decode("utf-8", "surrogatepass")
