"""A request whose object is deleted while it is answered is answered as if it had come before, or after: never a 500.

Each request is made again and again, and at every look that it takes at what is stored, and before and after all that
it does in a thread or another process, everything that it is about is deleted once.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from typing import Any

import anyio.to_thread
import pytest
from openai import OpenAI
from starlette.testclient import TestClient

from tests.endpoint.conftest import BASE_URL
from tests.endpoint.support import create, examples, lines, supervised, wait
from tuneset.endpoint.api.api_errors import ApiError
from tuneset.endpoint.app import create_app
from tuneset.endpoint.inference.generator_process import GeneratorProcess
from tuneset.endpoint.jobs.trained_models import add_model, remove_model, weights_of
from tuneset.endpoint.object_ids import new_id
from tuneset.endpoint.retrieval.reader import Reader
from tuneset.endpoint.routes import PAGE, ROUTES
from tuneset.endpoint.state import uploads
from tuneset.endpoint.state.object_store import Store
from tuneset.endpoint.state.state_folder import CHECKED_AT_ONCE, State, remove_file, remove_index
from tuneset.endpoint.state.vector_stores import delete_vector_store

pytestmark = pytest.mark.usefixtures("quickly_trained")

Made = dict[str, str]
LOOKS = ("get", "every", "ids", "page", "in_vector_stores", "in_status", "expired")


class Moments:
    """Counts the moments at which something else may happen in a request, and has it happen at one of them."""

    def __init__(self) -> None:
        self.left = -1
        self.act: Callable[[], None] = lambda: None

    def come(self) -> None:
        if threading.current_thread().name in ("tuneset-worker", "tuneset-indexer"):
            return
        self.left -= 1
        if self.left == -1:
            self.act()


@pytest.fixture(scope="module")
def moments() -> Iterator[Moments]:
    known = Moments()
    with pytest.MonkeyPatch.context() as patched:

        def tell(owner: Any, name: str, *, after: bool = False) -> None:  # noqa: ANN401  a class or a module
            real = getattr(owner, name)

            def told(*given: Any, **named: Any) -> Any:  # noqa: ANN401  whatever it is given
                if not (isinstance(given[0], Store) and given[0]._connection.in_transaction):
                    known.come()
                return real(*given, **named)

            async def told_twice(*given: Any, **named: Any) -> Any:  # noqa: ANN401  whatever it is given
                known.come()
                found = await real(*given, **named)
                known.come()
                return found

            patched.setattr(owner, name, told_twice if after else told)

        for name in LOOKS:
            tell(Store, name)
        tell(Reader, "answer", after=True)
        tell(GeneratorProcess, "ask")
        tell(anyio.to_thread, "run_sync", after=True)
        yield known


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory, moments: Moments) -> Iterator[TestClient]:
    with TestClient(create_app(tmp_path_factory.mktemp("state")), base_url=BASE_URL) as opened:
        yield opened


@pytest.fixture(scope="module")
def trained(http: TestClient) -> str:
    """A model that a job has made, which stays."""
    client = OpenAI(api_key="any", base_url=BASE_URL, http_client=http, max_retries=0)
    file = client.files.create(file=("a.jsonl", lines(examples()[:10])), purpose="fine-tune")
    job = wait(client, create(client, file.id, method=supervised(n_epochs=1, batch_size=10)).id)
    assert job.fine_tuned_model is not None
    return job.fine_tuned_model


def state_of(http: TestClient) -> State:
    state: State = http.app.state.endpoint.state  # type: ignore[attr-defined]
    return state.within("default")


def post(http: TestClient, path: str, **given: Any) -> dict[str, Any]:  # noqa: ANN401  JSON
    answer = http.post(f"{BASE_URL}/{path}", **given)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def make(http: TestClient, trained: str, wanted: set[str]) -> Made:
    """What is wanted of all that can be deleted: ids by the routes' names for them."""

    def file(name: str, content: bytes, purpose: str) -> str:
        return str(post(http, "files", data={"purpose": purpose}, files={"file": (name, content)})["id"])

    made = {}
    if "file_id" in wanted:
        made["file_id"] = file("a.jsonl", lines(examples()[:10]), "fine-tune")
    if "large" in wanted:
        made["large"] = file("a.jsonl", lines(examples()[:10]) + b" " * CHECKED_AT_ONCE, "fine-tune")
    if "questions" in wanted:
        made["questions"] = file("b.jsonl", b'{"custom_id": "1"}\n', "batch")
    if wanted & {"text", "vector_store_id"}:
        made["text"] = file("a.txt", b"Refunds take two weeks.", "user_data")
    if "vector_store_id" in wanted:
        made["vector_store_id"] = post(http, "vector_stores", json={"name": "a"})["id"]
        together = post(
            http, f"vector_stores/{made['vector_store_id']}/file_batches", json={"file_ids": [made["text"]]}
        )
        made["file_batch_id"] = together["id"]
    if "response_id" in wanted:
        asked = {"model": "local-tiny", "input": "a", "max_output_tokens": 1}
        made["response_id"] = post(http, "responses", json=asked)["id"]
    if "upload_id" in wanted:
        made["upload_id"] = post(http, "uploads", json=UPLOAD)["id"]
        made["part"] = post(http, f"uploads/{made['upload_id']}/parts", files={"data": ("a", b"{}\n\n")})["id"]
    if "model" in wanted:
        made["model"], state = f"{trained}:{(again_id := new_id('again-'))}", state_of(http)
        there = weights_of(state, trained)
        assert there is not None
        again = there.with_name(again_id)
        shutil.copytree(there, again) if there.is_dir() else shutil.copyfile(there, again)
        add_model(state.store, {"id": None}, made["model"], str(again.relative_to(state.folder)))
    return made


def delete_all(state: State, made: Made) -> None:
    """Delete it as the routes for that and the end of its time do."""
    for name in ("file_id", "large", "text", "questions"):
        remove_file(state, made.get(name, ""))
    if "vector_store_id" in made:
        with state.store.transaction():
            if state.store.get("vector_store", made["vector_store_id"]) is not None:
                delete_vector_store(state.store, made["vector_store_id"])
        remove_index(state, made["vector_store_id"])
    state.store.delete(made.get("response_id", ""))
    remove_model(state, made.get("model", ""))
    with contextlib.suppress(ApiError):  # it has ended, or there is none
        uploads.end(state, made.get("upload_id", ""), "cancelled")


UPLOAD = {"bytes": 4, "filename": "a.jsonl", "mime_type": "text/jsonl", "purpose": "fine-tune"}
ASKED = [{"role": "user", "content": [{"type": "file", "file": {"file_id": "{text}"}}]}]
FOUND = [{"type": "file_search", "vector_store_ids": ["{vector_store_id}"]}]
NAMED: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "/v1/fine_tuning/jobs", {"model": "local-tiny", "training_file": "{file_id}"}),
    ("POST", "/v1/fine_tuning/jobs", {"model": "{model}", "training_file": "{file_id}"}),
    ("POST", "/v1/fine_tuning/jobs/check", {"model": "local-tiny", "training_file": "{file_id}"}),
    ("POST", "/v1/fine_tuning/jobs/check", {"model": "{model}", "training_file": "{large}"}),
    ("POST", "/v1/batches", {"input_file_id": "{questions}", "endpoint": "/v1/completions",
                             "completion_window": "24h"}),
    ("POST", "/v1/vector_stores", {"file_ids": ["{text}"]}),
    ("POST", "/v1/chat/completions", {"model": "{model}", "messages": ASKED, "max_tokens": 1}),
    ("POST", "/v1/completions", {"model": "{model}", "prompt": "a", "max_tokens": 1}),
    ("POST", "/v1/completions", {"model": "{model}", "prompt": "a", "max_tokens": 1, "stream": True}),
    ("POST", "/v1/responses", {"model": "local-tiny", "input": "refunds", "max_output_tokens": 1, "tools": FOUND,
                               "previous_response_id": "{response_id}"}),
    ("GET", "/v1/files", {}), ("GET", "/v1/models", {}), ("GET", "/v1/vector_stores", {}), ("GET", "/metrics", {}),
]  # fmt: skip
"""Requests that name objects in their bodies, or list them."""
BODIES: dict[str, dict[str, Any]] = {
    "/v1/uploads/{upload_id}/complete": {"part_ids": ["{part}"]},
    "/v1/vector_stores/{vector_store_id}": {"name": "b"},
    "/v1/vector_stores/{vector_store_id}/search": {"query": "refunds"},
    "/v1/vector_stores/{vector_store_id}/files": {"file_id": "{text}"},
    "/v1/vector_stores/{vector_store_id}/files/{file_id}": {"attributes": {"a": 1}},
    "/v1/vector_stores/{vector_store_id}/file_batches": {"file_ids": ["{text}"]},
}
IN_PATHS = sorted(
    (method, route.path, BODIES.get(route.path, {}) if method == "POST" else {})
    for route in ROUTES
    if route not in PAGE and "{" in route.path and "{job_id}" not in route.path and "{batch_id}" not in route.path
    for method in (route.methods or set()) - {"HEAD"}
)
"""Jobs and batches are never deleted."""


def filled(value: Any, made: Made) -> Any:  # noqa: ANN401  JSON
    if isinstance(value, dict):
        return {name: filled(inner, made) for name, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, made) for inner in value]
    return value.format_map(made) if isinstance(value, str) else value


@pytest.mark.slow
@pytest.mark.parametrize(("method", "path", "body"), [*NAMED, *IN_PATHS])
def test_what_is_deleted_meanwhile_is_there_or_not_there(
    http: TestClient, moments: Moments, trained: str, method: str, path: str, body: dict[str, Any]
) -> None:
    state = state_of(http)
    wanted = {*re.findall(r"{(\w+)", path), *re.findall(r"{(\w+)", str(body))}
    for number in itertools.count():
        made = make(http, trained, wanted)
        names = made | ({"file_id": made["text"]} if "text" in made else {})
        moments.act = functools.partial(delete_all, state, made)
        given: dict[str, Any] = {"json": filled(body, made)} if method == "POST" else {}
        given = {"files": {"data": ("a", b"{}\n")}} if path.endswith("/parts") else given
        url = f"http://localhost{path.replace(':path', '').format_map(names)}"
        moments.left = number
        answer = http.request(method, url, **given)
        came, moments.left = moments.left < 0, -1
        assert answer.status_code < 500, (number, answer.text)
        if answer.status_code >= 400:
            assert answer.json()["error"]["message"], number
        delete_all(state, made)
        if answer.status_code >= 400 and len(wanted - {"part"}) == 1:
            later = http.request(method, url, **given)
            assert answer.json()["error"]["code"] == later.json()["error"]["code"], (number, answer.text, later.text)
        if not came:
            break
    assert number > 0, "something can happen in between"
