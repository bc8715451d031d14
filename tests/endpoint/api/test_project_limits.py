"""What a project may hold: no byte, job or part beyond its limits, each by itself, and room again after a delete."""

from __future__ import annotations

from pathlib import Path

import openai
import pytest
from openai import OpenAI
from starlette.testclient import TestClient

from tests.endpoint.conftest import BASE_URL
from tests.endpoint.support import create, examples, lines, upload
from tuneset.endpoint.api import project_limits
from tuneset.endpoint.app import create_app
from tuneset.endpoint.project_keys import ProjectKey
from tuneset.endpoint.state import uploads

ONE, TWO = ProjectKey("one", "sk-one-one"), ProjectKey("two", "sk-two-two")
CONTENT = lines(examples()[:4])


def test_no_more_bytes_are_kept_than_a_project_may_have(state: Path) -> None:
    limit = 2 * len(CONTENT)
    with TestClient(create_app(state, projects=[ONE, TWO], disk_limit=limit), base_url=BASE_URL) as http:
        client, other = (
            OpenAI(api_key=key.key, base_url=BASE_URL, http_client=http, max_retries=0) for key in (ONE, TWO)
        )
        first, _ = upload(client, CONTENT), upload(client, CONTENT[:-1])
        whole = client.uploads.create(bytes=2, filename="a.jsonl", mime_type="text/jsonl", purpose="fine-tune")
        client.uploads.parts.create(whole.id, data=b"\n")
        for refused in (
            lambda: upload(client, CONTENT[:2]),
            lambda: client.uploads.parts.create(whole.id, data=b"\n"),
        ):
            with pytest.raises(openai.InternalServerError) as caught:
                refused()
            assert (caught.value.status_code, caught.value.code) == (507, "insufficient_storage")
            assert f"may have {limit} bytes together, and have {limit}" in caught.value.message
        assert upload(other, CONTENT).bytes == len(CONTENT)
        client.files.delete(first.id)
        assert upload(client, CONTENT[:-20]).bytes == len(CONTENT) - 20


def test_a_body_that_says_it_is_too_long_is_not_read(state: Path) -> None:
    with TestClient(create_app(state, disk_limit=10), base_url=BASE_URL) as http:
        answer = http.post(
            "/files",
            headers={"content-length": str(project_limits.FORM_BYTES + 11), "content-type": "text/plain"},
            content=b"",
        )
        assert answer.status_code == 507
        assert not [*(state / "blobs").iterdir()]


def test_jobs_wait_in_a_queue_that_ends(client: OpenAI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project_limits, "MOST_UNFINISHED", 2)
    file = upload(client, examples()[:10])
    jobs = [create(client, file.id) for _ in range(2)]
    for job in jobs:
        client.fine_tuning.jobs.pause(job.id)
    with pytest.raises(openai.RateLimitError, match="has 2 fine-tuning jobs that are not finished"):
        create(client, file.id)
    client.fine_tuning.jobs.cancel(jobs[0].id)
    client.fine_tuning.jobs.cancel(create(client, file.id).id)


def test_an_upload_has_so_many_parts(client: OpenAI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST_PARTS", 2)
    whole = client.uploads.create(bytes=9, filename="a.jsonl", mime_type="text/jsonl", purpose="fine-tune")
    for _ in range(2):
        client.uploads.parts.create(whole.id, data=b"\n")
    with pytest.raises(openai.BadRequestError, match="at most 2 Parts"):
        client.uploads.parts.create(whole.id, data=b"\n")
