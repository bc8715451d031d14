"""What is asked of Vertex AI, and what of a job there is read, without its library."""

from __future__ import annotations

from typing import Any

import pytest

from tuneset.errors import UsageError
from tuneset.params import TuneParams
from tuneset.providers.jobs.wanted_job import WantedJob
from tuneset.providers.vertex.job_body import job_config
from tuneset.providers.vertex.jobs import parse_job, service_fault

KEY = "0123456789abcdef0123456789abcdef"
OPEN = "meta/llama3_1@llama-3.1-8b-instruct"
ROOT = "gs://bucket/in"


def config(**tune: object) -> dict[str, Any]:
    params = TuneParams.model_validate({"model": "gemini-2.5-flash", **tune})
    return job_config(WantedJob(params, f"{ROOT}/train.jsonl", "a" * 64), ROOT, KEY, 1)


@pytest.mark.parametrize(
    ("tune", "text"),
    [
        ({"method": "kto"}, "has no such job"),
        ({"batch_size": 4}, "chooses it"),
        ({"model": OPEN, "learning_rate_multiplier": 2}, "absolute learning rate"),
        ({"metadata": {"Team": "x"}}, "is no label"),
        ({"method": "reinforcement", "reinforcement": {"grader": {"type": "reward"}}}, "names no reward"),
    ],
)
def test_what_the_service_takes_in_another_way_is_refused(tune: dict[str, Any], text: str) -> None:
    with pytest.raises(UsageError, match=text):
        config(**tune)


def test_a_job_bears_the_run_key_as_a_label_and_geminis_own_multiplier() -> None:
    found = config(n_epochs=2, learning_rate_multiplier=1.5, metadata={"team": "x"})
    assert found["labels"] == {"team": "x", "tuneset_run": KEY, "tuneset_attempt": "1"}
    assert (found["epoch_count"], found["learning_rate_multiplier"]) == (2, 1.5)
    assert "output_uri" not in found


def test_weights_of_an_open_model_have_a_place_of_their_own() -> None:
    assert config(model=OPEN, batch_size=4)["output_uri"] == f"{ROOT}/output/tn0123456789abcdef-1/"


def test_a_reward_is_passed_on_as_it_is() -> None:
    grader = {"type": "reward", "singleRewardConfig": {"a": 1}}
    found = config(method="reinforcement", reinforcement={"grader": grader}, extra_body={"x": 2})
    assert found["extra_body"] == {"x": 2, "reinforcementTuningSpec": {"singleRewardConfig": {"a": 1}}}


def test_rows_that_were_dropped_are_told_with_their_reasons_and_tokens_are_billed() -> None:
    stats = {"truncatedExampleIndices": ["3", 9], "droppedExampleReasons": ["too long"], "totalBillableTokenCount": "7"}
    found = parse_job({"state": "JOB_STATE_SUCCEEDED", "tuningDataStats": {"supervisedTuningDataStats": stats}}, "1")
    assert [(one.line, one.message) for one in found.faults] == [
        (3, "too long"),
        (9, "is cut, since it is longer than the model takes"),
    ]
    assert found.trained_tokens == 7


@pytest.mark.parametrize(
    ("said", "kind", "passing"), [("Quota exceeded", "quota_exceeded", False), ("slow down", "rate_limited", True)]
)
def test_a_quota_is_told_from_too_many_requests(said: str, kind: str, passing: bool) -> None:
    error = Exception()
    vars(error).update(status="RESOURCE_EXHAUSTED", code=429, message=said)
    found = service_fault(error)
    assert found is not None
    assert (found.kind, found.passing) == (kind, passing)
