"""What the endpoint knows, kept in SQLite: objects of the protocol, each a JSON document with a private one beside it.

Each belongs to a project, and `Store.within` sees one project alone. The store knows neither what an object means nor
where the bytes of a file lie. A change is on the disk when the call returns (WAL, synchronous=FULL), and a block under
`transaction` is there whole or not at all.
"""

from __future__ import annotations

import contextlib
import copy
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import orjson

from tuneset.endpoint.state.objects import DEFAULT_PROJECT, Document, Kind, Page, Query, Record, key_of

_SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    id TEXT NOT NULL UNIQUE,
    parent TEXT,
    deleted INTEGER NOT NULL DEFAULT 0,
    document TEXT NOT NULL,
    private TEXT NOT NULL,
    project TEXT NOT NULL DEFAULT 'default'
);
CREATE INDEX IF NOT EXISTS objects_by_kind ON objects (kind, parent, seq);
CREATE INDEX IF NOT EXISTS objects_by_status ON objects (kind, json_extract(document, '$.status'));
CREATE INDEX IF NOT EXISTS objects_by_expiry ON objects (json_extract(document, '$.expires_at'))
    WHERE NOT deleted AND json_extract(document, '$.expires_at') IS NOT NULL;
CREATE INDEX IF NOT EXISTS objects_of_file ON objects (json_extract(document, '$.id'))
    WHERE kind = 'vector_store_file' AND NOT deleted;
CREATE INDEX IF NOT EXISTS objects_left_over ON objects (kind)
    WHERE deleted AND json_extract(private, '$.left_over');
CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, document TEXT NOT NULL);
"""

_OF_PROJECTS = """
DROP INDEX IF EXISTS objects_in_order;
CREATE INDEX IF NOT EXISTS objects_of_project ON objects (kind, project, seq) WHERE NOT deleted;
"""


def unix_time() -> int:
    """Unix time in seconds, as the protocol's `created_at`."""
    return int(time.time())


class Store:
    """One connection, shared by the request handlers and the worker behind a lock.

    A deleted object stays as a marker, so that a listing goes on from it.
    """

    def __init__(self, path: Path, clock: Callable[[], int] = unix_time) -> None:
        """Open or make the database at `path`. `clock` gives the Unix time of everything that is stored."""
        self.now = clock
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.executescript(_SCHEMA)
        columns = {row[1] for row in self._connection.execute("PRAGMA table_info(objects)")}
        if "project" not in columns:  # of a server that knew no projects
            self._connection.execute(
                f"ALTER TABLE objects ADD COLUMN project TEXT NOT NULL DEFAULT '{DEFAULT_PROJECT}'"
            )
        self._connection.executescript(_OF_PROJECTS)
        self._project: str | None = None

    def within(self, project: str) -> Store:
        """The same database as one project has it: objects of others are not there, and what is added is its own."""
        mine = copy.copy(self)
        mine._project = project  # noqa: SLF001  of this class
        return mine

    @property
    def project(self) -> str:
        """The project whose objects this store has; that of a server without projects where it has all."""
        return DEFAULT_PROJECT if self._project is None else self._project

    def _mine(self) -> tuple[str, tuple[str, ...]]:
        """What holds of the objects that this store has, in SQL. The sign keeps SQLite to the index of the rest."""
        return ("", ()) if self._project is None else (" AND +project = ?", (self._project,))

    def close(self) -> None:
        """Close the database. No call may follow."""
        with self._lock:
            self._connection.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Make the changes of the block together, or none of them if it raises. Nothing else changes meanwhile."""
        with self._lock:
            if self._connection.in_transaction:  # the outer block decides
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def insert(self, kind: Kind, document: Document, private: Document, *, parent: str | None = None) -> None:
        """Add an object under its key. `parent` is what an event, a checkpoint or a part belongs to.

        It belongs to the project of this store; of a store of all projects, to its parent's.
        """
        with self._lock:
            if kind == "vector_store_file":  # it may come again into one that it was taken out of
                self._connection.execute("DELETE FROM objects WHERE id = ? AND deleted", (key_of(document),))
            self._connection.execute(
                "INSERT INTO objects (kind, id, parent, document, private, project)"
                " VALUES (?, ?, ?, ?, ?, COALESCE(?, (SELECT project FROM objects WHERE id = ?), ?))",
                (
                    *(kind, key_of(document), parent, _json(document), _json(private)),
                    *(self._project, parent, DEFAULT_PROJECT),
                ),
            )

    def get(self, kind: Kind, object_id: str) -> Record | None:
        """The object of that kind and key, or None where there is none or it was deleted."""
        condition, mine = self._mine()
        with self._lock:
            row = self._connection.execute(
                f"SELECT document, private, project FROM objects WHERE id = ? AND kind = ? AND NOT deleted{condition}",  # noqa: S608  fixed texts only
                (object_id, kind, *mine),
            ).fetchone()
        return _record(row) if row else None

    def put(self, record: Record) -> None:
        """Replace both documents of an object that exists."""
        condition, mine = self._mine()
        with self._lock:
            self._connection.execute(
                f"UPDATE objects SET document = ?, private = ? WHERE id = ?{condition}",  # noqa: S608  fixed texts only
                (_json(record.document), _json(record.private), key_of(record.document), *mine),
            )

    def delete(self, object_id: str) -> None:
        """Mark an object as deleted."""
        condition, mine = self._mine()
        with self._lock:
            self._connection.execute(f"UPDATE objects SET deleted = 1 WHERE id = ?{condition}", (object_id, *mine))  # noqa: S608  fixed texts only

    def page(self, query: Query) -> Page | None:
        """The objects that a query asks for. None where `after` or `before` is no object of that kind."""
        where, values = query.conditions()
        condition, mine = self._mine()
        if self._project is not None:
            # Its index lists all objects of a kind in order; of one parent, the index of parents does.
            where.append("project = ?" if query.parent is None else "+project = ?")
            values.append(self._project)
        with self._lock:
            for key, older in ((query.after, query.order == "desc"), (query.before, query.order == "asc")):
                if key is None:
                    continue
                row = self._connection.execute(
                    f"SELECT seq FROM objects WHERE id = ? AND kind = ?{condition}",  # noqa: S608  fixed texts only
                    (key, query.kind, *mine),
                ).fetchone()
                if row is None:
                    return None
                where.append("seq < ?" if older else "seq > ?")
                values.append(row[0])
            backwards = query.before is not None and query.after is None
            direction = query.order if not backwards else "asc" if query.order == "desc" else "desc"
            rows = self._connection.execute(
                f"SELECT document FROM objects WHERE {' AND '.join(where)}"  # noqa: S608  fixed texts only
                f" ORDER BY seq {direction} LIMIT ?",
                (*values, query.limit + 1),
            ).fetchall()
        shown = [document for (document,) in rows[: query.limit]][:: -1 if backwards else 1]
        first, last = (orjson.loads(one)["id"] for one in (shown[0], shown[-1])) if shown else (None, None)
        return Page(shown, first, last, len(rows) > query.limit)

    def every(self, kind: Kind, *, parent: str | None = None) -> list[Record]:
        """All objects of a kind, or of a kind and a parent, oldest first."""
        condition, values = ("", (kind,)) if parent is None else (" AND parent = ?", (kind, parent))
        own, mine = self._mine()
        with self._lock:
            rows = self._connection.execute(
                f"SELECT document, private, project FROM objects WHERE kind = ? AND NOT deleted{condition}{own}"  # noqa: S608  fixed texts only
                " ORDER BY seq",
                (*values, *mine),
            ).fetchall()
        return [_record(row) for row in rows]

    def ids(self, kind: Kind, *, parent: str, status: str) -> list[str]:
        """The ids of all objects of a kind and a parent that are in a status, oldest first."""
        condition, mine = self._mine()
        with self._lock:
            rows = self._connection.execute(
                "SELECT json_extract(document, '$.id') FROM objects WHERE kind = ? AND parent = ? AND NOT deleted"  # noqa: S608  fixed texts only
                f" AND json_extract(document, '$.status') = ?{condition} ORDER BY seq",
                (kind, parent, status, *mine),
            ).fetchall()
        return [one for (one,) in rows]

    def expired(self) -> list[Record]:
        """All files and vector stores, and all uploads that wait for parts, whose `expires_at` has come."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT document, private, project FROM objects INDEXED BY objects_by_expiry WHERE NOT deleted"
                " AND json_extract(document, '$.expires_at') IS NOT NULL"
                " AND json_extract(document, '$.expires_at') <= ?"
                " AND (kind = 'file' OR (kind = 'upload' AND json_extract(document, '$.status') = 'pending')"
                " OR (kind = 'vector_store' AND json_extract(document, '$.status') <> 'expired'))",
                (self.now(),),
            ).fetchall()
        return [_record(row) for row in rows]

    def in_vector_stores(self, file_id: str) -> list[Record]:
        """A file in each of the vector stores that it is in."""
        condition, mine = self._mine()
        with self._lock:
            rows = self._connection.execute(
                "SELECT document, private, project FROM objects INDEXED BY objects_of_file"  # noqa: S608  fixed texts only
                " WHERE kind = 'vector_store_file' AND NOT deleted AND json_extract(document, '$.id') = ?"
                f"{condition} ORDER BY seq",
                (file_id, *mine),
            ).fetchall()
        return [_record(row) for row in rows]

    def left_over(self, kind: Kind) -> list[Record]:
        """Deleted objects of which more than a marker is left (`left_over` of what only the endpoint knows)."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT document, private, project FROM objects INDEXED BY objects_left_over"
                " WHERE deleted AND json_extract(private, '$.left_over') AND kind = ? ORDER BY seq",
                (kind,),
            ).fetchall()
        return [_record(row) for row in rows]

    def nothing_left(self, key: str) -> None:
        """Say that no more than a marker is left of a deleted object."""
        with self._lock:
            self._connection.execute("UPDATE objects SET private = '{}' WHERE id = ? AND deleted", (key,))

    def in_status(self, kind: Kind, *statuses: str) -> list[Record]:
        """All objects of a kind that are in one of these statuses, oldest first."""
        condition, mine = self._mine()
        with self._lock:
            rows = self._connection.execute(
                "SELECT document, private, project FROM objects WHERE kind = ? AND NOT deleted"  # noqa: S608  fixed texts only
                f" AND json_extract(document, '$.status') IN (SELECT value FROM json_each(?)){condition} ORDER BY seq",
                (kind, orjson.dumps(statuses).decode(), *mine),
            ).fetchall()
        return [_record(row) for row in rows]

    def statuses(self, kind: Kind) -> dict[str, int]:
        """How many objects of a kind there are in each status that any of them has."""
        condition, mine = self._mine()
        with self._lock:
            rows = self._connection.execute(
                "SELECT json_extract(document, '$.status') AS status, COUNT(*) FROM objects"  # noqa: S608  fixed texts only
                f" WHERE kind = ? AND NOT deleted{condition} GROUP BY status",
                (kind, *mine),
            ).fetchall()
        return dict(rows)

    def size(self, kind: Kind, field: Literal["bytes", "usage_bytes"] = "bytes") -> tuple[int, int]:
        """How many objects of a kind there are, and the sum of a field of them."""
        condition, mine = self._mine()
        with self._lock:
            count, size = self._connection.execute(
                f"SELECT COUNT(*), COALESCE(SUM(json_extract(document, '$.{field}')), 0) FROM objects"  # noqa: S608  fixed texts only
                f" WHERE kind = ? AND NOT deleted{condition}",
                (kind, *mine),
            ).fetchone()
        return count, size

    def answer(self, key: str) -> tuple[str, Document] | None:
        """The fingerprint of the request and the answer that were remembered under an Idempotency-Key."""
        with self._lock:
            row = self._connection.execute(
                "SELECT fingerprint, document FROM answers WHERE key = ?", (self._own(key),)
            ).fetchone()
        return (row[0], orjson.loads(row[1])) if row else None

    def remember(self, key: str, fingerprint: str, document: Document) -> None:
        """Keep the answer to a request that carried an Idempotency-Key."""
        with self._lock:
            self._connection.execute(
                "INSERT INTO answers VALUES (?, ?, ?)", (self._own(key), fingerprint, _json(document))
            )

    def _own(self, key: str) -> str:
        """An Idempotency-Key as its project's own; the default project has them as they were before there were any."""
        return key if self._project in {None, DEFAULT_PROJECT} else f"{self._project} {key}"


def _record(row: tuple[str, str, str]) -> Record:
    return Record(document=orjson.loads(row[0]), private=orjson.loads(row[1]), project=row[2])


def _json(document: Document) -> str:
    return orjson.dumps(document).decode()
