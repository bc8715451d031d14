"""Batches of files by the official client: read together, listed by status, cancelled as far as they were not read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai import OpenAI

from tests.endpoint.conftest import serving
from tests.endpoint.test_app import refusal
from tuneset.endpoint.retrieval.reader import Reader


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenAI]:
    with serving(tmp_path_factory.mktemp("endpoint")) as opened:
        yield opened


def files(client: OpenAI, *contents: bytes) -> list[str]:
    return [
        client.files.create(file=(f"{number}.txt", content), purpose="user_data").id
        for number, content in enumerate(contents)
    ]


@pytest.mark.parametrize(
    ("asked", "param"),
    [
        ({}, "file_ids"),
        ({"file_ids": []}, "file_ids"),
        ({"file_ids": ["a"], "files": [{"file_id": "a"}]}, "file_ids"),
        ({"file_ids": ["file-nobody"]}, "file_ids"),
        ({"files": [{"file_id": "file-nobody"}]}, "files"),
        ({"files": [{"attributes": {}}]}, "files.0.file_id"),
    ],
)
def test_a_batch_that_cannot_be_is_refused_whole(client: OpenAI, asked: dict[str, Any], param: str) -> None:
    store = client.vector_stores.create()
    with pytest.raises(openai.BadRequestError) as caught:
        client.post(f"/vector_stores/{store.id}/file_batches", body=asked, cast_to=object)
    assert refusal(caught.value)["param"] == param
    assert client.vector_stores.retrieve(store.id).file_counts.total == 0


def test_a_batch_is_read_and_listed_by_status(client: OpenAI) -> None:
    store = client.vector_stores.create()
    good, bad, own = files(client, b"one word", b"\0", b"two words")
    batches = client.vector_stores.file_batches
    batch = batches.create_and_poll(store.id, file_ids=[good, bad, good], attributes={"a": 1}, poll_interval_ms=10)
    assert (batch.status, batch.object) == ("completed", "vector_store.files_batch")
    assert (batch.file_counts.completed, batch.file_counts.failed, batch.file_counts.total) == (1, 1, 2)
    each: Any = [{"file_id": own, "attributes": {"b": True}}]
    second = batches.create_and_poll(store.id, files=each, poll_interval_ms=10)
    assert [one.id for one in batches.list_files(batch.id, vector_store_id=store.id, limit=1)] == [bad, good]
    (failed,) = batches.list_files(batch.id, vector_store_id=store.id, filter="failed").data
    assert (failed.id, failed.attributes) == (bad, {"a": 1})
    assert [one.attributes for one in batches.list_files(second.id, vector_store_id=store.id)] == [{"b": True}]
    with pytest.raises(openai.BadRequestError):
        batches.cancel(batch.id, vector_store_id=store.id)
    other = client.vector_stores.create()
    with pytest.raises(openai.NotFoundError):
        batches.retrieve(batch.id, vector_store_id=other.id)


def test_what_of_a_batch_was_not_read_is_cancelled(client: OpenAI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Reader, "ask", lambda *_: {"later": "the disk is full"})
    store = client.vector_stores.create()
    one, two = files(client, b"one", b"two")
    batches = client.vector_stores.file_batches
    batch = batches.create(store.id, file_ids=[one, two])
    assert (batch.status, batch.file_counts.in_progress) == ("in_progress", 2)
    assert client.vector_stores.retrieve(store.id).status == "in_progress"
    cancelled = batches.cancel(batch.id, vector_store_id=store.id)
    assert (cancelled.status, cancelled.file_counts.cancelled) == ("cancelled", 2)
    assert client.vector_stores.retrieve(store.id).status == "completed"
    assert {file.status for file in client.vector_stores.files.list(store.id)} == {"cancelled"}
