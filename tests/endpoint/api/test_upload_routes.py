"""The Uploads API: the states of an upload, its parts in any order, and what completing checks."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import openai
import pytest
from openai import OpenAI
from openai.types import FilePurpose, Upload

from tests.endpoint.api.test_file_routes import BROKEN, PURPOSES, http_of
from tests.endpoint.conftest import serving
from tests.endpoint.support import NOON, Clock, examples, lines
from tests.endpoint.test_app import refusal

CONTENT = lines(examples()[:12])
MISMATCH = (
    "The number of bytes uploaded upon completion must match the number of bytes initially specified when creating the "
    "Upload object"
)
PIECES = [CONTENT[:1000], CONTENT[1000:2500], CONTENT[2500:]]


def begin(client: OpenAI, size: int = len(CONTENT), **asked: Any) -> Upload:  # noqa: ANN401  the client types them
    usual: dict[str, Any] = {"filename": "big.jsonl", "mime_type": "application/jsonl", "purpose": "fine-tune"}
    return client.uploads.create(**usual | {"bytes": size} | asked)


def add(client: OpenAI, upload: Upload, piece: bytes) -> str:
    return client.uploads.parts.create(upload.id, data=piece).id


def parts_on_disk(state: Path, upload: Upload) -> int:
    folder = state / "uploads" / upload.id
    return len(list(folder.iterdir())) if folder.exists() else 0


@pytest.mark.parametrize(
    ("asked", "param", "message"),
    [
        ({"bytes": 0}, "bytes", "Invalid value for 'bytes': Input should be greater than or equal to 1"),
        ({"bytes": "7"}, "bytes", "Invalid value for 'bytes': Input should be a valid integer"),
        ({"bytes": (8 << 30) + 1}, "bytes", "An Upload can accept at most 8589934592 bytes in total"),
        ({"filename": ""}, "filename", "Invalid value for 'filename': String should have at least 1 character"),
        (
            {"purpose": "batch_output"},
            "purpose",
            f"'batch_output' is not one of {PURPOSES} - 'purpose'",
        ),
        (
            {"expires_after": {"anchor": "created_at", "seconds": 3599}},
            "expires_after.seconds",
            "Invalid value for 'expires_after.seconds': Input should be greater than or equal to 3600",
        ),
        ({"extra_body": {"part_size": 1}}, None, "Unrecognized request argument supplied: part_size"),
    ],
)
def test_an_upload_that_is_asked_for_wrongly_is_refused(
    shared_client: OpenAI, asked: dict[str, Any], param: str | None, message: str
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        begin(shared_client, **asked)
    assert (refusal(caught.value)["message"], refusal(caught.value)["param"]) == (message, param)


@pytest.mark.parametrize("missing", ["bytes", "filename", "mime_type", "purpose"])
def test_an_upload_without_a_required_field_is_refused(shared_client: OpenAI, missing: str) -> None:
    body = {"bytes": 7, "filename": "a", "mime_type": "text/plain", "purpose": "batch"}
    del body[missing]
    with pytest.raises(openai.BadRequestError) as caught:
        shared_client.post("/uploads", body=body, cast_to=object)
    assert refusal(caught.value)["message"] == f"you must provide a {missing} parameter"


def test_an_unknown_upload_is_not_found(shared_client: OpenAI) -> None:
    uploads = shared_client.uploads
    for ask in (
        lambda: uploads.parts.create("upload_none", data=b"x"),
        lambda: uploads.complete("upload_none", part_ids=[]),
        lambda: uploads.cancel("upload_none"),
    ):
        with pytest.raises(openai.NotFoundError) as caught:
            ask()
        assert refusal(caught.value) == {
            "message": "No such Upload object: upload_none",
            "type": "invalid_request_error",
            "param": "upload_id",
            "code": None,
        }


@pytest.mark.parametrize(
    ("parts", "message", "code"),
    [
        (["part_none"], "No such Part object in this Upload: part_none", None),
        ([0, 0], "A Part can be in a file only once: ", None),
        (
            [0],
            f"{MISMATCH}: {len(CONTENT)} were specified, 1000 were uploaded",
            "upload_bytes_mismatch",
        ),
        (
            [],
            f"{MISMATCH}: {len(CONTENT)} were specified, 0 were uploaded",
            "upload_bytes_mismatch",
        ),
    ],
)
def test_parts_that_do_not_make_the_file_leave_the_upload_pending(
    shared_client: OpenAI, parts: list[int | str], message: str, code: str | None
) -> None:
    upload = begin(shared_client)
    ids = [add(shared_client, upload, piece) for piece in PIECES]
    named = [ids[part] if isinstance(part, int) else part for part in parts]
    with pytest.raises(openai.BadRequestError) as caught:
        shared_client.uploads.complete(upload.id, part_ids=named)
    assert str(refusal(caught.value)["message"]).startswith(message)
    assert (refusal(caught.value)["param"], refusal(caught.value)["code"]) == ("part_ids", code)
    assert shared_client.uploads.complete(upload.id, part_ids=ids).status == "completed"


def test_the_part_of_another_upload_is_none_of_this_one(shared_client: OpenAI) -> None:
    first, second = begin(shared_client), begin(shared_client)
    part = add(shared_client, first, CONTENT)
    with pytest.raises(openai.BadRequestError) as caught:
        shared_client.uploads.complete(second.id, part_ids=[part])
    assert refusal(caught.value)["message"] == f"No such Part object in this Upload: {part}"


def test_another_md5_is_refused_and_leaves_nothing(client: OpenAI, state: Path) -> None:
    upload = begin(client)
    part = add(client, upload, CONTENT)
    with pytest.raises(openai.BadRequestError) as caught:
        client.uploads.complete(upload.id, part_ids=[part], md5="0" * 32)
    digest = hashlib.md5(CONTENT).hexdigest()
    assert refusal(caught.value) == {
        "message": f"The md5 checksum of the uploaded bytes is {digest}, which is not the one that was given",
        "type": "invalid_request_error",
        "param": "md5",
        "code": "upload_md5_mismatch",
    }
    assert list((state / "blobs").iterdir()) == []
    assert client.uploads.complete(upload.id, part_ids=[part], md5=digest.upper()).status == "completed"


def test_a_part_over_its_limit_is_refused_before_its_body(shared_client: OpenAI) -> None:
    upload = begin(shared_client)
    headers = {"Content-Type": "multipart/form-data; boundary=b", "Content-Length": str(65 << 20)}
    answer = http_of(shared_client).post(f"/uploads/{upload.id}/parts", content=b"", headers=headers)
    assert answer.status_code == 413
    assert answer.json()["error"]["message"] == f"Maximum content size limit ({64 << 20}) exceeded ({65 << 20} bytes)"


def test_a_part_is_sent_as_data_and_alone(shared_client: OpenAI) -> None:
    path = f"/uploads/{begin(shared_client).id}/parts"
    answer = http_of(shared_client).post(path, files={"file": b"x"})
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, "'data' is a required property")
    answer = http_of(shared_client).post(path, files={"data": b"x"}, data={"number": "1"})
    message = "Additional properties are not allowed ('number' was unexpected)"
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, message)


def test_the_objects_have_the_keys_of_the_protocol(clocked: OpenAI) -> None:
    upload = begin(clocked)
    part = clocked.uploads.parts.create(upload.id, data=CONTENT)
    assert part.to_dict() == {"id": part.id, "object": "upload.part", "created_at": NOON, "upload_id": upload.id}
    pending = {
        "id": upload.id,
        "object": "upload",
        "bytes": len(CONTENT),
        "created_at": NOON,
        "filename": "big.jsonl",
        "purpose": "fine-tune",
        "status": "pending",
        "expires_at": NOON + 3600,
    }
    assert upload.to_dict() == pending
    assert upload.id.startswith("upload_")
    assert part.id.startswith("part_")
    completed = clocked.uploads.complete(upload.id, part_ids=[part.id])
    assert completed.file is not None
    assert completed.to_dict() == pending | {"status": "completed", "file": completed.file.to_dict()}
    assert completed.file == clocked.files.retrieve(completed.file.id)
    assert completed.file.to_dict() == {
        "id": completed.file.id,
        "object": "file",
        "bytes": len(CONTENT),
        "created_at": NOON,
        "filename": "big.jsonl",
        "purpose": "fine-tune",
        "status": "processed",
    }


def test_parts_sent_in_parallel_make_the_file_in_the_order_of_their_ids(client: OpenAI, state: Path) -> None:
    pieces = [CONTENT[start : start + 700] for start in range(0, len(CONTENT), 700)]
    upload = begin(client)
    with ThreadPoolExecutor(4) as pool:
        ids = list(pool.map(lambda piece: add(client, upload, piece), reversed(pieces)))[::-1]
    add(client, upload, b"a part that nobody asks for is no part of the file")
    done = client.uploads.complete(upload.id, part_ids=ids, md5=hashlib.md5(CONTENT).hexdigest())
    assert done.file is not None
    assert client.files.content(done.file.id).read() == CONTENT
    assert parts_on_disk(state, upload) == 0
    assert [path.name for path in (state / "blobs").iterdir()] == [done.file.id]


def test_the_clients_own_helper_is_served(client: OpenAI, tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    path.write_bytes(CONTENT)
    upload = client.uploads.upload_file_chunked(
        file=path,
        mime_type="application/jsonl",
        purpose="fine-tune",
        part_size=1000,
        md5=hashlib.md5(CONTENT).hexdigest(),
    )
    assert upload.file is not None
    assert client.files.content(upload.file.id).read() == CONTENT


def test_a_training_file_that_is_no_json_lines_says_so_once_it_is_complete(shared_client: OpenAI) -> None:
    upload = begin(shared_client, size=1)
    done = shared_client.uploads.complete(upload.id, part_ids=[add(shared_client, upload, b"{")])
    assert done.file is not None
    assert done.file.status == "error"
    assert done.file.status_details is not None
    assert done.file.status_details.startswith(BROKEN)


@pytest.mark.parametrize("purpose", ["assistants", "batch", "vision", "user_data", "evals"])
def test_every_purpose_of_a_file_can_be_uploaded_in_parts(shared_client: OpenAI, purpose: FilePurpose) -> None:
    name = "a.jpg" if purpose == "vision" else "a.jsonl"
    upload = begin(shared_client, size=3, purpose=purpose, filename=name)
    done = shared_client.uploads.complete(upload.id, part_ids=[add(shared_client, upload, b"\xff\xd8\xff")])
    assert done.file is not None
    assert (done.file.purpose, done.file.status) == (purpose, "processed")


def assert_ended(client: OpenAI, upload: Upload, status: str) -> None:
    for ask in (
        lambda: add(client, upload, b"x"),
        lambda: client.uploads.complete(upload.id, part_ids=[]),
        lambda: client.uploads.cancel(upload.id),
    ):
        with pytest.raises(openai.BadRequestError) as caught:
            ask()
        assert refusal(caught.value) == {
            "message": f"Upload {upload.id} is {status}: "
            "no Parts may be added, and it cannot be completed or cancelled",
            "type": "invalid_request_error",
            "param": "upload_id",
            "code": f"upload_{status}",
        }


def test_a_completed_upload_takes_nothing_more(client: OpenAI) -> None:
    upload = begin(client)
    client.uploads.complete(upload.id, part_ids=[add(client, upload, CONTENT)])
    assert_ended(client, upload, "completed")
    assert len(client.files.list().data) == 1


def test_a_cancelled_upload_takes_nothing_more_and_leaves_nothing(client: OpenAI, state: Path) -> None:
    upload = begin(client)
    add(client, upload, CONTENT)
    assert client.uploads.cancel(upload.id).to_dict() == upload.to_dict() | {"status": "cancelled"}
    assert_ended(client, upload, "cancelled")
    assert parts_on_disk(state, upload) == 0
    assert client.files.list().data == []


def test_an_upload_expires_an_hour_after_its_creation(clocked: OpenAI, clock: Clock, state: Path) -> None:
    upload, ready = begin(clocked), begin(clocked)
    part = add(clocked, ready, CONTENT)
    clock.now += 3599
    add(clocked, upload, CONTENT)
    assert clocked.uploads.complete(ready.id, part_ids=[part]).status == "completed"
    clock.now += 1
    assert_ended(clocked, upload, "expired")
    assert parts_on_disk(state, upload) == 0
    assert len(clocked.files.list().data) == 1


def test_a_file_of_an_upload_expires_by_its_own_time(clocked: OpenAI, clock: Clock) -> None:
    upload = begin(clocked, expires_after={"anchor": "created_at", "seconds": 7200})
    clock.now += 100
    done = clocked.uploads.complete(upload.id, part_ids=[add(clocked, upload, CONTENT)])
    assert done.file is not None
    assert (done.expires_at, done.file.expires_at) == (NOON + 3600, NOON + 100 + 7200)


def test_parts_survive_a_restart_and_left_overs_do_not(state: Path, clock: Clock) -> None:
    with serving(state, clock) as client:
        late, upload = begin(client), begin(client)
        add(client, late, CONTENT)
        clock.now += 1800
        young = begin(client)
        first = add(client, young, PIECES[0])
    (state / "uploads" / young.id / "part_whose_row_was_never_written").write_bytes(b"x")
    (state / "uploads" / "upload_whose_row_was_never_written").mkdir()
    clock.now += 1800
    with serving(state, clock) as client:
        assert {path.name for path in (state / "uploads").iterdir()} == {young.id}
        assert parts_on_disk(state, young) == 1
        assert_ended(client, late, "expired")
        assert_ended(client, upload, "expired")
        rest = [add(client, young, piece) for piece in PIECES[1:]]
        done = client.uploads.complete(young.id, part_ids=[first, *rest])
        assert done.file is not None
        assert client.files.content(done.file.id).read() == CONTENT


def test_a_request_sent_twice_under_one_idempotency_key_is_done_once(client: OpenAI, state: Path) -> None:
    key = {"Idempotency-Key": "run-1"}
    first, second = (begin(client, extra_headers=key) for _ in range(2))
    assert first == second
    parts = [client.uploads.parts.create(first.id, data=CONTENT, extra_headers=key) for _ in range(2)]
    assert parts[0] == parts[1]
    assert parts_on_disk(state, first) == 1
    done = [client.uploads.complete(first.id, part_ids=[parts[0].id], extra_headers=key) for _ in range(2)]
    assert done[0] == done[1]
    assert len(client.files.list().data) == 1
