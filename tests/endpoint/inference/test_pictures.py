"""Pictures in a question: what is wrong with one is told by its place, and the model finds the others in files."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from openai import OpenAI
from PIL import Image
from starlette.testclient import TestClient

from tests.endpoint.conftest import BASE_URL
from tests.endpoint.test_app import refusal
from tuneset.artifacts import TEMPORARY_PREFIX
from tuneset.endpoint.app import create_app
from tuneset.endpoint.inference import pictures
from tuneset.endpoint.inference.local_models import LocalModels
from tuneset.endpoint.project_keys import ProjectKey

ASKED: dict[str, Any] = {"model": "local-tiny", "max_output_tokens": 1}
CHAT: dict[str, Any] = {"model": "local-tiny", "max_tokens": 1}


def picture(kind: str = "PNG", colour: str = "red") -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (3, 2), colour).save(made, kind)
    return made.getvalue()


def data(content: bytes, kind: str = "image/png") -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def chat(*parts: dict[str, Any]) -> Any:  # noqa: ANN401  as the client has it
    return [{"role": "user", "content": [{"type": "text", "text": "What is it?"}, *parts]}]


def items(*parts: dict[str, Any]) -> Any:  # noqa: ANN401  as the client has it
    return [{"role": "user", "content": [{"type": "input_text", "text": "What is it?"}, *parts]}]


def url(address: object, **more: object) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": address, **more}}


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("endpoint")


@pytest.fixture(scope="module")
def clients(state: Path) -> Iterator[list[OpenAI]]:
    """Two projects of an endpoint whose tiny model is taken for one that sees; it passes over what it is shown."""
    keys = [ProjectKey("ours", "sk-our-key"), ProjectKey("theirs", "sk-their-key")]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(LocalModels, "sees", lambda *_: True)
        with TestClient(create_app(state, projects=keys), base_url=BASE_URL) as http:
            yield [OpenAI(api_key=one.key, base_url=BASE_URL, http_client=http, max_retries=0) for one in keys]


@pytest.fixture
def client(clients: list[OpenAI]) -> OpenAI:
    return clients[0]


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What models were shown, each with its details, as it lay there when the model was asked."""
    found: list[Any] = []
    ask: Any = LocalModels.ask

    def watched(self: LocalModels, model: Any, question: Any, project: str) -> Any:  # noqa: ANN401  as it is
        parts = [
            part for message in question.messages if isinstance(message["content"], list) for part in message["content"]
        ]
        seen = [part["image_url"] for part in parts if part["type"] == "image_url"]
        found.append([(Path(one["path"]).read_bytes(), one.get("detail")) for one in seen])
        return ask(self, model, question, project)

    monkeypatch.setattr(LocalModels, "ask", watched)
    return found


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("https://example.com/a.png", "invalid_image_url"),
        ("http://169.254.169.254/latest", "invalid_image_url"),
        ("file:///etc/passwd", "invalid_image_url"),
        ("own-file:file-abc", "invalid_image_url"),
        ("/etc/passwd", "invalid_image_url"),
        ("", "invalid_image_url"),
        ("data:image/png,abc", "invalid_image_url"),
        ("data:image/png;base64", "invalid_image_url"),
        ("data:image/png;base64,", "empty_image_file"),
        ("data:image/png;base64,no base64!", "invalid_base64_image"),
        ("data:image/png;base64,é", "invalid_base64_image"),
        (data(b"<svg/>", "image/svg+xml"), "invalid_image_format"),
        (data(b"BM0000"), "invalid_image_format"),
    ],
)
def test_an_address_that_holds_no_picture_is_refused_by_its_place(client: OpenAI, address: str, code: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(**CHAT, messages=chat(url(address)))
    place = "messages[0].content[1].image_url"
    assert (refusal(caught.value)["param"], refusal(caught.value)["code"]) == (place, code)
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(**ASKED, input=items({"type": "input_image", "image_url": address}))
    assert (refusal(caught.value)["param"], refusal(caught.value)["code"]) == (place.replace("messages", "input"), code)


@pytest.mark.parametrize(
    ("part", "place", "code"),
    [
        ({"type": "image_url"}, "", "invalid_value"),
        ({"type": "image_url", "image_url": data(picture())}, "", "invalid_value"),
        ({"type": "image_url", "image_url": {}}, "", "invalid_value"),
        (url(7), "", "invalid_value"),
        (url(data(picture()), detail="best"), ".detail", "invalid_value"),
        ({"type": "image_file", "image_file": {"file_id": "file-nobody"}}, ".file_id", "file_not_found"),
        ({"type": "image_file", "image_file": {"file_id": 7}}, "", "invalid_value"),
        (url(data(picture()), file_id="file-nobody"), "", "invalid_value"),
    ],
)
def test_a_part_that_is_not_as_it_must_be_is_refused(client: OpenAI, part: Any, place: str, code: str) -> None:  # noqa: ANN401  as sent
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(**CHAT, messages=chat(part))
    assert (refusal(caught.value)["param"], refusal(caught.value)["code"]) == (f"messages[0].content[1]{place}", code)


def test_there_is_an_end_to_how_many_and_how_long_pictures_are(client: OpenAI, monkeypatch: pytest.MonkeyPatch) -> None:
    small = url(data(picture()))
    monkeypatch.setattr(pictures, "MOST_PICTURES", 2)
    client.chat.completions.create(**CHAT, messages=chat(small, small))
    with pytest.raises(openai.BadRequestError, match="at most 2 pictures"):
        client.chat.completions.create(**CHAT, messages=[*chat(small, small), *chat(small)])
    file = client.files.create(file=("a.png", picture() + bytes(200)), purpose="vision")
    monkeypatch.setattr(pictures, "MOST_BYTES", 100)
    for part in (url(data(picture() + bytes(200))), {"type": "image_file", "image_file": {"file_id": file.id}}):
        with pytest.raises(openai.BadRequestError, match="at most 0 MiB") as caught:
            client.chat.completions.create(**CHAT, messages=chat(part))
        assert refusal(caught.value)["code"] == "image_file_too_large"


def test_which_models_see_is_listed(client: OpenAI, monkeypatch: pytest.MonkeyPatch) -> None:
    seeing = client.models.retrieve("local-tiny").to_dict()
    assert seeing.pop("input_modalities") == ["text", "image"]
    monkeypatch.setattr(LocalModels, "sees", lambda *_: False)
    assert client.models.retrieve("local-tiny").to_dict() == seeing


def test_only_a_user_shows_pictures(client: OpenAI) -> None:
    for role in ("system", "developer", "assistant"):
        sent: Any = [{"role": role, "content": [url(data(picture()))]}, {"role": "user", "content": "?"}]
        with pytest.raises(openai.BadRequestError, match=r"messages\[0\]"):
            client.chat.completions.create(**CHAT, messages=sent)


@pytest.mark.parametrize("purpose", ["vision", "user_data"])
def test_files_of_the_project_alone_are_shown_as_they_are_by_every_way(
    clients: list[OpenAI],
    shown: list[Any],
    state: Path,
    purpose: Any,  # noqa: ANN401  a literal
) -> None:
    ours, theirs = clients
    red, blue = picture(), picture("JPEG", "blue")
    file = ours.files.create(file=("a.JPG", blue), purpose=purpose).id
    named: Any = {"type": "image_file", "image_file": {"file_id": file, "detail": "low"}}
    also: Any = {"type": "file", "file": {"file_id": file}}
    ours.chat.completions.create(**CHAT, messages=chat(url(data(red), detail="high"), named, also))
    seen: Any = [{"type": "input_image", "file_id": file, "detail": "auto"}, {"type": "input_file", "file_id": file}]
    ours.responses.create(**ASKED, input=items(*seen))
    chunks = ours.chat.completions.create(**CHAT, messages=chat(named), n=2, stream=True)
    assert sum(1 for chunk in chunks if chunk.choices[0].finish_reason) == 2
    assert shown == [
        [(red, "high"), (blue, "low"), (blue, None)],
        [(blue, "auto"), (blue, None)],
        *[[(blue, "low")]] * 2,
    ]
    for part in (named, also):
        with pytest.raises(openai.BadRequestError, match="No such File object"):
            theirs.chat.completions.create(**CHAT, messages=chat(part))
    with pytest.raises(openai.BadRequestError, match="No such File object"):
        theirs.responses.create(**ASKED, input=items(seen[0]))
    assert not list((state / "blobs").glob(f"{TEMPORARY_PREFIX}*"))


@pytest.mark.parametrize("stream", [False, True])
def test_a_picture_of_a_request_lies_on_the_disk_once_however_many_answers_are_asked_for(
    client: OpenAI, state: Path, monkeypatch: pytest.MonkeyPatch, stream: bool
) -> None:
    put, files = list[Path](), list[list[Path]]()
    ask: Any = LocalModels.ask

    def watched(self: LocalModels, *asked: Any) -> Any:  # noqa: ANN401  as it is
        files.append(list((state / "blobs").glob(f"{TEMPORARY_PREFIX}*")))
        return ask(self, *asked)

    def noted(*given: Any) -> None:  # noqa: ANN401  as it is
        put.append(given[-1])
        given[-1].write_bytes(picture())

    monkeypatch.setattr(LocalModels, "ask", watched)
    monkeypatch.setattr(pictures, "_put", noted)
    answered: Any = client.chat.completions.create(**CHAT, messages=chat(url(data(picture()))), n=3, stream=stream)
    assert len([chunk for chunk in answered if chunk.choices[0].finish_reason] if stream else answered.choices) == 3
    assert (len(put), files) == (1, [put] * 3)
    assert not put[0].exists()


def test_a_file_that_is_no_picture_by_its_name_is_refused(client: OpenAI) -> None:
    text = client.files.create(file=("a.txt", b"words"), purpose="user_data")
    with pytest.raises(openai.BadRequestError, match="is no picture") as caught:
        client.responses.create(**ASKED, input=items({"type": "input_image", "file_id": text.id}))
    assert refusal(caught.value)["param"] == "input[0].content[1].file_id"


def test_a_conversation_goes_on_with_its_pictures_as_long_as_they_are_there(
    client: OpenAI, shown: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = client.files.create(file=("a.png", picture()), purpose="vision").id
    sent = items(
        {"type": "input_image", "file_id": file, "detail": "low"}, {"type": "input_image", "image_url": data(picture())}
    )
    first = client.responses.create(**ASKED, input=sent)
    listed = [item.to_dict() for item in client.responses.input_items.list(first.id)]
    assert [item["content"] for item in listed] == [
        [
            {"type": "input_text", "text": "What is it?"},
            {"type": "input_image", "file_id": file, "image_url": None, "detail": "low"},
            {"type": "input_image", "file_id": None, "image_url": data(picture()), "detail": "auto"},
        ]
    ]
    with client.responses.stream(**ASKED, input="And now?", previous_response_id=first.id) as told:
        told.until_done()
    assert shown == [[(picture(), "low"), (picture(), None)]] * 2
    with monkeypatch.context() as patched:
        patched.setattr(LocalModels, "sees", lambda *_: False)
        with pytest.raises(openai.BadRequestError, match="sees no pictures") as caught:
            client.responses.create(**ASKED, input="And now?", previous_response_id=first.id)
        assert refusal(caught.value)["param"] == "previous_response_id"
    client.files.delete(file)
    with pytest.raises(openai.BadRequestError, match="No such File object"):
        client.responses.create(**ASKED, input="And now?", previous_response_id=first.id)


def test_passages_of_a_search_stand_before_a_question_with_a_picture(client: OpenAI, shown: list[Any]) -> None:
    text = client.files.create(file=("a.txt", b"It is a red field."), purpose="assistants")
    store = client.vector_stores.create(file_ids=[text.id])
    while client.vector_stores.retrieve(store.id).status != "completed":
        pass
    tool: Any = {"type": "file_search", "vector_store_ids": [store.id]}
    sent = items({"type": "input_image", "image_url": data(picture())})
    client.responses.create(**ASKED, input=sent, tools=[tool])
    assert shown[-1] == [(picture(), None)]
