"""Together: what is refused and by which code, what a job says there, and what comes home."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.providers.native_server import NativeServer, fault, json_of
from tests.providers.protocol_server import KEY, FakeClock, answer, write_dataset
from tests.providers.together_server import MODEL, WEIGHTS, TogetherServer
from tuneset.api.remote import preflight
from tuneset.artifacts import read_json, sha256_file
from tuneset.errors import RemoteError, UsageError
from tuneset.params import Params, TuneParams, parse_params
from tuneset.profile import Limit
from tuneset.providers import remote_models, remote_stages, spend_ledger
from tuneset.providers.endpoint import Endpoint
from tuneset.providers.jobs.job_actions import act
from tuneset.providers.jobs.jobs import get_job
from tuneset.providers.jobs.wanted_job import WantedJob
from tuneset.providers.places import Places
from tuneset.providers.together.job_body import job_body


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> TogetherServer:
    monkeypatch.setenv("TOGETHER_API_KEY", KEY)
    return TogetherServer()


@pytest.fixture
def places(tmp_path: Path) -> Places:
    write_dataset(tmp_path)
    return Places(tmp_path)


def at(server: NativeServer) -> Endpoint:
    return FakeClock().on(server.endpoint())


def silent(_: str) -> None:
    """Nobody listens."""


def params(limit: float = 5.0, **tune: object) -> Params:
    return parse_params({"endpoint": {"spend_limit_usd": limit}, "tune": {"model": MODEL, **tune}}, "p")


def raised(call: Callable[[], object]) -> RemoteError:
    with pytest.raises(RemoteError) as caught:
        call()
    assert KEY not in str(caught.value)
    return caught.value


def upload(server: TogetherServer, places: Places) -> None:
    remote_stages.upload(at(server), places, say=silent)


def tune(server: TogetherServer, places: Places, wanted: Params | None = None) -> object:
    return remote_stages.tune(at(server), places, wanted or params(), say=silent)


# Bad input


def test_a_wrong_key_is_told(server: TogetherServer, places: Places) -> None:
    server.faults["GET /files"] = [answer(lambda: fault(401, f"Invalid API key: {KEY}"))]
    assert raised(lambda: upload(server, places)).code == "authentication_failed"


def test_a_model_that_is_not_trained_there_is_told(server: TogetherServer) -> None:
    endpoint, day = at(server), dt.date(2026, 11, 26)
    served = remote_models.look_up(endpoint, "acme/none")
    found = raised(lambda: remote_models.require_served(endpoint, "acme/none", served, day))
    assert found.code == "model_unknown"


def test_a_file_that_is_called_invalid_is_told_by_our_line(server: TogetherServer, places: Places) -> None:
    error = "Line 7: `messages[1]` must contain a `role` field"
    server.report = {"valid": False, "error_type": "INVALID_FORMAT", "error": error, "nlines": 12}
    found = raised(lambda: upload(server, places))
    train = places.dataset("train")
    assert (found.code, found.message) == (
        "file_refused",
        f"{train}: https://api.together.ai/v1 refused file-1: {train}:7: `messages[1]` must contain a `role` field",
    )


@pytest.mark.parametrize(
    ("price", "code"),
    [({"allowed_to_proceed": False}, "quota_exceeded"), ({"estimated_total_price": 9.0}, None)],
)
def test_a_job_that_costs_too_much_is_not_asked_for(
    server: TogetherServer, places: Places, price: dict[str, object], code: str | None
) -> None:
    upload(server, places)
    server.price |= price
    if code:
        assert raised(lambda: tune(server, places)).code == code
    else:
        with pytest.raises(UsageError, match=r"estimated at 9\.00 USD, endpoint\.spend_limit_usd is 5\.00"):
            tune(server, places)
    assert server.jobs == {}


def test_credit_that_is_used_up_is_told(server: TogetherServer, places: Places) -> None:
    upload(server, places)
    server.faults["POST /fine-tunes"] = [answer(lambda: fault(402, "credit is used up"))]
    assert raised(lambda: tune(server, places)).code == "quota_exceeded"


def test_a_job_that_has_vanished_is_told_and_not_made_again(server: TogetherServer, places: Places) -> None:
    upload(server, places)
    tune(server, places)
    server.jobs.clear()
    assert raised(lambda: get_job(at(server), "ft-1")).code == "not_found"
    assert raised(lambda: tune(server, places)).code == "job_unknown"
    assert server.count("POST /fine-tunes") == 1


def test_a_job_whose_creation_was_answered_with_a_wrong_id_is_found_by_its_run_key(
    server: TogetherServer, places: Places
) -> None:
    upload(server, places)
    server.faults["POST /fine-tunes"] = [lambda _, act: httpx2.Response(200, json={**act().json(), "id": "word"})]
    assert raised(lambda: tune(server, places)).code == "not_found"
    tune(server, places)
    tune(server, places)
    assert list(server.jobs) == ["ft-1"]
    assert server.count("POST /fine-tunes") == 1


def test_a_job_that_failed_is_told_in_the_words_of_its_events(server: TogetherServer, places: Places) -> None:
    server.job_states = ["running", "error"]
    upload(server, places)
    found = raised(lambda: tune(server, places))
    assert (found.code, found.message) == ("job_failed", "job ft-1 failed: out of memory")


def test_a_storage_that_refuses_leaves_no_half_file_behind(server: TogetherServer, places: Places) -> None:
    server.faults["PUT /ID"] = [answer(lambda: httpx2.Response(403, text="expired"))]
    assert raised(lambda: upload(server, places)).code == "permission_denied"
    upload(server, places)
    assert len(server.files) == 2


@pytest.mark.parametrize(
    ("tune", "text"),
    [
        ({"learning_rate_multiplier": 2.0}, "Together takes an absolute learning rate"),
        ({"metadata": {"a": "b"}}, "Together keeps none"),
    ],
)
def test_what_means_something_else_there_is_refused(tune: dict[str, object], text: str) -> None:
    with pytest.raises(UsageError, match=text):
        job_body(WantedJob(TuneParams.model_validate({"model": MODEL, **tune}), "f", "0" * 64), "0" * 32, 1, None)


# What is sent


def test_a_file_is_announced_by_its_checksum_and_sent_without_the_key(server: TogetherServer, places: Places) -> None:
    upload(server, places)
    assert server.count("POST /files") == 2
    sent = [request for request in server.seen if request.method == "PUT"]
    assert all("authorization" not in request.headers for request in sent)
    assert [request.content for request in sent] == [
        places.dataset(side).read_bytes() for side in ("train", "validation")
    ]


def test_bytes_that_are_there_are_never_sent_twice(server: TogetherServer, places: Places, tmp_path: Path) -> None:
    upload(server, places)
    other = Places(tmp_path / "elsewhere")
    write_dataset(other.data)
    for file in server.files.values():
        file["filename"] = "renamed.jsonl"  # so that no list shows ours
    upload(server, other)
    assert len([request for request in server.seen if request.method == "PUT"]) == 2


def test_a_job_says_what_params_say_and_bears_its_run_key(server: TogetherServer, places: Places) -> None:
    upload(server, places)
    tune(server, places, params(n_epochs=2, suffix="mine", extra_body={"learning_rate": 2e-5}))
    body = json_of(next(one for one in server.seen if one.method == "POST" and one.url.path == "/v1/fine-tunes"))
    key = read_json(places.job)["run_key"]
    assert body == {
        "training_file": "file-1",
        "validation_file": "file-2",
        "n_evals": 1,
        "model": MODEL,
        "n_epochs": 2,
        "batch_size": "max",
        "suffix": f"mine-tn{key[:16]}-1",
        "random_seed": 7,
        "training_method": {"method": "sft", "train_on_inputs": "auto"},
        "learning_rate": 2e-5,
    }
    assert len(body["suffix"]) <= 40


def test_preferences_are_trained_by_their_method(server: TogetherServer) -> None:
    wanted = WantedJob(TuneParams(model=MODEL, method="dpo", beta=0.2), "f", "0" * 64)
    assert job_body(wanted, "0" * 32, 1, None)["training_method"] == {"method": "dpo", "dpo_beta": 0.2}


# What comes home


def test_a_job_is_cancelled_and_cannot_be_paused(server: TogetherServer, places: Places) -> None:
    upload(server, places)
    server.job_states = ["running"] * 99
    job = remote_stages.start(at(server), places, params(), say=silent)
    assert raised(lambda: act(at(server), job.id, "pause")).code == "not_supported"
    assert act(at(server), job.id, "cancel").state == "cancelled"


def test_metrics_are_a_table_and_weights_come_home_with_their_sum(server: TogetherServer, places: Places) -> None:
    upload(server, places)
    tune(server, places)
    fetched = remote_stages.fetch_results(at(server), places)
    assert fetched.metrics["final"] == {"train_loss": 0.5, "learning_rate": 1e-5, "valid_loss": 0.75}
    path = places.results / "model" / "adapter-step-2.tar.zst"
    assert path.read_bytes() == WEIGHTS
    assert (places.results / "model" / "SHA256SUMS").read_text() == f"{sha256_file(path)}  {path.name}\n"


def test_a_download_that_was_cut_goes_on_where_it_stopped(server: TogetherServer, places: Places) -> None:
    class Cut(httpx2.SyncByteStream):
        def __iter__(self) -> object:  # type: ignore[override]
            yield WEIGHTS[:1000]
            raise httpx2.ReadError("reset")

    upload(server, places)
    tune(server, places)
    length = {"content-length": str(len(WEIGHTS))}
    server.faults["GET /finetune/download"] = [answer(lambda: httpx2.Response(200, headers=length, stream=Cut()))]
    remote_stages.fetch_results(at(server), places)
    assert (places.results / "model" / "adapter-step-2.tar.zst").read_bytes() == WEIGHTS
    asked = [one.headers.get("range") for one in server.seen if one.url.path.endswith("/download")]
    assert asked == [None, "bytes=1000-"]


@pytest.mark.parametrize("wrong", ["cut", "another hash"])
def test_a_download_that_stays_cut_or_changed_is_left_there_and_told(
    server: TogetherServer, places: Places, wrong: str
) -> None:
    length = {"content-length": str(len(WEIGHTS) + (wrong == "cut"))}
    headers = {"x-goog-hash": "md5=AAAAAAAAAAAAAAAAAAAAAA=="} if wrong == "another hash" else {}
    upload(server, places)
    tune(server, places)
    broken = answer(lambda: httpx2.Response(200, headers={**length, **headers}, content=WEIGHTS))
    server.faults["GET /finetune/download"] = [broken] * 50
    fetched = remote_stages.fetch_results(at(server), places)
    assert (fetched.model_files, len(fetched.left_out)) == ([], 1)
    assert ("bytes" if wrong == "cut" else "another content than it says") in fetched.left_out[0]
    assert not list((places.results / "model").glob("*"))
    server.faults.clear()
    assert remote_stages.fetch_results(at(server), places).model_files == ["adapter-step-2.tar.zst"]


# Before anything is sent


def test_the_preflight_leaves_the_cost_to_the_provider_and_asks_for_a_limit(
    server: TogetherServer, places: Places
) -> None:
    found = preflight.cost(at(server), params(), places)
    assert (found.outcome, found.found) == (
        "ok", "Together AI says what it costs once the files are there; a job above 5.00 USD is not created",
    )  # fmt: skip
    without = parse_params({"tune": {"model": MODEL}}, "p")
    assert preflight.cost(at(server), without, places).outcome == "failed"


# Large files


def in_parts(server: TogetherServer, part_bytes: int = 500) -> Endpoint:
    """The endpoint, with parts so small that every file has several."""
    endpoint = at(server)
    provider: Any = endpoint.provider
    uploads = dataclasses.replace(provider.uploads, part_bytes=part_bytes)
    day = dt.date(2026, 11, 26)
    small = Limit(value=part_bytes, unit="bytes", source="this test", as_of=day)
    limits = {"upload_part_bytes": small}
    profile = endpoint.profile.model_copy(update={"limits": {**endpoint.profile.limits, **limits}})
    return dataclasses.replace(endpoint, profile=profile, provider=dataclasses.replace(provider, uploads=uploads))


def test_a_large_file_goes_in_parts_and_a_lost_part_is_sent_again(server: TogetherServer, places: Places) -> None:
    server.faults["PUT /ID/ID"] = [answer(lambda: fault(503, "busy"))]
    remote_stages.upload(in_parts(server), places, in_parts=True, say=silent)
    assert sorted(map(len, server.contents.values())) == sorted(
        places.dataset(side).stat().st_size for side in ("train", "validation")
    )
    assert server.contents["file-1"] == places.dataset("train").read_bytes()
    assert {file["processing_status"] for file in server.files.values()} == {"COMPLETED"}
    assert all("authorization" not in one.headers for one in server.seen if one.url.host == "storage.example.com")


def test_parts_of_bytes_that_are_there_are_not_sent(server: TogetherServer, places: Places) -> None:
    upload(server, places)
    for path in places.receipts.glob("*"):
        path.unlink()
    for file in server.files.values():
        file["filename"] = "another"
    remote_stages.upload(in_parts(server), places, in_parts=True, say=silent)
    assert len(server.files) == 2
    assert server.count("PUT /ID/ID") == 0


def test_an_upload_of_an_earlier_run_is_begun_anew(server: TogetherServer, places: Places) -> None:
    server.faults["PUT /ID/ID"] = [answer(lambda: fault(503, "busy"))] * 100
    assert raised(lambda: remote_stages.upload(in_parts(server), places, in_parts=True, say=silent)).code
    server.faults.clear()
    remote_stages.upload(in_parts(server), places, in_parts=True, say=silent)
    assert server.contents["file-1"] == places.dataset("train").read_bytes()


def test_what_a_job_cost_is_what_the_provider_says(server: TogetherServer, places: Places) -> None:
    upload(server, places)
    tune(server, places)
    (spent,) = spend_ledger.entries(places.receipts)
    assert (spent.trained_tokens, spent.usd) == (1234, 1.5)
