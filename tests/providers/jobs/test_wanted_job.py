"""The run key: everything that makes another job makes another key, and nothing else does."""

from __future__ import annotations

from typing import Any

import pytest

from tuneset.params import TuneParams
from tuneset.providers.jobs.wanted_job import WantedJob

GRADER = {"type": "string_check", "name": "same", "input": "{{sample.output_text}}", "reference": "{{item.answer}}",
          "operation": "eq"}  # fmt: skip


def wanted_job(**params: object) -> WantedJob:
    return WantedJob(TuneParams.model_validate(params), "file-1", "a" * 64)


def test_the_key_of_a_job_is_the_same_in_every_release() -> None:
    assert wanted_job().run_key("local") == "ceecc332d0597d79e34a66f33cd9858e"


@pytest.mark.parametrize(
    "other",
    [
        {"metadata": {"a": "b"}},
        {"wandb": {"project": "p"}},
        {"extra_body": {"trainingType": "Standard"}},
        {"method": "dpo"},
        {"method": "dpo", "beta": 0.5},
        {"method": "reinforcement", "reinforcement": {"grader": GRADER}},
        {"method": "reinforcement", "reinforcement": {"grader": {**GRADER, "operation": "ne"}}},
    ],
)
def test_every_field_makes_another_key(other: dict[str, Any]) -> None:
    keys = {wanted_job(**fields).run_key("local") for fields in ({}, other, {"n_epochs": 2})}
    assert len(keys) == 3


def test_params_of_another_method_do_not_make_another_key() -> None:
    plain, other = wanted_job(), wanted_job(beta=0.5, reinforcement={"grader": GRADER})
    assert plain.run_key("local") == other.run_key("local")
