"""Token counts of a file: totals, percentiles, histogram, longest, epochs and cost."""

import dataclasses
import datetime as dt
from collections import Counter

import numpy as np

from tuneset.reporting.token_table import FileTokens, document, text
from tuneset.rules.engine.token_counts import RangeCounts, join

TODAY = dt.date(2026, 11, 20)


def _file(*tokens: int, limit: float | None = 100, exact: bool = True) -> FileTokens:
    rows = np.array([(line, count, -1) for line, count in enumerate(tokens, start=1)], dtype=np.int64).reshape(-1, 3)
    return FileTokens(
        "a.jsonl",
        RangeCounts(len(tokens), 1, rows, Counter({} if exact else {"it stands in": len(tokens)})),
        "m",
        "o200k_base",
        exact,
        limit,
    )


def test_an_empty_file_has_no_percentiles_and_no_fault() -> None:
    (found,) = document([_file()], TODAY)["files"]
    assert (found["tokens"], found["percentiles"], found["histogram"], found["longest"]) == (0, {}, [], [])
    assert next(iter(text([_file()], TODAY))) == "a.jsonl: 0 tokens in 0 examples"


def test_tokens_over_the_limit_are_not_billed() -> None:
    (found,) = document([_file(50, 300)], TODAY)["files"]
    assert (found["tokens"], found["billable_tokens"], found["over_length"]) == (350, 150, 1)
    assert found["longest"] == [{"line": 2, "tokens": 300}, {"line": 1, "tokens": 50}]
    assert "  too long   1 example of more than 100 tokens" in list(text([_file(50, 300)], TODAY))


def test_a_cost_by_the_vocabulary_of_another_model_is_an_estimate() -> None:
    own = _file(*[1000] * 100)
    for file, expected in ((own, True), (dataclasses.replace(own, encoding="cl100k_base"), False)):
        cost = document([file], TODAY)["files"][0]["cost"]
        assert [one["exact"] for one in cost if one["model"].startswith("gpt-4.1-2025")] == [expected]
        (said,) = [line for line in text([file], TODAY) if "USD  openai/gpt-4.1-2025" in line]
        assert said.endswith("an estimate for it") is not expected
    assumed = document([_file(1000, exact=False)], TODAY)["files"][0]["cost"]
    assert not any(one["exact"] for one in assumed)


def test_the_cheapest_model_comes_first_and_local_training_costs_nothing() -> None:
    cost = document([_file(*[1000] * 1000, limit=None)], TODAY)["files"][0]["cost"]
    assert [entry["usd"] for entry in cost] == sorted(entry["usd"] for entry in cost)
    assert {entry["profile"] for entry in cost} == {"openai"}
    assert "gpt-4.1-nano-2025-04-14" not in {entry["model"] for entry in cost}  # shut down on 2026-10-23


def test_an_estimate_is_called_one() -> None:
    assert list(text([_file(5, exact=False)], TODAY))[2] == "  estimate   1 example: it stands in"
    assert list(text([_file(5)], TODAY))[2] == "  exact      no count is an estimate"


def test_ranges_are_joined_with_the_lines_of_the_file() -> None:
    parts = [RangeCounts(3, 0, np.array([[1, 5, 2], [3, 6, -1]])), RangeCounts(2, 1, np.array([[2, 7, 0]]))]
    joined = join(parts)
    assert joined.tokens.tolist() == [[1, 5, 2], [3, 6, -1], [5, 7, 0]]
    assert (joined.lines, joined.skipped) == (5, 1)
