"""Generators that do what none should, for the tests of their process."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from tuneset.training.generator import Answer, ModelRef, Piece, Prompted, Question

BEGUN, CLOSED = "TUNESET_TEST_BEGUN", "TUNESET_TEST_CLOSED"
"""Environment variables that name the files which an answer leaves at its begin and when it is closed."""

LENGTHS = {"long": 1 << 12, "flood": 1 << 17}
"""Bytes of a piece, by what was asked; the second is more than a pipe holds."""


class Endless:
    """Says a letter for ever, and crashes, fails or says what is too long where it is asked to."""

    def generate(self, question: Question, /) -> Iterator[Answer]:
        print("what a library says on standard output is no record")
        yield Prompted(1)
        Path(os.environ[BEGUN]).touch()
        try:
            while True:
                if question.text == "crash":
                    os._exit(3)
                if question.text == "fail":
                    raise ValueError("secret")
                yield Piece(b"a" * LENGTHS.get(question.text or "", 1), 0.0)
                if question.text != "flood":
                    time.sleep(0.001)  # so that who listens keeps up
        finally:
            Path(os.environ[CLOSED]).touch()


def load(_model: ModelRef) -> Endless:
    return Endless()
