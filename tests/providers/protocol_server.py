"""A small server of the OpenAI Files and jobs protocol, in this process, that keeps state and can be made to misbehave.

It is the far end for tests of faults: what a request did to its state stays visible, whatever answer it then gave.
"""

from __future__ import annotations

import dataclasses
import email.parser
import email.policy
import hashlib
import itertools
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2

from tuneset.params import EndpointParams
from tuneset.providers.endpoint import Clock, Endpoint, Patience, connect

BASE_URL = "http://127.0.0.1:1/v1"
KEY = "sk-proj-THIS-IS-THE-SECRET-0123456789"
QUICK = Patience(attempts=4, first_wait_s=0.001, longest_wait_s=0.002, longest_asked_s=0.05)


class FakeClock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.time = 1_800_000_000.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds

    def on(self, endpoint: Endpoint, *, poll_s: float | None = None) -> Endpoint:
        """The endpoint, with this clock; asked again after so many seconds of it, where they are given."""
        with_clock = dataclasses.replace(endpoint, clock=Clock(self.now, self.now, self.sleep))
        if poll_s is None:
            return with_clock
        slower = endpoint.profile.endpoint.model_copy(update={"poll_s": poll_s})
        return dataclasses.replace(with_clock, profile=endpoint.profile.model_copy(update={"endpoint": slower}))


Fault = Callable[[httpx2.Request, Callable[[], httpx2.Response]], httpx2.Response]
"""Gets the request and the way to let the server act on it; gives the answer, or raises."""


@dataclasses.dataclass
class Server:
    """State, counted requests, and the faults that its next requests meet: `faults["POST /files"] = [...]`."""

    files: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    contents: dict[str, bytes] = dataclasses.field(default_factory=dict)
    uploads: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    parts: dict[str, bytes] = dataclasses.field(default_factory=dict)
    part_numbers: Iterator[int] = dataclasses.field(default_factory=lambda: itertools.count(1))
    upload_lifetime_s: int = 3600
    models: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    jobs: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    job_states: list[str] = dataclasses.field(default_factory=lambda: ["queued", "running", "succeeded"])
    events: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    checkpoints: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    requests: list[str] = dataclasses.field(default_factory=list)
    headers: list[httpx2.Headers] = dataclasses.field(default_factory=list)
    bodies: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    faults: dict[str, list[Fault]] = dataclasses.field(default_factory=dict)
    page_size: int = 20
    ignores_cursor: bool = False
    keeps_metadata: bool = True
    result_files: list[str] = dataclasses.field(default_factory=list)
    """Ids of the files that every job that succeeds has made."""
    can_pause: bool = True
    fetches: bool = True
    """Whether it fetches files by itself from an address."""
    shown_jobs: Callable[[list[dict[str, Any]]], list[dict[str, Any]]] = list
    """What the list of jobs shows, the newest first, of all that are there."""

    def endpoint(self, **params: Any) -> Endpoint:  # noqa: ANN401  any endpoint param
        """An endpoint whose requests come here."""
        client = httpx2.Client(transport=httpx2.MockTransport(self.handle), follow_redirects=True)
        address = None if params else BASE_URL
        endpoint = connect(EndpointParams(**params), base_url=address, http_client=client, patience=QUICK)
        quick = endpoint.profile.endpoint.model_copy(update={"poll_s": 0.001})
        return dataclasses.replace(endpoint, profile=endpoint.profile.model_copy(update={"endpoint": quick}))

    def count(self, call: str) -> int:
        """How many requests of that kind have come."""
        return self.requests.count(call)

    def handle(self, request: httpx2.Request) -> httpx2.Response:
        call = f"{request.method} {self._kind(request)}"
        self.requests.append(call)
        self.headers.append(request.headers)
        waiting = self.faults.get(call, [])
        if waiting:
            return waiting.pop(0)(request, lambda: self.act(request))
        return self.act(request)

    def act(self, request: httpx2.Request) -> httpx2.Response:
        """What a good server does and answers."""
        parts = _parts(request)
        match request.method, parts:
            case "POST", ["files"]:
                return self._create_file(request)
            case "GET", ["files"]:
                purpose = request.url.params.get("purpose")
                found = [file for file in self.files.values() if purpose in (None, file["purpose"])]
                return self._page(request, found[::-1])
            case "POST", ["files", "import"] if self.fetches:
                body = json.loads(request.read())
                self.bodies.append(body)
                made = self.add_file(body["filename"], b"fetched", body["purpose"])
                return httpx2.Response(201, json=self.files[made])
            case "GET", ["files", file_id] if file_id in self.files:
                return httpx2.Response(200, json=self.files[file_id])
            case "DELETE", ["files", file_id] if file_id in self.files:
                del self.files[file_id]
                return httpx2.Response(200, json={"id": file_id, "object": "file", "deleted": True})
            case "GET", ["files", file_id, "content"] if file_id in self.contents:
                return httpx2.Response(200, content=self.contents[file_id])
            case "POST", ["uploads"]:
                return self._create_upload(request)
            case "POST", ["uploads", upload_id, what] if upload_id in self.uploads:
                return self._advance_upload(self.uploads[upload_id], what, request)
            case "GET", ["models"]:
                return httpx2.Response(200, json={"object": "list", "data": self.models})
            case "POST", ["fine_tuning", "jobs"]:
                return self._create_job(request)
            case "POST", ["fine_tuning", "jobs", job_id, action] if job_id in self.jobs:
                return self._act_on_job(self.jobs[job_id], action)
            case "GET", ["fine_tuning", "jobs"]:
                return self._page(request, self.shown_jobs(list(self.jobs.values())[::-1]))
            case "GET", ["fine_tuning", "jobs", job_id] if job_id in self.jobs:
                return httpx2.Response(200, json=self._advance(self.jobs[job_id]))
            case "GET", ["fine_tuning", "jobs", job_id, "events"] if job_id in self.jobs:
                return self._page(request, self.events[::-1])
            case "GET", ["fine_tuning", "jobs", job_id, "checkpoints"] if job_id in self.jobs:
                return self._page(request, self.checkpoints)
        return error(404, f"No such object: {parts[-1]}")

    def add_file(self, name: str, content: bytes, purpose: str) -> str:
        """Put a file there, as if another client or the server itself had."""
        file_id = f"file-{len(self.files) + 1}"
        self.files[file_id] = {
            "id": file_id, "object": "file", "bytes": len(content), "created_at": 1000 + len(self.files),
            "filename": name, "purpose": purpose, "status": "processed", "status_details": None,
        }  # fmt: skip
        self.contents[file_id] = content
        return file_id

    def _create_file(self, request: httpx2.Request) -> httpx2.Response:
        fields = _form(request)
        self.bodies.append({name: text.decode() for name, (_, text) in fields.items() if name != "file"})
        name, content = fields["file"]
        return httpx2.Response(200, json=self.files[self.add_file(name, content, fields["purpose"][1].decode())])

    def _create_upload(self, request: httpx2.Request) -> httpx2.Response:
        body = json.loads(request.read())
        self.bodies.append(body)
        upload_id = f"upload-{len(self.uploads) + 1}"
        expires_at = int(time.time()) + self.upload_lifetime_s
        upload = {"id": upload_id, "object": "upload", "status": "pending", "expires_at": expires_at, **body}
        self.uploads[upload_id] = upload
        return httpx2.Response(200, json=upload)

    def _advance_upload(self, upload: dict[str, Any], what: str, request: httpx2.Request) -> httpx2.Response:
        if what != "cancel" and upload["status"] != "pending":
            return error(400, f"Upload {upload['id']} is {upload['status']}.")
        if what == "parts":
            part_id = f"part-{next(self.part_numbers)}"  # parts come from several threads
            self.parts[part_id] = _form(request)["data"][1]
            return httpx2.Response(200, json={"id": part_id, "object": "upload.part", "upload_id": upload["id"]})
        if what == "cancel":
            upload["status"] = "cancelled"
            return httpx2.Response(200, json=upload)
        body = json.loads(request.read())
        content = b"".join(self.parts[part_id] for part_id in body["part_ids"])
        if len(content) != upload["bytes"] or hashlib.md5(content, usedforsecurity=False).hexdigest() != body["md5"]:
            return error(400, "The bytes uploaded do not match.")
        upload["status"] = "completed"
        file = self.files[self.add_file(upload["filename"], content, upload["purpose"])]
        return httpx2.Response(200, json={**upload, "file": file})

    def _create_job(self, request: httpx2.Request) -> httpx2.Response:
        body = json.loads(request.read())
        self.bodies.append(body)
        job_id = f"ftjob-{len(self.jobs) + 1}"
        job = {key: body.get(key) for key in ("model", "seed", "training_file", "validation_file")}
        job |= {"id": job_id, "object": "fine_tuning.job", "created_at": 2000 + len(self.jobs)}
        job |= {"status": "validating_files", "error": {}, "fine_tuned_model": None, "trained_tokens": None}
        job |= {"metadata": body.get("metadata") if self.keeps_metadata else None}
        job |= {"result_files": [], "hyperparameters": {"n_epochs": 3}}
        self.jobs[job_id] = job
        self.jobs[job_id]["ahead"] = list(self.job_states)
        return httpx2.Response(200, json=self._shown(self.jobs[job_id]))

    def _act_on_job(self, job: dict[str, Any], action: str) -> httpx2.Response:
        """Cancel, pause or resume a job, once; the second time is refused, as real servers do."""
        if action != "cancel" and not self.can_pause:
            return error(404, "no such route")
        before, after = {
            "cancel": (("validating_files", "queued", "running", "paused"), "cancelled"),
            "pause": (("running",), "paused"),
            "resume": (("paused",), "running"),
        }[action]
        if job["status"] not in before:
            return error(400, f"Job is {job['status']}")
        job["status"] = after
        return httpx2.Response(200, json=self._shown(job))

    def _advance(self, job: dict[str, Any]) -> dict[str, Any]:
        """Every look at a job moves it one state on."""
        if job["ahead"]:
            job["status"] = job["ahead"].pop(0)
        if job["status"] == "succeeded":
            job["fine_tuned_model"] = f"ft:{job['id']}"
            job["trained_tokens"] = 1234
            job["result_files"] = self.result_files or job.get("result_files", [])
        return self._shown(job)

    @staticmethod
    def _shown(job: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in job.items() if key != "ahead"}

    def _page(self, request: httpx2.Request, items: list[dict[str, Any]]) -> httpx2.Response:
        after = None if self.ignores_cursor else request.url.params.get("after")
        ids = [item["id"] for item in items]
        start = ids.index(after) + 1 if after in ids else 0
        limit = min(int(request.url.params.get("limit", self.page_size)), self.page_size)
        page = [self._shown(item) for item in items[start : start + limit]]
        more = start + limit < len(items) or self.ignores_cursor
        return httpx2.Response(200, json={"object": "list", "data": page, "has_more": more})

    @staticmethod
    def _kind(request: httpx2.Request) -> str:
        """A request's path without ids.

        `/v1/files/file-1/content` is `/files/ID/content`.
        """
        return "/" + "/".join("ID" if "-" in part else part for part in _parts(request))


def _form(request: httpx2.Request) -> dict[str, tuple[str, bytes]]:
    """File name and content of each field of a multipart form."""
    header = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    form = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(header + request.read())
    fields = {}
    for part in form.iter_parts():
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        fields[str(part.get_param("name", header="content-disposition"))] = (part.get_filename() or "", content)
    return fields


def _parts(request: httpx2.Request) -> list[str]:
    return request.url.path.removeprefix("/openai").removeprefix("/v1").strip("/").split("/")


def error(status: int, message: str, code: str | None = None, **headers: str) -> httpx2.Response:
    """An error in OpenAI's shape; header names with underscores for hyphens."""
    body = {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": code}}
    return httpx2.Response(status, json=body, headers={name.replace("_", "-"): text for name, text in headers.items()})


def answer(response: Callable[[], httpx2.Response]) -> Fault:
    """The server does nothing and answers this."""
    return lambda request, act: response()


def refused() -> Fault:
    """Nobody listens."""

    def fault(request: httpx2.Request, act: Callable[[], httpx2.Response]) -> httpx2.Response:
        raise httpx2.ConnectError("Connection refused", request=request)

    return fault


def lost(kind: type[httpx2.TransportError] = httpx2.ReadError) -> Fault:
    """The server acts, and its answer never comes."""

    def fault(request: httpx2.Request, act: Callable[[], httpx2.Response]) -> httpx2.Response:
        act()
        raise kind("lost", request=request)

    return fault


def late(slow: list[Callable[[], httpx2.Response]]) -> Fault:
    """No answer in time; the server acts only when `catch_up` of the same list is met, after the client has looked."""

    def fault(request: httpx2.Request, act: Callable[[], httpx2.Response]) -> httpx2.Response:
        slow.append(act)
        raise httpx2.ReadTimeout("slow", request=request)

    return fault


def catch_up(slow: list[Callable[[], httpx2.Response]]) -> Fault:
    """The server does what it was late with, then what is asked now, and answers that."""

    def fault(request: httpx2.Request, act: Callable[[], httpx2.Response]) -> httpx2.Response:
        act_on(slow)
        return act()

    return fault


def act_on(slow: list[Callable[[], httpx2.Response]]) -> None:
    """The server does what it was late with."""
    while slow:
        slow.pop(0)()


def late_then_refused(slow: list[Callable[[], httpx2.Response]]) -> list[Fault]:
    """No answer in time; a refusal by 429; and before the third request the server acts on the first."""
    return [late(slow), answer(lambda: error(429, "slow down")), catch_up(slow)]


def acted_then(response: Callable[[httpx2.Response], httpx2.Response]) -> Fault:
    """The server acts, and something else than its answer comes."""
    return lambda request, act: response(act())


def cut(good: httpx2.Response) -> httpx2.Response:
    """The first half of an answer, with headers that call it whole."""
    half = good.content[: len(good.content) // 2]
    return httpx2.Response(200, content=half, headers={"content-type": "application/json"})


def page(status: int = 200) -> httpx2.Response:
    """What a captive portal says."""
    return httpx2.Response(status, text="<!doctype html><title>Log in</title>", headers={"content-type": "text/html"})


def lines(number: int, start: int = 0) -> Iterator[bytes]:
    """Chat lines of a dataset."""
    for index in range(start, start + number):
        turns = (("user", f"question {index}"), ("assistant", f"answer {index}"))
        messages = [{"role": role, "content": text} for role, text in turns]
        yield json.dumps({"messages": messages}).encode() + b"\n"


def write_dataset(data: Path) -> None:
    """A dataset where the split stage leaves it."""
    (data / "dataset").mkdir(parents=True)
    (data / "dataset" / "train.jsonl").write_bytes(b"".join(lines(12)))
    (data / "dataset" / "validation.jsonl").write_bytes(b"".join(lines(3, 100)))
