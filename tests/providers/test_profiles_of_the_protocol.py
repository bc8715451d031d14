"""What profiles of OpenAI's protocol say of their providers reaches the wire: names, fields, refusals, files."""

from __future__ import annotations

import codecs
import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from tests.providers.protocol_server import KEY, Server, answer, error, lost, write_dataset
from tuneset.errors import RemoteError, UsageError
from tuneset.params import Params, TuneParams, parse_params
from tuneset.providers import remote_stages
from tuneset.providers.endpoint import Endpoint
from tuneset.providers.files import file_import
from tuneset.providers.jobs.job_actions import act
from tuneset.providers.jobs.jobs import check_model, get_job
from tuneset.providers.places import Places

TODAY = dt.date(2026, 11, 26)
ADDRESS = "https://name.blob.example.com/data/train.jsonl?sig=THE-SIGNATURE"
OPEN = {"endpoint": {"accept_unknown_cost": True}}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    for name in ("AZURE_OPENAI_API_KEY", "NEBIUS_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.setenv(name, KEY)
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    return Server()


@pytest.fixture
def places(tmp_path: Path) -> Places:
    write_dataset(tmp_path)
    return Places(tmp_path)


def azure(server: Server) -> Endpoint:
    return server.endpoint(profile="azure", base_url="https://name.openai.azure.com/openai/v1/")


def silent(_: str) -> None:
    """Nobody listens."""


def params(**tune: object) -> Params:
    return parse_params({**OPEN, "tune": tune}, "p")


def body_of_a_job(endpoint: Endpoint, server: Server, places: Places, **tune: object) -> dict[str, Any]:
    remote_stages.upload(endpoint, places, say=silent)
    remote_stages.tune(endpoint, places, params(**tune), say=silent)
    return server.bodies[-1]


# Azure


@pytest.mark.parametrize(
    ("suffix", "text"),
    [
        ("v1.2", "tune.suffix: holds `.`\n  allowed: a suffix without it at Azure OpenAI (Microsoft Foundry)"),
        ("x" * 19, "tune.suffix: has 19 characters\n  allowed: 18 characters at Azure OpenAI (Microsoft Foundry)"),
    ],
)
def test_a_suffix_that_azure_does_not_take_is_refused(server: Server, suffix: str, text: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_model(azure(server), TuneParams(model="gpt-4.1-2025-04-14", suffix=suffix), TODAY)
    assert str(caught.value) == text


def test_azures_own_models_need_no_training_type_and_open_ones_get_it(server: Server, places: Places) -> None:
    assert "trainingType" not in body_of_a_job(azure(server), server, places, model="gpt-4.1-2025-04-14")
    assert body_of_a_job(azure(server), server, places, model="gpt-oss-20b")["trainingType"] == "globalStandard"
    own = {"trainingType": "developerTier"}
    assert (
        body_of_a_job(azure(server), server, places, model="gpt-oss-20b", extra_body=own)["trainingType"]
        == own["trainingType"]
    )


@pytest.mark.parametrize("model", ["gpt-4.1-2025-04-14.ft-0123456789abcdef-mine", "a-model-that-came-later"])
def test_a_trained_model_and_one_that_the_profile_does_not_know_can_be_trained(
    server: Server, places: Places, model: str
) -> None:
    assert body_of_a_job(azure(server), server, places, model=model)["model"] == model
    with pytest.raises(UsageError, match="does not offer it for gpt-4o-mini"):
        check_model(azure(server), TuneParams(model="gpt-4o-mini-2024-07-18.ft-1", method="dpo"), TODAY)


def test_a_job_is_paused_and_resumed(server: Server, places: Places) -> None:
    server.job_states = ["running"] * 99
    endpoint = azure(server)
    remote_stages.upload(endpoint, places, say=silent)
    job = remote_stages.start(endpoint, places, params(model="gpt-4.1-2025-04-14"), say=silent)
    get_job(endpoint, job.id)
    assert act(endpoint, job.id, "pause").state == "paused"
    assert act(endpoint, job.id, "resume").state == "running"


def test_a_file_is_sent_with_a_byte_order_mark_where_that_is_asked_for(server: Server, places: Places) -> None:
    endpoint = azure(server)
    document = remote_stages.upload(endpoint, places, byte_order_mark=True, say=silent)
    for side in ("train", "validation"):
        plain = places.dataset(side).read_bytes()
        assert server.contents[document["files"][side]["file_id"]] == codecs.BOM_UTF8 + plain
    remote_stages.tune(endpoint, places, params(model="gpt-4.1-2025-04-14"), say=silent)
    assert not list((places.data / "remote" / "marked").iterdir())
    with pytest.raises(UsageError, match=r"endpoint\.byte_order_mark: OpenAI takes no file that begins with one"):
        remote_stages.upload(server.endpoint(profile="openai"), places, byte_order_mark=True, say=silent)


def test_a_dated_version_goes_along_as_a_query(server: Server) -> None:
    seen: list[str] = []

    def keep(request: Any, act: Any) -> Any:  # noqa: ANN401  a fault of the server
        seen.append(str(request.url))
        return act()

    server.faults["GET /files"] = [keep]
    endpoint = server.endpoint(profile="azure", base_url="https://n.openai.azure.com/openai/v1?api-version=2025-04-01")
    endpoint.provider.files.list(None, None)
    assert "api-version=2025-04-01" in seen[0]


# A file that the endpoint fetches


def test_what_is_no_address_and_an_endpoint_that_fetches_nothing_are_refused(server: Server) -> None:
    with pytest.raises(UsageError, match="is no address"):
        file_import.import_from(azure(server), "train.jsonl", purpose="fine-tune")
    with pytest.raises(RemoteError, match="OpenAI fetches no files by itself"):
        file_import.import_from(server.endpoint(profile="openai"), ADDRESS, purpose="fine-tune")
    assert server.requests == []


def test_a_file_is_fetched_once_also_where_the_answer_was_lost(server: Server) -> None:
    server.faults["POST /files/import"] = [lost()]
    endpoint = azure(server)
    said: list[str] = []
    first, asked = file_import.import_from(endpoint, ADDRESS, purpose="fine-tune", say=said.append)
    again, asked_again = file_import.import_from(endpoint, ADDRESS, purpose="fine-tune", say=said.append)
    assert (first.id, asked, asked_again) == (again.id, True, False)
    assert server.bodies == [{"purpose": "fine-tune", "filename": first.filename, "content_url": ADDRESS}]
    assert not any("SIGNATURE" in line for line in said)


def test_the_signature_of_an_address_is_never_shown(server: Server) -> None:
    server.faults["POST /files/import"] = [answer(lambda: error(400, f"cannot fetch {ADDRESS}: sig=THE-SIGNATURE"))]
    with pytest.raises(RemoteError) as caught:
        file_import.import_from(azure(server), ADDRESS, purpose="fine-tune")
    assert "SIGNATURE" not in str(caught.value)
    assert "cannot fetch [address]: [signature]" in str(caught.value)


# Nebius


def test_a_model_goes_by_the_name_that_it_is_trained_by_and_numbers_alone_are_sent(
    server: Server, places: Places
) -> None:
    endpoint = server.endpoint(profile="nebius")
    body = body_of_a_job(endpoint, server, places, model="meta-llama/Meta-Llama-3.1-8B-Instruct", n_epochs=2)
    assert body["model"] == "meta-llama/Llama-3.1-8B-Instruct"
    assert body["hyperparameters"] == {"n_epochs": 2}
    assert "method" not in body


def test_the_key_for_reports_is_taken_from_the_environment_and_shown_nowhere(
    server: Server, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = server.endpoint(profile="nebius")
    tune = TuneParams.model_validate({"model": "meta-llama/Llama-3.3-70B-Instruct", "wandb": {"project": "p"}})
    with pytest.raises(UsageError) as caught:
        check_model(endpoint, tune, TODAY)
    assert str(caught.value) == (
        "tune.wandb: the environment variable WANDB_API_KEY holds no key, which Nebius Token Factory needs for that\n"
        "  do: set WANDB_API_KEY, or leave tune.wandb away"
    )
    monkeypatch.setenv("WANDB_API_KEY", "0123456789abcdef" * 2)
    body = body_of_a_job(endpoint, server, places, **tune.model_dump(exclude_defaults=True))
    assert body["integrations"] == [{"type": "wandb", "wandb": {"project": "p", "api_key": "0123456789abcdef" * 2}}]
    server.jobs["ftjob-1"]["integrations"] = body["integrations"]
    shown = get_job(endpoint, "ftjob-1").document["integrations"]
    assert shown == [{"type": "wandb", "wandb": {"project": "p", "api_key": "[key]"}}]
    kept = "".join(path.read_text() for path in places.data.rglob("*.json"))
    assert "0123456789abcdef" * 2 not in kept


# Bedrock


def test_a_lambda_grader_is_passed_through_and_a_suffix_is_refused(
    server: Server, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", KEY)
    endpoint = server.endpoint(profile="bedrock", base_url="https://bedrock-mantle.us-west-2.api.aws/v1")
    grader = {"type": "lambda", "lambda": {"function": "arn:aws:lambda:us-west-2:123456789012:function:reward"}}
    tune = {"model": "openai.gpt-oss-20b", "method": "reinforcement", "reinforcement": {"grader": grader}}
    body = body_of_a_job(endpoint, server, places, **tune)
    assert body["method"]["reinforcement"]["grader"] == grader
    assert "suffix" not in body
    with pytest.raises(UsageError, match=r"tune\.suffix: has 4 characters\n  allowed: none at Amazon Bedrock"):
        check_model(endpoint, TuneParams.model_validate({**tune, "suffix": "mine"}), TODAY)


def test_a_list_that_is_stale_is_not_believed_about_a_job(
    server: Server, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", KEY)
    endpoint = server.endpoint(profile="bedrock", base_url="https://bedrock-mantle.us-west-2.api.aws/v1")
    server.shown_jobs = lambda jobs: [{**job, "status": "queued", "fine_tuned_model": None} for job in jobs]
    grader = {"type": "lambda", "lambda": {"function": "arn"}}
    tune = {"model": "openai.gpt-oss-20b", "method": "reinforcement", "reinforcement": {"grader": grader}}
    for _ in range(2):
        body_of_a_job(endpoint, server, places, **tune)
    assert server.count("POST /fine_tuning/jobs") == 1
