"""A failed gate stops an upload and a job, unless somebody says why not; that is kept with the receipts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.providers.protocol_server import Server, write_dataset
from tuneset.api.remote import gate_check
from tuneset.artifacts import read_json
from tuneset.errors import CheckFailedError, UsageError
from tuneset.params import parse_params
from tuneset.providers import receipts, remote_stages
from tuneset.providers.places import Places

STRICT = parse_params({"gate": {"min_examples": 100}, "workers": 1}, "p")
FAILED = "min_examples is 15, at least 100"


@pytest.fixture
def places(tmp_path: Path) -> Places:
    write_dataset(tmp_path)
    return Places(tmp_path)


def silent(_: str) -> None:
    """Whoever listens hears nothing."""


def test_a_failed_gate_stops_with_what_failed_and_what_to_do(places: Places) -> None:
    with pytest.raises(CheckFailedError, match="the gate does not hold .run again: nobody has looked.: " + FAILED):
        gate_check.require(STRICT, places, None, silent)
    with pytest.raises(CheckFailedError, match=FAILED + r"(?s:.)*`tuneset gate` looks again(?s:.)*--ignore-gate"):
        gate_check.require(STRICT, places, None, silent)
    with pytest.raises(UsageError, match="--ignore-gate: is empty"):
        gate_check.require(STRICT, places, " ", silent)
    assert not places.receipts.exists()


def test_a_reason_is_kept_once_and_holds_for_the_job_of_the_same_files(places: Places) -> None:
    said: list[str] = []
    for _ in range(2):
        ignored = gate_check.require(STRICT, places, "a pilot", said.append)
    assert ignored == {"reason": "a pilot", "failed": FAILED}
    assert said[0] == f"gate: ignored, a pilot: {FAILED}"
    (kept,) = receipts.all_of(places.receipts, gate_check.KIND)
    assert (kept["reason"], set(kept["files"]), kept["failed"]) == ("a pilot", {"train", "validation"}, FAILED)
    remote_stages.upload(Server().endpoint(), places, gate_ignored=ignored, say=silent)
    assert read_json(places.upload)["gate_ignored"] == ignored
    assert gate_check.require(STRICT, places, None, silent) == ignored
    places.dataset("train").write_bytes(places.dataset("train").read_bytes() * 2)
    with pytest.raises(CheckFailedError, match="the files were changed"):
        gate_check.require(STRICT, places, None, silent)


def test_where_the_gate_holds_there_is_nothing_to_ignore(places: Places) -> None:
    said: list[str] = []
    assert gate_check.require(parse_params({"workers": 1}, "p"), places, "a pilot", said.append) is None
    assert said == ["gate: every threshold holds; there is nothing to ignore"]
    assert not places.receipts.exists()
