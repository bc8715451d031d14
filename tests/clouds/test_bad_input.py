"""What goes wrong at the clouds, each by its own code: credentials, region, quota, models, files, jobs, downloads."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from tests.clouds.conftest import SECRET
from tests.clouds.test_whole_way import SERVERS
from tests.providers.bedrock_server import MODEL as NOVA
from tests.providers.bedrock_server import BedrockServer, aws_error
from tests.providers.native_server import NativeServer
from tests.providers.protocol_server import FakeClock, answer, write_dataset
from tests.providers.test_native_whole_way import go, params_for
from tests.providers.vertex_server import OPEN_MODEL, VertexServer, google_error
from tuneset.artifacts import read_json
from tuneset.errors import RemoteError, UsageError
from tuneset.providers import remote_models, remote_stages, spend_ledger
from tuneset.providers.jobs.job_actions import act
from tuneset.providers.jobs.jobs import check_model, get_job
from tuneset.providers.places import Places

pytestmark = pytest.mark.clouds
TODAY = dt.date(2026, 11, 26)

CREATE = {"bedrock-customization": "POST /model-customization-jobs", "vertex-ai": "POST /tuningJobs"}
ONE = {"bedrock-customization": "GET /model-customization-jobs/ID", "vertex-ai": "GET /tuningJobs/ID"}


@pytest.fixture
def places(tmp_path: Path) -> Places:
    write_dataset(tmp_path)
    return Places(tmp_path)


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest) -> NativeServer:
    return SERVERS[request.param][0]()


def model_of(server: NativeServer) -> str:
    return SERVERS[server.profile][1]


def upload(server: NativeServer, places: Places) -> None:
    remote_stages.upload(FakeClock().on(server.endpoint()), places, say=_silent)


def tune(server: NativeServer, places: Places, say: Callable[[str], None] | None = None, **wanted: object) -> object:
    params = params_for(model_of(server), **{**server.tune, **wanted})
    endpoint = FakeClock().on(server.endpoint())
    return remote_stages.tune(endpoint, places, params, say=say or _silent, our_line=lambda line: line + 100)


def _silent(_: str) -> None:
    """Nobody listens."""


def raised(call: Callable[[], object]) -> RemoteError:
    with pytest.raises(RemoteError) as caught:
        call()
    assert SECRET not in f"{caught.value} {caught.value.hint}"
    assert "AKIATHISISNOBODYSKEY" not in str(caught.value)
    return caught.value


def refusal(server: NativeServer, aws: tuple[int, str, str], google: tuple[int, str, str]) -> None:
    """The next creation of a job is refused by the service's own words."""
    made = aws_error if server.profile == "bedrock-customization" else google_error
    status, word, said = aws if server.profile == "bedrock-customization" else google
    server.faults[CREATE[server.profile]] = [answer(lambda: made(status, word, said))]


@pytest.mark.parametrize(
    ("aws", "google", "code"),
    [
        (
            (403, "UnrecognizedClientException", f"The security token AKIATHISISNOBODYSKEY is invalid\n{SECRET}"),
            (401, "UNAUTHENTICATED", f"Request had invalid credentials\n{SECRET}"),
            "authentication_failed",
        ),
        ((403, "AccessDeniedException", "not authorized"), (403, "PERMISSION_DENIED", "denied"), "permission_denied"),
        (
            (400, "ServiceQuotaExceededException", "too many jobs"),
            (429, "RESOURCE_EXHAUSTED", "Quota exceeded for concurrent tuning jobs"),
            "quota_exceeded",
        ),
        (
            (400, "ValidationException", "The provided model identifier is invalid."),
            (400, "INVALID_ARGUMENT", "Base model is not supported for tuning."),
            "bad_request",
        ),
    ],
)
def test_a_refusal_is_told_by_its_code_and_the_services_own_word(
    server: NativeServer, places: Places, aws: tuple[int, str, str], google: tuple[int, str, str], code: str
) -> None:
    upload(server, places)
    refusal(server, aws, google)
    found = raised(lambda: tune(server, places))
    assert (found.code, found.server_code) == (code, (aws if server.profile == "bedrock-customization" else google)[1])
    assert found.hint or code == "bad_request"
    assert getattr(server, "jobs", None) == {}


def test_a_model_that_cannot_be_customized_in_the_region_is_told_before_anything_is_sent() -> None:
    endpoint = FakeClock().on(BedrockServer().endpoint())
    assert remote_models.look_up(endpoint, NOVA).listed is True
    other = "meta.llama3-2-1b-instruct-v1:0:128k"
    served = remote_models.look_up(endpoint, other)
    wanted = params_for(other).tune
    found = raised(lambda: remote_models.require_served(endpoint, other, served, TODAY))
    assert found.code == "model_unknown"
    with pytest.raises(UsageError, match="roleArn"):
        check_model(endpoint, wanted, TODAY)


def test_without_credentials_that_is_told(places: Places, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    endpoint = FakeClock().on(BedrockServer().endpoint())
    found = raised(lambda: remote_models.look_up(endpoint, NOVA))
    assert found.code == "authentication_failed"
    assert "AWS_PROFILE" in found.hint


def test_without_a_region_a_project_or_a_bucket_nothing_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="names no region"):
        BedrockServer().endpoint(base_url="https://gateway.example.com")
    with pytest.raises(UsageError, match=r"endpoint\.storage"):
        BedrockServer().endpoint(storage="gs://bucket")
    with pytest.raises(UsageError, match="names no location"):
        VertexServer().endpoint(base_url="https://gateway.example.com")
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "Not a project")
    with pytest.raises(UsageError, match="GOOGLE_CLOUD_PROJECT holds no project"):
        VertexServer().endpoint()
    with pytest.raises(UsageError) as caught:  # all at once
        VertexServer().endpoint(base_url="https://gateway.example.com", storage=None)
    for lacking in ("endpoint.storage: is not set", "GOOGLE_CLOUD_PROJECT holds no project", "names no location"):
        assert lacking in caught.value.message


def test_a_file_that_the_job_calls_invalid_is_told_by_our_line(server: NativeServer, places: Places) -> None:
    upload(server, places)
    vars(server)["job_states"] = ["FAILED" if server.profile == "vertex-ai" else "Failed"]
    said: list[str] = []
    found = raised(lambda: tune(server, places, said.append))
    assert found.code == "job_failed"
    assert any(f"{places.dataset('train')}:102: " in line and "is empty" in line for line in said)


def test_a_job_that_has_vanished_is_told_and_not_made_again(server: NativeServer, places: Places) -> None:
    upload(server, places)
    tune(server, places)
    jobs = vars(server)["jobs"]
    (job_id,) = jobs
    jobs.clear()
    assert raised(lambda: get_job(server.endpoint(), job_id)).code == "not_found"
    assert raised(lambda: tune(server, places)).code == "job_unknown"


def test_a_job_is_cancelled_and_told_as_that(server: NativeServer, places: Places) -> None:
    upload(server, places)
    vars(server)["job_states"] = ["RUNNING" if server.profile == "vertex-ai" else "InProgress"]
    endpoint = FakeClock().on(server.endpoint())
    job = remote_stages.start(endpoint, places, params_for(model_of(server), **server.tune), say=_silent)
    assert act(endpoint, job.id, "cancel").state == "cancelled"
    assert raised(lambda: tune(server, places)).code == "job_cancelled"


def test_weights_that_are_cut_off_come_whole_and_have_sums(places: Places) -> None:
    server = BedrockServer()
    upload(server, places)
    tune(server, places)

    def cut(_: httpx2.Request, act: Callable[[], httpx2.Response]) -> httpx2.Response:
        return httpx2.Response(200, content=act().content[:100])

    server.faults["GET /output"] = [lambda _, act: act(), *[cut] * 50]
    lasting = remote_stages.fetch_results(FakeClock().on(server.endpoint()), places)
    assert (lasting.model_files, len(lasting.left_out)) == ([], 1)
    assert not list((places.results / "model").glob("*"))
    server.faults["GET /output"] = [lambda _, act: act(), cut]
    found = remote_stages.fetch_results(FakeClock().on(server.endpoint()), places)
    assert found.model_files == ["adapter.safetensors"]
    assert (places.results / "model" / "adapter.safetensors").stat().st_size == 256 * 40
    assert "adapter.safetensors" in (places.results / "model" / "SHA256SUMS").read_text()
    assert read_json(places.results / "results.json")["first"] == {"train_loss": 1.0}


@pytest.mark.parametrize("lasting", [False, True])
@pytest.mark.parametrize("wrong", ["cut", "another hash"])
def test_an_open_models_weights_that_are_cut_or_changed_are_fetched_again_or_left_there(
    places: Places, wrong: str, lasting: bool
) -> None:
    server = VertexServer()
    upload(server, places)
    endpoint = FakeClock().on(server.endpoint())
    remote_stages.tune(endpoint, places, params_for(OPEN_MODEL), say=_silent)

    def broken(_: httpx2.Request, act: Callable[[], httpx2.Response]) -> httpx2.Response:
        whole = act().content
        return httpx2.Response(200, content=whole[:5] if wrong == "cut" else whole[::-1])

    server.faults["GET /bucket"] = [broken] * (50 if lasting else 1)
    found = remote_stages.fetch_results(endpoint, places)
    assert (found.model_files, len(found.left_out)) == (([], 1) if lasting else (["adapter.safetensors"], 0))
    weights = {path.read_bytes() for path in (places.results / "model").glob("*.safetensors")}
    assert weights == (set() if lasting else {b"weights" * 10})


def test_billed_tokens_are_in_the_ledger_with_what_they_cost(places: Places) -> None:
    server = VertexServer()
    upload(server, places)
    endpoint = FakeClock().on(server.endpoint(training_usd_per_million_tokens=1000, accept_unknown_cost=True))
    params = params_for(model_of(server))
    priced = params.endpoint.model_copy(update={"training_usd_per_million_tokens": 1000.0})
    remote_stages.tune(endpoint, places, params.model_copy(update={"endpoint": priced}), say=_silent)
    (spent,) = spend_ledger.entries(places.receipts)
    assert (spent.trained_tokens, spent.usd) == (300, 0.3)


def test_an_open_models_weights_come_home(places: Places) -> None:
    server = VertexServer()
    upload(server, places)
    params = params_for(OPEN_MODEL)
    endpoint = FakeClock().on(server.endpoint())
    remote_stages.tune(endpoint, places, params, say=_silent)
    assert remote_stages.fetch_results(endpoint, places).model_files == ["adapter.safetensors"]


def test_the_same_request_from_another_machine_takes_the_job_that_is(server: NativeServer, places: Places) -> None:
    go(server, places, model_of(server))
    for path in places.receipts.glob("*"):
        path.unlink()
    go(server, places, model_of(server))
    assert len(vars(server)["jobs"]) == 1
