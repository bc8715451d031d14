"""Vector stores: what they count of their files is what their files say, whatever happens to them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tuneset.endpoint.state.object_store import Store
from tuneset.endpoint.state.objects import Document, Query, Record
from tuneset.endpoint.state.vector_stores import (
    DAY_S,
    attach_all,
    attach_file,
    cancel_file_batch,
    change_vector_store,
    delete_vector_store,
    detach_file,
    expire_vector_store,
    mark_active,
    new_vector_store,
    read_again,
    settle_attached,
)

FILES = ("file-1", "file-2", "file-3")


class Times:
    def __init__(self) -> None:
        self.now = 1_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "a.sqlite3", Times())
    yield opened
    opened.close()


def made(store: Store, expires_after: Document | None = None) -> str:
    one = new_vector_store(store, name="", description=None, metadata={}, expires_after=expires_after)
    return str(one["id"])


def attach(store: Store, name: str, file: str) -> Record:
    attach_file(store, name, file, attributes={}, chunking={})
    record = store.get("vector_store_file", f"{name}/{file}")
    assert record is not None
    return record


def document(store: Store, name: str) -> Document:
    record = store.get("vector_store", name)
    assert record is not None
    return record.document


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["attach", "batch", "cancel", "done", "fail", "again", "again_late", "detach"]),
        st.integers(0, 2),
    ),
    max_size=12,
)


@pytest.fixture(scope="module")
def shared_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = Store(tmp_path_factory.mktemp("store") / "a.sqlite3", Times())
    yield opened
    opened.close()


@settings(max_examples=20, deadline=None)
@example([("attach", 0), ("done", 0), ("detach", 0), ("again_late", 0)])
@given(ACTS)
def test_counts_and_bytes_are_those_of_the_files(shared_store: Store, acts: list[tuple[str, int]]) -> None:
    store, name, batches, seen = shared_store, made(shared_store), list[Document](), dict[int, Record]()
    with store.transaction():  # one for all: the disk is not what is looked at
        for act, number in acts:
            record = store.get("vector_store_file", f"{name}/{FILES[number]}")
            if act == "attach":
                attach(store, name, FILES[number])
            elif act == "batch":
                batches.append(attach_all(store, name, [(one, {}, {}) for one in FILES[: number + 1]]))
            elif act == "cancel" and batches:
                cancel_file_batch(store, batches[number % len(batches)])
            elif record is not None and act in ("done", "fail"):
                change = {"status": "completed" if act == "done" else "failed", "usage_bytes": 7 + number}
                settle_attached(store, record, change)
            elif record is not None and act == "again":
                read_again(store, record)
            elif act == "again_late" and number in seen:
                read_again(store, seen[number])  # as it was when somebody looked last
            elif record is not None and act == "detach":
                detach_file(store, record)
            if record is not None:
                seen[number] = record
    there = store.every("vector_store_file", parent=name)
    found = document(store, name)
    statuses = Counter(record.document["status"] for record in there)
    assert found["file_counts"] == {key: statuses[key] for key in found["file_counts"]} | {"total": len(there)}
    assert found["usage_bytes"] == sum(record.document["usage_bytes"] for record in there)
    assert found["status"] == ("in_progress" if statuses["in_progress"] else "completed")
    for batch in batches:
        now = store.get("file_batch", batch["id"])
        assert now is not None
        own = Counter(record.document["status"] for record in there if record.private["batch"] == batch["id"])
        assert now.document["file_counts"]["total"] == sum(own.values())
        assert now.document["file_counts"]["completed"] == own["completed"]


def test_what_was_read_of_a_file_that_was_put_in_again_meanwhile_does_not_count(store: Store) -> None:
    name = made(store)
    first = attach(store, name, "file-1")
    attach(store, name, "file-1")
    assert not settle_attached(store, first, {"status": "completed", "usage_bytes": 9})
    assert document(store, name)["status"] == "in_progress"
    detach_file(store, first)
    assert not settle_attached(store, first, {"status": "completed"})


def test_a_file_that_was_taken_out_is_left_over_until_it_is_cleared_and_may_come_again(store: Store) -> None:
    name = made(store)
    detach_file(store, attach(store, name, "file-1"))
    (left,) = store.left_over("vector_store_file")
    assert (left.document["id"], left.document["vector_store_id"]) == ("file-1", name)
    attach(store, name, "file-1")
    assert store.left_over("vector_store_file") == []
    store.nothing_left(f"{name}/file-1")  # it is there again, and stays as it is
    detach_file(store, attach(store, name, "file-1"))
    store.nothing_left(f"{name}/file-1")
    assert store.left_over("vector_store_file") == []


def test_one_file_may_be_in_several_stores_and_a_page_goes_on_from_one_that_is_gone(store: Store) -> None:
    one, two = made(store), made(store)
    for name in (one, two):
        for file in FILES:
            attach(store, name, file)
    assert [record.document["vector_store_id"] for record in store.in_vector_stores("file-2")] == [one, two]
    detach_file(store, attach(store, one, "file-2"))
    page = store.page(Query("vector_store_file", 5, after=f"{one}/file-2", order="asc", parent=one))
    assert page is not None
    assert [json.loads(text)["id"] for text in page.documents] == ["file-3"]
    delete_vector_store(store, one)
    assert store.every("vector_store_file", parent=one) == []
    assert len(store.every("vector_store_file", parent=two)) == 3


def test_a_store_that_is_deleted_while_it_is_searched_stays_so(store: Store) -> None:
    before = document(store, made(store))
    delete_vector_store(store, before["id"])
    mark_active(store, before | {"last_active_at": 0})
    assert store.get("vector_store", before["id"]) is None


def test_a_store_expires_after_its_last_use_and_then_no_more(store: Store) -> None:
    times = store.now
    assert isinstance(times, Times)
    name = made(store, {"anchor": "last_active_at", "days": 1})
    first = attach(store, name, "file-1")
    settle_attached(store, first, {"status": "completed", "usage_bytes": 5})
    attach(store, name, "file-2")
    times.now += DAY_S - 1
    assert store.expired() == []
    mark_active(store, document(store, name))
    times.now += DAY_S - 1
    assert store.expired() == []
    times.now += 1
    assert [record.document["id"] for record in store.expired()] == [name]
    expire_vector_store(store, name)
    assert store.expired() == []
    found = document(store, name)
    assert (found["status"], found["usage_bytes"], found["file_counts"]["cancelled"]) == ("expired", 0, 1)
    assert change_vector_store(store, name, {"name": "a"})["status"] == "expired"


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_a_page_before_an_object_is_the_one_that_ends_there(store: Store, order: str) -> None:
    name = made(store)
    for number in range(5):
        attach(store, name, f"file-{number}")
    whole = [f"file-{number}" for number in range(5)][:: 1 if order == "asc" else -1]
    page = store.page(Query("vector_store_file", 2, before=f"{name}/{whole[3]}", order=order, parent=name))  # type: ignore[arg-type]
    assert page is not None
    assert [json.loads(text)["id"] for text in page.documents] == whole[1:3]
    assert page.more
    assert store.page(Query("vector_store_file", 2, before="nobody", parent=name)) is None
