"""The spend ledger: one entry for each ended job, with the tokens that were billed and what they cost."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from tests.providers.protocol_server import KEY, Server, write_dataset
from tuneset.artifacts import read_json, write_json
from tuneset.errors import RemoteError
from tuneset.params import EndpointParams, Params, TuneParams
from tuneset.providers import receipts, remote_stages, spend_ledger
from tuneset.providers.jobs.job_cost import price_of
from tuneset.providers.places import Places
from tuneset.providers.records import RemoteJob
from tuneset.providers.spend_ledger import Spent, counted_exactly, difference, enter, entries, estimated_tokens


def silent(_: str) -> None:
    """Nobody listens."""


def spent(trained: int | None, estimated: int | None) -> Spent:
    return Spent("local", "ftjob-1", "m", "supervised", "succeeded", trained, estimated, None)


@pytest.mark.parametrize(("trained", "estimated"), [(None, 100), (100, None), (100, 0), (105, 100), (95, 100)])
def test_a_difference_of_five_percent_or_an_unknown_one_is_no_warning(
    trained: int | None, estimated: int | None
) -> None:
    assert difference(spent(trained, estimated)) is None


def test_a_larger_difference_is_told_with_both_numbers() -> None:
    assert difference(spent(949, 1000)) == (
        "job ftjob-1: the endpoint trained 949 tokens, the estimate was 1,000 (-5.1 %)"
    )


def test_a_difference_names_counts_that_are_not_exact() -> None:
    told = dataclasses.replace(spent(949, 1000), estimate_exact=False)
    assert str(difference(told)).endswith("(-5.1 %), whose counts are not exact")
    assert not str(difference(dataclasses.replace(told, estimate_exact=True))).endswith("exact")


@pytest.mark.parametrize("metrics", [None, {}, {"cost": None}, {"cost": {"tokens_exact": 1}}])
def test_metrics_that_do_not_say_whether_counts_are_exact_claim_neither(metrics: object) -> None:
    assert counted_exactly(metrics) is None


def test_an_entry_of_an_older_version_is_read(tmp_path: Path) -> None:
    old = dataclasses.asdict(spent(100, 100))
    del old["estimate_exact"]
    receipts.write(tmp_path, "spend", "0" * 16, old)
    assert entries(tmp_path) == [spent(100, 100)]


@pytest.mark.parametrize("metrics", [None, [], {}, {"tokens": 3, "cost": None}, {"tokens": {"train": "9"}}])
def test_without_metrics_there_is_no_estimate(metrics: object) -> None:
    assert estimated_tokens(metrics, {"n_epochs": 2}) is None


def test_without_the_endpoints_epochs_our_own_count() -> None:
    metrics = {"tokens": {"train": 100}, "cost": {"epochs": 3}}
    assert estimated_tokens(metrics, {"n_epochs": "auto"}) == 300
    assert estimated_tokens(metrics, {}) == 300


@pytest.mark.parametrize(
    ("method", "tokens", "usd"),
    [("supervised", 2_000_000, 50.0), ("reinforcement", 2_000_000, None), ("dpo", None, None)],
)
def test_the_price_is_the_profiles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str, tokens: int | None, usd: float | None
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    job = RemoteJob("ftjob-1", "succeeded", "succeeded", trained_tokens=tokens)
    endpoint = Server().endpoint(profile="openai")
    tune = TuneParams(model="gpt-4.1-2025-04-14", method=method)  # type: ignore[arg-type]
    for _ in range(2):
        price = price_of(endpoint, EndpointParams(), tune.model, method)
        enter(endpoint, job, tune, 1_000_000, price, tmp_path)
    (entry,) = entries(tmp_path)
    assert (entry.trained_tokens, entry.usd, entry.estimated_tokens) == (tokens, usd, 1_000_000)


def test_an_edited_entry_is_refused(tmp_path: Path) -> None:
    enter(Server().endpoint(), RemoteJob("ftjob-1", "failed", "failed"), TuneParams(), None, None, tmp_path)
    (path,) = tmp_path.glob("spend-*.json")
    path.write_text(path.read_text().replace("failed", "succeeded"))
    with pytest.raises(RemoteError) as caught:
        spend_ledger.entries(tmp_path)
    assert caught.value.code == "receipt_altered"


def test_the_tune_stage_enters_its_job_and_tells_of_a_difference(tmp_path: Path) -> None:
    server, places, said = Server(), Places(tmp_path), list[str]()
    write_dataset(tmp_path)
    write_json(places.metrics, {"tokens": {"train": 100}, "cost": {"epochs": 1, "tokens_exact": False}})
    remote_stages.upload(server.endpoint(), places, say=silent)
    remote_stages.tune(server.endpoint(), places, Params(), say=said.append)
    warning = "warning: job ftjob-1: the endpoint trained 1,234 tokens, the estimate was 300 (+311.3 %)"
    assert f"{warning}, whose counts are not exact" in said
    (entry,) = entries(places.receipts)
    assert entry.estimate_exact is False
    assert (entry.job_id, entry.trained_tokens, entry.estimated_tokens, entry.usd) == ("ftjob-1", 1234, 300, 0.0)
    assert read_json(places.job)["estimated_tokens"] == 300


def test_a_job_that_failed_is_in_the_ledger_too(tmp_path: Path) -> None:
    server, places = Server(job_states=["failed"]), Places(tmp_path)
    write_dataset(tmp_path)
    remote_stages.upload(server.endpoint(), places, say=silent)
    with pytest.raises(RemoteError):
        remote_stages.tune(server.endpoint(), places, Params(), say=silent)
    assert [entry.status for entry in entries(places.receipts)] == ["failed"]


def test_a_job_left_to_itself_is_picked_up_later(tmp_path: Path) -> None:
    server, places = Server(), Places(tmp_path)
    write_dataset(tmp_path)
    remote_stages.upload(server.endpoint(), places, say=silent)
    assert remote_stages.start(server.endpoint(), places, Params(), say=silent).status == "validating_files"
    assert not places.job.exists()
    assert remote_stages.tune(server.endpoint(), places, Params(), say=silent)["job_id"] == "ftjob-1"
    assert server.count("POST /fine_tuning/jobs") == 1
