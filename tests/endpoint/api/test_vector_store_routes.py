"""Vector stores by the official client: what goes in is found, what goes out is not, and what cannot be is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from openai import OpenAI
from openai.types import VectorStore
from starlette.testclient import TestClient

from tests.endpoint.conftest import BASE_URL, serving
from tests.endpoint.retrieval.files import pdf
from tests.endpoint.support import Clock
from tests.endpoint.test_app import refusal
from tuneset.endpoint.app import create_app
from tuneset.endpoint.state.vector_stores import DAY_S

PAGES = {
    "refunds.md": (b"# Refunds\n\nRefunds take two weeks. Ask the desk.", {"year": 2024, "lang": "en"}),
    "tower.txt": ("東京タワーは港区にある。猫が好きです。".encode(), {"year": 2020, "lang": "ja"}),
    "rules.pdf": (pdf(["Refunds need the receipt of the desk."]), {"year": 2026, "lang": "en", "draft": True}),
}


def file(client: OpenAI, name: str, content: bytes) -> str:
    return client.files.create(file=(name, content), purpose="assistants").id


def put(client: OpenAI, name: str, file_id: str, **given: Any) -> Any:  # noqa: ANN401  as the client has it
    return client.vector_stores.files.create_and_poll(file_id, vector_store_id=name, poll_interval_ms=10, **given)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenAI]:
    with serving(tmp_path_factory.mktemp("endpoint")) as opened:
        yield opened


@pytest.fixture(scope="module")
def library(client: OpenAI) -> VectorStore:
    """A store with PAGES."""
    store = client.vector_stores.create(name="library", metadata={"a": "b"})
    for name, (content, attributes) in PAGES.items():
        settled = put(client, store.id, file(client, name, content), attributes=attributes)
        assert (settled.status, settled.last_error) == ("completed", None)
    return client.vector_stores.retrieve(store.id)


def names(client: OpenAI, store: VectorStore, query: Any, **given: Any) -> list[str]:  # noqa: ANN401  as the client has it
    return [one.filename for one in client.vector_stores.search(store.id, query=query, **given)]


@pytest.mark.parametrize("query", ["", " ", "'; DROP TABLE passages; --", "nowhere"])
def test_a_query_without_known_words_finds_nothing(client: OpenAI, library: VectorStore, query: str) -> None:
    found = client.vector_stores.search(library.id, query=query)
    assert found.data == []
    assert found.to_dict()["search_query"] == [query]


def test_passages_are_found_best_first_with_their_file_and_its_attributes(client: OpenAI, library: VectorStore) -> None:
    best, other = client.vector_stores.search(library.id, query="When do refunds come?", rewrite_query=True).data
    assert (best.filename, best.content[0].type) == ("refunds.md", "text")
    assert best.content[0].text == "# Refunds\n\nRefunds take two weeks. Ask the desk."
    assert best.attributes == {"year": 2024, "lang": "en"}
    assert 1 > best.score > other.score > 0
    assert names(client, library, ["猫", "receipt"]) in (["tower.txt", "rules.pdf"], ["rules.pdf", "tower.txt"])
    assert names(client, library, "refunds", max_num_results=1) == ["refunds.md"]
    ranking: Any = {"ranker": "auto", "score_threshold": (best.score + other.score) / 2}
    assert names(client, library, "When do refunds come?", ranking_options=ranking) == ["refunds.md"]


def test_filters_choose_the_files(client: OpenAI, library: VectorStore) -> None:
    late: Any = {"type": "gte", "key": "year", "value": 2025}
    draft: Any = {"type": "and", "filters": [late, {"type": "eq", "key": "draft", "value": True}]}
    assert names(client, library, "refunds", filters=late) == names(client, library, "refunds", filters=draft)
    assert names(client, library, "refunds", filters=late) == ["rules.pdf"]
    assert names(client, library, "refunds", filters={"type": "eq", "key": "lang", "value": "ja"}) == []


def test_a_store_counts_its_files_and_is_changed_and_listed(client: OpenAI, library: VectorStore) -> None:
    assert library.file_counts.to_dict() == {
        "in_progress": 0,
        "completed": 3,
        "failed": 0,
        "cancelled": 0,
        "total": 3,
    }
    assert library.usage_bytes > 0
    assert (library.name, library.metadata, library.expires_after) == ("library", {"a": "b"}, None)
    other = client.vector_stores.create()
    assert (other.name, other.status, other.usage_bytes) == ("", "completed", 0)
    changed = client.vector_stores.update(other.id, name="b", metadata={"c": "d"})
    assert (changed.name, changed.metadata) == ("b", {"c": "d"})
    assert client.vector_stores.update(other.id, metadata=None).to_dict()["metadata"] == {}
    listed = [one.id for one in client.vector_stores.list(limit=1)]  # all pages
    assert listed[:2] == [other.id, library.id]
    assert client.vector_stores.list(before=library.id, limit=5).data[-1].id == other.id
    assert client.vector_stores.delete(other.id).deleted
    with pytest.raises(openai.NotFoundError):
        client.vector_stores.retrieve(other.id)


def test_files_of_a_store_are_listed_by_status_changed_and_read(client: OpenAI, library: VectorStore) -> None:
    files = client.vector_stores.files
    listed = [one.id for one in files.list(library.id, limit=2, order="asc")]
    assert len(listed) == 3
    assert files.list(library.id, filter="failed").data == []
    assert len(files.list(library.id, filter="completed").data) == 3
    assert files.content(listed[2], vector_store_id=library.id).data[0].text == "Refunds need the receipt of the desk."
    assert files.update(listed[1], vector_store_id=library.id, attributes={"lang": "ja"}).attributes == {"lang": "ja"}
    with pytest.raises(openai.BadRequestError) as caught:
        client.get(f"/vector_stores/{library.id}/files?filter=lost", cast_to=object)
    assert refusal(caught.value)["param"] == "filter"


def test_a_file_that_cannot_be_read_is_failed_and_says_why(client: OpenAI) -> None:
    store = client.vector_stores.create()
    for content, code in ((b"\0\1\2" * 20, "unsupported_file"), (b"  ", "invalid_file")):
        settled = put(client, store.id, file(client, "a.bin", content))
        assert settled.status == "failed"
        assert settled.last_error.code == code
    counts = client.vector_stores.retrieve(store.id).file_counts
    assert (counts.failed, counts.total) == (2, 2)


def test_what_is_taken_out_or_deleted_is_found_no_more_at_once(client: OpenAI) -> None:
    store = client.vector_stores.create()
    kept, out, deleted = (file(client, f"{name}.txt", b"a common word") for name in ("kept", "out", "deleted"))
    for one in (kept, out, deleted):
        put(client, store.id, one)
    assert client.vector_stores.files.delete(out, vector_store_id=store.id).deleted
    client.files.delete(deleted)
    assert names(client, store, "common") == ["kept.txt"]
    assert [one.id for one in client.vector_stores.files.list(store.id)] == [kept]
    assert client.vector_stores.retrieve(store.id).file_counts.total == 1
    assert client.files.retrieve(out).id == out
    assert put(client, store.id, out).status == "completed"  # it may come again
    assert names(client, store, "common") == ["kept.txt", "out.txt"]


def test_passages_are_as_long_as_the_strategy_says(client: OpenAI) -> None:
    text = " ".join(f"w{number}" for number in range(300)).encode()
    static: Any = {"type": "static", "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 50}}
    one = file(client, "a.txt", text)
    store = client.vector_stores.create(file_ids=[one], chunking_strategy=static)
    settled = put(client, store.id, one, chunking_strategy=static)
    assert settled.chunking_strategy.to_dict() == static
    passages = client.vector_stores.files.content(one, vector_store_id=store.id).data
    assert [passage.text.split()[0] for passage in passages if passage.text] == ["w0", "w50", "w100", "w150", "w200"]
    other = put(client, store.id, file(client, "b.txt", b"a"), chunking_strategy={"type": "auto"})
    assert other.chunking_strategy.static.max_chunk_size_tokens == 800


@pytest.mark.parametrize(
    ("asked", "param"),
    [
        ({"expires_after": {"anchor": "created_at", "days": 1}}, "expires_after.anchor"),
        ({"expires_after": {"anchor": "last_active_at", "days": 366}}, "expires_after.days"),
        ({"metadata": {str(number): "" for number in range(17)}}, "metadata"),
        ({"chunking_strategy": {"type": "static"}}, "chunking_strategy"),
        ({"file_ids": ["file-nobody"]}, "file_ids"),
        ({"name": 1}, "name"),
        ({"files": []}, None),
    ],
)
def test_a_store_that_cannot_be_is_refused_by_the_field(
    client: OpenAI, asked: dict[str, Any], param: str | None
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.post("/vector_stores", body=asked, cast_to=object)
    assert refusal(caught.value)["param"] == param


@pytest.mark.parametrize(
    ("asked", "param"),
    [
        ({"query": 1}, "query"),
        ({"query": []}, "query"),
        ({"query": "a", "max_num_results": 51}, "max_num_results"),
        ({"query": "a", "ranking_options": {"score_threshold": 2}}, "ranking_options.score_threshold"),
        ({"query": "a", "filters": {"type": "like", "key": "a", "value": "b"}}, "filters.type"),
        ({}, "query"),
    ],
)
def test_a_search_that_cannot_be_is_refused_by_the_field(
    client: OpenAI, library: VectorStore, asked: dict[str, Any], param: str
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.post(f"/vector_stores/{library.id}/search", body=asked, cast_to=object)
    assert refusal(caught.value)["param"] == param


@pytest.mark.parametrize(
    ("strategy", "attributes", "param"),
    [
        (
            {"max_chunk_size_tokens": 99, "chunk_overlap_tokens": 0},
            {},
            "chunking_strategy.static.max_chunk_size_tokens",
        ),
        ({"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 51}, {}, "chunking_strategy.static"),
        (None, {"a": None}, "attributes.a"),
        (None, {"a": "b" * 513}, "attributes.a"),
        (None, {"a" * 65: 1}, f"attributes.{'a' * 65}"),
    ],
)
def test_a_file_is_refused_by_the_field_that_is_wrong(
    client: OpenAI, library: VectorStore, strategy: object, attributes: dict[str, Any], param: str
) -> None:
    asked: dict[str, Any] = {"file_id": "file-nobody", "attributes": attributes}
    if strategy is not None:
        asked["chunking_strategy"] = {"type": "static", "static": strategy}
    with pytest.raises(openai.BadRequestError) as caught:
        client.post(f"/vector_stores/{library.id}/files", body=asked, cast_to=object)
    assert refusal(caught.value)["param"] == param


def test_what_is_not_there_is_a_404_that_names_it(client: OpenAI, library: VectorStore) -> None:
    asks: list[Callable[[], object]] = [
        lambda: client.vector_stores.retrieve("vs_nobody"),
        lambda: client.vector_stores.search("vs_nobody", query="a"),
        lambda: client.vector_stores.files.create("vs_nobody", file_id="file-nobody"),
        lambda: client.vector_stores.files.retrieve("file-nobody", vector_store_id=library.id),
        lambda: client.vector_stores.files.delete("file-nobody", vector_store_id=library.id),
    ]
    for ask in asks:
        with pytest.raises(openai.NotFoundError, match="nobody"):
            ask()
    with pytest.raises(openai.BadRequestError) as caught:
        client.vector_stores.files.create(library.id, file_id="file-nobody")
    assert refusal(caught.value)["code"] == "file_not_found"


def test_metrics_count_stores_and_their_files(client: OpenAI, library: VectorStore) -> None:
    told = client.get("http://localhost/metrics", cast_to=httpx2.Response).text
    assert 'tuneset_vector_store_files{status="in_progress"} 0' in told
    counts = {line.split()[0]: int(line.split()[1]) for line in told.splitlines() if line.startswith("tuneset_vector")}
    assert counts["tuneset_vector_stores"] == len(list(client.vector_stores.list()))
    assert counts["tuneset_vector_stores_bytes"] >= library.usage_bytes
    assert counts['tuneset_vector_store_files{status="completed"}'] >= 3


def test_a_store_that_was_not_used_for_so_long_expires(clocked: OpenAI, clock: Clock, state: Path) -> None:
    store = clocked.vector_stores.create(expires_after={"anchor": "last_active_at", "days": 1})
    assert store.expires_at == clock.now + DAY_S
    put(clocked, store.id, file(clocked, "a.txt", b"word"))
    clock.now += DAY_S - 10
    assert names(clocked, store, "word") == ["a.txt"]
    clock.now += DAY_S - 10
    assert clocked.vector_stores.retrieve(store.id).status == "completed"
    clock.now += 10
    expired = clocked.vector_stores.retrieve(store.id)
    assert (expired.status, expired.usage_bytes, expired.file_counts.total) == ("expired", 0, 1)
    assert list((state / "vector_stores").iterdir()) == []
    with pytest.raises(openai.BadRequestError) as caught:
        names(clocked, store, "word")
    assert refusal(caught.value)["code"] == "vector_store_expired"
    assert len(clocked.vector_stores.files.list(store.id).data) == 1


def test_what_a_project_may_keep_holds_for_passages_too(state: Path) -> None:
    with TestClient(create_app(state, disk_limit=1000), base_url=BASE_URL) as http:
        client = OpenAI(api_key="any", base_url=BASE_URL, http_client=http, max_retries=0)
        store = client.vector_stores.create()
        one = file(client, "a.txt", b"word " * 150)
        settled = put(client, store.id, one)
        assert (settled.status, settled.last_error.code) == ("failed", "server_error")
        assert "no room" in settled.last_error.message
