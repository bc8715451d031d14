"""Every fault becomes an error with a stable code, and none shows a key."""

from __future__ import annotations

from pathlib import Path

import httpx2
import pytest

from tests.providers.protocol_server import KEY, Server, answer, error, page, refused
from tuneset.errors import RemoteError
from tuneset.params import TuneParams
from tuneset.providers import receipts
from tuneset.providers.files import file_upload, remote_files
from tuneset.providers.jobs import jobs
from tuneset.providers.jobs.wanted_job import WantedJob

WIND_DOWN = "OpenAI is winding down the fine-tuning platform and your organization is no longer able to create jobs."


def failing(server: Server, *responses: httpx2.Response, **params: str) -> RemoteError:
    server.faults["GET /files/ID"] = [answer(lambda r=r: r) for r in responses]  # type: ignore[misc]
    with pytest.raises(RemoteError) as caught:
        remote_files.get_file(server.endpoint(**params), "file-1")
    return caught.value


@pytest.mark.parametrize(
    ("response", "code"),
    [
        (error(400, "no"), "bad_request"),
        (error(401, "no"), "authentication_failed"),
        (error(403, "no"), "permission_denied"),
        (error(404, "no"), "not_found"),
        (error(405, "no"), "not_supported"),
        (error(413, "no"), "file_too_large"),
        (error(418, "no"), "bad_request"),
        (error(422, "no"), "bad_request"),
        (error(429, "no", "insufficient_quota"), "quota_exceeded"),
        (error(501, "no"), "not_supported"),
        (error(503, "no", x_should_retry="false"), "server_error"),
        (page(), "unexpected_answer"),
        (page(403), "unexpected_answer"),
        (page(404), "not_found"),
        (httpx2.Response(302, headers={"location": "http://127.0.0.1:1/v1/login"}), "not_found"),
        (httpx2.Response(200, json=[1]), "unexpected_answer"),
        (httpx2.Response(200, json={"object": "file"}), "unexpected_answer"),
    ],
)
def test_a_lasting_fault_is_met_once_and_has_a_code(response: httpx2.Response, code: str) -> None:
    server = Server()
    assert failing(server, response).code == code
    assert server.count("GET /files/ID") == 1


@pytest.mark.parametrize(
    ("response", "code"),
    [
        (error(408, "no"), "timeout"),
        (error(409, "no"), "conflict"),
        (error(429, "no"), "rate_limited"),
        (error(500, "no"), "server_error"),
        (error(503, "no", retry_after_ms="1"), "server_error"),
        (page(502), "server_error"),
        (
            httpx2.Response(200, content=b'{"id": "fi', headers={"content-type": "application/json"}),
            "unexpected_answer",
        ),
        (httpx2.Response(200, content=b""), "unexpected_answer"),
    ],
)
def test_a_passing_fault_is_borne_as_long_as_patience_lasts(response: httpx2.Response, code: str) -> None:
    server = Server()
    assert failing(server, *[response] * 4).code == code
    assert server.count("GET /files/ID") == 4


def test_a_read_succeeds_after_passing_faults() -> None:
    server = Server()
    file_id = server.add_file("x.jsonl", b"x", "fine-tune")
    server.faults["GET /files/ID"] = [refused(), answer(lambda: error(500, "no")), answer(lambda: error(429, "no"))]
    assert remote_files.get_file(server.endpoint(), file_id).id == file_id


def test_the_message_says_what_where_and_the_servers_words() -> None:
    failed = failing(Server(), error(401, "Incorrect API key provided.", "invalid_api_key"))
    assert str(failed) == (
        "looking up file file-1: http://127.0.0.1:1/v1 answered 401: Incorrect API key provided.\n"
        "  do: check the key in the variable that endpoint.api_key_env names and what it is allowed to do\n"
        "  code: authentication_failed (the server's code: invalid_api_key)"
    )


def test_an_unreachable_endpoint_says_why() -> None:
    server = Server()
    server.faults["GET /files/ID"] = [refused() for _ in range(4)]
    with pytest.raises(RemoteError) as caught:
        remote_files.get_file(server.endpoint(), "file-1")
    assert caught.value.code == "connection_failed"
    assert caught.value.message == (
        "looking up file file-1: http://127.0.0.1:1/v1 cannot be reached (Connection refused)"
    )


@pytest.mark.parametrize(
    "response",
    [
        error(401, f"Incorrect API key provided: {KEY}."),
        error(401, "Incorrect API key provided: sk-proj-********************6789."),
        error(401, "no", f"bad-{KEY}"),
        httpx2.Response(400, text=f"Bearer {KEY}"),
        httpx2.Response(400, json={"detail": f"key {KEY}"}),
    ],
)
def test_a_key_that_the_server_repeats_is_not_shown(response: httpx2.Response, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_KEY", KEY)
    failed = failing(Server(), response, base_url="http://127.0.0.1:1/v1", api_key_env="SOME_KEY")
    for shown in (str(failed), repr(failed), repr(failed.__cause__), failed.server_code or ""):
        assert "SECRET" not in shown
        assert "6789" not in shown


def test_no_key_is_in_any_receipt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_KEY", KEY)
    path = tmp_path / "train.jsonl"
    path.write_bytes(b"{}\n")
    endpoint = Server().endpoint(base_url="http://127.0.0.1:1/v1", api_key_env="SOME_KEY")
    file_upload.upload(endpoint, path, purpose="fine-tune", stem="train", receipts_folder=tmp_path / "receipts")
    (receipt,) = (tmp_path / "receipts").glob("*.json")
    assert KEY not in receipt.read_text()
    assert "custom 127.0.0.1:1/v1" in receipt.read_text()


def test_words_of_a_server_cannot_steer_the_terminal() -> None:
    failed = failing(Server(), error(400, "a\x1b[2Jb\r\nc\u202ed"))
    assert failed.message.endswith("answered 400: a[2Jb cd")


def test_long_words_of_a_server_are_cut() -> None:
    assert failing(Server(), error(400, "x" * 9999)).message.endswith("x" * 497 + "...")


def test_the_wind_down_of_openais_fine_tuning_says_what_it_means(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    server = Server()
    server.faults["POST /fine_tuning/jobs"] = [answer(lambda: error(403, WIND_DOWN, "training_not_available"))]
    wanted = WantedJob(TuneParams(model="gpt-4.1-mini-2025-04-14"), "file-1", "a" * 64)
    with pytest.raises(RemoteError) as caught:
        jobs.ensure_job(server.endpoint(profile="openai"), wanted, receipts_folder=tmp_path)
    failed = caught.value
    assert (failed.code, failed.server_code) == ("training_not_available", "training_not_available")
    assert WIND_DOWN in failed.message
    assert "from 2027-01-06 nobody can create new fine-tuning jobs" in failed.hint
    assert "azure, nebius or local" in failed.hint
    assert "`tuneset files prune` deletes them" in failed.hint
    assert server.count("POST /fine_tuning/jobs") == 1
    assert receipts.read(tmp_path, "job", wanted.run_key(server.endpoint(profile="openai").identity)) == []
