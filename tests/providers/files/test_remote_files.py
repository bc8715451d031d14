"""An upload leaves one file for each content, whatever happens on the way."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from tests.providers.protocol_server import (
    KEY,
    FakeClock,
    Fault,
    Server,
    acted_then,
    answer,
    catch_up,
    cut,
    error,
    late,
    late_then_refused,
    lines,
    lost,
    page,
    refused,
)
from tuneset.errors import InputError, RemoteError
from tuneset.providers import receipts
from tuneset.providers.files import file_upload, remote_files
from tuneset.providers.files.file_upload import Uploaded

CONTENT = b"".join(lines(12))
NAME = f"train-{hashlib.sha256(CONTENT).hexdigest()[:12]}.jsonl"


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "train.jsonl"
    path.write_bytes(CONTENT)
    return path


def upload(server: Server, path: Path) -> Uploaded:
    folder = path.parent / "receipts"
    return file_upload.upload(server.endpoint(), path, purpose="fine-tune", stem="train", receipts_folder=folder)


def raised(server: Server, path: Path) -> RemoteError:
    with pytest.raises(RemoteError) as caught:
        upload(server, path)
    return caught.value


# What must not be sent


def test_an_empty_file_is_not_sent(server: Server, path: Path) -> None:
    path.write_bytes(b"")
    with pytest.raises(InputError) as caught:
        upload(server, path)
    assert str(caught.value) == f"{path}: is empty\n  do: check what the split stage left for this side"
    assert server.requests == []


def test_a_missing_file_is_not_sent(server: Server, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read: No such file or directory"):
        upload(server, tmp_path / "absent.jsonl")
    assert server.requests == []


def test_a_file_that_changes_between_hash_and_sending_is_not_sent(server: Server, path: Path) -> None:
    def change(request: httpx2.Request, act: Callable[[], httpx2.Response]) -> httpx2.Response:
        path.write_bytes(CONTENT + b"{}\n")
        return act()

    server.faults["GET /files"] = [change]
    assert raised(server, path).code == "file_changed"
    assert server.files == {}


# The plain way


def test_a_file_is_sent_once_under_its_hash_and_confirmed(server: Server, path: Path) -> None:
    done = upload(server, path)
    assert (done.file.filename, done.bytes, done.source) == (NAME, len(CONTENT), "sent")
    assert done.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert server.contents[done.file.id] == CONTENT
    assert server.files[done.file.id]["purpose"] == "fine-tune"
    assert server.requests == ["GET /files", "POST /files"]


def test_the_second_time_only_the_receipt_is_verified(server: Server, path: Path) -> None:
    first = upload(server, path)
    server.requests.clear()
    second = upload(server, path)
    assert (second.file, second.source) == (first.file, "receipt")
    assert server.requests == ["GET /files/ID"]


def test_without_receipts_the_file_is_found_at_the_server(server: Server, path: Path) -> None:
    first = upload(server, path)
    for receipt in (path.parent / "receipts").glob("*.json"):
        receipt.unlink()
    second = upload(server, path)
    assert (second.file, second.source) == (first.file, "found")
    assert server.count("POST /files") == 1


def test_a_file_deleted_at_the_server_is_sent_again(server: Server, path: Path) -> None:
    server.files.pop(upload(server, path).file.id)
    again = upload(server, path)
    assert again.source == "sent"
    assert upload(server, path).source == "receipt"
    assert len(list((path.parent / "receipts").glob("*.json"))) == 2


def test_a_file_of_another_content_purpose_or_size_is_no_match(server: Server, path: Path) -> None:
    server.add_file("train-000000000000.jsonl", CONTENT, "fine-tune")
    server.add_file(NAME, CONTENT, "batch")
    server.add_file(NAME, CONTENT[:-1], "fine-tune")
    assert upload(server, path).source == "sent"


def test_a_refused_copy_at_the_server_is_no_match(server: Server, path: Path) -> None:
    server.files[server.add_file(NAME, CONTENT, "fine-tune")]["status"] = "error"
    assert upload(server, path).source == "sent"


def test_every_attempt_of_one_upload_carries_the_same_idempotency_key(server: Server, path: Path) -> None:
    server.faults["POST /files"] = [answer(lambda: error(503, "busy"))]
    upload(server, path)
    keys = {headers["idempotency-key"] for headers in server.headers if "idempotency-key" in headers}
    assert len(keys) == 1
    assert keys.pop().startswith("tuneset-file-")


# Faults at the sending

FAULTS: dict[str, Fault] = {
    "nobody listens": refused(),
    "broken before the server acts": answer(lambda: httpx2.Response(502, text="bad gateway")),
    "answer lost after the server acted": lost(httpx2.ReadError),
    "connection closed without an answer": lost(httpx2.RemoteProtocolError),
    "no answer in time, though the server acted": lost(httpx2.ReadTimeout),
    "500 though the server acted": acted_then(lambda _: error(500, "oops")),
    "503": answer(lambda: error(503, "overloaded")),
    "408": answer(lambda: error(408, "slow")),
    "409": answer(lambda: error(409, "locked")),
    "409 though the server acted": acted_then(lambda _: error(409, "locked")),
    "429": answer(lambda: error(429, "slow down")),
    "429 with a short wait": answer(lambda: error(429, "slow down", retry_after_ms="5")),
    "half an answer": acted_then(cut),
    "an HTML error page": answer(lambda: page(503)),
}


@pytest.mark.parametrize("name", FAULTS)
def test_one_fault_at_the_sending_leaves_exactly_one_file(server: Server, path: Path, name: str) -> None:
    server.faults["POST /files"] = [FAULTS[name]]
    done = upload(server, path)
    assert list(server.files) == [done.file.id]
    assert server.contents[done.file.id] == CONTENT


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_that_lasts_is_raised_and_a_rerun_leaves_exactly_one_file(
    server: Server, path: Path, name: str
) -> None:
    server.faults["POST /files"] = [FAULTS[name]] * 4
    try:
        upload(server, path)
    except RemoteError as failed:
        assert failed.code in {"connection_failed", "server_error", "timeout", "conflict", "rate_limited"}  # noqa: PT017  either is right
    upload(server, path)
    assert len(server.files) == 1


def test_a_server_that_acts_after_we_have_looked_is_left_with_one_file(server: Server, path: Path) -> None:
    slow: list[Callable[[], httpx2.Response]] = []
    server.faults["POST /files"] = [late(slow), catch_up(slow)]
    done = upload(server, path)
    assert server.count("POST /files") == 2
    assert list(server.files) == [done.file.id] == ["file-1"]


def test_a_server_that_acts_late_and_refuses_in_between_is_left_with_one_file(server: Server, path: Path) -> None:
    server.faults["POST /files"] = late_then_refused([])
    done = upload(server, path)
    assert server.count("POST /files") == 3
    assert list(server.files) == [done.file.id] == ["file-1"]


def test_a_captive_portal_is_named_and_not_asked_again(server: Server, path: Path) -> None:
    server.faults["GET /files"] = [answer(page)] * 9
    failed = raised(server, path)
    assert str(failed) == (
        "listing files: http://127.0.0.1:1/v1 answered with a web page where JSON belongs\n"
        "  do: check endpoint.base_url, and whether a proxy or a log-in page stands in between\n"
        "  code: unexpected_answer"
    )
    assert server.requests == ["GET /files"]


def test_a_wait_longer_than_patience_is_told_and_not_waited(server: Server, path: Path) -> None:
    server.faults["POST /files"] = [answer(lambda: error(429, "slow down", retry_after="3600"))]
    failed = raised(server, path)
    assert failed.code == "rate_limited"
    assert failed.hint == "the server asks to wait 3600 s; run the same command again after that"
    assert server.count("POST /files") == 1


@pytest.mark.parametrize(("status", "code"), [(400, "bad_request"), (413, "file_too_large"), (422, "bad_request")])
def test_a_refusal_is_not_repeated(server: Server, path: Path, status: int, code: str) -> None:
    server.faults["POST /files"] = [answer(lambda: error(status, "no", "their_code"))]
    failed = raised(server, path)
    assert (failed.code, failed.server_code) == (code, "their_code")
    assert server.count("POST /files") == 1


def test_a_server_without_a_list_is_sent_to_but_never_twice_blindly(server: Server, path: Path) -> None:
    server.faults["GET /files"] = [answer(lambda: error(404, "no such route")) for _ in range(9)]
    assert upload(server, path).source == "sent"
    path.write_bytes(CONTENT * 2)
    server.faults["POST /files"] = [lost()]
    failed = raised(server, path)
    assert failed.code == "outcome_unknown"
    assert "whether it was done is unknown, and the endpoint offers no list to look into" in failed.message
    assert len(server.files) == 2


# What the server says of the file


def test_a_server_that_reports_another_size_is_caught_and_its_file_taken_away(server: Server, path: Path) -> None:
    def lie(good: httpx2.Response) -> httpx2.Response:
        return httpx2.Response(200, json={**good.json(), "bytes": 7})

    server.faults["POST /files"] = [acted_then(lie)]
    failed = raised(server, path)
    assert failed.code == "size_mismatch"
    assert failed.message == (
        f"uploading {path}: {len(CONTENT)} bytes were sent, http://127.0.0.1:1/v1 reports 7 for file-1"
    )
    assert failed.hint == "the remote file was deleted; run the same command again"
    assert server.files == {}
    assert upload(server, path).source == "sent"


def test_a_file_is_waited_for_until_it_is_processed(server: Server, path: Path) -> None:
    def unprocessed(good: httpx2.Response) -> httpx2.Response:
        return httpx2.Response(200, json={**good.json(), "status": "pending"})

    server.faults["POST /files"] = [acted_then(unprocessed)]
    server.faults["GET /files/ID"] = [acted_then(unprocessed)]
    done = upload(server, path)
    assert done.file.status == "processed"
    assert server.count("GET /files/ID") == 2


def test_a_file_that_the_server_refuses_ends_with_the_servers_own_words(server: Server, path: Path) -> None:
    words = "Invalid file format. Example 3 cannot be parsed. Error: line contains invalid json (line 3)"

    def refuse(good: httpx2.Response) -> httpx2.Response:
        return httpx2.Response(200, json={**good.json(), "status": "error", "status_details": words})

    server.faults["POST /files"] = [acted_then(refuse)]
    failed = raised(server, path)
    assert (failed.code, failed.message) == (
        "file_refused", f"{path}: http://127.0.0.1:1/v1 refused file-1: {words}",
    )  # fmt: skip
    assert server.files == {}


@pytest.mark.parametrize(
    "wrong", [{"filename": "x"}, {"id": "", "filename": "x"}, {"id": 7, "filename": "x"}, {"id": "file-9"}]
)
def test_an_answer_that_is_no_file_is_met_by_looking(server: Server, path: Path, wrong: dict[str, object]) -> None:
    server.faults["POST /files"] = [acted_then(lambda _: httpx2.Response(200, json=wrong))]
    assert upload(server, path).file.id == "file-1"
    assert server.count("POST /files") == 1


# Lists


def test_a_list_of_many_pages_is_read_to_its_end(server: Server) -> None:
    for number in range(45):
        server.add_file(f"f{number}.jsonl", b"x", "fine-tune")
    found = [file.id for file in remote_files.list_files(server.endpoint())]
    assert found == [f"file-{number}" for number in range(45, 0, -1)]
    assert server.count("GET /files") == 3


def test_a_server_that_ignores_the_cursor_ends_the_list_at_once(server: Server) -> None:
    server.ignores_cursor = True
    for number in range(3):
        server.add_file(f"f{number}.jsonl", b"x", "fine-tune")
    assert len(list(remote_files.list_files(server.endpoint()))) == 3
    assert server.count("GET /files") == 2


def test_a_list_that_is_no_list_is_named(server: Server) -> None:
    server.faults["GET /files"] = [answer(lambda: httpx2.Response(200, json={"data": "none"}))]
    with pytest.raises(RemoteError) as caught:
        list(remote_files.list_files(server.endpoint()))
    assert caught.value.message == "listing files: http://127.0.0.1:1/v1 answered with a list without valid `data`"


# Content


def test_content_is_saved_byte_for_byte(server: Server, tmp_path: Path) -> None:
    file_id = server.add_file("x.bin", bytes(range(256)), "fine-tune-results")
    assert remote_files.save_content(server.endpoint(), file_id, tmp_path / "x") == 256
    assert (tmp_path / "x").read_bytes() == bytes(range(256))


def test_a_forbidden_download_has_a_code_of_its_own_and_leaves_no_file(server: Server, tmp_path: Path) -> None:
    message = "Not allowed to download files of purpose: user_data"
    server.faults["GET /files/ID/content"] = [answer(lambda: error(400, message))]
    with pytest.raises(RemoteError) as caught:
        remote_files.save_content(server.endpoint(), "file-1", tmp_path / "x")
    assert caught.value.code == "purpose_download_forbidden"
    assert list(tmp_path.iterdir()) == []


def test_a_log_in_page_is_not_saved_as_content(server: Server, tmp_path: Path) -> None:
    server.faults["GET /files/ID/content"] = [answer(page)]
    with pytest.raises(RemoteError) as caught:
        remote_files.save_content(server.endpoint(), "file-1", tmp_path / "x")
    assert caught.value.code == "unexpected_answer"
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_not_there_is_not_found(server: Server) -> None:
    with pytest.raises(RemoteError) as caught:
        remote_files.delete_file(server.endpoint(), "file-7")
    assert caught.value.code == "not_found"
    assert caught.value.message == ("deleting file file-7: http://127.0.0.1:1/v1 answered 404: No such object: file-7")


# Receipts


def test_a_receipt_that_was_edited_is_refused(server: Server, path: Path) -> None:
    upload(server, path)
    (receipt,) = (path.parent / "receipts").glob("*.json")
    receipt.write_text(receipt.read_text().replace("file-1", "file-2"))
    failed = raised(server, path)
    assert (failed.code, failed.message) == (
        "receipt_altered", f"{receipt}: this receipt was changed after it was written",
    )  # fmt: skip


def test_receipts_are_never_written_over(tmp_path: Path) -> None:
    first = receipts.write(tmp_path, "file", "k", {"file_id": "a"})
    before = first.read_bytes()
    second = receipts.write(tmp_path, "file", "k", {"file_id": "b"})
    assert [first.name, second.name] == ["file-k-1.json", "file-k-2.json"]
    assert first.read_bytes() == before
    assert receipts.read(tmp_path, "file", "k") == [{"file_id": "b"}, {"file_id": "a"}]


@pytest.mark.parametrize(
    ("name", "size", "message"),
    [("notes.txt", 10, r"its name does not end in \.jsonl"), ("big.jsonl", 209_715_201, "has 209,715,201 bytes")],
)
def test_what_its_purpose_cannot_take_is_refused_before_it_is_sent(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, size: int, message: str
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    path = tmp_path / name
    with path.open("wb") as target:
        target.truncate(size)  # a hole, which takes no room
    with pytest.raises(InputError, match=message):
        file_upload.upload(
            server.endpoint(profile="openai"), path, purpose="batch", stem="x", receipts_folder=tmp_path / "receipts"
        )
    assert server.requests == []


def test_a_file_that_stays_uploaded_is_gone_on_with_after_a_minute_that_is_shown(server: Server) -> None:
    clock, said = FakeClock(), list[str]()
    file_id = server.add_file("x.jsonl", b"x", "fine-tune")
    server.files[file_id]["status"] = "uploaded"
    endpoint = clock.on(server.endpoint(), poll_s=5.0)
    file = remote_files.get_file(endpoint, file_id)
    assert file_upload.wait_processed(endpoint, file, "x", said.append, ours=True).id == file_id
    assert sum(clock.slept) == pytest.approx(60, abs=1)
    assert said[0] == f"{file_id} is `uploaded`; waiting until it is processed"
