"""The page: its files need no key and hold nothing of the server, no script or style of data has a way into it."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from tests.endpoint.conftest import BASE_URL
from tuneset.endpoint.app import create_app
from tuneset.endpoint.routes import PAGE
from tuneset.pages.served import SECURITY_HEADERS, page_routes

HERE = BASE_URL.removesuffix("/v1")
PATHS = [route.path for route in PAGE]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("headers", [{"host": "evil.example"}, {"origin": "http://evil.example"}])
def test_no_page_of_another_site_and_no_bent_name_gets_it_without_a_key(
    state: Path, path: str, headers: dict[str, str]
) -> None:
    with TestClient(create_app(state), base_url=HERE) as http:
        assert http.get(path, headers=headers).status_code == 403


def test_with_a_key_the_page_is_open_and_nothing_else(state: Path) -> None:
    with TestClient(create_app(state, api_key="sk-key"), base_url=HERE) as http:
        assert {path: http.get(path).status_code for path in PATHS} == dict.fromkeys(PATHS, 200)
        assert http.post("/").status_code == 405
        for path in ("/v1/files", "/v1/models", "/metrics", "/page", "/page/", "/page/api.js/", "/page/x"):
            assert http.get(path).status_code == 401, path


def test_every_answer_tells_browsers_what_they_may_do(state: Path) -> None:
    with TestClient(create_app(state, api_key="sk-key"), base_url=HERE) as http:
        key = {"authorization": "Bearer sk-key"}
        for path in (*PATHS, "/v1/files", "/nothing", "/metrics"):
            for headers in ({}, key):
                answer = http.get(path, headers=headers)
                assert {name: answer.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS, path
    assert "unsafe" not in SECURITY_HEADERS["content-security-policy"]


@pytest.mark.parametrize(
    ("package", "title"), [("tuneset.endpoint", "tuneset serve"), ("tuneset.viewing", "tuneset view")]
)
def test_pages_make_no_markup_of_data_and_fetch_from_nowhere_else(package: str, title: str) -> None:
    files = [*resources.files(package).joinpath("page").iterdir(), *resources.files("tuneset.pages").iterdir()]
    text = {
        file.name: file.read_text(encoding="utf-8") for file in files if file.name.endswith((".html", ".js", ".css"))
    }
    scripts = "".join(source for name, source in text.items() if name.endswith(".js"))
    for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "srcdoc"):
        assert way not in scripts
    everything = "".join(text.values()).replace("http://www.w3.org/2000/svg", "")
    assert "http://" not in everything
    assert "https://" not in everything
    page = TestClient(Starlette(routes=page_routes(package, title))).get("/").text
    assert f"<title>{title}</title>" in page
    assert not re.search(r"<style| style=| on[a-z]+=", page)
    assert page.count("<script src=") == page.count("<script")


def test_the_page_names_its_files_as_they_are_served(state: Path) -> None:
    with TestClient(create_app(state), base_url=HERE) as http:
        named = re.findall(r'(?:href|src)="([^"#]+)"', http.get("/").text)
        assert {f"/{name}" for name in named} == set(PATHS) - {"/"}
        assert {http.get(f"/{name}").status_code for name in named} == {200}
