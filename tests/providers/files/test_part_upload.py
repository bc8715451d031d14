"""A file sent in parts: in any order, each part retried alone, gone on with after a crash, cancelled when given up."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from tests.providers.protocol_server import Server, acted_then, answer, catch_up, error, late, lines, lost, page
from tuneset.errors import InputError, RemoteError
from tuneset.providers import receipts
from tuneset.providers.endpoint import Endpoint
from tuneset.providers.files import file_upload, part_upload
from tuneset.providers.files.file_upload import Uploaded

CONTENT = b"".join(lines(40))
PARTS = 5
PART_BYTES = -(-len(CONTENT) // PARTS)
CREATE, PART, COMPLETE = "POST /uploads", "POST /uploads/ID/parts", "POST /uploads/ID/complete"


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "train.jsonl"
    path.write_bytes(CONTENT)
    return path


def endpoint_of(server: Server, *, whole: int | None = None, most: int = 1 << 30) -> Endpoint:
    """An endpoint with uploads in parts of PART_BYTES; files above `whole` bytes have to be sent so."""
    endpoint = server.endpoint()
    own = endpoint.profile.limits["file_bytes"]
    sizes = {"file_bytes": whole or own.value, "upload_bytes": most, "upload_part_bytes": PART_BYTES}
    limits = endpoint.profile.limits | {n: own.model_copy(update={"value": v}) for n, v in sizes.items()}
    offers = endpoint.profile.endpoint.model_copy(update={"supports": ["uploads", "checkpoints"]})
    return dataclasses.replace(
        endpoint, profile=endpoint.profile.model_copy(update={"limits": limits, "endpoint": offers})
    )


def upload(server: Server, path: Path, said: list[str] | None = None, **more: int) -> Uploaded:
    return file_upload.upload(
        endpoint_of(server, **more),
        path,
        purpose="fine-tune",
        stem="train",
        receipts_folder=path.parent / "receipts",
        in_parts=not more,
        say=(said if said is not None else []).append,
    )


def raised(server: Server, path: Path) -> RemoteError:
    with pytest.raises(RemoteError) as caught:
        upload(server, path)
    return caught.value


def receipt_kinds(path: Path) -> list[str]:
    return sorted(receipt.name.split("-")[0] for receipt in (path.parent / "receipts").glob("*.json"))


# What is not sent in parts


def test_a_file_that_may_be_sent_whole_is(server: Server, path: Path) -> None:
    upload(server, path, whole=len(CONTENT))
    assert (server.count("POST /files"), server.count(CREATE)) == (1, 0)


def test_a_file_above_every_limit_is_not_sent(server: Server, path: Path) -> None:
    with pytest.raises(InputError) as caught:
        upload(server, path, whole=100, most=200)
    assert str(caught.value) == (f"{path}: has {len(CONTENT):,} bytes\n  allowed: 200 bytes at Embedded endpoint")
    assert server.requests == []


def test_a_purpose_that_the_uploads_api_does_not_take_is_sent_whole_and_that_is_said(
    server: Server, path: Path
) -> None:
    said: list[str] = []
    folder = path.parent / "receipts"
    endpoint = endpoint_of(server)
    file_upload.upload(
        endpoint, path, purpose="user_data", stem="x", receipts_folder=folder, in_parts=True, say=said.append
    )
    assert said[0] == f"Embedded endpoint takes no user_data files in parts; {path} is sent whole"
    assert server.count(CREATE) == 0


@pytest.mark.parametrize("status", [404, 405, 501])
def test_an_endpoint_that_turns_out_to_have_no_uploads_gets_the_file_whole(
    server: Server, path: Path, status: int
) -> None:
    server.faults[CREATE] = [answer(lambda: error(status, "no such route"))]
    said: list[str] = []
    done = upload(server, path, said)
    assert server.contents[done.file.id] == CONTENT
    assert f"http://127.0.0.1:1/v1 has no uploads in parts; {path} is sent whole" in said


def test_without_uploads_a_file_too_large_to_be_sent_whole_is_an_error(server: Server, path: Path) -> None:
    server.faults[CREATE] = [answer(lambda: error(404, "no such route"))]
    with pytest.raises(RemoteError) as caught:
        upload(server, path, whole=100)
    assert caught.value.code == "not_found"
    assert server.count("POST /files") == 0


# The plain way


def test_a_file_above_the_limit_goes_in_parts_with_its_md5(server: Server, path: Path) -> None:
    done = upload(server, path, whole=100)
    assert (done.source, server.contents[done.file.id]) == ("sent", CONTENT)
    assert server.count(PART) == PARTS
    assert server.bodies[0] == {
        "bytes": len(CONTENT), "filename": done.file.filename, "mime_type": "application/jsonl", "purpose": "fine-tune",
    }  # fmt: skip
    assert upload(server, path, whole=100).source == "receipt"


def test_parts_are_under_way_at_the_same_time(server: Server, path: Path) -> None:
    together = threading.Barrier(part_upload.AT_ONCE, timeout=300)

    def wait_for_the_others(request: httpx2.Request, act: Callable[[], httpx2.Response]) -> httpx2.Response:
        together.wait()  # breaks, and fails the test, if parts come one by one
        return act()

    server.faults[PART] = [wait_for_the_others] * part_upload.AT_ONCE
    assert server.contents[upload(server, path).file.id] == CONTENT


def test_every_byte_is_told_of_once_though_a_part_is_sent_twice(server: Server, path: Path) -> None:
    server.faults[PART] = [answer(lambda: error(503, "busy"))]
    told: list[int] = []
    folder = path.parent / "receipts"
    file_upload.upload(
        endpoint_of(server), path, purpose="fine-tune", stem="t", receipts_folder=folder, in_parts=True,
        on_bytes=lambda _name, done, _total: told.append(done),
    )  # fmt: skip
    assert told[-1] == len(CONTENT)
    assert max(told) == len(CONTENT)


def test_no_receipt_of_the_way_is_left_beside_that_of_the_file(server: Server, path: Path) -> None:
    upload(server, path)
    assert receipt_kinds(path) == ["file"]


# Faults


def test_a_part_that_fails_is_sent_again_alone(server: Server, path: Path) -> None:
    server.faults[PART] = [answer(lambda: error(503, "busy")), lost()]
    done = upload(server, path)
    assert server.contents[done.file.id] == CONTENT
    assert (server.count(PART), server.count(CREATE), server.count("POST /files")) == (PARTS + 2, 1, 0)


def test_after_a_break_only_the_missing_parts_are_sent(server: Server, path: Path) -> None:
    server.faults[COMPLETE] = [answer(lambda: error(503, "busy")) for _ in range(4)]
    failed = raised(server, path)
    assert failed.code == "server_error"
    part = next((path.parent / "receipts").glob("part-*-2.json"))
    part.unlink()
    server.requests.clear()
    said: list[str] = []
    done = upload(server, path, said)
    assert server.contents[done.file.id] == CONTENT
    assert (server.count(CREATE), server.count(PART)) == (0, 1)
    assert f"going on with upload upload-1: {PARTS - 1} of {PARTS} parts are there" in said


@pytest.mark.parametrize("fault", [lost(), acted_then(lambda _: error(500, "oops")), acted_then(lambda _: page(502))])
def test_a_completion_whose_answer_is_lost_leaves_one_file(server: Server, path: Path, fault: object) -> None:
    server.faults[COMPLETE] = [fault]  # type: ignore[list-item]
    done = upload(server, path)
    assert list(server.files) == [done.file.id]
    assert receipt_kinds(path) == ["file"]


def test_a_completion_that_the_server_makes_after_we_have_looked_leaves_one_file(server: Server, path: Path) -> None:
    slow: list[Callable[[], httpx2.Response]] = []
    server.faults[COMPLETE] = [late(slow), catch_up(slow)]
    done = upload(server, path)
    assert list(server.files) == [done.file.id] == ["file-1"]
    assert server.count(CREATE) == 1


def test_an_upload_of_an_earlier_run_that_the_server_has_dropped_is_begun_anew(server: Server, path: Path) -> None:
    server.faults[COMPLETE] = [answer(lambda: error(503, "busy")) for _ in range(4)]
    raised(server, path)
    server.uploads["upload-1"]["status"] = "expired"
    (path.parent / "receipts").glob("part-*-1.json").__next__().unlink()
    said: list[str] = []
    done = upload(server, path, said)
    assert server.contents[done.file.id] == CONTENT
    assert "upload upload-1 of an earlier attempt is of no use any more; starting anew" in said
    assert server.uploads["upload-2"]["status"] == "completed"


def test_an_upload_past_its_hour_is_not_gone_on_with(server: Server, path: Path) -> None:
    server.faults[COMPLETE] = [answer(lambda: error(503, "busy")) for _ in range(4)]
    raised(server, path)
    folder = path.parent / "receipts"
    (receipt,) = receipts.all_of(folder, "upload")
    (key,) = (found.name.split("-")[1] for found in folder.glob("upload-*.json"))
    receipts.remove(folder, "upload", key)
    receipts.write(folder, "upload", key, {**receipt, "expires_at": 1})
    upload(server, path)
    assert server.count(CREATE) == 2


def test_an_upload_that_expires_on_the_way_has_a_code_of_its_own(server: Server, path: Path) -> None:
    server.upload_lifetime_s = -1
    server.faults[COMPLETE] = [answer(lambda: error(400, "Upload upload-1 has expired."))]
    failed = raised(server, path)
    assert str(failed) == (
        "upload upload-1 expired before it was complete\n"
        "  allowed: 60 minutes from its beginning to its end\n"
        "  do: run the same command again over a faster line, or split the file\n"
        "  code: upload_expired"
    )
    assert server.uploads["upload-1"]["status"] == "cancelled"


def test_a_refused_part_gives_the_upload_up_and_cancels_it(server: Server, path: Path) -> None:
    server.faults[PART] = [answer(lambda: error(413, "too large"))] * PARTS
    assert raised(server, path).code == "file_too_large"
    assert server.uploads["upload-1"]["status"] == "cancelled"
    assert receipt_kinds(path) == []


def test_bytes_that_do_not_match_their_md5_give_the_upload_up(server: Server, path: Path) -> None:
    def corrupt(request: httpx2.Request, act: Callable[[], httpx2.Response]) -> httpx2.Response:
        good = act()
        part_id = good.json()["id"]
        server.parts[part_id] = server.parts[part_id].replace(b"q", b"Q")
        return good

    server.faults[PART] = [corrupt]
    assert raised(server, path).message.endswith("answered 400: The bytes uploaded do not match.")
    assert server.files == {}
    assert server.uploads["upload-1"]["status"] == "cancelled"
    assert upload(server, path).source == "sent"


# A time to live


def test_a_file_is_asked_to_expire_where_that_is_offered_and_that_it_cannot_is_said(server: Server, path: Path) -> None:
    endpoint = server.endpoint(base_url="http://127.0.0.1:1/v1")
    folder = path.parent / "receipts"
    said: list[str] = []
    server.faults["POST /files"] = [
        answer(lambda: error(400, "Additional properties are not allowed ('expires_after' was unexpected)"))
    ]
    file_upload.upload(
        endpoint, path, purpose="fine-tune", stem="t", receipts_folder=folder, expires_after_s=3600, say=said.append
    )
    assert "the endpoint does not know expires_after; the file stays until it is deleted" in said
    assert server.bodies == [{"purpose": "fine-tune"}]
    path.write_bytes(CONTENT * 2)
    file_upload.upload(endpoint, path, purpose="fine-tune", stem="t", receipts_folder=folder, expires_after_s=3600)
    assert server.bodies[1] == {
        "purpose": "fine-tune", "expires_after[anchor]": "created_at", "expires_after[seconds]": "3600",
    }  # fmt: skip
