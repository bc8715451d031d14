"""Preference lessons: they start at the reference, and their gradient is the derivative of their loss."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from tests.endpoint.support import lines, pairs, preference
from tuneset.training.chat_pieces import vocabulary_size
from tuneset.training.tiny.arrays import Parameters
from tuneset.training.tiny.language_model import new_parameters
from tuneset.training.tiny.preference_lessons import Preference
from tuneset.training.tiny.training_plan import make_plan
from tuneset.training.vocabulary import make_encoding

ENCODING = make_encoding([])
PLAN = make_plan(4, 2, 4, 1.0)


@pytest.fixture
def lessons(tmp_path: Path) -> Preference:
    path = tmp_path / "pairs.jsonl"
    path.write_bytes(lines(pairs()[:4]))
    return Preference(path, path, ENCODING, np.random.default_rng(3), 0.5)


def begun(lessons: Preference) -> Parameters:
    random = np.random.default_rng(7)
    parameters = new_parameters(vocabulary_size(ENCODING), random)
    lessons.begin(parameters, PLAN, random)
    return parameters


def loss(lessons: Preference, parameters: Parameters) -> float:
    measured, _ = lessons.learn(parameters, lessons.examples, PLAN, np.random.default_rng(0))
    return measured["train_loss"]


def test_at_the_reference_no_output_is_preferred(lessons: Preference) -> None:
    parameters = begun(lessons)
    measured, _ = lessons.learn(parameters, lessons.examples, PLAN, np.random.default_rng(0))
    assert measured["train_loss"] == round(math.log(2), 5)
    assert measured["train_rewards_margin"] == measured["train_rewards_accuracy"] == 0
    assert 0 < measured["train_mean_token_accuracy"] < 1
    assert lessons.full(parameters) == {name.replace("train", "full_valid"): value for name, value in measured.items()}


def test_the_reference_has_learned_the_preferred_outputs_and_stays(lessons: Preference) -> None:
    parameters = begun(lessons)
    reference = {name: values.copy() for name, values in lessons.kept().items()}
    for values in parameters.values():
        np.add(values, 1, out=values)
    assert all(lessons.kept()[name].tobytes() == values.tobytes() for name, values in reference.items())


@pytest.mark.slow
def test_the_gradient_is_the_derivative_of_the_loss(lessons: Preference) -> None:
    parameters = begun(lessons)
    random = np.random.default_rng(5)
    for values in parameters.values():
        np.add(values, np.float32(0.01) * random.standard_normal(values.shape, dtype=np.float32), out=values)
    _, by = lessons.learn(parameters, lessons.examples, PLAN, random)
    for name, values in parameters.items():
        direction = by[name] * np.float32(0.002 / np.linalg.norm(by[name]))
        losses = [loss(lessons, parameters | {name: values + np.float32(sign) * direction}) for sign in (1, -1)]
        assert (losses[0] - losses[1]) / 2 == pytest.approx(float((by[name] * direction).sum()), rel=0.01, abs=2e-5)


def test_a_pair_without_an_answer_within_the_limit_is_not_compared(tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_bytes(lines([pairs()[0], preference("U" * 70_000, "good", "bad")]))
    assert Preference(path, None, ENCODING, np.random.default_rng(3), "auto").examples.tolist() == [0]
