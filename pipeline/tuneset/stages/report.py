"""report: what happened to the rows, as one document of numbers. It is the whole of `metrics.json`.

Only numbers that follow from the data and the params: no times, no paths of this machine, so that the same input gives
the same bytes and `dvc metrics diff` shows what changed. How numbers are drawn is the business of `tuneset/reporting/`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Literal

import polars as pl

from tuneset import kept_counts, stage_table
from tuneset.dataset_folder import SIDES
from tuneset.drop_reasons import (
    CONTAMINATED,
    CONVERSATION_PART,
    CONVERSATION_PREFIX,
    EXACT_DUPLICATE,
    NEAR_DUPLICATE,
)
from tuneset.json_text import shown_key
from tuneset.kept_counts import Kept
from tuneset.metric_names import is_of, parts_of
from tuneset.profile import Model
from tuneset.targets import cost
from tuneset.targets.packing import pack
from tuneset.targets.target import Target

SCHEMA_VERSION = 1
SHOWN_FILES = 5
PROMPTS_SHARE = 0.5  # of all examples without an answer: more, and the set is one of prompts
DOMINATING_SHARE = 0.5  # of all examples with one prompt: a set made on purpose, or a broken export
PERCENTILES = (5, 25, 50, 75, 95, 99)


_KNOBS = {
    EXACT_DUPLICATE: "is dedup.key the right one for this data?",
    NEAR_DUPLICATE: (
        "most are near duplicates; look at them in duplicates.md; dedup.near.policy: keep_together keeps them, "
        "a higher dedup.near.threshold more of them"
    ),
    CONTAMINATED: "most stand in the files of dedup.evaluation: are those the right ones?",
}
"""What can be turned where dedup drops much, by the reason for which it dropped most."""


_LACKING = {
    "clean.filters.score": "lack a number in the column of clean.filters.score, and are kept whatever their worth",
    "dedup.prefer": "lack the column of dedup.prefer, and they are kept last",
    "split.group_by": "lack the column of split.group_by, and each of them is a group of its own",
    "split.stratify_by": "lack the column of split.stratify_by, and they are one stratum",
}
"""What is told of examples that lack a column which a param names, by that param."""


def metrics(
    stats: Mapping[str, Mapping[str, int]],
    kept: Kept,
    *,
    model: Model | None,
    n_epochs: int | Literal["auto"],
    encoding: str,
    warn_share: float,
    group_by: str,
    columns: Literal["warn", "error", "keep"] = "warn",
    used: Collection[str] = (),
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
        warn_share: the share of duplicates from which on there is a warning.
        group_by: how the examples were grouped for the split.
        columns: what is done about columns with text that no example says.
        used: columns that the params use for something else.
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
    unused = unused_columns(stats["ingest"], used)
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
        "columns": {"unused": unused},
        "warnings": [
            *(unused_warnings(unused) if columns == "warn" else []),
            *(score_warnings(stats["ingest"], used) if columns == "warn" else []),
            *(mark_warnings(stats["ingest"]) if columns == "warn" else []),
            *notable(stats, kept, warn_share, group_by),
        ],
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


def unused_columns(counts: Mapping[str, int], used: Collection[str] = ()) -> dict[str, dict[str, int]]:
    """By file, the columns with text that no example says, and in how many rows.

    >>> unused_columns({"rows.read": 2, 'unused:["a.jsonl","note"]': 2})
    {'a.jsonl': {'note': 2}}
    """
    found: dict[str, dict[str, int]] = {}
    for metric, count in sorted(counts.items()):
        place = parts_of(metric, "unused")
        if place is not None and place[1] not in used:
            found.setdefault(place[0], {})[place[1]] = count
    return found


def unused_warnings(unused: Mapping[str, Mapping[str, int]]) -> list[str]:
    """A sentence for each file of the first SHOWN_FILES that have unused columns, and one for the rest."""
    found = [
        f"{source}: text that is in no example: "
        + ", ".join(f"column {shown_key(name)} ({count:,} rows)" for name, count in columns.items())
        + "; say in ingest.mapping where it belongs, or set ingest.columns: keep"
        for source, columns in list(unused.items())[:SHOWN_FILES]
    ]
    if len(unused) > SHOWN_FILES:
        found.append(f"{len(unused) - SHOWN_FILES} more files have such columns: columns.unused in metrics.json")
    return found


def score_warnings(counts: Mapping[str, int], used: Collection[str]) -> list[str]:
    """A sentence for each column with scores that decide nothing, and how many rows have one.

    >>> score_warnings({'scored:["a.jsonl","rating"]': 2, 'scored:["b.jsonl","rating"]': 1}, [])[0].partition(":")[0]
    'the scores in column rating (3 rows) decide nothing'
    """
    found: dict[str, int] = {}
    for metric, count in counts.items():
        place = parts_of(metric, "scored")
        if place is not None and place[1] not in used:
            found[place[1]] = found.get(place[1], 0) + count
    return [
        f"the scores in column {shown_key(name)} ({count:,} rows) decide nothing: clean.filters.score: "
        f"{{column: {shown_key(name)}, at_least: N}} drops rows of low ones, ingest.columns: keep says nothing of them"
        for name, count in sorted(found.items())
    ]


def mark_warnings(counts: Mapping[str, int]) -> list[str]:
    """A sentence for each column that marks rows which are kept, and how many.

    >>> mark_warnings({'marked:["a.jsonl","toxic","moderated"]': 2})[0].partition(":")[0]
    'column toxic marks rows as moderated (2), and they are kept'
    """
    found: dict[tuple[str, str], int] = {}
    for metric, count in counts.items():
        parts = parts_of(metric, "marked")
        if parts is not None:
            _, name, kind = parts
            found[name, kind] = found.get((name, kind), 0) + count
    return [
        f"column {shown_key(name)} marks rows as {kind} ({count:,}), and they are kept: ingest.drop_marked: "
        f"[{kind}] leaves such rows out, ingest.columns: keep says nothing of them"
        for (name, kind), count in sorted(found.items())
    ]


def _counts(counts: Mapping[str, int]) -> dict[str, int]:
    """The counts of a stage, without those that are shown by file."""
    return {name: count for name, count in sorted(counts.items()) if not is_of(name)}


def _of_findings(validated: Mapping[str, int]) -> list[str]:
    """What validate found that has one remedy for the whole set.

    >>> _of_findings({"rows_in": 9, "warning.TXT003": 1})
    ['1 message is the name of a missing value, such as nan: drop such rows with validate.severity: {TXT003: error}']
    """
    found = []
    missing, prompts = validated.get("warning.TXT003", 0), validated.get("error.CNV005", 0)
    if missing:
        said = "1 message is" if missing == 1 else f"{missing:,} messages are"
        found.append(
            f"{said} the name of a missing value, such as nan: drop such rows with validate.severity: {{TXT003: error}}"
        )
    if prompts and prompts / max(validated.get("rows_in", 0), 1) > PROMPTS_SHARE:
        found.append(
            f"{prompts:,} examples have no answer: this is a set for reinforcement (tune.method: reinforcement)"
        )
    return found


def _parted(counts: Mapping[str, int]) -> list[str]:
    """What the split parted, by the raw columns that say of whom or what rows are."""
    return [
        f"{apart:,} of {counts[f'owner.{name}']:,} values of the raw column {name} that were looked at have rows on "
        f"several sides: split.group_by: {name} keeps the rows of each on one"
        for key, apart in counts.items()
        if key.startswith("owner.")
        and key.endswith(".apart")
        and (name := key.removeprefix("owner.").removesuffix(".apart"))
    ]


def notable(stats: Mapping[str, Mapping[str, int]], kept: Kept, warn_share: float, group_by: str) -> list[str]:
    """What deserves a look: missing values, prompts alone, many duplicates, parted rows, one prompt, no validation."""
    found = _of_findings(stats.get("validate", {}))
    counts = stats.get("dedup", {})
    into_dedup = counts.get("rows_in", 0)
    # The beginnings of longer rows are no loss: they stand whole in the rows that are kept.
    dropped = counts.get("dropped", 0) - counts.get(f"dropped.{CONVERSATION_PREFIX}", 0)
    if into_dedup and dropped / into_dedup > warn_share:
        most = max(_KNOBS, key=lambda code: counts.get(f"dropped.{code}", 0))
        found.append(
            f"dedup dropped {dropped / into_dedup:.0%} of the examples, more than dedup.warn_share allows "
            f"({warn_share:.0%}): {_KNOBS[most]}"
        )
    if not kept.examples:
        return found
    for key, meaning in _LACKING.items():
        counts = stats.get(key.partition(".")[0], {})
        lacking = counts.get(f"lacking.{key}", 0)
        if lacking:
            found.append(f"{lacking:,} of {counts['rows_in']:,} examples ({lacking / counts['rows_in']:.0%}) {meaning}")
    found += _parted(stats.get("split", {}))
    dominating = kept.most > 1 and kept.most / kept.examples > DOMINATING_SHARE
    if group_by in ("prompt", "conversation") and dominating:
        found.append(
            f"{kept.most / kept.examples:.0%} of the examples share one prompt and therefore all stay on one side: "
            "set split.group_by to messages if that is on purpose"
        )
    if not kept.by_side().get("validation"):
        found.append("no example is for validation: set split.validation to a number of examples, such as 5")
    return found


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
