"""Rates of a dataset against a baseline: what got worse is named with what it was, what it is and the tolerance."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.execution.comparison.test_revision import commit, git
from tuneset.artifacts import write_json
from tuneset.errors import InputError, UsageError
from tuneset.execution.comparison import rates
from tuneset.params import GateParams, parse_params

METRICS: dict[str, Any] = {
    "rows": {"read": 200, "drop_rate": 0.1, "dropped_by_code": {"DUP001": 10, "CLN003": 10}},
    "tokens": {"per_example": {"mean": 80.0, "p95": 200.0, "max": 900.0}},
    "target": {"trained_share": 0.75},
    "stages": {
        "clean": {"rows_in": 200, "private.email.rows": 4, "private.email.found": 9, "changed.whitespace": 3},
        "validate": {"rows_in": 190, "warning.TXT003": 19, "error.CNV005": 0, "dropped": 0},
        "dedup": {"rows_in": 190, "duplicates.exact": 10, "duplicates.near": 9, "dropped": 10},
    },
}
KNOWN = {
    "drop_rate": 0.1,
    "dropped.CLN003": 0.05,
    "dropped.DUP001": 0.05,
    "duplicates": 0.1,
    "findings.CNV005": 0.0,
    "findings.TXT003": 0.1,
    "private_data.email": 0.02,
    "tokens.mean": 80.0,
    "tokens.p95": 200.0,
    "untrained_share": 0.25,
}


def test_the_rates_of_a_run_are_shares_of_its_rows() -> None:
    assert rates.rates(METRICS) == KNOWN
    assert rates.rates({}) == {"drop_rate": 0.0, "duplicates": 0.0}


@pytest.mark.parametrize(
    ("now", "tolerances"),
    [
        ({"drop_rate": 0.11, "tokens.mean": 88.0}, {}),  # at the tolerance
        ({"drop_rate": 0.0, "duplicates": 0.0, "tokens.mean": 10.0}, {}),  # better
        (
            {"untrained_share": 0.9, "tokens.max": 900.0},
            {"untrained_share": 0.7},
        ),  # the last is new
        ({"dropped.DUP001": 0.2}, {"dropped": 0.2}),
    ],
)
def test_what_is_within_its_tolerance_is_not_worse(now: dict[str, float], tolerances: dict[str, float]) -> None:
    assert rates.worse(KNOWN, now, tolerances) == []


@pytest.mark.parametrize(
    ("now", "tolerances", "found"),
    [
        ({"drop_rate": 0.1101}, {}, ("drop_rate", 0.1, 0.1101, 0.01)),
        ({"tokens.mean": 88.1}, {}, ("tokens.mean", 80.0, 88.1, 0.1)),
        ({"private_data.phone": 0.02}, {}, ("private_data.phone", 0.0, 0.02, 0.01)),  # a kind that there was not
        ({"dropped.DUP001": 0.06}, {"dropped": 0.5, "dropped.DUP001": 0.0}, ("dropped.DUP001", 0.05, 0.06, 0.0)),
        ({"duplicates": 0.11}, {"default": 0.0}, ("duplicates", 0.1, 0.11, 0.0)),
    ],
)
def test_what_got_worse_is_named(
    now: dict[str, float], tolerances: dict[str, float], found: tuple[str, float, float, float]
) -> None:
    assert rates.worse(KNOWN, now, tolerances) == [found]


def test_each_rate_that_got_worse_is_a_gate_of_its_own(tmp_path: Path) -> None:
    baseline = tmp_path / "rates.json"
    write_json(baseline, {"schema_version": 1, "files": {}, "rates": KNOWN | {"drop_rate": 0.05, "tokens.mean": 40.0}})
    whole, *gates = rates.gates(METRICS, GateParams(baseline=str(baseline)))
    assert (whole.name, whole.value, whole.passed) == ("baseline", 2, False)
    assert [(gate.name, gate.value, gate.limit) for gate in gates] == [
        ("baseline.drop_rate", 0.1, 0.06),
        ("baseline.tokens.mean", 80.0, 44.0),
    ]
    assert gates[0].remedy.startswith(f"it was 0.05 in {baseline}, tolerance 0.01: ")
    assert gates[1].remedy.startswith(f"it was 40 in {baseline}, tolerance 10% of it: ")
    assert rates.gates(METRICS, GateParams()) == []


def test_a_baseline_is_a_file_a_folder_or_a_revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    git("init", "-q")
    write_json(Path("data/reports/metrics.json"), METRICS)
    commit("one")
    Path("data/dataset").mkdir()
    Path("data/dataset/train.jsonl").write_bytes(b"")
    assert rates.read_baseline("data") == KNOWN
    assert rates.read_baseline("rev:HEAD") == KNOWN
    with pytest.raises(InputError, match=r"rev:HEAD:other holds no metrics\.json"):
        rates.read_baseline("rev:HEAD:other")
    write_json(Path("findings.json"), {"schema_version": 1, "files": {}})
    with pytest.raises(UsageError, match=r"findings.json holds no rates\n  do: write it: tuneset baseline DATASET"):
        rates.read_baseline("findings.json")


def test_a_tolerance_of_what_is_no_rate_is_named() -> None:
    with pytest.raises(UsageError, match="drop_rates is no rate; rates: default, drop_rate, dropped"):
        parse_params({"gate": {"baseline_tolerance": {"drop_rates": 0.1}}}, "p")
