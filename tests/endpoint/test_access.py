"""Nobody but who may: pages of other sites, other names of this machine, other machines without a key."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from tests.endpoint.conftest import BASE_URL
from tuneset.endpoint.access import admit, check_exposure
from tuneset.endpoint.api.api_errors import ApiError
from tuneset.endpoint.app import create_app
from tuneset.endpoint.project_keys import only_key
from tuneset.endpoint.server import serve
from tuneset.endpoint.state.objects import DEFAULT_PROJECT
from tuneset.errors import UsageError
from tuneset.local_server import is_loopback

HERE = ["localhost", "127.0.0.1", "127.9.9.9", "[::1]", "a.localhost"]
ELSEWHERE = [
    "a.example", "localhost.a.example", "127.0.0.1.a.example", "192.0.2.7", "0.0.0.0", "[::]", "2130706433", "",
    "localhost@a.example", "a.example#localhost", "[", "127.1",
]  # fmt: skip


def refused(headers: dict[str, str]) -> tuple[int, str | None]:
    with pytest.raises(ApiError) as caught:
        admit(headers, [])
    return caught.value.status, caught.value.code


@pytest.mark.parametrize("host", ELSEWHERE)
@pytest.mark.parametrize("port", ["", ":8321"])
def test_a_name_that_was_bent_to_this_machine_is_refused_without_a_key(host: str, port: str) -> None:
    assert refused({"host": host + port}) == (403, "host_not_allowed")
    assert admit({"host": host + port, "authorization": "Bearer k"}, only_key("k")) == DEFAULT_PROJECT


@pytest.mark.parametrize("host", HERE)
@pytest.mark.parametrize(
    "origin", ["http://a.example", "https://localhost.a.example", "null", "", "http://localhost:1"]
)
def test_a_page_of_another_site_is_refused_without_a_key(host: str, origin: str) -> None:
    assert refused({"host": f"{host}:8321", "origin": origin}) == (403, "origin_not_allowed")


@pytest.mark.parametrize("host", HERE)
def test_programs_and_pages_of_this_machine_are_let_in(host: str) -> None:
    assert admit({"host": f"{host}:8321"}, []) == DEFAULT_PROJECT
    assert admit({"host": f"{host}:8321", "origin": f"http://{host}:8321"}, []) == DEFAULT_PROJECT


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_header_is_a_defect(host: str, origin: str) -> None:
    for key in (None, "k"):
        with contextlib.suppress(ApiError):
            admit({"host": host, "origin": origin, "authorization": host}, only_key(key))


def test_a_refused_page_leaves_nothing_behind(state: Path) -> None:
    with TestClient(create_app(state), base_url=BASE_URL) as http:
        answer = http.post(
            "/files",
            headers={"Origin": "https://a.example"},
            files={"file": ("a.jsonl", b"{}\n")},
            data={"purpose": "fine-tune"},
        )
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "origin_not_allowed")
        assert http.get("/files", headers={"Host": "a.example"}).status_code == 403
        assert http.get("/files").json()["data"] == []


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "a.example"])
def test_others_are_served_with_a_key_alone(tmp_path: Path, host: str) -> None:
    with pytest.raises(UsageError, match=f"without a key anybody who reaches {host} could read the training data"):
        serve(host, 0, tmp_path / "state", None)
    assert not (tmp_path / "state").exists()
    check_exposure(host, "a key")


@pytest.mark.parametrize("key", ["", " ", "\n"])
def test_an_empty_key_is_not_taken_for_none(tmp_path: Path, key: str) -> None:
    with pytest.raises(UsageError, match="the key of the endpoint is empty"):
        serve("127.0.0.1", 0, tmp_path / "state", key)


def test_this_machine_needs_no_key() -> None:
    for host in HERE:
        check_exposure(host, None)
        assert is_loopback(host)


def test_the_state_can_be_read_by_its_owner_alone(state: Path) -> None:
    state.mkdir(mode=0o755)
    with TestClient(create_app(state), base_url=BASE_URL):
        assert state.stat().st_mode & 0o777 == 0o700
