"""report: what happened to the rows, as one document of numbers. It is the whole of `metrics.json`.

Only numbers that follow from the data and the params: no times, no paths of this machine, so that the same input gives
the same bytes and `dvc metrics diff` shows what changed. How numbers are drawn is the business of `tuneset/reporting/`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import polars as pl

from tuneset import kept_counts, stage_table
from tuneset.dataset_folder import SIDES
from tuneset.drop_reasons import CONVERSATION_PART
from tuneset.kept_counts import Kept
from tuneset.metric_names import is_of
from tuneset.profile import Model
from tuneset.targets import cost
from tuneset.targets.packing import pack
from tuneset.targets.target import Target

SCHEMA_VERSION = 1
PERCENTILES = (5, 25, 50, 75, 95, 99)


def metrics(
    stats: Mapping[str, Mapping[str, int]],
    kept: Kept,
    *,
    model: Model | None,
    n_epochs: int | Literal["auto"],
    encoding: str,
    unused: Mapping[str, Mapping[str, int]],
    warnings: Sequence[str],
    target: Target | None = None,
    sequence_length: int | None = None,
) -> dict[str, Any]:
    """Build the document.

    Args:
        stats: counts by stage, as the stages summed them.
        kept: the examples that were written, in counts.
        model: the model that will be trained, for its price; None where it is unknown.
        n_epochs: as asked for.
        encoding: the encoding with which tokens were counted.
        unused: by file the columns with text that no example says, and in how many rows.
        warnings: what deserves a look, in sentences.
        target: the model by which tokens were counted.
        sequence_length: tokens of a packed sequence, where packing is to be measured.

    Raises AssertionError where rows read, and those derived from them, are not rows kept and rows dropped.
    """
    examples = {side: kept.by_side().get(side, 0) for side in SIDES}
    tokens = {side: kept_counts.total(kept.of("tokens", side)) for side in SIDES}
    read = stats["ingest"]["rows_in"]
    by_code = _by_code(stats)
    dropped = sum(by_code.values())
    parts = by_code.get(CONVERSATION_PART, 0)  # what they say is in the example that another row begins
    derived = stats.get("tokenize", {}).get("derived", 0)
    if read + derived != kept.examples + dropped:
        raise AssertionError(f"{read} rows read, {derived} derived, {kept.examples} kept, {dropped} dropped")
    estimate = cost.estimate(tokens["train"], examples["train"], n_epochs, model)
    return {
        "schema_version": SCHEMA_VERSION,
        "rows": {
            "read": read,
            **examples,
            "dropped": dropped,
            "dropped_by_code": by_code,
            **({"derived": derived} if derived else {}),
            "drop_rate": round((dropped - parts) / (read + derived - parts), 6) if read > parts else 0.0,
        },
        "tokens": {
            "encoding": encoding,
            **tokens,
            "per_example": percentiles(kept.of("tokens")),
            **_precision(stats.get("tokenize", {}), kept),
        },
        **_of_target(kept, target, sequence_length, stats.get("tokenize", {})),
        "characters": {"per_example": percentiles(kept.of("characters"))},
        "cost": {
            "estimate_usd": estimate.usd,
            "epochs": estimate.epochs,
            "billable_tokens": estimate.billable_tokens,
            "billable_tokens_of": "all epochs over the training file; validation and test are not billed",
            "usd_per_million_tokens": estimate.usd_per_million_tokens,
            "tokens_exact": kept.inexact == 0,
            "elsewhere_usd": dict(cost.compare(tokens["train"], examples["train"], n_epochs)),
        },
        "split": {
            "groups": kept.prompts,
            "validation_share": round(examples["validation"] / kept.examples, 6) if kept.examples else 0.0,
            "test_share": round(examples["test"] / kept.examples, 6) if kept.examples else 0.0,
        },
        "columns": {"unused": dict(unused)},
        "warnings": [*warnings],
        "stages": {stage: _counts(stats[stage]) for stage in stage_table.names() if stage in stats},
    }


ESTIMATED = "estimated."
"""How a count of the stage tokenize begins that says for which reason tokens are an estimate."""


def _precision(counts: Mapping[str, int], kept: Kept) -> dict[str, Any]:
    """Whether all counts of kept examples are exact, how many are not, and the reasons with their rows."""
    why = {name.removeprefix(ESTIMATED): n for name, n in sorted(counts.items()) if name.startswith(ESTIMATED)}
    return {"exact": kept.inexact == 0, "estimated_examples": kept.inexact, "estimated_because": why}


def _of_target(
    kept: Kept, target: Target | None, sequence_length: int | None, counts: Mapping[str, int]
) -> dict[str, Any]:
    """What is trained of the dataset and how it packs; nothing without a model whose files are at hand."""
    if target is None or target.place is None:
        return {}
    train = kept.sides.filter(pl.col("side") == "train")
    known = kept.of("trained_tokens", "train")
    trained, tokens = kept_counts.total(known), int(train["masked_tokens"].sum())
    found: dict[str, Any] = {
        "recipe": target.recipe,
        "trained_tokens": trained,
        "trained_share": round(trained / tokens, 6) if tokens else None,
        "examples_without_trained_tokens": int(known.filter(pl.col("value") == 0)["examples"].sum()),
        "examples_with_unstable_turns": counts.get("unstable", 0),
        "unknown_examples": int(train["examples"].sum()) - int(known["examples"].sum()),
        "truncated_answers": counts.get("truncated", 0),
    }
    if sequence_length is not None:
        lengths = kept.of("tokens", "train")
        packed = pack(lengths["value"].to_numpy(), lengths["examples"].to_numpy(), sequence_length)
        found["truncated_answers"] += packed.cut
        found["packing"] = {"sequence_length": sequence_length, **packed._asdict()}
    return {"target": found}


def _counts(counts: Mapping[str, int]) -> dict[str, int]:
    """The counts of a stage, without those that are shown by file."""
    return {name: count for name, count in sorted(counts.items()) if not is_of(name)}


def percentiles(counts: pl.DataFrame) -> dict[str, float]:
    """Mean, percentiles and maximum of a column of lengths, given `value, examples`; nothing for an empty column.

    >>> percentiles(kept_counts.of_values(pl.Series([1, 2, 3])))["p50"]
    2.0
    """
    if counts.is_empty():
        return {}
    shares = kept_counts.at_shares(counts, [p / 100 for p in PERCENTILES])
    found = {f"p{p}": value for p, value in zip(PERCENTILES, shares, strict=True)}
    return {"mean": kept_counts.mean(counts), **found, "max": float(counts["value"][-1])}


def histogram(kept: Kept, column: str) -> pl.DataFrame:
    """Examples by powers of two of `column`, for each side: `at_least, below, side, examples`, no bin left out.

    >>> rows = pl.DataFrame({"side": ["train"] * 2, "tokens": [3, 9], "characters": [1, 1], "prompt_key": ["a", "b"]})
    >>> histogram(kept_counts.counted(rows), "tokens").rows()
    [(2, 4, 'train', 1), (4, 8, 'train', 0), (8, 16, 'train', 1)]
    """
    names = sorted(kept.by_side())
    bars = {side: kept_counts.by_power_of_two(kept.of(column, side)) for side in names}
    least = [power for of_side in bars.values() for power in of_side]
    powers = range(min(least).bit_length() - 1, max(least).bit_length()) if least else ()
    found = [(1 << power, 2 << power, side, bars[side].get(1 << power, 0)) for power in powers for side in names]
    schema = {"at_least": pl.Int64, "below": pl.Int64, "side": pl.String, "examples": pl.Int64}
    return pl.DataFrame(found, schema, orient="row")


def _by_code(stats: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """Dropped rows by code over all stages, sorted by code."""
    total: dict[str, int] = {}
    for counts in stats.values():
        for name, count in counts.items():
            if name.startswith("dropped."):
                code = name.removeprefix("dropped.")
                total[code] = total.get(code, 0) + count
    return dict(sorted(total.items()))
