"""`serve --log json`: a line for each request, and nothing of what was asked."""

from __future__ import annotations

import errno
import io
import json
import sys
from pathlib import Path

import pytest
from openai import OpenAI
from starlette.testclient import TestClient

from tests.endpoint.conftest import BASE_URL
from tests.endpoint.support import upload
from tuneset.endpoint.app import create_app
from tuneset.endpoint.request_log import log_request

SECRET = "Hush-7"


def test_each_request_is_a_line_and_nothing_that_a_user_sent_is_in_it(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    app = create_app(state, api_key=SECRET, log=log_request)
    with TestClient(app, base_url=BASE_URL, raise_server_exceptions=False) as http:
        client = OpenAI(api_key=SECRET, base_url=BASE_URL, http_client=http)
        file = upload(client, [{SECRET: SECRET}], f"{SECRET}.jsonl")
        bearer = {"Authorization": f"Bearer {SECRET}"}
        capsys.readouterr()
        answers = [
            http.get(f"/files/{SECRET}?after={SECRET}", headers=bearer),
            http.get("/files"),
            http.request(SECRET.upper(), f"/{SECRET}", headers=bearer),
            http.get(f"/files/{file.id}/content", headers=bearer),
        ]
        (state / "blobs" / file.id).unlink()
        failed = http.get(f"/files/{file.id}/content", headers=bearer)
    said = capsys.readouterr().err
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    assert SECRET.lower() not in "".join(map(json.dumps, lines)).lower()
    assert [(line["method"], line["route"], line["status"]) for line in lines] == [
        ("GET", "/v1/files/{file_id}", 404),
        ("GET", "/v1/files", 401),
        ("OTHER", "none", 404),
        ("GET", "/v1/files/{file_id}/content", 200),
        ("GET", "/v1/files/{file_id}/content", 500),
    ]
    assert [line["bytes"] for line in lines] == [*(len(answer.content) for answer in answers), None]
    assert [line["request_id"] for line in lines] == [one.headers["x-request-id"] for one in (*answers, failed)]


class _Full(io.StringIO):
    """What stderr is where it leads to a full disk."""

    def write(self, text: str, /) -> int:
        raise OSError(errno.ENOSPC, "No space left on device", text)


def test_a_line_that_cannot_be_written_costs_no_answer(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with TestClient(create_app(state, log=log_request), base_url=BASE_URL) as http:
        monkeypatch.setattr(sys, "stderr", _Full())
        assert http.get("/files").status_code == 200
