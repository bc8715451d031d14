"""The store: pages are slices of one order, and a transaction is there whole or not at all."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.amounts import drawn
from tuneset.endpoint.state.object_store import Store
from tuneset.endpoint.state.objects import Order, Query, Record


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "a.sqlite3")
    yield opened
    opened.close()


def test_a_transaction_that_raises_leaves_nothing(store: Store) -> None:
    store.insert("job", {"id": "1", "status": "queued"}, {})

    def change() -> None:
        with store.transaction():
            store.put(Record({"id": "1", "status": "running"}, {"pid": 7}))
            with store.transaction():
                store.insert("event", {"id": "2"}, {}, parent="1")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        change()
    assert store.get("job", "1") == Record({"id": "1", "status": "queued"}, {})
    assert store.get("event", "2") is None


def test_an_object_is_found_under_its_own_kind_alone(store: Store) -> None:
    store.insert("file", {"id": "1"}, {})
    assert store.get("job", "1") is None
    assert store.page(Query("job", 5, after="1")) is None


def test_what_was_stored_is_there_after_opening_again(tmp_path: Path) -> None:
    first = Store(tmp_path / "a.sqlite3")
    first.insert("file", {"id": "1", "filename": "zwölf"}, {"sha256": "0"})
    first.remember("key", "print", {"id": "1"})
    first.close()
    second = Store(tmp_path / "a.sqlite3")
    assert second.get("file", "1") == Record({"id": "1", "filename": "zwölf"}, {"sha256": "0"})
    assert second.answer("key") == ("print", {"id": "1"})
    assert second.answer("other") is None
    second.close()


@settings(max_examples=drawn(25), deadline=None)  # each makes a database
@given(st.integers(0, 12), st.integers(1, 5), st.sampled_from(["asc", "desc"]), st.sets(st.integers(0, 11), max_size=4))
def test_pages_one_after_the_other_are_the_whole_list(count: int, limit: int, order: Order, deleted: set[int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "a.sqlite3")
        for number in range(count):
            store.insert("event", {"id": str(number)}, {}, parent="job")
            store.insert("event", {"id": f"other {number}"}, {}, parent="other")
        for number in deleted:
            store.delete(str(number))
        seen: list[str] = []
        after, more = None, True
        while more:
            page = store.page(Query("event", limit, after=after, order=order, parent="job"))
            assert page is not None
            assert len(page.documents) == limit or not page.more
            shown = [json.loads(document)["id"] for document in page.documents]
            assert (page.first, page.last) == ((shown[0], shown[-1]) if shown else (None, None))
            seen += shown
            after, more = page.last, page.more
        store.close()
    expected = [str(number) for number in range(count) if number not in deleted]
    assert seen == (expected if order == "asc" else expected[::-1])
