"""What a job is asked for: every method's hyperparameters and every field, and nothing that nobody stated."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.providers.protocol_server import KEY, Server
from tuneset.errors import InputError, UsageError
from tuneset.params import TuneParams
from tuneset.providers.jobs.wanted_job import WantedJob
from tuneset.providers.openai.job_body import job_body

COMMON = {"n_epochs": "auto", "batch_size": "auto", "learning_rate_multiplier": "auto"}
GRADER = {"type": "string_check", "name": "same", "input": "{{sample.output_text}}", "reference": "{{item.answer}}",
          "operation": "eq"}  # fmt: skip


def wanted_job(**params: object) -> WantedJob:
    return WantedJob(TuneParams.model_validate(params), "file-1", "a" * 64)


def body(wanted: WantedJob) -> dict[str, Any]:
    found, extra = job_body(wanted, wanted.run_key("local"), 1, hyperparameters_in="method")
    assert extra == {}
    return found


@pytest.mark.parametrize(
    ("grader", "message"),
    [
        (None, "tune.reinforcement.grader: is not set"),
        ("list.json", "tune.reinforcement.grader: list.json holds no JSON object"),
    ],
)
def test_reinforcement_without_a_grader_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, grader: str | None, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("list.json").write_text("[]")
    with pytest.raises(UsageError) as caught:
        body(wanted_job(method="reinforcement", reinforcement={"grader": grader}))
    assert str(caught.value) == (
        f"{message}\n  allowed: a grader's definition, or the path of a JSON file that holds one\n"
        "  do: check it with `tuneset check --grader FILE`"
    )


def test_a_grader_file_that_is_not_there_is_named() -> None:
    with pytest.raises(InputError, match=r"absent\.json: cannot be read"):
        body(wanted_job(method="reinforcement", reinforcement={"grader": "absent.json"}))


def test_a_supervised_job_has_no_field_that_nobody_stated() -> None:
    wanted = wanted_job()
    assert body(wanted) == {
        "model": "local-tiny",
        "training_file": "file-1",
        "seed": 7,
        "method": {"type": "supervised", "supervised": {"hyperparameters": COMMON}},
        "metadata": {"tuneset_run": wanted.run_key("local"), "tuneset_attempt": "1"},
    }


def test_a_preference_job_has_beta() -> None:
    method = body(wanted_job(method="dpo", beta=0.2))["method"]
    assert method == {"type": "dpo", "dpo": {"hyperparameters": {**COMMON, "beta": 0.2}}}


def test_a_reinforcement_job_has_its_grader_and_all_its_hyperparameters(tmp_path: Path) -> None:
    own = {"reasoning_effort": "low", "compute_multiplier": 1.5, "eval_interval": 5, "eval_samples": 2}
    (tmp_path / "grader.json").write_text(json.dumps(GRADER))
    form = {"type": "json_schema"}
    for grader in (GRADER, str(tmp_path / "grader.json")):
        wanted = wanted_job(method="reinforcement", reinforcement={"grader": grader, "response_format": form, **own})
        assert body(wanted)["method"] == {
            "type": "reinforcement",
            "reinforcement": {"hyperparameters": {**COMMON, **own}, "grader": GRADER, "response_format": form},
        }


def test_metadata_and_weights_and_biases_stand_beside_our_own() -> None:
    found = body(wanted_job(metadata={"team": "support"}, wandb={"project": "p", "tags": ["a"]}))
    assert found["metadata"]["team"] == "support"
    assert set(found["metadata"]) == {"team", "tuneset_run", "tuneset_attempt"}
    assert found["integrations"] == [{"type": "wandb", "wandb": {"project": "p", "tags": ["a"]}}]


def test_fields_of_the_provider_reach_the_wire_and_are_put_over_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEBIUS_API_KEY", KEY)
    server = Server()
    wanted = wanted_job(n_epochs=3, extra_body={"hyperparameters": {"lora": True}, "trainingType": "GlobalStandard"})
    server.endpoint(profile="nebius").provider.jobs.create(wanted, "a" * 32, 1)
    sent = server.bodies[0]
    assert sent["trainingType"] == "GlobalStandard"
    assert sent["hyperparameters"] == {"n_epochs": 3, "lora": True}  # numbers alone; what is `auto` is left out
    assert "method" not in sent
