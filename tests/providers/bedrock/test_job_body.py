"""What is asked of Amazon Bedrock, and what of a job there is read, without its library."""

from __future__ import annotations

from typing import Any

import pytest

from tuneset.errors import UsageError
from tuneset.params import TuneParams
from tuneset.providers.bedrock.job_body import job_request
from tuneset.providers.bedrock.jobs import parse_job
from tuneset.providers.jobs.wanted_job import WantedJob

KEY = "0123456789abcdef0123456789abcdef"
ROOT = "s3://bucket/in"


def request(**tune: object) -> dict[str, Any]:
    params = TuneParams.model_validate({"model": "amazon.nova-lite-v1:0:300k", **tune})
    wanted = WantedJob(params, f"{ROOT}/train.jsonl", "a" * 64, f"{ROOT}/validation.jsonl", "b" * 64)
    return job_request(wanted, ROOT, KEY, 2)


@pytest.mark.parametrize(
    ("tune", "text"),
    [
        ({"method": "dpo"}, "has no such job"),
        ({"learning_rate_multiplier": 2}, "takes an absolute learning rate"),
        ({"wandb": {"project": "p"}}, "reports to no other service"),
        ({"method": "reinforcement", "reinforcement": {"grader": {"type": "lambda"}}}, "names no Lambda function"),
    ],
)
def test_what_the_service_takes_in_another_way_is_refused(tune: dict[str, Any], text: str) -> None:
    with pytest.raises(UsageError, match=text):
        request(**tune)


def test_a_job_bears_the_whole_run_key_as_its_token_and_half_of_it_in_its_name() -> None:
    found = request(n_epochs=2, suffix="Mine", extra_body={"roleArn": "R", "hyperParameters": {"learningRate": "1e-5"}})
    assert found["clientRequestToken"] == f"{KEY}-2"
    assert found["jobName"] == found["customModelName"] == "mine-tn0123456789abcdef-2"
    assert found["hyperParameters"] == {"epochCount": "2", "learningRate": "1e-5"}
    assert found["outputDataConfig"] == {"s3Uri": f"{ROOT}/output/mine-tn0123456789abcdef-2/"}
    assert found["validationDataConfig"] == {"validators": [{"s3Uri": f"{ROOT}/validation.jsonl"}]}
    assert found["roleArn"] == "R"


def test_a_reward_is_the_users_own_lambda() -> None:
    grader = {"type": "lambda", "lambda": {"function": "ARN"}}
    found = request(method="reinforcement", n_epochs=3, reinforcement={"grader": grader, "eval_interval": 5})
    rft = found["customizationConfig"]["rftConfig"]
    assert rft == {
        "graderConfig": {"lambdaGrader": {"lambdaArn": "ARN"}},
        "hyperParameters": {"epochCount": 3, "evalInterval": 5},
    }
    assert "hyperParameters" not in found


def test_of_a_job_anything_may_be_missing_and_a_failure_names_its_line() -> None:
    assert parse_job({}, "j", None).state == "waiting"
    found = parse_job({"status": "Failed", "failureMessage": "Line 7: content is empty"}, "j", None)
    assert [(one.line, one.message) for one in found.faults] == [(7, "content is empty")]
    ours = parse_job({"jobName": "tn0123456789abcdef-3", "status": "Stopping"}, "j", KEY)
    assert (ours.run_key, ours.attempt, ours.under_way) == (KEY, 3, "cancel")
