"""How far two sets' distributions lie apart, each by one number from 0 (the same) to 1 (nothing in common).

Of tokens, turns and characters of the answer the measure is Kolmogorov and Smirnov's: the largest difference between
the two cumulative shares. Of languages it is the total variation: half the sum of the differences of shares, so the
share of rows that would have to change. What a line says is read of a sample: the lines of the lowest hashes, so that
a line that is in both sets is in both samples, or in neither but for the last ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from tuneset.cleaning.filtering.language import detect_languages
from tuneset.errors import TunesetError, UsageError
from tuneset.execution import row_steps
from tuneset.execution.comparison.lines import TASK_LINES, Spans, parsed, read_again, spoken, turns
from tuneset.execution.comparison.rows import Rows
from tuneset.execution.executor import Executor
from tuneset.params import Params

SAMPLE_ROWS, LANGUAGE_ROWS, TOKEN_ROWS = 20_000, 5_000, 2_000
"""Rows whose turns and answers, whose languages, and whose tokens where no ledger has them, are looked at."""
PERCENTILES = (5, 50, 95)
KOLMOGOROV_SMIRNOV, TOTAL_VARIATION = "kolmogorov-smirnov", "total-variation"
_SURE_SCORE, _SURE_LETTERS = 0.5, 20
"""A language that is less sure, or of fewer characters, is called `unknown`."""
UNKNOWN = "unknown"

Values = npt.NDArray[np.int64]


class SampledLines(NamedTuple):
    """What the sampled lines of a set have: turns, characters of the answer, and the answers' texts."""

    turns: Values
    characters: Values
    answers: list[str]
    examples: list[Any]


def shifts(first: Rows, second: Rows, params: Params, executor: Executor) -> list[dict[str, Any]]:
    """One entry a distribution: name, measure, distance, over how many rows, and both sides of it."""
    one, other = (_sample(rows, executor) for rows in (first, second))
    return [
        *_tokens(first, second, one, other, params),
        _numeric("turns", one.turns, other.turns),
        _numeric("answer_characters", one.characters, other.characters),
        _languages(one.answers[:LANGUAGE_ROWS], other.answers[:LANGUAGE_ROWS]),
    ]


def _sample(rows: Rows, executor: Executor) -> SampledLines:
    hashes = rows.kept["hash"].to_numpy()
    lowest = np.argpartition(hashes, SAMPLE_ROWS)[:SAMPLE_ROWS] if len(hashes) > SAMPLE_ROWS else np.arange(len(hashes))
    lowest = lowest[np.argsort(hashes[lowest], kind="stable")]
    spans = rows.spans(pl.Series(lowest, dtype=pl.UInt32))
    found = SampledLines(np.zeros(0, np.int64), np.zeros(0, np.int64), [], [])
    for part in executor.map(_read, spans.cut(TASK_LINES), label="sample", size=int(spans.lengths.sum())):
        found = SampledLines(
            np.concatenate([found.turns, part.turns]),
            np.concatenate([found.characters, part.characters]),
            found.answers + part.answers,
            (found.examples + part.examples)[:TOKEN_ROWS],
        )
    return found


def _read(spans: Spans) -> SampledLines:
    examples = [value for line in read_again(spans) if (value := parsed(line)) is not None and spoken(value)]
    answers = [two[1] or "" for value in examples if (two := spoken(value)) is not None]
    return SampledLines(
        np.array([turns(value) for value in examples], np.int64),
        np.array([len(answer) for answer in answers], np.int64),
        answers,
        examples[:TOKEN_ROWS],
    )


def _tokens(first: Rows, second: Rows, one: SampledLines, other: SampledLines, params: Params) -> list[dict[str, Any]]:
    """Tokens of all rows where both ledgers have them, else of the sample, by the target of params."""
    known = [rows.kept["tokens"].drop_nulls().to_numpy() for rows in (first, second)]
    if all(len(values) == rows.kept.height for values, rows in zip(known, (first, second), strict=True)):
        return [_numeric("tokens", *known)]
    try:
        target = row_steps.length(params).target
        counted = [
            np.array([target.count_example(value).tokens for value in sample.examples], np.int64)
            for sample in (one, other)
        ]
    except (TunesetError, KeyError, TypeError, ValueError):
        return []
    return [_numeric("tokens", *counted)]


def _numeric(name: str, one: Values, other: Values) -> dict[str, Any]:
    return {
        "name": name,
        "measure": KOLMOGOROV_SMIRNOV,
        "distance": round(kolmogorov_smirnov(one, other), 6),
        "a": _summary(one),
        "b": _summary(other),
    }


def kolmogorov_smirnov(one: Values, other: Values) -> float:
    """The largest difference between two cumulative shares; 0 where a set is empty.

    >>> kolmogorov_smirnov(np.array([1, 2, 3, 4]), np.array([3, 4, 5, 6]))
    0.5
    """
    if not len(one) or not len(other):
        return 0.0
    at = np.union1d(one, other)
    shares = [np.searchsorted(np.sort(values), at, side="right") / len(values) for values in (one, other)]
    return float(np.abs(shares[0] - shares[1]).max())


def _summary(values: Values) -> dict[str, Any]:
    if not len(values):
        return {"rows": 0}
    quantiles = np.percentile(values, PERCENTILES, method="nearest").tolist()
    named = {f"p{p}": int(value) for p, value in zip(PERCENTILES, quantiles, strict=True)}
    return {"rows": len(values), "mean": round(float(values.mean()), 1), **named}


def _languages(one: Sequence[str], other: Sequence[str]) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": "languages", "measure": TOTAL_VARIATION}
    try:
        shares = [_language_shares(answers) for answers in (one, other)]
    except UsageError:  # without the extra nobody knows
        return entry | {"distance": None, "missing": "the extra `language` is not installed"}
    distance = total_variation(*shares)
    sides = ({"rows": len(answers), "shares": found} for answers, found in zip((one, other), shares, strict=True))
    return entry | {"distance": round(distance, 6)} | dict(zip("ab", sides, strict=True))


def total_variation(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """Half the sum of the differences of shares; 0 where a set is empty.

    >>> total_variation({"en": 0.5, "de": 0.5}, {"en": 1.0})
    0.5
    """
    if not one or not other:
        return 0.0
    return sum(abs(one.get(key, 0.0) - other.get(key, 0.0)) for key in one.keys() | other.keys()) / 2


def _language_shares(answers: Sequence[str]) -> dict[str, float]:
    """The share of answers in each language, the commonest first."""
    if not answers:
        return {}
    found = detect_languages(pl.Series(answers, dtype=pl.String))
    sure = (pl.col("score") >= _SURE_SCORE) & (pl.col("letters") >= _SURE_LETTERS)
    named = found.select(pl.when(sure).then("language").otherwise(pl.lit(UNKNOWN)).alias("language"))
    counts = named["language"].value_counts().sort(["count", "language"], descending=[True, False])
    return {name: round(count / len(answers), 6) for name, count in counts.iter_rows()}
