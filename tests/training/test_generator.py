"""Generators: the registry, and what holds for each of its entries."""

from __future__ import annotations

import pytest

from tuneset.errors import UsageError
from tuneset.training.generator import (
    GENERATORS,
    Ended,
    ModelRef,
    Piece,
    Prompted,
    Question,
    generator_address,
    load_generator,
)
from tuneset.training.trainer import TRAINERS


@pytest.mark.parametrize("name", ["none", None])
def test_what_no_generator_answers_for_is_said(name: str | None) -> None:
    with pytest.raises(UsageError, match="no generator"):
        generator_address(name)


def test_every_generator_belongs_to_a_trainer() -> None:
    assert set(GENERATORS) <= set(TRAINERS)


def test_the_untrained_tiny_model_answers_the_same_to_the_same_question() -> None:
    model = load_generator(generator_address("tiny"))(ModelRef(GENERATORS["tiny"], "local-tiny"))
    question = Question([{"role": "user", "content": "Hi"}], max_tokens=5, seed=3, top_logprobs=2)
    first, second = list(model.generate(question)), list(model.generate(question))
    assert first == second
    assert first[0] == Prompted(len("uHiea"))  # user, two bytes, end, assistant
    assert first[-1] == Ended("length")
    pieces = [told for told in first if isinstance(told, Piece)]
    assert len(pieces) == 5
    assert all(len(piece.top) == 2 and piece.logprob <= piece.top[0][1] for piece in pieces)
