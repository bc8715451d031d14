"""A teacher for tests: a server that can die at any request, and one run of `label` that asks it."""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import itertools
import json
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2

from tests.providers.protocol_server import Server
from tuneset.api.remote import label_run
from tuneset.api.remote.label_run import Labelled, Told, figures_of, ledger_of
from tuneset.params import parse_params
from tuneset.providers.chat_models import ChatAnswer, ChatQuestion

TOLD = Told(lambda *_: None, lambda *_: None, lambda *_: None, lambda *_: None)
TEXTS = ("one", "two", "three", "cut", "declined", "filtered", "empty", "calls", "thinks")
ROWS: list[dict[str, Any]] = [
    *({"prompt": text, "id": number} for number, text in enumerate(TEXTS)),
    {"prompt": "one"},
    {"question": "had", "answer": "one"},
    {"page": 7},
]
CODES = {"ING001": 1, "LAB002": 1, "LAB003": 1, "LAB004": 1, "LAB005": 1, "LAB006": 1}


class Killed(BaseException):
    """The process ends here."""


@dataclasses.dataclass
class Teacher(Server):
    """A server that answers by chat and by batches what the text asks for, and can die at any request."""

    asked: Counter[str] = dataclasses.field(default_factory=Counter)
    """How often each question was answered, by its whole body."""
    sent: list[str] = dataclasses.field(default_factory=list)
    """Custom ids in the order in which batches brought them."""
    dies_at: int = 10**6
    acts_first: bool = False
    refuses: tuple[str, ...] = ()
    batches: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    reversed: bool = False
    seen: itertools.count[int] = dataclasses.field(default_factory=itertools.count)
    lock: threading.Lock = dataclasses.field(default_factory=threading.Lock)

    def handle(self, request: httpx2.Request) -> httpx2.Response:
        dies = next(self.seen) == self.dies_at
        if dies and not self.acts_first:
            raise Killed
        answer = super().handle(request)
        if dies:
            raise Killed
        return answer

    def act(self, request: httpx2.Request) -> httpx2.Response:
        path = request.url.path.removeprefix("/v1")
        if path == "/chat/completions":
            status, body = self.answer(json.loads(request.read()))
            return httpx2.Response(status, json=body)
        if path == "/batches" and request.method == "POST":
            return httpx2.Response(200, json=self.create(json.loads(request.read())))
        if path == "/batches":
            return httpx2.Response(200, json={"object": "list", "data": list(self.batches.values()), "has_more": False})
        if path.startswith("/batches/"):
            return httpx2.Response(200, json=self.batches[path.removeprefix("/batches/")])
        return super().act(request)

    def answer(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Status and body of a completion; each text asks for what it is called."""
        text = body["messages"][-1]["content"]
        if text in self.refuses:
            return 400, {"error": {"message": "too long", "code": "too_long"}}
        with self.lock:
            self.asked[json.dumps(body, sort_keys=True)] += 1
        message: dict[str, Any] = {"role": "assistant", "content": f"about {text}"}
        reason = "stop"
        if text == "cut" and body["max_completion_tokens"] < 5000:
            reason = "length"
        elif text == "declined":
            message |= {"content": None, "refusal": "No."}
        elif text == "filtered":
            reason = "content_filter"
        elif text == "empty":
            message["content"] = " "
        elif text == "calls":
            call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
            message |= {"content": None, "tool_calls": [call]}
        elif text == "thinks":
            message["reasoning_content"] = "hm"
        usage = {"prompt_tokens": 3, "completion_tokens": 2}
        choice = {"index": 0, "message": message, "finish_reason": reason}
        return 200, {"id": "c", "model": "teacher-2026", "choices": [choice], "usage": usage}

    def create(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """A batch that is at its end at once."""
        lines = [json.loads(line) for line in self.contents[wanted["input_file_id"]].splitlines()]
        self.sent += [line["custom_id"] for line in lines]
        found = []
        for line in reversed(lines) if self.reversed else lines:
            status, body = self.answer(line["body"])
            found.append({"custom_id": line["custom_id"], "response": {"status_code": status, "body": body}})
        content = b"".join(json.dumps(one).encode() + b"\n" for one in found)
        made = self.add_file("output.jsonl", content, "batch_output")
        batch = {
            "id": f"batch_{len(self.batches) + 1}", "object": "batch", "status": "completed",
            "endpoint": wanted["endpoint"], "input_file_id": wanted["input_file_id"], "output_file_id": made,
            "metadata": wanted["metadata"], "created_at": len(self.batches) + 1,
            "request_counts": {"total": len(found), "completed": len(found), "failed": 0},
        }  # fmt: skip
        self.batches[batch["id"]] = batch
        return batch


@contextlib.contextmanager
def from_here_on() -> Iterator[None]:
    """What is in memory before, such as modules, is not counted, and not looked through at each request."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@dataclasses.dataclass
class Counting(Teacher):
    """A teacher that counts, at each request, how many questions and answers are held."""

    most: int = 0

    def handle(self, request: httpx2.Request) -> httpx2.Response:
        with self.lock:
            self.most = max(self.most, sum(isinstance(one, ChatQuestion | ChatAnswer) for one in gc.get_objects()))
        return super().handle(request)


def write_rows(folder: Path, rows: list[dict[str, Any]] = ROWS) -> Path:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def run(
    server: Server,
    folder: Path,
    *,
    preview: bool = False,
    paid: bool = False,
    raw: str = "rows.jsonl",
    out: str = "labels.jsonl",
    **label: Any,  # noqa: ANN401  any param
) -> Labelled:
    document = {"label": {"model": "teacher", "at_once": 1, **label}}
    document["endpoint"] = {"profile": "openai", **label.pop("endpoint", {})} if paid else {}
    document["label"].pop("endpoint", None)
    params = parse_params(document, "params")
    return label_run.run(
        server.endpoint(profile="openai") if paid else server.endpoint(), params, [folder / raw], folder / out,
        folder=folder / "label", receipts=folder / "receipts", told=TOLD, preview=preview,
    )  # fmt: skip


def written(folder: Path, out: str = "labels.jsonl") -> list[bytes]:
    places = [of(folder / "label", folder / out) for of in (ledger_of, figures_of)]
    return [path.read_bytes() for path in (folder / out, *places)]


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "labels.jsonl").read_bytes().splitlines()]


def plain(found: list[bytes], folder: Path) -> list[bytes]:
    """What was written, whatever folder it lies in."""
    return [content.replace(folder.as_posix().encode(), b"") for content in found]
