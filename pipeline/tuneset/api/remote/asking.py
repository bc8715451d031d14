"""Many questions to the models of an endpoint, some at once, and their answers, each kept as soon as it is there.

So a run that ended early goes on, and a second one asks nothing twice. What the answers are for is no business of this
file; `asking_batches.py` asks the same by batches.
"""

from __future__ import annotations

import contextlib
import dataclasses
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import orjson

from tuneset import artifacts, json_text
from tuneset.errors import RemoteError
from tuneset.providers.chat import ask
from tuneset.providers.chat_models import ChatAnswer, ChatQuestion
from tuneset.providers.endpoint import Endpoint

AT_ONCE = 4
"""Questions that are open at once."""

Answer = Mapping[str, Any]
"""What `ChatAnswer` holds, and `max_tokens` of its question; or `refused`, with the reason."""
Progress = Callable[[int, int], None]


class Answers:
    """The answers of earlier runs and of this one: a file to which a line is appended for each.

    A line that was cut off, as by a crash, counts as none.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self.known: dict[str, Answer] = {}
        text = path.read_bytes() if path.is_file() else b""
        self._gap = b"" if text.endswith(b"\n") or not text else b"\n"
        for line in text.split(b"\n"):
            with contextlib.suppress(orjson.JSONDecodeError, KeyError, TypeError):
                found = orjson.loads(line)
                self.known[found["key"]] = found["answer"]

    def add(self, key: str, answer: Answer) -> None:
        """Keep an answer. Raises InputError where it cannot be written."""
        line = json_text.dump_line({"key": key, "answer": answer})
        with self._lock:
            self.known[key] = answer
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                with self._path.open("ab") as handle:
                    handle.write(self._gap + line)
            except OSError as error:
                raise artifacts.write_error(self._path, error) from error
            self._gap = b""


Ask = Callable[[Mapping[str, ChatQuestion], Answers], dict[str, Answer]]
"""Asks questions, each with the key of its answer, and keeps what is answered; gives the `refused` answers alone.

Raises RemoteError; what was answered by then is kept.
"""


def one_by_one(endpoint: Endpoint, progress: Progress, at_once: int = AT_ONCE) -> Ask:
    """Asking by chat completions, `at_once` of them; `progress` is told how many are done, of how many."""

    def ask_all(questions: Mapping[str, ChatQuestion], kept: Answers) -> dict[str, Answer]:
        refused: dict[str, Answer] = {}

        def asked(key: str, question: ChatQuestion) -> Answer:
            answer = _answer(endpoint, question)
            if "refused" not in answer:
                kept.add(key, answer)  # here, so that what others wait for is kept when one of them fails
            return answer

        pool = ThreadPoolExecutor(at_once)
        try:
            running = {pool.submit(asked, key, question): key for key, question in questions.items()}
            for number, future in enumerate(as_completed(running), start=1):
                answer = future.result()
                if "refused" in answer:
                    refused[running[future]] = answer
                progress(number, len(running))
        finally:
            pool.shutdown(cancel_futures=True)
        return refused

    return ask_all


def _answer(endpoint: Endpoint, question: ChatQuestion) -> Answer:
    try:
        answer = ask(endpoint, question)
    except RemoteError as error:
        if error.code != "bad_request":
            raise
        return {"refused": error.message}
    return kept_answer(answer, question.max_tokens)


def kept_answer(answer: ChatAnswer, max_tokens: int | None) -> Answer:
    """What is kept of an answer that might have so many tokens."""
    return {**dataclasses.asdict(answer), "max_tokens": max_tokens}
