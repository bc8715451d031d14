"""Parts of an upload: together they hold the limit's bytes, and not one more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tuneset.endpoint.api.api_errors import ApiError
from tuneset.endpoint.api.file_form import Received
from tuneset.endpoint.state.state_folder import State, open_state
from tuneset.endpoint.state.uploads import UploadRequest, add_part, new_upload

LIMIT = 100


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    opened = open_state(tmp_path)
    yield opened
    opened.store.close()


def part(state: State, size: int) -> Received:
    path = state.blobs / f"part-{size}"
    path.write_bytes(b"x" * size)
    return Received(path, "a.jsonl", size, "0" * 64, {})


@pytest.mark.parametrize(("first", "second"), [(60, 41), (0, 101), (100, 1)])
def test_one_byte_more_than_the_limit_is_refused(state: State, first: int, second: int) -> None:
    asked = UploadRequest(filename="a.jsonl", purpose="fine-tune", bytes=LIMIT, mime_type="application/jsonl")
    upload = new_upload(state, asked)
    add_part(state, upload["id"], part(state, first), LIMIT)
    with pytest.raises(ApiError) as caught:
        add_part(state, upload["id"], part(state, second), LIMIT)
    assert caught.value.status == 400


@pytest.mark.parametrize(("first", "second"), [(60, 40), (0, 100), (100, 0)])
def test_exactly_the_limit_is_taken(state: State, first: int, second: int) -> None:
    asked = UploadRequest(filename="a.jsonl", purpose="fine-tune", bytes=LIMIT, mime_type="application/jsonl")
    upload = new_upload(state, asked)
    for size in (first, second):
        assert add_part(state, upload["id"], part(state, size), LIMIT)["upload_id"] == upload["id"]
