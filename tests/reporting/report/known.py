"""Facts of a small run that was never made, as the report reads them; each test changes what it is about."""

from __future__ import annotations

from typing import Any

import polars as pl

from tuneset.params import Params
from tuneset.reporting.report.facts import RunFacts, of_groups

LENGTHS = {
    "sum": 900,
    "by_power_of_two": {"8": 3, "64": 6},
    "quantiles": {"mean": 50.0, "p5": 8.0, "p25": 9.0, "p50": 64.0, "p75": 70.0, "p95": 90.0, "max": 99.0},
}
SIDE: dict[str, Any] = {
    "examples": 9,
    "looked_at": 9,
    "whole": True,
    "messages": {"2": 6, "10": 3},
    "roles": {"assistant": 9, "user": 9},
    "holding": {"tools called": 2},
    "tool_names": {"find": 2},
    "answer_characters": {name: LENGTHS[name] for name in ("by_power_of_two", "quantiles")},
    "languages": {"de": 1, "en": 8},
    "tokens": LENGTHS,
    "trained_tokens": None,
    "sources": {"raw.jsonl": 9},
}
HOSTILE = "<script>alert(1)</script> | `x` **b** @team <img src=x onerror=alert(1)>"


def metrics(test: int = 0) -> dict[str, Any]:
    rows = {"read": 100, "dropped": 10, "drop_rate": 0.1, "train": 80 - test, "validation": 10, "test": test}
    return {
        "rows": rows | {"dropped_by_code": {"DUP001": 7, "CLN001": 3}},
        "tokens": {"encoding": "o200k_base", "train": 7000, "validation": 900, "test": 50 * test, "per_example": {}},
        "cost": {
            "estimate_usd": 0.5, "epochs": 1, "billable_tokens": 7000, "usd_per_million_tokens": 0.0,
            "elsewhere_usd": {"openai/gpt-4.1": 2.5},
        },
        "sources": [
            {"source": "raw.jsonl", "container": "jsonl", "shapes": {"chat": 100}, "read": 100, "kept": 90,
             "dropped": 10, "parts": 0, "dropped_by_code": {"DUP001": 7, "CLN001": 3}, "main_reason": "DUP001"},
        ],
        "private_data": {"policies": {"email": "redact"}, "off": ["phone"], "not_looked_for": ["names of people"]},
        "warnings": ["many rows say the same"],
        "stages": {"ingest": {"rows_in": 100, "rows_out": 100, "dropped": 0, "shape.chat": 100},
                   "tokenize": {"rows_in": 90, "rows_out": 90, "dropped": 0, "over_length": 3, "truncated": 3}},
    }  # fmt: skip


def facts(**changed: Any) -> RunFacts:  # noqa: ANN401  any document or table
    """The facts, some of them changed."""
    gate = {"value": 0.1, "kind": "at most", "limit": 0.05, "passed": False, "remedy": "look at the reasons"}
    row = {"code": "DUP001", "source": "raw.jsonl", "line": 7, "item": 0, "detail": "the same content stands elsewhere"}
    rows = pl.LazyFrame(
        {"kind": ["near"] * 3, "group": ["a"] * 3, "row_id": ["1", "2", "3"], "kept_row_id": ["1"] * 3,
         "similarity": [1.0, 0.8, 0.9],
         "source": ["raw.jsonl"] * 3, "line": [5, 6, 7], "outcome": ["train", "dropped", "dropped"]}
    )  # fmt: skip
    groups, largest = of_groups(rows)
    known: dict[str, Any] = {
        "metrics": metrics(),
        "gate": {
            "gates": {"max_drop_rate": gate, "min_examples": gate | {"kind": "at least", "passed": True, "value": 90}},
            "leaks": {"equal_answer": 0.5},
            "sample": {"equal_answer": [{"validation": 3, "train": 7}]},
        },
        "manifest": {
            "files": {"train.jsonl": {"sha256": "ab" * 32, "bytes": 1000, "examples": 80, "tokens": 7000}},
            "params": {"split": {**Params().as_document()["split"], "validation": 0.25}},
            "versions": {"tuneset": "1.2.3"},
        },
        "distributions": {
            "sides": {"train": SIDE, "validation": SIDE},
            "against_training": {
                "validation": {
                    "distances": {
                        "tokens": {"distance": 0.3, "by_chance": 0.1}, "roles": {"distance": 0.0, "by_chance": 0.1},
                    },
                    "coverage": {"examples": 9, "words": 0.9, "pairs": 0.5,
                                 "training": {"examples": 9, "words": 0.95, "pairs": None}},
                }
            },
        },
        "samples": {
            "kept": {"train": [{"line": 4, "said": [["system", "be kind"], ["user", "how?"], ["assistant", "so"]]}]},
            "dropped": [{**row, "said": [["user", "again?"]]}, {**row, "code": "CLN001", "item": 1, "said": None}],
        },
        "duplicates": groups,
        "largest": largest,
        "private": pl.DataFrame({"source": ["raw.jsonl"], "kind": ["email"], "rows": [3], "found": [4]}),
        "places": pl.DataFrame({"side": ["train"], "written_line": [4], "source": ["raw.jsonl"], "line": [5]}),
        "steps": pl.DataFrame({"step": [1.0, 2.0], "train_loss": [2.5, 1.25], "valid_loss": [None, 2.0]}),
    }  # fmt: skip
    return RunFacts(**(known | changed))
