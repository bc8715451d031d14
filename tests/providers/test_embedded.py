"""The whole way against the embedded endpoint, which really trains, with the official client."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.providers.protocol_server import lines, write_dataset
from tuneset.artifacts import read_json
from tuneset.endpoint.app import create_app
from tuneset.errors import RemoteError
from tuneset.params import EndpointParams, Params, parse_params
from tuneset.providers import remote_stages
from tuneset.providers.endpoint import Endpoint, connect
from tuneset.providers.files import remote_files
from tuneset.providers.places import Places

PARAMS = parse_params({"tune": {"n_epochs": 2, "batch_size": 4, "poll_s": 0.05, "timeout_s": 600}}, "params.yaml")


@pytest.fixture
def endpoint(tmp_path: Path) -> Iterator[Endpoint]:
    with TestClient(create_app(tmp_path / "state"), base_url="http://localhost/v1") as client:
        yield connect(EndpointParams(), base_url="http://localhost/v1", http_client=client)


def whole_way(endpoint: Endpoint, data: Path, params: Params = PARAMS) -> list[str]:
    events: list[str] = []
    remote_stages.upload(endpoint, Places(data), say=events.append)
    remote_stages.tune(
        endpoint, Places(data), params, say=events.append, on_event=lambda event: events.append(event.message)
    )
    remote_stages.fetch_results(endpoint, Places(data))
    return events


def test_from_a_dataset_to_measured_results(endpoint: Endpoint, tmp_path: Path) -> None:
    write_dataset(tmp_path)
    events = whole_way(endpoint, tmp_path)
    places = Places(tmp_path)
    job = read_json(places.job)
    assert job["status"] == "succeeded"
    assert job["trained_tokens"] > 0
    header, *rows = (places.results / "step_metrics.csv").read_text().splitlines()
    assert header == "step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy"
    assert len(rows) == 6  # 12 examples, 2 epochs, batches of 4
    metrics = read_json(places.results / "results.json")
    assert metrics["steps"] == 6
    assert metrics["final"]["valid_loss"] < metrics["first"]["valid_loss"]
    assert [checkpoint["step"] for checkpoint in read_json(places.results / "checkpoints.json")] == [3, 6]
    assert f"Created fine-tuning job: {job['job_id']}" in events
    assert len(set(events)) == len(events)


def test_a_second_run_sends_nothing_and_changes_no_byte(endpoint: Endpoint, tmp_path: Path) -> None:
    write_dataset(tmp_path)
    whole_way(endpoint, tmp_path)
    names = ["remote/upload.json", "remote/job.json", "results/results.json", "results/step_metrics.csv"]
    before = [(tmp_path / name).read_bytes() for name in names]
    whole_way(endpoint, tmp_path)
    assert [(tmp_path / name).read_bytes() for name in names] == before
    assert sorted(file.purpose for file in remote_files.list_files(endpoint)) == [
        "fine-tune",
        "fine-tune",
        "fine-tune-results",
    ]


def test_a_file_that_cannot_be_trained_on_fails_with_the_servers_own_words(endpoint: Endpoint, tmp_path: Path) -> None:
    write_dataset(tmp_path)
    (tmp_path / "dataset" / "train.jsonl").write_bytes(b"".join(lines(7)))
    with pytest.raises(RemoteError) as caught:
        whole_way(endpoint, tmp_path)
    assert caught.value.code == "job_failed"
    assert caught.value.server_code == "invalid_n_examples"
    assert "7 example(s), but must have at least 10 examples" in caught.value.message


def test_results_come_back_byte_for_byte_as_the_server_keeps_them(endpoint: Endpoint, tmp_path: Path) -> None:
    write_dataset(tmp_path)
    whole_way(endpoint, tmp_path)
    (file_id,) = json.loads((tmp_path / "remote" / "job.json").read_text())["result_files"]
    size = remote_files.save_content(endpoint, file_id, tmp_path / "again")
    assert size == remote_files.get_file(endpoint, file_id).bytes
    (raw,) = (tmp_path / "results" / "raw").iterdir()
    assert raw.read_bytes() == (tmp_path / "again").read_bytes()
