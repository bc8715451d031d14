"""What a job is asked for: every method's hyperparameters and every field, and nothing that nobody stated."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.providers.protocol_server import KEY, Server
from tuneset.errors import InputError, UsageError
from tuneset.params import TuneParams
from tuneset.providers.job_request import Request

COMMON = {"n_epochs": "auto", "batch_size": "auto", "learning_rate_multiplier": "auto"}
GRADER = {"type": "string_check", "name": "same", "input": "{{sample.output_text}}", "reference": "{{item.answer}}",
          "operation": "eq"}  # fmt: skip


def request(**params: object) -> Request:
    return Request(TuneParams.model_validate(params), "file-1", "a" * 64)


def body(wanted: Request) -> dict[str, Any]:
    found, extra = wanted.body(Server().endpoint(), 1)
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
        body(request(method="reinforcement", reinforcement={"grader": grader}))
    assert str(caught.value) == (
        f"{message}\n  allowed: a grader's definition, or the path of a JSON file that holds one\n"
        "  do: check it with `tuneset check --grader FILE`"
    )


def test_a_grader_file_that_is_not_there_is_named() -> None:
    with pytest.raises(InputError, match=r"absent\.json: cannot be read"):
        body(request(method="reinforcement", reinforcement={"grader": "absent.json"}))


def test_a_supervised_job_has_no_field_that_nobody_stated() -> None:
    wanted = request()
    assert body(wanted) == {
        "model": "local-tiny",
        "training_file": "file-1",
        "seed": 7,
        "method": {"type": "supervised", "supervised": {"hyperparameters": COMMON}},
        "metadata": {"tuneset_run": wanted.run_key(Server().endpoint()), "tuneset_attempt": "1"},
    }


def test_a_preference_job_has_beta() -> None:
    method = body(request(method="dpo", beta=0.2))["method"]
    assert method == {"type": "dpo", "dpo": {"hyperparameters": {**COMMON, "beta": 0.2}}}


def test_a_reinforcement_job_has_its_grader_and_all_its_hyperparameters(tmp_path: Path) -> None:
    own = {"reasoning_effort": "low", "compute_multiplier": 1.5, "eval_interval": 5, "eval_samples": 2}
    (tmp_path / "grader.json").write_text(json.dumps(GRADER))
    form = {"type": "json_schema"}
    for grader in (GRADER, str(tmp_path / "grader.json")):
        wanted = request(method="reinforcement", reinforcement={"grader": grader, "response_format": form, **own})
        assert body(wanted)["method"] == {
            "type": "reinforcement",
            "reinforcement": {"hyperparameters": {**COMMON, **own}, "grader": GRADER, "response_format": form},
        }


def test_metadata_and_weights_and_biases_stand_beside_our_own() -> None:
    found = body(request(metadata={"team": "support"}, wandb={"project": "p", "tags": ["a"]}))
    assert found["metadata"]["team"] == "support"
    assert set(found["metadata"]) == {"team", "tuneset_run", "tuneset_attempt"}
    assert found["integrations"] == [{"type": "wandb", "wandb": {"project": "p", "tags": ["a"]}}]


def test_fields_of_the_provider_reach_the_wire_and_are_put_over_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEBIUS_API_KEY", KEY)
    server = Server()
    endpoint = server.endpoint(profile="nebius")
    wanted = request(n_epochs=3, extra_body={"hyperparameters": {"lora": True}, "trainingType": "GlobalStandard"})
    found, extra = wanted.body(endpoint, 1)
    endpoint.client.fine_tuning.jobs.create(**found, extra_body=extra)
    sent = server.bodies[0]
    assert sent["trainingType"] == "GlobalStandard"
    assert sent["hyperparameters"] == {**COMMON, "n_epochs": 3, "lora": True}
    assert "method" not in sent


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
def test_every_field_makes_another_request(other: dict[str, Any]) -> None:
    endpoint = Server().endpoint()
    keys = {request(**fields).run_key(endpoint) for fields in ({}, other, {"n_epochs": 2})}
    assert len(keys) == 3


def test_params_of_another_method_do_not_make_another_request() -> None:
    endpoint = Server().endpoint()
    plain, other = request(), request(beta=0.5, reinforcement={"grader": GRADER})
    assert plain.run_key(endpoint) == other.run_key(endpoint)
