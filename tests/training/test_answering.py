"""Answers are told line by line, and left off where nobody listens, though nothing was told yet."""

from __future__ import annotations

import dataclasses
import io
import sys
import threading
import weakref
from collections.abc import Iterator
from typing import ClassVar

import pytest

from tuneset.training.answering import _Answerer, read_line
from tuneset.training.generator import (
    OUT_OF_MEMORY,
    Answer,
    CannotAnswerError,
    Ended,
    ModelRef,
    Prompted,
    Question,
    Waiting,
)

LIMIT_S = 300
ADDRESS = f"{__name__}:Patient"


class Patient:
    """Waits for a piece for ever, or says nothing at all."""

    begun, closed = threading.Event(), threading.Event()

    def __init__(self, _model: ModelRef) -> None:
        pass

    def generate(self, question: Question, /) -> Iterator[Answer]:
        yield Prompted(1)
        try:
            while question.text == "wait":
                yield Waiting()
                Patient.begun.set()
            yield Waiting()
            yield Ended("stop")
        finally:
            Patient.closed.set()


class Large:
    """There is room for one of them."""

    there: ClassVar[weakref.WeakSet[object]] = weakref.WeakSet()

    def __init__(self, model: ModelRef) -> None:
        if self.there or model.name == "larger":
            raise CannotAnswerError(OUT_OF_MEMORY, "no room")
        self.there.add(self)


def order(number: int, text: str) -> dict[str, object]:
    model, question = ModelRef(ADDRESS, "m"), Question(text=text)
    return {"id": number, "model": dataclasses.asdict(model), "question": dataclasses.asdict(question)}


def test_an_answer_that_waits_is_left_off_and_waiting_is_told_to_nobody() -> None:
    assert sys.modules[__name__].Patient is Patient
    output = io.BytesIO()
    answerer = _Answerer(ADDRESS, output)
    answerer.order(order(1, "wait"))
    assert Patient.begun.wait(LIMIT_S)
    assert not Patient.closed.is_set()
    answerer.order({"cancel": 1})
    assert Patient.closed.wait(LIMIT_S)
    Patient.closed.clear()
    answerer.order(order(2, "end"))
    assert Patient.closed.wait(LIMIT_S)
    assert [read_line(line) for line in output.getvalue().splitlines()] == [
        (1, Prompted(1)), (2, Prompted(1)), (2, Ended("stop")),
    ]  # fmt: skip


def test_models_that_nobody_asks_make_room_for_one_that_is_asked() -> None:
    answerer = _Answerer(f"{__name__}:Large", io.BytesIO())
    for name in ("a", "b", "a"):
        assert answerer._load(ModelRef("", name)) in Large.there
    with pytest.raises(CannotAnswerError, match="no room"):
        answerer._load(ModelRef("", "larger"))
    kept = answerer._load(ModelRef("", "a"))
    with pytest.raises(CannotAnswerError, match="no room"):
        answerer._load(ModelRef("", "b"))
    assert kept in Large.there
