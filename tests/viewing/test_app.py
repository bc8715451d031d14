"""Who may look and set marks, what a browser may do with what it gets, and what is answered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.builders import chat
from tests.viewing.looked_at import prepared, viewer_of, write_lines
from tuneset import review_marks
from tuneset.errors import UsageError
from tuneset.pages.served import SECURITY_HEADERS
from tuneset.viewing.access import check_exposure
from tuneset.viewing.app import create_app
from tuneset.viewing.filters import wanted

HERE = "http://127.0.0.1:8000"
EXAMPLES = [chat(f"What is {n}?", f"It is <b>{n}</b> {'and more ' * n}") for n in range(6)]
ROUTES = [
    "/",
    "/app.js",
    "/base.js",
    "/app.css",
    "/base.css",
    "/icon.svg",
    "/api/dataset",
    "/api/rows",
    "/api/rows/0",
    "/api/rows/0/changes",
]


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    write_lines(tmp_path / "train.jsonl", EXAMPLES)
    return TestClient(create_app(viewer_of([tmp_path / "train.jsonl"], tmp_path)), base_url=HERE)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "10.0.0.1:8000", ""])
@pytest.mark.parametrize("route", ROUTES)
def test_another_host_is_refused(client: TestClient, route: str, host: str) -> None:
    answer = client.get(route, headers={"host": host})
    assert answer.status_code == 403
    assert answer.headers["content-security-policy"] == SECURITY_HEADERS["content-security-policy"]


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"},
    ],
)
def test_a_page_of_another_site_reads_and_marks_nothing(
    client: TestClient, tmp_path: Path, headers: dict[str, str]
) -> None:
    assert client.get("/api/rows", headers=headers).status_code == 403
    assert client.post("/api/marks", headers=headers, json={"action": "drop", "rows": [0]}).status_code == 403
    assert not (tmp_path / "review.jsonl").exists()


def test_a_form_sets_no_mark(client: TestClient, tmp_path: Path) -> None:
    body = b'{"action": "drop", "rows": [0]}'
    answer = client.post("/api/marks", content=body, headers={"content-type": "text/plain"})
    assert answer.status_code == 400
    assert not (tmp_path / "review.jsonl").exists()


@pytest.mark.parametrize("route", ROUTES)
def test_every_answer_tells_browsers_what_they_may_do(client: TestClient, route: str) -> None:
    answer = client.get(route)
    assert answer.status_code == 200
    assert {name: answer.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy


def test_the_page_has_no_script_or_style_of_its_own(client: TestClient) -> None:
    page, script = client.get("/").text, client.get("/base.js").text + client.get("/app.js").text
    assert "<style" not in page
    assert page.count("<script src=") == page.count("<script") == 2
    assert ' style="' not in page
    for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "srcdoc"):
        assert way not in script
    assert "http://" not in page + script
    assert "https://" not in page + script


def test_a_token_is_asked_for_and_then_remembered(tmp_path: Path) -> None:
    write_lines(tmp_path / "train.jsonl", EXAMPLES)
    app = create_app(viewer_of([tmp_path / "train.jsonl"], tmp_path), token="a-long-token")
    client = TestClient(app, base_url="http://tuneset.example", follow_redirects=False)
    assert client.get("/api/rows").status_code == 403
    assert client.get("/?token=another").status_code == 403
    answer = client.get("/?token=a-long-token&x=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/?x=1")
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert "samesite=strict" in answer.headers["set-cookie"].lower()
    assert client.get("/api/rows").status_code == 200
    assert client.get("/api/rows", headers={"origin": "http://evil.example"}).status_code == 403


def test_nobody_else_is_let_in_without_a_token() -> None:
    with pytest.raises(UsageError, match="without a token"):
        check_exposure("0.0.0.0", None)
    with pytest.raises(UsageError, match="too short"):
        check_exposure("127.0.0.1", "short")
    check_exposure("127.0.0.1", None)
    check_exposure("0.0.0.0", "long-enough")


@pytest.mark.parametrize(
    ("route", "told"),
    [
        ("/api/rows?colour=red", "colour: there is no such filter"),
        ("/api/rows?count=501", "rows that cannot be given"),
        ("/api/rows?start=x", "start: is no whole number"),
        ("/api/rows/99", "there is no row 99"),
        ("/api/ids/zz", "there is no row of this id"),
    ],
)
def test_what_cannot_be_answered_is_said(client: TestClient, route: str, told: str) -> None:
    answer = client.get(route)
    assert (answer.status_code, answer.json()["error"]) == (400, told)


def test_a_page_says_whether_texts_of_dropped_rows_may_yet_come(tmp_path: Path, client: TestClient) -> None:
    assert client.get("/api/rows").json()["reads_texts"] is False
    viewer = viewer_of([prepared(tmp_path, [*EXAMPLES, EXAMPLES[0]], split={"validation": 2})], tmp_path)
    run = TestClient(create_app(viewer), base_url=HERE)
    page: dict[str, Any] = run.get("/api/rows?side=dropped").json()
    assert page["reads_texts"]
    while page["reads_texts"]:
        page = run.get("/api/rows?side=dropped").json()
    assert [row["asked"] for row in page["rows"]] == ["What is 0?"]


def test_pages_and_rows(client: TestClient) -> None:
    page = client.get("/api/rows?start=2&count=3").json()
    assert [row["line"] for row in page["rows"]] == [3, 4, 5]
    assert (page["total"], page["complete"]) == (6, True)
    row = client.get("/api/rows/2").json()
    assert row["example"] == EXAMPLES[2]
    assert [message["trained"] for message in row["messages"]] == [False, True]
    assert row["counted"]["trained"] == row["messages"][1]["tokens"] > 0


def test_marks_are_appended_and_shown(client: TestClient, tmp_path: Path) -> None:
    path = tmp_path / "review.jsonl"
    assert client.post("/api/marks", json={"action": "drop", "rows": [1]}).json()["marked"] == 1
    before = path.read_bytes()
    assert client.post("/api/marks", json={"action": "tag", "value": ["odd"], "rows": [1, 3]}).json()["marked"] == 2
    edited = chat("What is 4?", "Four.")
    client.post("/api/marks", json={"action": "edit", "value": edited, "rows": [4]})
    assert path.read_bytes().startswith(before)
    marks = review_marks.read(path)
    assert [(mark.action, mark.by) for mark in marks] == [
        ("drop", "ann"),
        ("tag", "ann"),
        ("tag", "ann"),
        ("edit", "ann"),
    ]
    assert marks[0].content == review_marks.content_hash(EXAMPLES[1])
    assert client.get("/api/rows?marked=drop").json()["rows"][0]["row"] == 1
    assert [row["row"] for row in client.get("/api/rows?tagged=odd").json()["rows"]] == [1, 3]
    assert client.get("/api/rows?marked=none").json()["total"] == 3
    assert client.get("/api/rows/4").json()["marks"]["decision"]["value"] == edited


def test_all_rows_of_a_filter_are_marked_at_once(client: TestClient, tmp_path: Path) -> None:
    answer = client.post("/api/marks", json={"action": "drop", "filter": [["text", "and more and more"]]})
    assert answer.json() == {"marked": 4, "marks": {"drop": 4}}
    assert len(review_marks.read(tmp_path / "review.jsonl")) == 4


@pytest.mark.parametrize(
    "body",
    [
        [], {}, {"action": "drop"}, {"action": "drop", "rows": ["0"]}, {"action": "drop", "rows": [99]},
        {"action": "burn", "rows": [0]}, {"action": "edit", "rows": [0], "value": {"messages": "x"}},
        {"action": "edit", "rows": [0, 1], "value": EXAMPLES[0]}, {"action": "drop", "filter": [["no", "x"]]},
    ],
)  # fmt: skip
def test_a_mark_that_is_none_is_refused_and_nothing_written(client: TestClient, tmp_path: Path, body: object) -> None:
    assert client.post("/api/marks", json=body).status_code == 400
    assert not (tmp_path / "review.jsonl").exists()


def test_dropped_rows_have_their_text_reason_and_twin(tmp_path: Path) -> None:
    examples = [chat("Ask  ann@acme.org?", "Yes, ask."), chat("What?", "That."), chat("Ask ann@acme.org?", "Yes, ask.")]
    viewer = viewer_of([prepared(tmp_path, [*examples, {"x": 1}])], tmp_path)
    assert viewer.page(wanted([("code", "DUP")]))["rows"][0]["has_text"] is False
    viewer.read_dropped()
    dropped = viewer.page(wanted([("code", "DUP")]))["rows"][0]
    assert dropped["has_text"] is True
    row = viewer.row(dropped["row"])
    assert row["kept"]["line"] == 1
    assert "ann@acme.org" not in str(row)
    assert row["placeholders"] == {"email": 1}
    assert [one["line"] for one in viewer.row(row["kept"]["row"])["alike"]] == [3]
    changes = viewer.changes(row["kept"]["row"])
    assert changes["redacted"] == {"email": 1}
    unread = viewer.row(viewer.page(wanted([("code", "ING")]))["rows"][0]["row"])
    assert (unread["has_text"], unread["stage"]) == (False, "ingest")
