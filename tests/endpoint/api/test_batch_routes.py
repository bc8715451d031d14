"""Batches by the official client: from the upload of requests to the lines of answers."""

from __future__ import annotations

import json
import time
from typing import Any

import openai
import pytest
from openai import OpenAI
from openai.types import Batch

from tests.endpoint.support import LIMIT_S

BODIES: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {"messages": [{"role": "user", "content": "Which day?"}], "max_tokens": 2},
    "/v1/completions": {"prompt": "Which", "max_tokens": 2},
    "/v1/responses": {"input": "Which day?", "max_output_tokens": 2},
}


def file_of(client: OpenAI, lines: list[Any], purpose: Any = "batch") -> str:  # noqa: ANN401  the client's own literal
    content = "\n".join(json.dumps(line) for line in lines).encode()
    return client.files.create(file=("requests.jsonl", content), purpose=purpose).id


def requests(endpoint: str, number: int, **more: object) -> list[Any]:
    body = {"model": "local-tiny"} | BODIES[endpoint] | more
    return [{"custom_id": f"c{one}", "method": "POST", "url": endpoint, "body": body} for one in range(number)]


def ended(client: OpenAI, batch: Batch) -> Batch:
    until = time.monotonic() + LIMIT_S
    while time.monotonic() < until:
        batch = client.batches.retrieve(batch.id)
        if batch.status in {"completed", "failed", "cancelled", "expired"}:
            return batch
        time.sleep(0.02)
    raise AssertionError(batch)


@pytest.mark.parametrize("endpoint", BODIES)
def test_each_route_answers_by_batch_as_it_answers_at_once(shared_client: OpenAI, endpoint: Any) -> None:  # noqa: ANN401  the client's own literal
    lines = [*requests(endpoint, 3), *requests(endpoint, 1, temperature=7)]
    lines[-1]["custom_id"] = "too hot"
    batch = shared_client.batches.create(
        input_file_id=file_of(shared_client, lines),
        endpoint=endpoint,
        completion_window="24h",
        metadata={"run": "1"},
        output_expires_after={"anchor": "created_at", "seconds": 3600},
    )
    assert (batch.status, batch.metadata, batch.expires_at) == ("validating", {"run": "1"}, batch.created_at + 86_400)
    batch = ended(shared_client, batch)
    assert batch.status == "completed"
    assert batch.request_counts is not None
    assert batch.request_counts.model_dump() == {"total": 4, "completed": 3, "failed": 1}
    assert batch.output_file_id is not None
    assert batch.error_file_id is not None
    answers = [json.loads(line) for line in shared_client.files.content(batch.output_file_id).text.splitlines()]
    assert [one["custom_id"] for one in answers] == ["c0", "c1", "c2"]
    assert {one["response"]["body"]["model"] for one in answers} == {"local-tiny"}
    assert all(one["response"]["request_id"].startswith("req_") for one in answers)
    (bad,) = [json.loads(line) for line in shared_client.files.content(batch.error_file_id).text.splitlines()]
    assert (bad["custom_id"], bad["response"]["status_code"]) == ("too hot", 400)
    assert bad["response"]["body"]["error"]["param"] == "temperature"
    file = shared_client.files.retrieve(batch.output_file_id)
    assert (file.purpose, file.expires_at) == ("batch_output", file.created_at + 3600)
    assert shared_client.batches.list(limit=1).data[0].id == batch.id


def test_a_file_with_faults_fails_with_each_of_its_lines(shared_client: OpenAI) -> None:
    lines = [*requests("/v1/completions", 2), {"custom_id": "c0"}]
    lines[1]["custom_id"] = "c0"
    batch = shared_client.batches.create(
        input_file_id=file_of(shared_client, lines), endpoint="/v1/completions", completion_window="24h"
    )
    batch = ended(shared_client, batch)
    assert (batch.status, batch.output_file_id) == ("failed", None)
    assert batch.errors is not None
    found = [(fault.line, fault.code) for fault in batch.errors.data or []]
    assert found == [(2, "duplicate_custom_id"), (3, "missing_required_parameter")]
    unknown = requests("/v1/completions", 1, model="absent")
    batch = shared_client.batches.create(
        input_file_id=file_of(shared_client, unknown), endpoint="/v1/completions", completion_window="24h"
    )
    batch = ended(shared_client, batch)
    assert batch.errors is not None
    assert [fault.code for fault in batch.errors.data or []] == ["model_not_found"]
    with pytest.raises(openai.ConflictError, match="Cannot cancel a batch with status 'failed'"):
        shared_client.batches.cancel(batch.id)


def test_a_batch_is_cancelled(shared_client: OpenAI) -> None:
    file = file_of(shared_client, requests("/v1/completions", 200))
    batch = shared_client.batches.create(input_file_id=file, endpoint="/v1/completions", completion_window="24h")
    assert shared_client.batches.cancel(batch.id).status == "cancelling"
    assert ended(shared_client, batch).status == "cancelled"


def test_what_no_batch_can_be_made_of_is_refused(shared_client: OpenAI) -> None:
    good = file_of(shared_client, requests("/v1/completions", 1))
    other = file_of(shared_client, [{"any": 1}], "user_data")
    whole: dict[str, Any] = {"input_file_id": good, "endpoint": "/v1/completions", "completion_window": "24h"}
    for change, param in [
        ({"input_file_id": "file-absent"}, "input_file_id"),
        ({"input_file_id": other}, "input_file_id"),
        ({"endpoint": "/v1/embeddings"}, "endpoint"),
        ({"completion_window": "1h"}, "completion_window"),
    ]:
        with pytest.raises(openai.BadRequestError) as refused:
            shared_client.batches.create(**whole | change)
        assert refused.value.param == param
    with pytest.raises(openai.NotFoundError):
        shared_client.batches.retrieve("batch_absent")
