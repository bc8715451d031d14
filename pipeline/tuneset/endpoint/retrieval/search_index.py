"""The passages of one vector store in an SQLite database of its own, searched by FTS5.

Each store has its own, so that what one project keeps cannot change what another finds, and deleting is removing a
file. FTS5 gets terms (`terms`), not text, and finds the candidates; how well they fit is counted here, by BM25, as a
share of all that the query asks for. What is in it can be made again from the files, so a write need not wait for the
disk.
"""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import math
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import orjson

from tuneset.endpoint.retrieval.terms import query_terms, terms

_SCHEMA = """
CREATE TABLE IF NOT EXISTS passages (
    id INTEGER PRIMARY KEY,
    file TEXT NOT NULL,
    number INTEGER NOT NULL,
    text TEXT NOT NULL,
    length INTEGER NOT NULL,
    UNIQUE (file, number)
);
CREATE VIRTUAL TABLE IF NOT EXISTS found_by USING fts5(terms, tokenize = 'ascii');
CREATE VIRTUAL TABLE IF NOT EXISTS vocabulary USING fts5vocab(found_by, 'row');
"""

MOST_TERMS = 64
"""Terms of a query that are searched for, the rarest ones: a question has a dozen."""

CANDIDATES = 4
"""So many times as many passages are looked at as are asked for."""

_K1, _B = 1.2, 0.75
"""Of BM25: how soon more of the same adds nothing, how much long passages are held back. As Lucene has them."""


@dataclasses.dataclass(frozen=True)
class Found:
    """A passage of a file, its place in it, and how much of the query's weight it has, from 0 to 1."""

    file: str
    number: int
    text: str
    score: float


def connect(path: Path) -> sqlite3.Connection:
    """The index at `path`, made where there is none; to be closed."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=30.0)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.executescript(_SCHEMA)
    except BaseException:
        connection.close()
        raise
    return connection


def has_full_text_search() -> bool:
    """Whether this SQLite was built with FTS5: its error for that has no code of its own, so it is tried."""
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        try:
            connection.execute("CREATE VIRTUAL TABLE tried USING fts5(terms)")
        except sqlite3.OperationalError:
            return False
    return True


@contextlib.contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """The same for as long as a block lasts."""
    with contextlib.closing(connect(path)) as connection:
        yield connection


@dataclasses.dataclass(frozen=True)
class Passage:
    """A text and its terms, as they are kept."""

    text: str
    terms: str

    @classmethod
    def of(cls, text: str) -> Passage:
        """The passage of a text."""
        return cls(text, " ".join(terms(text)))

    def size(self) -> int:
        """Its bytes."""
        return len(self.text.encode()) + len(self.terms.encode())


def replace(connection: sqlite3.Connection, file: str, passages: Sequence[Passage]) -> None:
    """Have these passages of a file and no others, all at once."""
    with _transaction(connection):
        _remove(connection, file)
        for number, one in enumerate(passages):
            row = (file, number, one.text, one.terms.count(" ") + 1 if one.terms else 0)
            cursor = connection.execute("INSERT INTO passages (file, number, text, length) VALUES (?, ?, ?, ?)", row)
            connection.execute("INSERT INTO found_by (rowid, terms) VALUES (?, ?)", (cursor.lastrowid, one.terms))


def remove(connection: sqlite3.Connection, files: Sequence[str]) -> None:
    """Have nothing of these files."""
    with _transaction(connection):
        for file in files:
            _remove(connection, file)


def passages_of(path: Path, file: str) -> list[str]:
    """The passages of a file in their order."""
    if not path.exists():
        return []
    with opened(path) as connection:
        rows = connection.execute("SELECT text FROM passages WHERE file = ? ORDER BY number", (file,))
        return [text for (text,) in rows]


def search(path: Path, queries: Sequence[str], files: Sequence[str], most: int) -> list[Found]:
    """The passages of `files` that fit one of the queries best, the best first; of equals those that come first."""
    if not path.exists() or not files:
        return []
    places = {file: place for place, file in enumerate(files)}
    best: dict[tuple[str, int], Found] = {}
    with opened(path) as connection:
        for query in queries:
            for found in _search_one(connection, query_terms(query), orjson.dumps(list(files)).decode(), most):
                known = best.get((found.file, found.number))
                if known is None or known.score < found.score:
                    best[found.file, found.number] = found
    return sorted(best.values(), key=lambda one: (-one.score, places[one.file], one.number))[:most]


def _search_one(connection: sqlite3.Connection, asked: Sequence[str], files: str, most: int) -> list[Found]:
    count, mean = connection.execute("SELECT COUNT(*), COALESCE(AVG(length), 1) FROM passages").fetchone()
    having = {
        term: row[0]
        for term in asked
        if (row := connection.execute("SELECT doc FROM vocabulary WHERE term = ?", (term,)).fetchone()) is not None
    }
    rarest = sorted(having, key=lambda term: (having[term], term))[:MOST_TERMS]
    if not rarest:
        return []
    weights = {term: math.log(1 + (count - having[term] + 0.5) / (having[term] + 0.5)) for term in rarest}
    # What nobody has weighs as much as what one passage has: a query that is half unknown is half answered.
    unknown = math.log(1 + (count + 0.5) / 0.5) * sum(term not in having for term in asked)
    rows = connection.execute(
        "SELECT passages.file, passages.number, passages.text, passages.length, found_by.terms FROM found_by"
        " JOIN passages ON passages.id = found_by.rowid"
        " WHERE found_by MATCH ? AND passages.file IN (SELECT value FROM json_each(?))"
        " ORDER BY bm25(found_by), passages.id LIMIT ?",
        (" OR ".join(f'"{term}"' for term in rarest), files, most * CANDIDATES),
    )
    found = []
    for file, number, text, length, own in rows:
        times = collections.Counter(own.split(" "))
        held = _K1 * (1 - _B + _B * length / mean)
        fit = sum(weight * times[term] / (times[term] + held) for term, weight in weights.items())
        found.append(Found(file, number, text, round(fit / (sum(weights.values()) + unknown), 6)))
    return found


def _remove(connection: sqlite3.Connection, file: str) -> None:
    connection.execute("DELETE FROM found_by WHERE rowid IN (SELECT id FROM passages WHERE file = ?)", (file,))
    connection.execute("DELETE FROM passages WHERE file = ?", (file,))


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
