"""What the summary says of the sides of the split, of private data and of the cost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tuneset.cleaning.private_data.coverage import NOT_LOOKED_FOR, coverage
from tuneset.cleaning.private_data.kinds import Rules
from tuneset.cleaning.private_data.optional.detectors import OPTIONAL
from tuneset.params import parse_params
from tuneset.reporting import run_summary
from tuneset.stages.gate import Gate

SUMMARY = Path(__file__).with_name("summary.txt")
"""How a crowded summary stands on a terminal of 80 columns."""


def metrics(test: int) -> dict[str, Any]:
    rows = {"read": 100, "dropped": 10, "drop_rate": 0.1, "train": 80 - test, "validation": 10, "test": test}
    return {
        "rows": rows | {"dropped_by_code": {"DUP001": 10}},
        "tokens": {"encoding": "o200k_base", "train": 7000, "validation": 900, "test": 50 * test, "per_example": {}},
        "cost": {
            "estimate_usd": 0.0,
            "epochs": 1,
            "billable_tokens": 7000,
            "usd_per_million_tokens": 0.0,
            "elsewhere_usd": {},
        },
        "warnings": [],
        "stages": {},
    }


def text(test: int) -> list[str]:
    return run_summary.text(metrics(test), [], parse_params({}, "params")).splitlines()


def test_nothing_is_said_of_a_test_set_that_is_not_there():
    assert text(0)[1].strip() == "80 for training, 10 for validation"
    assert "test" not in "\n".join(text(0))


@pytest.mark.parametrize("test", [1, 12])
def test_a_test_set_is_counted_in_rows_and_tokens(test: int):
    assert text(test)[1].strip() == f"{80 - test} for training, 10 for validation, {test} for a test"
    assert f"tokens   7,000 for training, 900 for validation, {50 * test} for a test" in "\n".join(text(test))


def test_what_was_off_and_what_is_not_looked_for_is_said_by_name() -> None:
    covered = coverage(Rules({"email": "off", "birth_date": "off"}))
    counts = {"rows_in": 9, "rows_out": 9, "dropped": 0, "private.card.rows": 3, "private.card.found": 4}
    told = {**metrics(0), "private_data": covered, "stages": {"clean": counts}}
    summary = run_summary.text(told, [], parse_params({}, "params"))
    told_all = " ".join(summary.split())
    assert "off: email, birth date, mac, imei, wallet, passport, user name, postal address" in told_all
    for kind in NOT_LOOKED_FOR:
        assert kind in told_all
    assert "3  examples: card" in summary
    everything = coverage(Rules(optional=OPTIONAL))
    assert "off:" not in run_summary.text({**told, "private_data": everything}, [], parse_params({}, "params"))


@pytest.mark.parametrize(("exact", "words"), [(True, "7,000 tokens, exact)"), (False, "7,000 tokens, an estimate)")])
def test_a_cost_says_whether_its_tokens_are_exact(*, exact: bool, words: str) -> None:
    told = metrics(0)
    told["cost"]["tokens_exact"] = exact
    assert words in run_summary.text(told, [], parse_params({}, "params"))
    assert "(7,000 tokens)" in "\n".join(text(0))  # metrics of an older version do not say


def test_no_line_of_the_summary_is_wider_than_a_terminal() -> None:
    told = metrics(0)
    told["warnings"] = [" ".join(["many words"] * 30)]
    told["tokens"] |= {"exact": False, "estimated_examples": 45, "estimated_because": {"what nobody says " * 4: 45}}
    read = {"read": 1_234_567, "kept": 1, "dropped": 1_234_566, "parts": 0, "main_reason": "DUP001"}
    told["sources"] = [{"source": "data/" * 30 + "a.jsonl", "container": "jsonl", "shapes": {"chat": 9}, **read}]
    gates = [Gate("max_validation_overlap", 0.5, "at most", 0.25, passed=False, remedy="look at it " * 12)]
    lines = run_summary.text(told, gates, parse_params({}, "params")).splitlines()
    assert max(map(len, lines)) <= run_summary.WIDTH
    assert "\n".join(lines) == SUMMARY.read_text(encoding="utf-8").removesuffix("\n")
