"""Authorisation, unknown routes, request ids: what holds for every request."""

from __future__ import annotations

import asyncio
from pathlib import Path

import openai
import pytest
from openai import OpenAI
from starlette.testclient import TestClient
from starlette.types import Message

from tests.endpoint.conftest import BASE_URL
from tests.endpoint.support import BASE_MODELS, upload
from tuneset.endpoint.app import CLIENT_GONE, create_app

KEY = "sk-this-is-the-key"


def refusal(error: openai.APIStatusError) -> dict[str, object]:
    """The body of an error, whose four keys are always there."""
    body = error.response.json()["error"]
    assert set(body) == {"message", "type", "param", "code"}
    return dict(body)


@pytest.mark.parametrize("key", ["sk-wrong", "sk-this-is-the-ke", "SK-THIS-IS-THE-KEY", "ключ"])
def test_a_wrong_key_is_refused_and_not_repeated(state: Path, key: str) -> None:
    with TestClient(create_app(state, api_key=KEY), base_url=BASE_URL) as http:
        answer = http.get("/files", headers={b"Authorization": f"Bearer {key}".encode()})
        assert answer.status_code == 401
        assert answer.json()["error"] == {
            "message": "Incorrect API key provided.",
            "type": "invalid_request_error",
            "param": None,
            "code": "invalid_api_key",
        }


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer ", f"Basic {KEY}", KEY])
def test_a_missing_key_is_refused(state: Path, header: str | None) -> None:
    with TestClient(create_app(state, api_key=KEY), base_url=BASE_URL) as http:
        answer = http.get("/files", headers={"Authorization": header} if header else {})
        assert answer.status_code == 401
        assert answer.json()["error"]["message"].startswith("You didn't provide an API key.")
        assert answer.headers["x-request-id"].startswith("req_")


def test_the_right_key_opens(state: Path) -> None:
    with TestClient(create_app(state, api_key=KEY), base_url=BASE_URL) as http:
        client = OpenAI(api_key=KEY, base_url=BASE_URL, http_client=http)
        assert client.files.list().data == []


def test_an_unknown_route_answers_in_the_envelope(shared_client: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        shared_client.get("/chat/nothing", cast_to=object)
    assert refusal(caught.value) == {
        "message": "Invalid URL (GET /v1/chat/nothing)",
        "type": "invalid_request_error",
        "param": None,
        "code": "unknown_url",
    }
    assert caught.value.request_id is not None


def test_a_wrong_method_answers_in_the_envelope(shared_client: OpenAI) -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        shared_client.patch("/files", cast_to=object)
    assert caught.value.status_code == 405
    assert refusal(caught.value) == {
        "message": "Not allowed to PATCH on /v1/files "
        "(HINT: Perhaps you meant to make your request using a different HTTP method?)",
        "type": "invalid_request_error",
        "param": None,
        "code": "method_not_supported",
    }


def test_a_defect_answers_in_the_envelope_and_says_nothing_of_itself(state: Path) -> None:
    with TestClient(create_app(state), base_url=BASE_URL, raise_server_exceptions=False) as http:
        client = OpenAI(api_key="any", base_url=BASE_URL, http_client=http)
        file = upload(client, [{}])
        (state / "blobs" / file.id).unlink()
        answer = http.get(f"/files/{file.id}/content")
    assert answer.status_code == 500
    assert answer.json()["error"] == {
        "message": "The server had an error while processing your request. Sorry about that!",
        "type": "server_error",
        "param": None,
        "code": None,
    }
    assert answer.headers["x-request-id"].startswith("req_")


@pytest.mark.parametrize("path", ["/v1/fine_tuning/jobs", "/v1/chat/completions", "/v1/batches"])
def test_a_client_that_goes_while_its_body_comes_is_no_defect(state: Path, path: str) -> None:
    app = create_app(state)
    sent: list[Message] = []

    async def ask() -> None:
        coming: list[Message] = [{"type": "http.request", "body": b"{", "more_body": True}]

        async def receive() -> Message:
            return coming.pop() if coming else {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "POST", "path": path, "headers": [(b"host", b"localhost")]}
        async with app.router.lifespan_context(app):
            await app(scope, receive, send)

    asyncio.run(ask())
    assert sent[0]["status"] == CLIENT_GONE


def test_each_answer_has_a_request_id_of_its_own(shared_client: OpenAI) -> None:
    first, second = (shared_client.files.with_raw_response.list() for _ in range(2))
    assert first.request_id is not None
    assert first.request_id != second.request_id


def test_the_base_model_is_listed_and_retrieved(shared_client: OpenAI) -> None:
    model, *others = shared_client.models.list().data
    assert [model.id, *(other.id for other in others)] == BASE_MODELS
    assert model.to_dict() == {"id": "local-tiny", "object": "model", "created": 1795651200, "owned_by": "tuneset"}
    assert shared_client.models.retrieve("local-tiny") == model


def test_an_unknown_model_is_not_found(shared_client: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        shared_client.models.retrieve("gpt-9")
    assert refusal(caught.value)["message"] == f"The model 'gpt-9' does not exist; available: {', '.join(BASE_MODELS)}"
