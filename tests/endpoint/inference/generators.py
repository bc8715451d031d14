"""Generators that do what none should, for the tests of their process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from tuneset.training.generator import Answer, ModelRef, Piece, Prompted, Question


class Endless:
    """Says a letter for ever, crashes where it is asked to, and leaves a file when it is closed."""

    def __init__(self, model: ModelRef) -> None:
        self._left = Path(model.weights or "")

    def generate(self, question: Question, /) -> Iterator[Answer]:
        print("what a library says on standard output is no record")
        yield Prompted(1)
        try:
            while True:
                if question.text == "crash":
                    os._exit(3)
                if question.text == "fail":
                    raise ValueError("secret")
                yield Piece(b"a", 0.0)
        finally:
            self._left.touch()


def load(model: ModelRef) -> Endless:
    return Endless(model)
