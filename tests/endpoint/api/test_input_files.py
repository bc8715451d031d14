"""Files in a question: their text is read by the model, and what cannot be read is told by its place."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from openai import OpenAI
from starlette.testclient import TestClient

from tests.endpoint.conftest import BASE_URL, serving
from tests.endpoint.retrieval.files import pdf
from tests.endpoint.test_app import refusal
from tuneset.endpoint.api import chat_routes, response_routes
from tuneset.endpoint.app import create_app
from tuneset.endpoint.inference.upstream import Inference
from tuneset.endpoint.project_keys import ProjectKey

ASKED: dict[str, Any] = {"model": "local-tiny", "max_output_tokens": 1}
CHAT: dict[str, Any] = {"model": "local-tiny", "max_tokens": 1}
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenAI]:
    with serving(tmp_path_factory.mktemp("endpoint")) as opened:
        yield opened


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the model is asked last."""
    asked: list[str] = []
    for module in (chat_routes, response_routes):
        collect = module.collect

        async def watched(*given: Any, collect: Any = collect) -> Any:  # noqa: ANN401  as it is
            content = given[3][0].messages[-1]["content"]
            asked.append(content if isinstance(content, str) else "".join(part["text"] for part in content))
            return await collect(*given)

        monkeypatch.setattr(module, "collect", watched)
    return asked


def data(content: bytes, kind: str = "text/plain") -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def with_file(**file: object) -> Any:  # noqa: ANN401  as the client has it
    return [
        {"role": "user", "content": [{"type": "input_file", **file}, {"type": "input_text", "text": "What is it?"}]}
    ]


@pytest.mark.parametrize("purpose", ["user_data", "assistants"])
def test_the_text_of_a_file_is_read_before_the_question(client: OpenAI, seen: list[str], purpose: Any) -> None:  # noqa: ANN401  a literal
    file = client.files.create(file=("rules.pdf", pdf(["Two weeks."])), purpose=purpose)
    client.responses.create(**ASKED, input=with_file(file_id=file.id))
    client.responses.create(**ASKED, input=with_file(file_data=data(b"<p>Two weeks."), filename="a.html"))
    client.responses.create(**ASKED, input=with_file(file_data=base64.b64encode("東京".encode()).decode()))
    part: Any = {"type": "file", "file": {"file_id": file.id}}
    text: Any = {"type": "text", "text": "What is it?"}
    client.chat.completions.create(**CHAT, messages=[{"role": "user", "content": [part, text]}])
    assert seen == [
        "rules.pdf:\n\nTwo weeks.\n\nWhat is it?",
        "a.html:\n\nTwo weeks.\n\nWhat is it?",
        "file:\n\n東京\n\nWhat is it?",
        "rules.pdf:\n\nTwo weeks.\n\nWhat is it?",
    ]


def test_nothing_is_left_of_what_came_with_a_question(tmp_path: Path) -> None:
    with serving(tmp_path / "state") as client:
        client.responses.create(**ASKED, input=with_file(file_data=data(b"a")))
        with pytest.raises(openai.BadRequestError):
            client.responses.create(**ASKED, input=with_file(file_data=data(b"\0")))
        assert list((tmp_path / "state" / "blobs").iterdir()) == []


@pytest.mark.parametrize(
    ("file", "param", "code"),
    [
        ({}, "", "invalid_value"),
        ({"file_id": "file-nobody"}, ".file_id", "file_not_found"),
        ({"file_id": "file-nobody", "file_data": "YQ=="}, "", "invalid_value"),
        ({"file_data": "no base64!"}, ".file_data", "invalid_value"),
        ({"file_data": data(b"\0\1")}, "", "unsupported_file"),
        ({"file_data": data(PNG, "image/png"), "filename": "a.png"}, "", "unsupported_file"),
        ({"file_data": data(b"%PDF-1.4 broken")}, "", "invalid_file"),
        ({"file_url": "http://169.254.169.254/"}, ".file_url", "unsupported_parameter"),
        ({"file_id": 1}, "", "invalid_value"),
        ({"file_data": data(b"a"), "filename": 1}, "", "invalid_value"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_by_its_place(
    client: OpenAI, file: dict[str, Any], param: str, code: str
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(**ASKED, input=with_file(**file))
    assert (refusal(caught.value)["param"], refusal(caught.value)["code"]) == (f"input[0].content[0]{param}", code)


def test_where_no_model_sees_a_picture_is_refused_in_words(client: OpenAI) -> None:
    picture = client.files.create(file=("a.png", PNG), purpose="vision")
    see: Any = [{"role": "user", "content": [{"type": "input_image", "file_id": picture.id}]}]
    look: Any = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": data(PNG, "image/png")}}]}]
    chat: Any = [{"role": "user", "content": [{"type": "file", "file": {"file_id": picture.id}}]}]
    for sent in (look, chat):
        with pytest.raises(openai.BadRequestError, match="'local-tiny' reads text and sees no pictures") as caught:
            client.chat.completions.create(**CHAT, messages=sent)
        assert refusal(caught.value)["param"] == "messages[0].content[0]"
    with pytest.raises(openai.BadRequestError, match="'local-tiny' reads text and sees no pictures") as caught:
        client.responses.create(**ASKED, input=see)
    assert refusal(caught.value)["param"] == "input[0].content[0]"


def test_files_of_this_server_and_of_this_project_reach_a_server_behind_it(tmp_path: Path) -> None:
    asked: list[Any] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(json.loads(request.content))
        return httpx2.Response(200, json={"id": "1", "object": "response", "output": [], "choices": []})

    keys = [ProjectKey("ours", "sk-our-key"), ProjectKey("theirs", "sk-their-key")]
    inference = Inference("http://other:8000/v1", transport=httpx2.MockTransport(answer))
    with TestClient(create_app(tmp_path / "s", projects=keys, inference=inference), base_url=BASE_URL) as http:
        ours, theirs = (OpenAI(api_key=one.key, base_url=BASE_URL, http_client=http, max_retries=0) for one in keys)
        picture = ours.files.create(file=("a.jpg", b"\xff\xd8\xff0"), purpose="vision").id
        text = ours.files.create(file=("a.txt", b"words"), purpose="user_data").id
        sent: Any = [{"role": "user", "content": [{"type": "input_image", "file_id": picture, "detail": "auto"}]}]
        ours.responses.create(model="qwen", input=sent)
        theirs.responses.create(model="qwen", input=sent)
        ours.responses.create(model="qwen", input=with_file(file_id=text))
        chat: Any = [{"role": "user", "content": [{"type": "file", "file": {"file_id": text}}]}]
        ours.chat.completions.create(model="qwen", messages=chat)
        theirs.chat.completions.create(model="qwen", messages=chat)
        ours.responses.create(model="qwen", input=with_file(file_id=picture))
        seen: Any = [{"role": "user", "content": [{"type": "file", "file": {"file_id": picture}}]}]
        ours.chat.completions.create(model="qwen", messages=seen)
        wrong: Any = [{"role": "user", "content": [{"type": "input_image", "file_id": text}]}]
        with pytest.raises(openai.BadRequestError, match="no picture"):
            ours.responses.create(model="qwen", input=wrong)
    parts = [(body.get("input") or body["messages"])[0]["content"][0] for body in asked]
    assert parts == [
        {"type": "input_image", "image_url": "data:image/jpeg;base64,/9j/MA==", "detail": "auto"},
        sent[0]["content"][0],
        {"type": "input_text", "text": "a.txt:\n\nwords\n\n"},
        {"type": "text", "text": "a.txt:\n\nwords\n\n"},
        chat[0]["content"][0],
        {"type": "input_image", "image_url": "data:image/jpeg;base64,/9j/MA=="},
        {"type": "image_url", "image_url": {"url": "data:image/jpeg;base64,/9j/MA=="}},
    ]
