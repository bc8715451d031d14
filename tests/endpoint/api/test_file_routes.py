"""The Files API: what is refused, what a file object is, listing, content, deletion."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openai
import pytest
from httpx2 import Response
from openai import OpenAI
from openai.types import FilePurpose
from starlette.testclient import TestClient

from tests.endpoint.conftest import serving
from tests.endpoint.support import NOON, Clock, create, examples, lines, upload
from tests.endpoint.test_app import refusal
from tuneset.endpoint.api.api_errors import ApiError
from tuneset.endpoint.api.file_form import Received
from tuneset.endpoint.state.purposes import MEBIBYTE, check_content
from tuneset.endpoint.state.state_folder import add_file, open_state

CONTENT = lines(examples()[:3])
PURPOSES = "['assistants', 'batch', 'fine-tune', 'vision', 'user_data', 'evals']"
BROKEN = "Invalid file format. Example 1 cannot be parsed. Error: line contains invalid json: "
NO_DICTIONARY = (
    "Expected file to have JSONL format, where every line is a valid JSON dictionary. Line 1 is not a dictionary."
)


def http_of(client: OpenAI) -> TestClient:
    http = client._client
    assert isinstance(http, TestClient)
    return http


def post_form(client: OpenAI, body: bytes, boundary: str = "b") -> Response:
    """Send a form as no well-behaved client would."""
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    return http_of(client).post("/files", content=body, headers=headers)


def part(name: str, value: bytes, filename: str | None = None) -> bytes:
    of_file = f'; filename="{filename}"' if filename else ""
    return f'--b\r\nContent-Disposition: form-data; name="{name}"{of_file}\r\n\r\n'.encode() + value + b"\r\n"


END = b"--b--\r\n"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (part("purpose", b"fine-tune") + END, "'file' is a required property"),
        (part("file", b"{}", "a.jsonl") + END, "'purpose' is a required property"),
        (part("purpose", b"fine-tune") + part("file", b"", "a.jsonl") + END, "The file is empty"),
        (
            part("purpose", b"fine-tune-results") + part("file", b"{}", "a.jsonl") + END,
            f"'fine-tune-results' is not one of {PURPOSES} - 'purpose'",
        ),
        (
            part("purpose", b"batch") + part("file", b"{}", "a") + part("file", b"{}", "b") + END,
            "Only one file can be uploaded at a time",
        ),
        (
            part("purpose", b"batch") + part("file", b"{}", "a"),
            "Could not read the request body as a form: it ends before the form does",
        ),
        (
            part("purpose", b"x" * 5000) + part("file", b"{}", "a") + END,
            "Could not read the request body as a form: a field of it is longer than 4096 bytes",
        ),
        (b"no form", "Could not read the request body as a form: it is not valid multipart/form-data"),
        (
            b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n" + END,
            "Could not read the request body as a form: a part of it has no name",
        ),
    ],
)
def test_a_form_that_is_none_is_refused_and_leaves_nothing(shared_client: OpenAI, body: bytes, message: str) -> None:
    before = shared_client.files.list().data
    answer = post_form(shared_client, body)
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, message)
    assert shared_client.files.list().data == before


def test_a_body_that_is_no_form_is_refused(shared_client: OpenAI) -> None:
    answer = http_of(shared_client).post("/files", json={"purpose": "fine-tune"})
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].endswith("it must be multipart/form-data")


def test_a_field_that_is_not_known_is_refused_by_name(shared_client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        shared_client.files.create(file=("a.jsonl", CONTENT), purpose="batch", extra_body={"folder": {"name": "a"}})
    assert refusal(caught.value) == {
        "message": "Additional properties are not allowed ('folder' was unexpected)",
        "type": "invalid_request_error",
        "param": "folder",
        "code": None,
    }


@pytest.mark.parametrize(
    ("asked", "param", "message"),
    [
        ({"seconds": 3600}, "expires_after.anchor", "you must provide a expires_after.anchor parameter"),
        ({"anchor": "created_at"}, "expires_after.seconds", "you must provide a expires_after.seconds parameter"),
        (
            {"anchor": "last_active_at", "seconds": 3600},
            "expires_after.anchor",
            "Invalid value for 'expires_after.anchor': Input should be 'created_at'",
        ),
        (
            {"anchor": "created_at", "seconds": 3599},
            "expires_after.seconds",
            "Invalid value for 'expires_after.seconds': Input should be greater than or equal to 3600",
        ),
        (
            {"anchor": "created_at", "seconds": 2592001},
            "expires_after.seconds",
            "Invalid value for 'expires_after.seconds': Input should be less than or equal to 2592000",
        ),
        (
            {"anchor": "created_at", "seconds": "soon"},
            "expires_after.seconds",
            "Invalid value for 'expires_after.seconds': Input should be a valid integer",
        ),
        (
            {"anchor": "created_at", "seconds": 3600, "a": 1},
            None,
            "Unrecognized request argument supplied: expires_after.a",
        ),
    ],
)
def test_an_expiry_that_cannot_be_is_refused(
    shared_client: OpenAI,
    asked: Any,  # noqa: ANN401  the client types it
    param: str | None,
    message: str,
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        shared_client.files.create(file=("a.jsonl", CONTENT), purpose="batch", expires_after=asked)
    assert (refusal(caught.value)["message"], refusal(caught.value)["param"]) == (message, param)


@pytest.mark.parametrize("seconds", [3600, 2592000])
def test_a_file_that_has_expired_is_gone(clocked: OpenAI, clock: Clock, state: Path, seconds: int) -> None:
    file = clocked.files.create(
        file=("a.jsonl", CONTENT), purpose="fine-tune", expires_after={"anchor": "created_at", "seconds": seconds}
    )
    stays = upload(clocked, CONTENT)
    assert file.expires_at == NOON + seconds
    assert stays.expires_at is None
    clock.now += seconds - 1
    assert clocked.files.retrieve(file.id) == file
    clock.now += 1
    for ask in (clocked.files.retrieve, clocked.files.content, clocked.files.delete):
        with pytest.raises(openai.NotFoundError):
            ask(file.id)
    with pytest.raises(openai.BadRequestError, match="does not exist"):
        create(clocked, file.id)
    assert [found.id for found in clocked.files.list()] == [stays.id]
    assert [path.name for path in (state / "blobs").iterdir()] == [stays.id]


def test_a_file_for_batch_expires_after_thirty_days_unless_it_says_otherwise(clocked: OpenAI) -> None:
    usual = clocked.files.create(file=("a.jsonl", CONTENT), purpose="batch")
    short = clocked.files.create(
        file=("a.jsonl", CONTENT), purpose="batch", expires_after={"anchor": "created_at", "seconds": 3600}
    )
    assert (usual.expires_at, short.expires_at) == (NOON + 30 * 24 * 3600, NOON + 3600)


def test_a_declared_length_over_the_limit_is_refused_before_the_body(shared_client: OpenAI) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=b", "Content-Length": str(600 << 20)}
    answer = http_of(shared_client).post("/files", content=b"", headers=headers)
    assert answer.status_code == 413
    assert answer.json()["error"] == {
        "message": f"Maximum content size limit ({512 << 20}) exceeded ({600 << 20} bytes)",
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }


def test_a_file_object_has_the_keys_of_the_protocol(shared_client: OpenAI) -> None:
    file = upload(shared_client, CONTENT)
    document = file.to_dict()
    assert document == {
        "id": file.id,
        "object": "file",
        "bytes": len(CONTENT),
        "created_at": file.created_at,
        "filename": "train.jsonl",
        "purpose": "fine-tune",
        "status": "processed",
    }
    assert file.id.startswith("file-")
    assert shared_client.files.retrieve(file.id) == file
    assert shared_client.files.wait_for_processing(file.id).status == "processed"


@pytest.mark.parametrize(
    "name", ["zwölf.jsonl", 'a "quoted" name.jsonl', "日本.jsonl", "100%25.jsonl", "../../up.jsonl"]
)
def test_a_file_keeps_its_name(shared_client: OpenAI, name: str) -> None:
    assert upload(shared_client, CONTENT, name).filename == name


@pytest.mark.parametrize(
    ("content", "details"),
    [
        (
            b'\n{"messages": []}\n\n{"a": 1 "b": 2}\n',
            BROKEN.replace("1", "2") + "Expecting ',' delimiter: line 1 column 9 (char 8) (line 4)",
        ),
        (
            b"[1]\n",
            NO_DICTIONARY,
        ),
        (
            b'\xef\xbb\xbf{"messages": []}\n',
            BROKEN + "Unexpected UTF-8 BOM (decode using utf-8-sig): line 1 column 1 (char 0) (line 1)",
        ),
        (
            b'{"a": "\xff"}\n',
            BROKEN + "not UTF-8 at byte 7 (line 1)",
        ),
        (
            b'{"a": "\\ud800"}\n',  # half of a character
            BROKEN + "a number or a character that JSON does not have (line 1)",
        ),
        (
            b'{"a": NaN}\n',
            BROKEN + "a number or a character that JSON does not have (line 1)",
        ),
        (
            b"[" * 100_000 + b"\n",
            BROKEN + "nested too deeply (line 1)",
        ),
    ],
)
def test_a_training_file_that_is_no_json_lines_says_where(shared_client: OpenAI, content: bytes, details: str) -> None:
    file = upload(shared_client, content)
    assert (file.status, file.status_details) == ("error", details)


def test_a_large_training_file_is_checked_after_the_answer(client: OpenAI) -> None:
    for content, status in ((CONTENT * 400, "processed"), (CONTENT * 400 + b"[]\n", "error")):
        assert len(content) > 1 << 20
        file = upload(client, content)
        assert (file.status, file.status_details) == ("uploaded", None)
        checked = client.files.wait_for_processing(file.id, poll_interval=0.02, max_wait_seconds=60)
        assert checked.to_dict() == file.to_dict() | {"status": status} | (
            {} if status == "processed" else {"status_details": NO_DICTIONARY.replace("Line 1 ", "Line 1201 ")}
        )


def test_a_large_file_that_was_not_checked_when_its_server_ended_is_checked_by_the_next(state: Path) -> None:
    opened = open_state(state)
    path = state / "arrived"
    path.write_bytes(CONTENT * 400)
    file = add_file(opened, Received(path, "a.jsonl", len(CONTENT) * 400, "", {}), "fine-tune", None, None)
    opened.store.close()
    assert file["status"] == "uploaded"
    with serving(state) as client:
        assert client.files.wait_for_processing(file["id"], poll_interval=0.02).status == "processed"


def test_a_file_of_another_purpose_is_not_parsed(shared_client: OpenAI) -> None:
    assert shared_client.files.create(file=("a.pdf", b"%PDF"), purpose="user_data").status == "processed"


@pytest.mark.parametrize("purpose", ["assistants_output", "batch_output", "fine-tune-results", "finetune", ""])
def test_files_of_other_purposes_cannot_be_uploaded(shared_client: OpenAI, purpose: Any) -> None:  # noqa: ANN401  no purpose
    with pytest.raises(openai.BadRequestError) as caught:
        shared_client.files.create(file=("a.jsonl", CONTENT), purpose=purpose)
    assert refusal(caught.value) == {
        "message": f"'{purpose}' is not one of {PURPOSES} - 'purpose'",
        "type": "invalid_request_error",
        "param": "purpose",
        "code": None,
    }


@pytest.mark.parametrize("purpose", ["assistants", "user_data"])
def test_content_of_some_purposes_is_not_given_back(shared_client: OpenAI, purpose: FilePurpose) -> None:
    file = shared_client.files.create(file=("a.jsonl", CONTENT), purpose=purpose)
    with pytest.raises(openai.BadRequestError) as caught:
        shared_client.files.content(file.id)
    assert refusal(caught.value) == {
        "message": f"Not allowed to download files of purpose: {purpose}",
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }


@pytest.mark.parametrize(
    ("purpose", "name", "message"),
    [
        ("fine-tune", "a.txt", 'Invalid extension txt. Supported formats: "jsonl"'),
        ("fine-tune", "jsonl", 'Invalid extension (none). Supported formats: "jsonl"'),
        ("batch", "a.json", 'Invalid extension json. Supported formats: "jsonl"'),
        ("vision", "a.jsonl", 'Invalid extension jsonl. Supported formats: "png", "jpg", "jpeg", "gif", "webp"'),
        ("vision", "a.PNG", "The file is no png image: its content begins otherwise"),
    ],
)
def test_a_file_that_its_purpose_cannot_take_is_refused(
    shared_client: OpenAI, purpose: FilePurpose, name: str, message: str
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        shared_client.files.create(file=(name, CONTENT), purpose=purpose)
    assert refusal(caught.value)["message"] == message
    if not message.startswith("The file"):
        with pytest.raises(openai.BadRequestError) as caught:
            shared_client.uploads.create(bytes=1, filename=name, mime_type="text/plain", purpose=purpose)
        assert refusal(caught.value)["message"] == message


def test_an_object_of_the_form_may_be_json(clocked: OpenAI, clock: Clock) -> None:
    def sent(expires_after: str) -> Response:
        return http_of(clocked).post(
            "/files",
            files={"file": ("a.jsonl", CONTENT)},
            data={"purpose": "user_data", "expires_after": expires_after},
        )

    asked = {"anchor": "created_at", "seconds": 3600}
    assert sent(json.dumps(asked)).json()["expires_at"] == clock.now + 3600
    for wrong in ("[]", "7", "never", json.dumps(asked | {"seconds": 1}), "null " * 3):
        assert (sent(wrong).status_code, sent(wrong).json()["error"]["param"]) in {
            (400, "expires_after"),
            (400, "expires_after.seconds"),
        }


def test_a_file_for_batch_is_shorter_than_others() -> None:
    check_content("batch", "a.jsonl", 200 * MEBIBYTE, b"")
    check_content("user_data", "a.jsonl", 200 * MEBIBYTE + 1, b"")
    with pytest.raises(ApiError, match="A file of purpose 'batch' has at most 209715200 bytes, this one has 209715201"):
        check_content("batch", "a.jsonl", 200 * MEBIBYTE + 1, b"")


@pytest.mark.parametrize(("purpose", "name"), [("fine-tune", "a.jsonl"), ("batch", "a.JSONL"), ("vision", "a.gif")])
def test_content_comes_back_as_it_was_sent(shared_client: OpenAI, purpose: FilePurpose, name: str) -> None:
    content = b"GIF89a" + bytes(range(256)) * 700 + b"\r\n--b--\r\n"
    file = shared_client.files.create(file=(name, content), purpose=purpose)
    assert shared_client.files.content(file.id).read() == content


@pytest.mark.parametrize("purpose", ["assistants_output", "batch_output", "fine-tune-results"])
def test_what_the_protocols_servers_make_can_be_downloaded(state: Path, purpose: str) -> None:
    opened = open_state(state)
    path = state / "output"
    path.write_bytes(CONTENT)
    file = add_file(opened, Received(path, "a.jsonl", len(CONTENT), "", {}), purpose, None, None)
    opened.store.close()
    with serving(state) as client:
        assert client.files.content(file["id"]).read() == CONTENT


def test_pages_follow_each_other_in_both_orders(client: OpenAI) -> None:
    ids = [upload(client, CONTENT, f"{number}.jsonl").id for number in range(7)]
    assert [file.id for file in client.files.list(limit=3, order="asc")] == ids
    assert [file.id for file in client.files.list(limit=3)] == ids[::-1]
    page = client.files.list(limit=3, after=ids[5], order="desc")
    assert [file.id for file in page.data] == [ids[4], ids[3], ids[2]]
    assert page.has_more is True
    assert page.to_dict()["first_id"] == ids[4]  # the client's type does not name it
    assert client.files.list(after=ids[0]).data == []


def test_a_listing_goes_on_from_a_file_that_was_deleted(client: OpenAI) -> None:
    ids = [upload(client, CONTENT).id for _ in range(5)]
    seen = []
    for file in client.files.list(limit=2, order="asc"):
        seen.append(file.id)
        client.files.delete(file.id)
    assert seen == ids
    assert client.files.list().data == []


def test_a_listing_can_be_of_one_purpose(client: OpenAI) -> None:
    upload(client, CONTENT)
    other = client.files.create(file=("a.jsonl", b"x"), purpose="batch")
    assert [file.id for file in client.files.list(purpose="batch")] == [other.id]
    assert client.files.list(purpose="evals").data == []


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"limit": 0}, "Invalid 'limit': expected an integer from 1 to 10000"),
        ({"limit": 10_001}, "Invalid 'limit': expected an integer from 1 to 10000"),
        ({"limit": "all"}, "Invalid 'limit': expected an integer from 1 to 10000"),
        ({"order": "random"}, "Invalid 'order': expected one of 'asc', 'desc'"),
        ({"after": "file-none"}, "Invalid 'after': no such object"),
    ],
)
def test_a_page_that_cannot_be_is_refused(shared_client: OpenAI, asked: dict[str, Any], message: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        shared_client.files.list(**asked)
    assert refusal(caught.value)["message"] == message


def test_a_deleted_file_is_gone(client: OpenAI, state: Path) -> None:
    file = upload(client, CONTENT)
    assert client.files.delete(file.id).to_dict() == {"id": file.id, "object": "file", "deleted": True}
    for ask in (client.files.retrieve, client.files.content, client.files.delete):
        with pytest.raises(openai.NotFoundError) as caught:
            ask(file.id)
        assert refusal(caught.value) == {
            "message": f"No such File object: {file.id}",
            "type": "invalid_request_error",
            "param": "id",
            "code": None,
        }
    assert list((state / "blobs").iterdir()) == []


def test_a_request_sent_twice_under_one_idempotency_key_makes_one_file(client: OpenAI, state: Path) -> None:
    key = {"Idempotency-Key": "run-1"}
    first, second = (
        client.files.create(file=("a.jsonl", CONTENT), purpose="fine-tune", extra_headers=key) for _ in range(2)
    )
    assert first == second
    assert len(client.files.list().data) == len(list((state / "blobs").iterdir())) == 1


def test_an_idempotency_key_does_not_hold_for_another_file(client: OpenAI) -> None:
    key = {"Idempotency-Key": "run-1"}
    client.files.create(file=("a.jsonl", CONTENT), purpose="fine-tune", extra_headers=key)
    with pytest.raises(openai.BadRequestError) as caught:
        client.files.create(file=("a.jsonl", CONTENT + CONTENT), purpose="fine-tune", extra_headers=key)
    assert refusal(caught.value)["code"] == "idempotency_key_reused"


@pytest.mark.parametrize(
    ("names", "filename"),
    [
        (b'name="file"; filename="a.jsonl"; filename*=utf-8\'\'d%C3%A9j%C3%A0.jsonl', "d\u00e9j\u00e0.jsonl"),  # .NET
        (b'name=file; filename="=?utf-8?B?ZMOpasOgLmpzb25s?="', "d\u00e9j\u00e0.jsonl"),
        (b"name=file; filename*=UTF-8'en'%E6%95%B0.jsonl", "\u6570.jsonl"),
        (b"name=file; filename=a.jsonl; filename*=no-such''%E6.jsonl", "a.jsonl"),
        (b"name=file; filename=a.jsonl; filename*=utf-8''%ff.jsonl", "a.jsonl"),
        ('name="file"; filename="d\u00e9j\u00e0.jsonl"'.encode(), "d\u00e9j\u00e0.jsonl"),
        ('name="file"; filename="d\u00e9j\u00e0.jsonl"'.encode("latin-1"), "d\u00e9j\u00e0.jsonl"),
        (b'name="file"; filename="C:\\\\data\\\\a;b.jsonl"', "a;b.jsonl"),
    ],
)
def test_the_names_of_files_are_read_by_the_habits_of_clients(
    shared_client: OpenAI, names: bytes, filename: str
) -> None:
    line = b"--b\r\nContent-Disposition: form-data; " + names + b"\r\n\r\n{}\r\n"
    answer = post_form(shared_client, part("purpose", b"fine-tune") + line + END)
    assert (answer.status_code, answer.json()["filename"]) == (200, filename)


@pytest.mark.parametrize("value", [b"{}", b"x" * 10_000])
def test_a_file_that_comes_as_a_text_is_told_as_that(shared_client: OpenAI, value: bytes) -> None:
    answer = post_form(shared_client, part("purpose", b"fine-tune") + part("file", value) + END)
    error = answer.json()["error"]
    assert (answer.status_code, error["param"]) == (400, "file")
    assert "came as a text, without a name of a file" in error["message"]
