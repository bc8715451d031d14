"""Keys as projects: what one has made is to another as if it were not there, by every route that names an object."""

from __future__ import annotations

import datetime as dt
import json
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from openai import OpenAI
from starlette.testclient import TestClient

from tests.endpoint.conftest import BASE_URL, serving
from tests.endpoint.support import BASE_MODELS, create, examples, supervised, upload, wait
from tuneset.endpoint.app import create_app
from tuneset.endpoint.inference.upstream import Inference
from tuneset.endpoint.project_keys import ProjectKey, read_project_keys
from tuneset.endpoint.request_log import log_line
from tuneset.endpoint.routes import PAGE, ROUTES
from tuneset.endpoint.traffic import Answered
from tuneset.errors import InputError, UsageError

pytestmark = pytest.mark.usefixtures("quickly_trained")

OURS, THEIRS = ProjectKey("ours", "sk-our-key"), ProjectKey("theirs", "sk-their-key")
NOBODY = {
    "file_id": "file-nobody", "upload_id": "upload_nobody", "job_id": "ftjob-nobody", "batch_id": "batch_nobody",
    "response_id": "resp_nobody", "vector_store_id": "vs_nobody", "file_batch_id": "vsfb_nobody",
    "model": "ft:local-tiny:tuneset::nobody",
}  # fmt: skip


def as_client(http: TestClient, one: ProjectKey) -> OpenAI:
    return OpenAI(api_key=one.key, base_url=BASE_URL, http_client=http, max_retries=0)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, dict[str, str]]]:
    """A server of two projects, of which the first has one of everything: the ids by the routes' names for them."""
    with TestClient(create_app(tmp_path_factory.mktemp("state"), projects=[OURS, THEIRS]), base_url=BASE_URL) as http:
        client = as_client(http, OURS)
        file = upload(client, examples()[:10])
        job = wait(client, create(client, file.id, method=supervised(n_epochs=1, batch_size=10)).id)
        assert job.fine_tuned_model is not None
        sent = client.uploads.create(bytes=4, filename="a.jsonl", mime_type="text/jsonl", purpose="fine-tune")
        part = client.uploads.parts.create(sent.id, data=b"{}\n\n")
        asked = {"custom_id": "1", "method": "POST", "url": "/v1/completions"}
        asked["body"] = {"model": job.fine_tuned_model, "prompt": "a", "max_tokens": 1}  # type: ignore[assignment]
        questions = client.files.create(file=("b.jsonl", json.dumps(asked).encode()), purpose="batch")
        batch = client.batches.create(input_file_id=questions.id, endpoint="/v1/completions", completion_window="24h")
        while batch.status not in {"completed", "failed"}:
            batch = client.batches.retrieve(batch.id)
        assert batch.status == "completed", batch.errors
        vector_store = client.vector_stores.create(name="secret")
        vector_batch = client.vector_stores.file_batches.create_and_poll(
            vector_store.id, file_ids=[file.id], poll_interval_ms=10
        )
        response = client.responses.create(model="local-tiny", input="a", max_output_tokens=1)
        yield http, {
            "file_id": file.id, "upload_id": sent.id, "job_id": job.id, "batch_id": batch.id, "part": part.id,
            "response_id": response.id, "model": job.fine_tuned_model, "questions": questions.id,
            "output": batch.output_file_id or "",
            "vector_store_id": vector_store.id, "file_batch_id": vector_batch.id, "results": job.result_files[0],
        }  # fmt: skip


def ask(http: TestClient, one: ProjectKey, method: str, path: str, **given: Any) -> Any:  # noqa: ANN401  JSON
    return http.request(method, f"http://localhost{path}", headers={"authorization": f"Bearer {one.key}"}, **given)


def body_of(path: str, ids: dict[str, str]) -> dict[str, Any]:
    """What a request must bring, lest it is refused for that."""
    if path.endswith("/parts"):
        return {"files": {"data": ("a", b"{}\n")}}
    return {"json": {"part_ids": [ids["part"]]}} if path.endswith("/complete") else {}


OBJECTS = sorted(
    (method, route.path) for route in ROUTES if "{" in route.path for method in (route.methods or set()) - {"HEAD"}
)


def test_every_kind_of_object_is_asked_for() -> None:
    named = {name.partition(":")[0] for _, path in OBJECTS for name in re.findall(r"{(.+?)}", path)}
    assert named == set(NOBODY)
    assert len(OBJECTS) > 15


@pytest.mark.parametrize(("method", "path"), OBJECTS)
def test_the_object_of_another_project_is_as_little_there_as_one_of_nobody(
    made: tuple[TestClient, dict[str, str]], method: str, path: str
) -> None:
    http, ids = made
    template = path.replace(":path", "")
    name = re.findall(r"{(.+?)}", template)[0]
    mine, nobodys = template.format_map(ids), template.format_map(ids | {name: NOBODY[name]})
    found = ask(http, THEIRS, method, mine, **body_of(path, ids))
    none = ask(http, THEIRS, method, nobodys, **body_of(path, ids))
    assert (found.status_code, none.status_code) == (404, 404)
    assert found.text.replace(ids[name], NOBODY[name]) == none.text
    if method == "GET":
        assert ask(http, OURS, method, mine).status_code == 200


@pytest.mark.parametrize("file", ["questions", "output", "results"])
def test_files_that_a_job_or_a_batch_has_made_are_of_its_project(
    made: tuple[TestClient, dict[str, str]], file: str
) -> None:
    http, ids = made
    assert ask(http, OURS, "GET", f"/v1/files/{ids[file]}/content").status_code == 200
    assert ask(http, THEIRS, "GET", f"/v1/files/{ids[file]}/content").status_code == 404


LISTS = {
    "/v1/files": "file_id", "/v1/fine_tuning/jobs": "job_id", "/v1/batches": "batch_id",
    "/v1/vector_stores": "vector_store_id",
}  # fmt: skip


def test_lists_show_nothing_of_others_and_go_on_from_nothing_of_theirs(made: tuple[TestClient, dict[str, str]]) -> None:
    http, ids = made
    listed = {route.path for route in ROUTES if "GET" in (route.methods or ()) and "{" not in route.path}
    assert {path for path in listed if path.startswith("/v1/")} == {*LISTS, "/v1/models"}
    for path, name in LISTS.items():
        assert ask(http, THEIRS, "GET", path).json()["data"] == []
        assert ids[name] in ask(http, OURS, "GET", path).text
        others, nobodys = (ask(http, THEIRS, "GET", f"{path}?after={one}") for one in (ids[name], NOBODY[name]))
        assert (others.status_code, others.text) == (nobodys.status_code, nobodys.text) == (400, others.text)
    assert [one["id"] for one in ask(http, THEIRS, "GET", "/v1/models").json()["data"]] == BASE_MODELS
    assert ids["model"] in ask(http, OURS, "GET", "/v1/models").text


BATCH = {"endpoint": "/v1/completions", "completion_window": "24h"}
REFERENCES: list[tuple[str, dict[str, Any], str]] = [
    ("/v1/fine_tuning/jobs", {"model": "local-tiny", "training_file": "{file_id}"}, "file_id"),
    ("/v1/fine_tuning/jobs", {"model": "{model}", "training_file": "file-nobody"}, "model"),
    ("/v1/batches", {"input_file_id": "{questions}", **BATCH}, "questions"),
    ("/v1/vector_stores", {"file_ids": ["{file_id}"]}, "file_id"),
    ("/v1/chat/completions", {"model": "{model}", "messages": [{"role": "user", "content": "a"}]}, "model"),
    ("/v1/completions", {"model": "{model}", "prompt": "a"}, "model"),
    ("/v1/responses", {"model": "{model}", "input": "a"}, "model"),
    ("/v1/responses", {"model": "local-tiny", "input": "a", "previous_response_id": "{response_id}"}, "response_id"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "body", "name"), REFERENCES)
def test_a_request_that_refers_to_anothers_object_is_refused_as_for_one_of_nobody(
    made: tuple[TestClient, dict[str, str]], path: str, body: dict[str, Any], name: str
) -> None:
    http, ids = made
    nobody = {"questions": NOBODY["file_id"], **NOBODY}[name]
    asked = json.loads(json.dumps(body).replace(f"{{{name}}}", ids[name]))
    unknown = json.loads(json.dumps(body).replace(f"{{{name}}}", nobody))
    found, none = ask(http, THEIRS, "POST", path, json=asked), ask(http, THEIRS, "POST", path, json=unknown)
    assert found.status_code == none.status_code in {400, 404}
    assert found.text.replace(ids[name], nobody) == none.text


def test_numbers_are_of_ones_own_project(made: tuple[TestClient, dict[str, str]]) -> None:
    http, _ = made
    ours, theirs = (ask(http, one, "GET", "/metrics").text for one in (OURS, THEIRS))
    assert 'tuneset_jobs{status="succeeded"} 1' in ours
    assert 'tuneset_jobs{status="succeeded"} 0' in theirs
    assert "\ntuneset_files 0\n" in theirs
    assert 'route="/v1/uploads/{upload_id}/parts",method="POST",status="200"' not in theirs


def test_an_idempotency_key_is_of_ones_own_project(tmp_path: Path) -> None:
    with TestClient(create_app(tmp_path / "state", projects=[OURS, THEIRS]), base_url=BASE_URL) as http:
        sent = {"bytes": 4, "filename": "a.jsonl", "mime_type": "text/jsonl", "purpose": "fine-tune"}
        made = [
            http.post("/uploads", json=sent, headers={"authorization": f"Bearer {one.key}", "idempotency-key": "1"})
            for one in (OURS, THEIRS, OURS)
        ]
        ids = [answer.json()["id"] for answer in made]
        assert ids[0] == ids[2] != ids[1]


def test_a_server_behind_this_one_is_not_asked_for_anothers_model(tmp_path: Path) -> None:
    asked: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(json.loads(request.content)["model"])
        return httpx2.Response(200, json={})

    inference = Inference("http://127.0.0.1:1/v1", transport=httpx2.MockTransport(answer))
    app = create_app(tmp_path / "state", projects=[OURS, THEIRS], inference=inference)
    with TestClient(app, base_url=BASE_URL) as http:
        store = app.state.endpoint.state.store.within("ours")
        store.insert("model", {"id": "ft:x", "object": "model"}, {"weights": None})
        codes = [
            ask(http, one, "POST", "/v1/completions", json={"model": model, "prompt": "a"}).status_code
            for model in ("ft:x", "its-own")
            for one in (THEIRS, OURS)
        ]
    assert codes == [404, 200, 200, 200]
    assert asked == ["ft:x", "its-own", "its-own"]


def test_a_state_folder_of_before_there_were_projects_is_the_default_ones(state: Path) -> None:
    with serving(state) as client:
        file = upload(client, examples()[:10])
    with sqlite3.connect(state / "endpoint.sqlite3") as database:
        database.execute("DROP INDEX objects_of_project")
        database.execute("ALTER TABLE objects DROP COLUMN project")
    keys = [ProjectKey("default", "sk-default"), THEIRS]
    for _ in range(2):
        with TestClient(create_app(state, projects=keys), base_url=BASE_URL) as http:
            assert [one.id for one in as_client(http, keys[0]).files.list()] == [file.id]
            assert as_client(http, THEIRS).files.list().data == []
    with serving(state) as client:
        assert [one.id for one in client.files.list()] == [file.id]


@pytest.mark.parametrize("key", ["sk-our-ke", "sk-our-key2", "", "ours", "ours=sk-our-key"])
def test_no_other_key_opens_anything(tmp_path: Path, key: str) -> None:
    with TestClient(create_app(tmp_path / "state", projects=[OURS, THEIRS]), base_url=BASE_URL) as http:
        for route in ROUTES:
            for method in route.methods or ():
                path = route.path.replace("{", "").replace("}", "").replace(":path", "")
                answer = http.request(method, f"http://localhost{path}", headers={"authorization": f"Bearer {key}"})
                assert answer.status_code == (200 if route in PAGE else 401)


def test_keys_stand_in_a_file_a_line_each(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text("# ours\n\n research = sk-12345678== \nsupport=sk-abcdefgh\nresearch=sk-87654321\n")
    assert [(one.project, one.key) for one in read_project_keys(path)] == [
        ("research", "sk-12345678=="),
        ("support", "sk-abcdefgh"),
        ("research", "sk-87654321"),
    ]
    assert "sk-" not in repr(read_project_keys(path))


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a=sk-12345678\nb=sk-12345678", ":2: this key stands there already"),
        ("sk-12345678", ":1: is no key of a project"),
        ("a=short", ":1: is no key of a project"),
        ("a b=sk-12345678", ":1: is no key of a project"),
        ("=sk-12345678", ":1: is no key of a project"),
        ("a=sk 12345678", ":1: is no key of a project"),
        ("# nothing\n", ": holds no key"),
    ],
)
def test_a_line_that_is_no_key_is_told_without_it(tmp_path: Path, text: str, place: str) -> None:
    path = tmp_path / "keys"
    path.write_text(text)
    with pytest.raises(UsageError) as caught:
        read_project_keys(path)
    assert place in str(caught.value)
    assert "12345678" not in str(caught.value)
    with pytest.raises(InputError, match="cannot be read"):
        read_project_keys(tmp_path / "nothing")


def test_the_log_names_the_project_where_there_are_several() -> None:
    now = dt.datetime(2026, 11, 26, tzinfo=dt.UTC)
    one = Answered("GET", "/v1/files", 200, 0.1, 1, "req_1")
    assert "project" not in log_line(one, now)
    assert '"project":"ours"' in log_line(Answered("GET", "/v1/files", 200, 0.1, 1, "req_1", "ours"), now)
