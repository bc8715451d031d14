"""Many questions to the models of an endpoint, some at once, and their answers, each kept as soon as it is there.

So a run that ended early goes on, and a second one asks nothing twice. What the answers are for is no business of this
file; `asking_batches.py` asks the same by batches. Neither questions nor answers are held in memory, but for those that
are open.
"""

from __future__ import annotations

import contextlib
import dataclasses
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any, Protocol

import orjson

from tuneset import artifacts, json_text
from tuneset.disk_table import DiskTable
from tuneset.errors import InputError, RemoteError
from tuneset.providers.chat import ask
from tuneset.providers.chat_models import ChatAnswer, ChatQuestion
from tuneset.providers.endpoint import Endpoint

AT_ONCE = 4
"""Questions that are open at once."""
_AHEAD = 2
"""So many times as many are read from their source, so that none is waited for."""

Answer = Mapping[str, Any]
"""What `ChatAnswer` holds, and `max_tokens` of its question; or `refused`, with the reason."""
Progress = Callable[[int, int], None]


class Questions(Protocol):
    """Questions to be asked, each with the key of its answer; they may be read more than once. A dict will do."""

    def items(self) -> Iterable[tuple[str, ChatQuestion]]:
        """All of them, in the order in which they are asked."""
        ...

    def __contains__(self, key: str, /) -> bool: ...

    def __len__(self) -> int: ...


class Answers:
    """The answers of earlier runs and of this one: a file to which a line is appended for each.

    A line that was cut off, as by a crash, counts as none, and so does an answer that `counts` does not let pass. What
    was refused in this run is known beside them and not kept: the next run asks again.
    """

    def __init__(self, path: Path, counts: Callable[[Answer], bool] = lambda _: True) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._places = DiskTable()
        self.refused = DiskTable()
        """Why each question was refused in this run, by key."""
        self._gap = b""
        for start, line in _lines(path):
            self._gap = b"" if line.endswith(b"\n") else b"\n"
            with contextlib.suppress(orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
                found = orjson.loads(line)
                if counts(found["answer"]):
                    self._places.put(found["key"], _place(start, line))

    def __contains__(self, key: str) -> bool:
        """Whether a question has an answer that is no refusal."""
        return key in self._places

    def get(self, key: str) -> Answer | None:
        """The answer to a question, or its refusal in this run. Raises InputError where it cannot be read."""
        place = self._places.get(key)
        if place is None:
            reason = self.refused.get(key)
            return None if reason is None else {"refused": reason}
        start, length = map(int, place.split())
        try:
            with self._path.open("rb") as handle:
                handle.seek(start)
                answer: Answer = orjson.loads(handle.read(length))["answer"]
        except (OSError, orjson.JSONDecodeError) as error:
            raise InputError(f"{self._path}: cannot be read any more: {error}", hint="run the command again") from error
        return answer

    def add(self, key: str, answer: Answer) -> None:
        """Keep an answer. Raises InputError where it cannot be written."""
        line = json_text.dump_line({"key": key, "answer": answer})
        with self._lock:
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                with self._path.open("ab") as handle:
                    start = handle.tell() + len(self._gap)
                    handle.write(self._gap + line)
            except OSError as error:
                self._gap = b"\n"  # some of it may be there
                raise artifacts.write_error(self._path, error) from error
            self._gap = b""
            self._places.put(key, _place(start, line))

    def refuse(self, key: str, reason: str) -> None:
        """Know for the rest of this run why a question was refused."""
        self.refused.put(key, reason)


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines of a file, each with the place of its first byte; none where there is no file."""
    if not path.is_file():
        return
    start = 0
    with path.open("rb") as handle:
        for line in handle:
            yield start, line
            start += len(line)


def _place(start: int, line: bytes) -> str:
    return f"{start} {len(line)}"


Ask = Callable[[Questions, Answers], None]
"""Asks questions, and keeps what is answered and what was refused.

Raises RemoteError; what was answered by then is kept.
"""


def one_by_one(endpoint: Endpoint, progress: Progress, at_once: int = AT_ONCE) -> Ask:
    """Asking by chat completions, `at_once` of them; `progress` is told how many are done, of how many."""

    def ask_all(questions: Questions, kept: Answers) -> None:
        def asked(key: str, question: ChatQuestion) -> None:
            answer = _answer(endpoint, question)
            if "refused" in answer:
                kept.refuse(key, answer["refused"])
            else:
                kept.add(key, answer)  # here, so that what others wait for is kept when one of them fails

        total, done = len(questions), 0
        open_ones: set[Future[None]] = set()

        def see_done(at_most: int) -> None:
            """Wait until so many are open at most. Raises what asking has raised."""
            nonlocal open_ones, done
            while len(open_ones) > at_most:
                ended, open_ones = wait(open_ones, return_when=FIRST_COMPLETED)
                for future in ended:
                    future.result()
                    done += 1
                    progress(done, total)

        pool = ThreadPoolExecutor(at_once)
        try:
            for key, question in questions.items():
                open_ones.add(pool.submit(asked, key, question))
                see_done(_AHEAD * at_once - 1)
            see_done(0)
        finally:
            pool.shutdown(cancel_futures=True)

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
