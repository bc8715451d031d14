"""A job that goes on at another endpoint: what is written for it is what that endpoint's job takes, and all is told."""

from __future__ import annotations

from typing import Any

import pytest

from tuneset.params import TuneParams
from tuneset.profile import load_profile
from tuneset.providers.bedrock.job_body import job_request
from tuneset.providers.fireworks.job_body import job_body as of_fireworks
from tuneset.providers.jobs.wanted_job import WantedJob
from tuneset.providers.openai.answers import parse_job
from tuneset.providers.openai.job_body import job_body as of_openai
from tuneset.providers.together.job_body import job_body as of_together
from tuneset.providers.vertex.job_body import job_config
from tuneset.writing.migration import OwnSettings, Translation, for_trainer, own_settings, translate
from tuneset.writing.migration_there import destination_of, for_endpoint

Line = dict[str, Any]
GRADER = {"type": "string_check", "name": "a", "input": "{{sample.output_text}}", "reference": "b", "operation": "eq"}
JOB: Line = {
    "id": "ftjob-1",
    "status": "succeeded",
    "model": "gpt-4.1-mini-2025-04-14",
    "seed": 5,
    "user_provided_suffix": "mine",
    "hyperparameters": {"n_epochs": 2, "batch_size": 4, "learning_rate_multiplier": 1.8},
    "method": {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": "auto"}}},
}
MULTIPLIER = ("method", "supervised", "hyperparameters", "learning_rate_multiplier")
KEY = "0123456789abcdef0123456789abcdef"


def moved(profile: str, model: str, document: Line = JOB) -> tuple[Line, dict[str, Translation]]:
    """The section `tune` of a job that goes on at a profile, and what is told of each setting."""
    job = parse_job(document)
    recipe, told = translate(job.model, job.hyperparameters or {}, seed=job.seed, base_model=model)
    there = destination_of(load_profile(profile), model)
    tune, said = for_endpoint(recipe, told, there, own_settings(job.document))
    return tune, {one.name: one for one in said}


def request(profile: str, tune: Line) -> Line:
    """What the endpoint's protocol makes of it."""
    wanted = WantedJob(TuneParams.model_validate(tune), "gs://b/train", "a" * 64)
    if profile == "together":
        return of_together(wanted, KEY, 1, None)
    if profile == "fireworks":
        return of_fireworks(wanted, "accounts/a", KEY, 1, None)
    if profile == "bedrock-customization":
        return job_request(wanted, "s3://b", KEY, 1)
    if profile == "vertex-ai":
        return job_config(wanted, "gs://b", KEY, 1)
    return of_openai(wanted, KEY, 1, hyperparameters_in="method")[0]


@pytest.mark.parametrize(
    ("profile", "model", "path", "rate"),
    [
        ("azure", "gpt-4.1-mini-2025-04-14", MULTIPLIER, 1.8),
        ("bedrock", "openai.gpt-oss-20b", MULTIPLIER, 1.8),
        ("nebius", "Qwen/Qwen3-8B", MULTIPLIER, 1.8e-4),
        ("together", "Qwen/Qwen3-8B", ("learning_rate",), 1.8e-4),
        ("fireworks", "accounts/fireworks/models/qwen3-8b", ("learningRate",), 1.8e-4),
        ("bedrock-customization", "amazon.nova-lite-v1:0:300k", ("hyperParameters", "learningRate"), "0.00018"),
        ("vertex-ai", "gemini-2.5-flash", ("learning_rate_multiplier",), 1.8),
        ("vertex-ai", "meta/llama3_1@llama-3.1-8b-instruct",
         ("extra_body", "supervisedTuningSpec", "hyperParameters", "learningRate"), 1.8e-4),
    ],
)  # fmt: skip
def test_the_endpoint_takes_what_is_written_for_it(
    profile: str,
    model: str,
    path: tuple[str, ...],
    rate: Any,  # noqa: ANN401  a number or its text
) -> None:
    tune, said = moved(profile, model)
    found: Any = request(profile, tune)
    for name in path:
        found = found[name]
    assert found == rate
    assert {"model", "n_epochs", "batch_size", "learning_rate_multiplier", "seed", "suffix"} <= said.keys()


@pytest.mark.parametrize(
    ("profile", "model", "left"),
    [
        ("together", "Qwen/Qwen3-8B", set()),
        ("fireworks", "accounts/fireworks/models/qwen3-8b", {"seed"}),
        ("bedrock-customization", "amazon.nova-lite-v1:0:300k", {"seed"}),
        ("vertex-ai", "gemini-2.5-flash", {"seed", "batch_size"}),
        ("vertex-ai", "meta/llama3_1@llama-3.1-8b-instruct", {"seed"}),
    ],
)
def test_what_an_endpoint_does_not_take_is_not_said_to_be_as_it_was(profile: str, model: str, left: set[str]) -> None:
    tune, said = moved(profile, model)
    assert {name for name in ("n_epochs", "batch_size", "seed") if said[name].becomes is None} == left
    assert not left & tune.keys()
    assert {said[name].rule for name in left} <= {"is not taken there"}


@pytest.mark.parametrize(
    ("profile", "suffix", "kept"),
    [("azure", "mine", True), ("azure", "m" * 19, False), ("azure", "a.b", False), ("bedrock", "mine", False),
     ("together", "m" * 18, True), ("together", "m" * 19, False), ("openai", "m" * 19, True)],
)  # fmt: skip
def test_a_suffix_goes_along_where_it_is_taken_and_is_told_where_not(profile: str, suffix: str, kept: bool) -> None:
    tune, said = moved(profile, "m", {**JOB, "user_provided_suffix": suffix})
    assert tune.get("suffix") == (suffix if kept else None)
    assert (said["suffix"].becomes is None) is not kept
    assert "suffix" not in moved(profile, "m", {**JOB, "user_provided_suffix": None})[1]


def test_a_grader_goes_along_where_graders_are_the_protocols() -> None:
    method = {"type": "reinforcement", "reinforcement": {"grader": GRADER, "response_format": {"type": "json_object"}}}
    document = {**JOB, "method": method, "integrations": [{"type": "wandb"}]}
    tune, said = moved("azure", "o4-mini-2025-04-16", document)
    assert tune["reinforcement"] == {"grader": GRADER}
    assert said["reinforcement.response_format"].becomes is None
    assert said["integrations"].becomes is None
    tune, said = moved("bedrock", "openai.gpt-oss-20b", document)
    assert "reinforcement" not in tune
    assert said["grader"].rule.startswith("graders there are of the type lambda")


@pytest.mark.parametrize("graded", [True, False])
def test_a_trainer_gets_the_grader_and_no_suffix(graded: bool) -> None:
    assert for_trainer(OwnSettings(), graded=graded) == []
    told = {one.name: one for one in for_trainer(OwnSettings("mine", GRADER, ("integrations",)), graded=graded)}
    assert told.keys() == {"suffix", "grader", "integrations"}
    assert told["grader"].becomes == ("grader.json" if graded else None)


def test_a_model_that_was_tuned_before_is_said_to_lack_the_rows_of_that() -> None:
    assert "earlier job" not in translate("gpt-4.1-mini", {}, base_model="n")[1][0].rule
    assert "earlier job" in translate("ft:gpt-4.1-mini:org:mine:1", {}, base_model="n")[1][0].rule
    assert "earlier job" in translate("ft:gpt-4.1-mini:org:mine:1", {})[1][0].rule


@pytest.mark.parametrize("batch", [4, "auto"])
def test_a_batch_that_is_not_written_is_not_told_in_tokens(batch: Any) -> None:  # noqa: ANN401  a number or a word
    asked = {"n_epochs": 2, "batch_size": batch}
    recipe, told = translate("m", asked, trained_tokens=2400, rows=12, base_model="n")
    tune, said = for_endpoint(recipe, told, destination_of(load_profile("together"), "n"))
    assert ("batch_size in tokens" in {one.name for one in said}) is ("batch_size" in tune) is (batch == 4)


def test_settings_below_the_method_are_not_lost_beside_those_at_the_top() -> None:
    assert parse_job(JOB).hyperparameters == {"n_epochs": 2, "batch_size": 4, "learning_rate_multiplier": 1.8}
    own = {"beta": 0.2, "n_epochs": 3, "batch_size": "auto"}
    below = {"type": "dpo", "dpo": {"hyperparameters": own}}
    top = {"n_epochs": "auto", "batch_size": 8}
    assert parse_job({**JOB, "method": below, "hyperparameters": top}).hyperparameters == {**own, "batch_size": 8}
    assert parse_job({**JOB, "method": below, "hyperparameters": None}).hyperparameters == own
