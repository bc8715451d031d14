"""Fireworks: what is refused and by which code, what a job says there, and what comes home."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from tests.providers.fireworks_server import MODEL, WEIGHTS, FireworksServer
from tests.providers.native_server import fault, json_of
from tests.providers.protocol_server import KEY, FakeClock, answer, write_dataset
from tuneset.artifacts import read_json, sha256_file
from tuneset.errors import RemoteError, UsageError
from tuneset.params import Params, TuneParams, parse_params
from tuneset.providers import remote_stages, spend_ledger
from tuneset.providers.endpoint import Endpoint
from tuneset.providers.fireworks import files as fireworks_files
from tuneset.providers.fireworks.job_body import job_body
from tuneset.providers.jobs.job_actions import act
from tuneset.providers.jobs.jobs import get_job
from tuneset.providers.jobs.wanted_job import WantedJob
from tuneset.providers.places import Places


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> FireworksServer:
    monkeypatch.setenv("FIREWORKS_API_KEY", KEY)
    monkeypatch.setenv("FIREWORKS_ACCOUNT_ID", "acme")
    return FireworksServer()


@pytest.fixture
def places(tmp_path: Path) -> Places:
    write_dataset(tmp_path)
    return Places(tmp_path)


def at(server: FireworksServer) -> Endpoint:
    return FakeClock().on(server.endpoint())


def silent(_: str) -> None:
    """Nobody listens."""


def params(**tune: object) -> Params:
    return parse_params({"endpoint": {"accept_unknown_cost": True}, "tune": {"model": MODEL, **tune}}, "p")


def raised(call: Callable[[], object]) -> RemoteError:
    with pytest.raises(RemoteError) as caught:
        call()
    assert KEY not in str(caught.value)
    return caught.value


def upload(server: FireworksServer, places: Places) -> None:
    remote_stages.upload(at(server), places, say=silent)


def tune(server: FireworksServer, places: Places, wanted: Params | None = None) -> object:
    return remote_stages.tune(at(server), places, wanted or params(), say=silent)


# Bad input


@pytest.mark.parametrize("account", ["", "Acme Ltd", "../other"])
def test_without_an_account_nothing_is_opened(
    server: FireworksServer, monkeypatch: pytest.MonkeyPatch, account: str
) -> None:
    monkeypatch.setenv("FIREWORKS_ACCOUNT_ID", account)
    with pytest.raises(UsageError, match="FIREWORKS_ACCOUNT_ID holds no account"):
        server.endpoint()


def test_a_wrong_key_is_told(server: FireworksServer, places: Places) -> None:
    server.faults["GET /accounts/acme/datasets"] = [answer(lambda: fault(401, f"bad key {KEY}"))]
    assert raised(lambda: upload(server, places)).code == "authentication_failed"


def test_a_dataset_that_is_called_invalid_is_told_by_our_line(server: FireworksServer, places: Places) -> None:
    server.status = {"code": "INVALID_ARGUMENT", "message": "line 7: content is empty"}
    found = raised(lambda: upload(server, places))
    assert found.code == "file_refused"
    assert f"{places.dataset('train')}:7: line 7: content is empty" in found.message


def test_a_model_that_is_not_trained_there_and_a_quota_are_told(server: FireworksServer, places: Places) -> None:
    upload(server, places)
    call = "POST /accounts/acme/supervisedFineTuningJobs"
    server.faults[call] = [answer(lambda: fault(400, "model acme/none is not tunable", "INVALID_ARGUMENT"))]
    found = raised(lambda: tune(server, places))
    assert (found.code, found.server_code) == ("bad_request", "INVALID_ARGUMENT")
    server.faults[call] = [answer(lambda: fault(402, "no credit"))]
    assert raised(lambda: tune(server, places)).code == "quota_exceeded"
    assert server.jobs == {}


def test_a_job_that_has_vanished_is_told_and_not_made_again(server: FireworksServer, places: Places) -> None:
    upload(server, places)
    tune(server, places)
    (job_id,) = server.jobs
    server.jobs.clear()
    assert raised(lambda: get_job(at(server), job_id)).code == "not_found"
    assert raised(lambda: tune(server, places)).code == "job_unknown"


def test_a_job_that_failed_is_told_in_its_own_words(server: FireworksServer, places: Places) -> None:
    server.job_states = ["FAILED"]
    upload(server, places)
    found = raised(lambda: tune(server, places))
    assert (found.code, found.server_code) == ("job_failed", "INVALID_ARGUMENT")
    assert found.message.endswith("failed: no valid training examples after tokenization")


@pytest.mark.parametrize(
    ("tune", "text"),
    [
        ({"learning_rate_multiplier": 2.0}, "Fireworks takes an absolute learning rate"),
        ({"metadata": {"a": "b"}}, "Fireworks keeps none"),
        ({"method": "dpo", "beta": 0.5}, "tune.beta is 0.5"),
        ({"method": "reinforcement", "reinforcement": {"grader": {"type": "python"}}}, "names no evaluator"),
    ],
)
def test_what_means_something_else_there_is_refused(tune: dict[str, object], text: str) -> None:
    wanted = WantedJob(TuneParams.model_validate({"model": MODEL, **tune}), "f", "0" * 64)
    with pytest.raises(UsageError, match=text):
        job_body(wanted, "accounts/acme", "0" * 32, 1, None)


# What is sent


def test_a_dataset_bears_the_name_of_its_content(server: FireworksServer, places: Places) -> None:
    upload(server, places)
    train = places.dataset("train")
    name = f"train-{sha256_file(train)[:12]}"
    assert server.contents[name] == train.read_bytes()
    assert server.datasets[name]["exampleCount"] == str(train.read_bytes().count(b"\n"))
    assert server.datasets[name]["displayName"] == f"{name}.jsonl"


def test_a_large_file_goes_to_a_signed_address_without_the_key(
    server: FireworksServer, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fireworks_files, "DIRECT_BYTES", 10)
    upload(server, places)
    sides = [places.dataset(side).read_bytes() for side in ("train", "validation")]
    assert [one.content for one in server.seen if one.method == "PUT"] == sides


def test_a_job_says_what_params_say_under_a_name_that_holds_its_run_key(
    server: FireworksServer, places: Places
) -> None:
    upload(server, places)
    tune(server, places, params(n_epochs=2, batch_size=8, suffix="Mine", extra_body={"learningRate": 1e-4}))
    request = next(one for one in server.seen if one.method == "POST" and one.url.path.endswith("TuningJobs"))
    name = f"mine-tn{read_json(places.job)['run_key'][:16]}-1"
    assert request.url.params["supervisedFineTuningJobId"] == name
    train, validation = sorted(server.datasets)
    assert json_of(request) == {
        "dataset": f"accounts/acme/datasets/{train}",
        "evaluationDataset": f"accounts/acme/datasets/{validation}",
        "baseModel": MODEL,
        "outputModel": f"accounts/acme/models/{name}",
        "epochs": 2,
        "batchSizeSamples": 8,
        "learningRate": 1e-4,
    }


def test_preferences_and_rewards_have_jobs_of_their_own() -> None:
    dpo = WantedJob(TuneParams(model=MODEL, method="dpo", beta=0.2), "f", "0" * 64)
    assert job_body(dpo, "accounts/acme", "0" * 32, 1, None)["lossConfig"] == {"method": "DPO", "dpo": {"beta": 0.2}}
    grader = {"type": "evaluator", "evaluator": "accounts/acme/evaluators/e1"}
    tune = TuneParams.model_validate({"model": MODEL, "method": "reinforcement", "reinforcement": {"grader": grader}})
    body = job_body(WantedJob(tune, "f", "0" * 64), "accounts/acme", "0" * 32, 1, None)
    assert body["evaluator"] == "accounts/acme/evaluators/e1"


# What comes home


def test_a_job_is_cancelled(server: FireworksServer, places: Places) -> None:
    upload(server, places)
    server.job_states = ["RUNNING"] * 99
    job = remote_stages.start(at(server), places, params(), say=silent)
    assert act(at(server), job.id, "cancel").state == "cancelled"


def test_metrics_are_a_table_and_the_models_files_come_home_with_their_sums(
    server: FireworksServer, places: Places
) -> None:
    upload(server, places)
    tune(server, places)
    fetched = remote_stages.fetch_results(at(server), places)
    assert fetched.metrics["final"] == {"train_loss": 0.5}
    model = places.results / "model"
    assert (model / "adapter_model.safetensors").read_bytes() == WEIGHTS
    assert len((model / "SHA256SUMS").read_text().splitlines()) == 2


@pytest.mark.parametrize("wrong", ["cut", "another hash"])
def test_a_download_that_was_cut_or_changed_is_made_good(server: FireworksServer, places: Places, wrong: str) -> None:
    headers = {"x-goog-hash": "crc32c=AAAA,md5=AAAAAAAAAAAAAAAAAAAAAA=="} if wrong == "another hash" else {}
    length = {"content-length": str(len(WEIGHTS) + (wrong == "cut"))}
    upload(server, places)
    tune(server, places)
    kind = "GET /ID/adapter_model.safetensors"
    server.faults[kind] = [answer(lambda: httpx2.Response(200, headers={**headers, **length}, content=WEIGHTS))]
    remote_stages.fetch_results(at(server), places)
    assert (places.results / "model" / "adapter_model.safetensors").read_bytes() == WEIGHTS
    assert server.count(kind) == 2


@pytest.mark.parametrize("wrong", ["cut", "another hash"])
def test_a_download_that_stays_cut_or_changed_is_left_there_and_told(
    server: FireworksServer, places: Places, wrong: str
) -> None:
    length = {"content-length": str(len(WEIGHTS) + (wrong == "cut"))}
    headers = {"x-goog-hash": "md5=AAAAAAAAAAAAAAAAAAAAAA=="} if wrong == "another hash" else {}
    upload(server, places)
    tune(server, places)
    broken = answer(lambda: httpx2.Response(200, headers={**length, **headers}, content=WEIGHTS))
    server.faults["GET /ID/adapter_model.safetensors"] = [broken] * 50
    fetched = remote_stages.fetch_results(at(server), places)
    assert (fetched.model_files, len(fetched.left_out)) == (["adapter_config.json"], 1)
    assert "adapter_model" in fetched.left_out[0]
    assert not list((places.results / "model").glob("*model*"))


def test_what_a_job_cost_is_what_the_provider_says(server: FireworksServer, places: Places) -> None:
    upload(server, places)
    tune(server, places)
    (spent,) = spend_ledger.entries(places.receipts)
    assert spent.usd == 2.25
