"""A clock that is put back loses nothing, ends nothing early, and keeps what was made in its order."""

from __future__ import annotations

import json

from openai import OpenAI

from tests.endpoint.support import Clock

DAY_S = 86_400


def test_what_was_made_under_a_later_clock_is_in_its_order_and_there_as_long_as_was_said(
    clocked: OpenAI, clock: Clock
) -> None:
    files = []
    for number in range(5):
        name, lasts = (f"{number}.txt", b"a word"), {"anchor": "created_at", "seconds": 3_600}
        files.append(clocked.files.create(file=name, purpose="user_data", expires_after=lasts).id)  # type: ignore[arg-type]
        clock.now -= 1_000
    assert [one.id for one in clocked.files.list(order="asc", limit=2)] == files
    assert [one.id for one in clocked.files.list(limit=2)] == files[::-1]
    lasting = {"days": 1, "anchor": "last_active_at"}

    def made() -> str:
        again = {"Idempotency-Key": "k"}
        return clocked.vector_stores.create(file_ids=files[:1], expires_after=lasting, extra_headers=again).id  # type: ignore[arg-type]

    store = made()
    clock.now -= 2 * DAY_S
    assert made() == store
    clocked.vector_stores.files.poll(files[0], vector_store_id=store, poll_interval_ms=10)
    assert [one.file_id for one in clocked.vector_stores.search(store, query="word")] == files[:1]
    clock.now += 2 * DAY_S + 5_000 + 3_600 - 4_000  # the last one was made under the earliest clock
    assert [one.id for one in clocked.files.list(order="asc")] == files[:4]


def test_a_batch_is_answered_whose_clock_is_put_back(clocked: OpenAI, clock: Clock) -> None:
    body = {"model": "local-tiny", "max_tokens": 1, "messages": [{"role": "user", "content": "a"}]}
    line = {"custom_id": "1", "method": "POST", "url": "/v1/chat/completions", "body": body}
    file = clocked.files.create(file=("a.jsonl", json.dumps(line).encode() + b"\n"), purpose="batch").id
    clock.now -= DAY_S
    batch = clocked.batches.create(input_file_id=file, endpoint="/v1/chat/completions", completion_window="24h").id
    clock.now -= 2 * DAY_S
    while (found := clocked.batches.retrieve(batch)).status not in ("completed", "failed", "expired"):
        pass
    assert (found.status, found.request_counts and found.request_counts.completed) == ("completed", 1)
