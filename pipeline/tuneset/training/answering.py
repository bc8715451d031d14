"""Answers questions in a process of its own: python -m tuneset.training.answering GENERATOR PARENT_PID.

Reads orders, one JSON document a line: `{"id", "model", "question"}` asks, `{"cancel": id}` says that nobody listens
any more. Writes what the model says, each record a line with the id of its question. It ends with its parent, and with
the end of its input; then its memory, and that of a GPU, is free again.
"""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import logging
import os
import sys
import threading
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, TypeAlias, cast

import orjson

from tuneset.processes import die_with_parent
from tuneset.training.generator import (
    OUT_OF_MEMORY,
    Answer,
    Call,
    CannotAnswerError,
    Ended,
    LoadedModel,
    ModelRef,
    Piece,
    Prompted,
    Question,
    Waiting,
    load_generator,
)

MOST_MODELS = 4
"""Loaded at a time; the one that was asked longest ago makes room."""

_log = logging.getLogger("tuneset.answering")


@dataclass(frozen=True)
class Refused:
    """There is no answer; `param` is the field that is at fault, where it is one. `code` is None for a defect."""

    code: str | None
    message: str
    param: str | None


Told: TypeAlias = Prompted | Piece | Call | Ended | Refused

_KINDS: dict[str, type[Told]] = {
    "prompted": Prompted,
    "piece": Piece,
    "call": Call,
    "ended": Ended,
    "refused": Refused,
}
_NAMES = {record: name for name, record in _KINDS.items()}


def to_line(number: int, told: Told) -> bytes:
    r"""A record as a line; bytes are written as the characters of the same numbers.

    >>> to_line(1, Piece(b"\xc3", -0.5))
    b'{"id":1,"kind":"piece","data":"\xc3\x83","logprob":-0.5,"top":[]}\n'
    """
    document = {"id": number, "kind": _NAMES[type(told)], **dataclasses.asdict(told)}
    if isinstance(told, Piece):
        document["data"] = told.data.decode("latin-1")
        document["top"] = [(data.decode("latin-1"), logprob) for data, logprob in told.top]
    return orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE)


def read_line(line: bytes) -> tuple[int, Told]:
    r"""What `to_line` has written.

    >>> read_line(to_line(3, Piece(b"\xc3", -0.5, [(b"a", -0.25)])))
    (3, Piece(data=b'\xc3', logprob=-0.5, top=[(b'a', -0.25)]))
    """
    document: dict[str, Any] = orjson.loads(line)
    number, kind = document.pop("id"), _KINDS[document.pop("kind")]
    if kind is Piece:
        document["data"] = document["data"].encode("latin-1")
        document["top"] = [(data.encode("latin-1"), logprob) for data, logprob in document["top"]]
    return number, kind(**document)


class _Answerer:
    """Loads models, and answers each question in a thread of its own."""

    def __init__(self, generator: str, output: BinaryIO) -> None:
        self._generator = generator
        self._output = output
        self._writing = threading.Lock()
        self._loading = threading.Lock()
        self._models: collections.OrderedDict[ModelRef, LoadedModel] = collections.OrderedDict()
        self._asked: set[int] = set()

    def order(self, order: Mapping[str, Any]) -> None:
        """Begin to answer, or leave off."""
        if "cancel" in order:
            self._asked.discard(order["cancel"])
            return
        self._asked.add(order["id"])
        model, question = ModelRef(**order["model"]), Question(**order["question"])
        threading.Thread(target=self._answer, args=(order["id"], model, question), daemon=True).start()

    def _answer(self, number: int, model: ModelRef, question: Question) -> None:
        try:
            told = cast("Generator[Answer, None, None]", self._load(model).generate(question))
            with contextlib.closing(told):
                for record in told:
                    if number not in self._asked:
                        return
                    if not isinstance(record, Waiting):
                        self._tell(number, record)
        except CannotAnswerError as error:
            self._tell(number, Refused(error.code, error.message, error.param))
        except Exception:  # noqa: BLE001  whatever it was, the other questions are to be answered
            _log.exception("model %s", model.name)
            self._tell(number, Refused(None, "The server had an error while generating; its log says which.", None))
        finally:
            self._asked.discard(number)

    def _load(self, model: ModelRef) -> LoadedModel:
        with self._loading:
            if model not in self._models:
                while len(self._models) >= MOST_MODELS:
                    self._models.popitem(last=False)
                self._models[model] = self._loaded(model)
            self._models.move_to_end(model)
            return self._models[model]

    def _loaded(self, model: ModelRef) -> LoadedModel:
        """Load a model; where there is no room for it, the others make room but for those that are answering."""
        load = load_generator(self._generator)
        if self._models:
            try:
                return load(model)
            except CannotAnswerError as error:
                if error.code != OUT_OF_MEMORY:
                    raise
            self._models.clear()
        return load(model)

    def _tell(self, number: int, told: Told) -> None:
        with self._writing:
            self._output.write(to_line(number, told))
            self._output.flush()


def main(generator: str, parent: int) -> None:
    """Answer until the input ends."""
    die_with_parent(parent)
    # What a library prints must not get among the records.
    output = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    answerer = _Answerer(generator, output)
    for line in sys.stdin.buffer:
        answerer.order(orjson.loads(line))
    os._exit(0)  # threads that still answer have nobody to tell


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
