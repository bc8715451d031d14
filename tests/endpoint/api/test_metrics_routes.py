"""`GET /metrics`: behind the same door as everything, in Prometheus' format, without a word of a user's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from openai import OpenAI
from starlette.testclient import TestClient

from tests.endpoint.conftest import BASE_URL
from tests.endpoint.support import create, examples, upload, wait
from tuneset.endpoint.api.metrics_routes import CONTENT_TYPE
from tuneset.endpoint.app import create_app
from tuneset.endpoint.jobs.job_objects import FINISHED, UNFINISHED

METRICS = "http://localhost/metrics"
SAMPLE = re.compile(r'([a-z_]+)(?:\{((?:[a-z]+="[^"\\]*",?)+)\})? ([0-9.e+-]+)')


def samples(http: TestClient, headers: dict[str, str] | None = None) -> dict[str, float]:
    """Every sample by its name and labels; each of a metric that was declared once, before it."""
    answer = http.get(METRICS, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == f"{CONTENT_TYPE}; charset=utf-8"
    assert answer.text.endswith("\n")
    found: dict[str, float] = {}
    kinds: dict[str, str] = {}
    for line in answer.text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in kinds
            kinds[name] = kind
        elif not line.startswith("# HELP "):
            matched = SAMPLE.fullmatch(line)
            assert matched is not None, line
            name, labels, value = matched.groups()
            latest = next(reversed(kinds))
            assert name in (
                {latest + end for end in ("_bucket", "_sum", "_count")} if "histogram" in kinds[latest] else {latest}
            )
            key = f"{name}{{{labels}}}" if labels else name
            assert key not in found
            found[key] = float(value)
    return found


def requests(found: dict[str, float], route: str, method: str, status: int) -> float:
    return found.get(f'tuneset_http_requests_total{{route="{route}",method="{method}",status="{status}"}}', 0)


def test_numbers_are_not_for_strangers(state: Path) -> None:
    with TestClient(create_app(state, api_key="sk-key"), base_url=BASE_URL) as http:
        assert http.get(METRICS).status_code == 401
        assert http.get(METRICS, headers={"Authorization": "Bearer sk-other"}).status_code == 401
        found = samples(http, {"Authorization": "Bearer sk-key"})
        assert requests(found, "/metrics", "GET", 401) == 2
        assert requests(found, "/metrics", "GET", 200) == 0


def test_numbers_are_not_for_pages_of_other_sites(state: Path) -> None:
    with TestClient(create_app(state), base_url=BASE_URL) as http:
        assert http.get(METRICS, headers={"Origin": "https://a.example"}).status_code == 403
        assert http.get(METRICS, headers={"Host": "a.example"}).status_code == 403


def test_nothing_that_a_user_sent_is_told(state: Path) -> None:
    secret = "Hush-7"
    with TestClient(create_app(state), base_url=BASE_URL, raise_server_exceptions=False) as http:
        client = OpenAI(api_key=secret, base_url=BASE_URL, http_client=http)
        file = upload(client, [{secret: secret}], f"{secret}.jsonl")
        http.get(f"/files/{secret}?after={secret}", headers={secret: secret})
        http.get(f"/models/{secret}/{secret}")
        http.get(f"/{secret}")
        http.request(secret.upper(), "/files")
        http.request(secret.upper(), f"/{secret}")
        (state / "blobs" / file.id).unlink()
        assert http.get(f"/files/{file.id}/content").status_code == 500
        text = http.get(METRICS).text
        found = samples(http)
    assert secret.lower() not in text.lower()
    assert file.id not in text
    assert requests(found, "/v1/files/{file_id}", "GET", 404) == 1
    assert requests(found, "/v1/models/{model:path}", "GET", 404) == 1
    assert requests(found, "none", "GET", 404) == 1
    assert requests(found, "/v1/files", "OTHER", 405) == 1
    assert requests(found, "none", "OTHER", 404) == 1
    assert requests(found, "/v1/files/{file_id}/content", "GET", 500) == 1


@pytest.mark.usefixtures("patient")
def test_jobs_and_files_are_counted_as_they_are(state: Path) -> None:
    with TestClient(create_app(state), base_url=BASE_URL) as http:
        client = OpenAI(api_key="any", base_url=BASE_URL, http_client=http)
        empty = samples(http)
        assert (empty["tuneset_files"], empty["tuneset_files_bytes"], empty["tuneset_queue_length"]) == (0, 0, 0)
        bad, gone, good = upload(client, b"{}\n"), upload(client, b"{}\n{}\n"), upload(client, examples()[:10])
        client.files.delete(gone.id)
        wait(client, create(client, bad.id).id, {"failed"})
        wait(client, create(client, good.id).id, {"running"})
        wait(client, create(client, good.id).id, {"queued"})
        found = samples(http)
    assert (found["tuneset_files"], found["tuneset_files_bytes"]) == (2, bad.bytes + good.bytes)
    jobs = {status: found[f'tuneset_jobs{{status="{status}"}}'] for status in (*UNFINISHED, *FINISHED)}
    assert {status: count for status, count in jobs.items() if count} == {"queued": 1, "running": 1, "failed": 1}
    assert found["tuneset_queue_length"] == 1
    asked = 'route="/v1/files",method="POST"'
    assert found[f"tuneset_http_request_duration_seconds_count{{{asked}}}"] == 3
    assert found[f'tuneset_http_request_duration_seconds_bucket{{{asked},le="+Inf"}}'] == 3
