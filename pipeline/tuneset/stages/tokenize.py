"""tokenize: how many tokens each example has, and what becomes of those that are too long.

How is the target model's business (`tuneset/targets/target.py`). Cost is estimated later, over all examples.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Literal

import polars as pl

from tuneset.drop_reasons import OVER_LENGTH
from tuneset.errors import CheckFailedError
from tuneset.example_tables import to_examples
from tuneset.model import StageResult, Tables, no_rejects, reject_frame, sentence
from tuneset.targets.target import Target

SHOWN_ROWS = 5


@dataclasses.dataclass(frozen=True)
class Length:
    """The model, and the limit that holds for this run: `limit` in tokens an example, or None for no limit."""

    target: Target
    limit: int | None
    over_length: Literal["drop", "truncate", "error"]


def tokenize(tables: Tables, length: Length) -> StageResult:
    """Add `tokens` to the examples, unless they have been counted already, and apply the over-length policy.

    `truncate` cuts the last assistant message of an sft example; where that cannot be (its prompt alone is too long,
    the answer is a tool call or made of parts, or it is no sft example) the example is dropped.
    Raises CheckFailedError with the first places where the policy is `error`.
    """
    rows_in = tables.examples.height
    if "tokens" not in tables.examples.columns:
        counted, unstable = _measured(tables, length.target)
    else:
        counted, unstable = tables.examples["tokens"].to_frame(), 0
    tables = Tables(tables.examples.with_columns(counted), tables.messages)
    tables, estimated = _with_precision(tables, length.target)
    metrics = {"tokens.counted": int(tables.examples["tokens"].sum()), "over_length": 0, "truncated": 0}
    metrics |= {
        **({"unstable": unstable} if unstable else {}),
        **{f"estimated.{reason}": count for reason, count in estimated.items()},
    }
    if length.limit is None:
        return StageResult(tables, no_rejects(), metrics)
    too_long = tables.examples["tokens"] > length.limit
    metrics["over_length"] = int(too_long.sum())
    if too_long.any() and length.over_length == "error":
        raise _over_length_error(tables.examples.filter(too_long), length.limit)
    if too_long.any() and length.over_length == "truncate":
        tables, metrics["truncated"] = _truncate(tables, length.target, length.limit)
        if length.target.place is not None:
            tables = Tables(tables.examples.with_columns(_measured(tables, length.target)[0]), tables.messages)
        too_long = tables.examples["tokens"] > length.limit
    detail = sentence("{} tokens, the limit is {}", pl.col("tokens"), length.limit)
    rejects = reject_frame(tables.examples.filter(too_long), "tokenize", OVER_LENGTH, detail)
    kept = tables.keep(~too_long) if too_long.any() else tables
    return StageResult(kept, rejects, metrics).check_conservation("tokenize", rows_in)


def _measured(tables: Tables, target: Target) -> tuple[pl.DataFrame, int]:
    """`tokens` of each example and, of a model whose files are at hand, `trained_tokens` and `estimate`, the reason.

    Beside them how many examples have an answer that is trained after another text than the model is asked with.
    """
    if target.place is None:
        return count_tokens(tables, target).to_frame("tokens"), 0
    found = [target.measure(example) for example in to_examples(tables)]
    columns = {
        "tokens": pl.Series([one.tokens for one in found], dtype=pl.Int64),
        "trained_tokens": pl.Series([one.trained for one in found], dtype=pl.Int64),
        "estimate": pl.Series([one.precision.reason or None for one in found], dtype=pl.String),
    }
    return pl.DataFrame(columns), sum(one.unstable > 0 for one in found)


def _with_precision(tables: Tables, target: Target) -> tuple[Tables, Mapping[str, int]]:
    """The examples with a column `exact`, and how many are an estimate for which reason."""
    examples = tables.examples
    if "estimate" in examples.columns:
        reasons = examples["estimate"]
    elif not target.vocabulary.exact:
        reasons = pl.repeat(target.vocabulary.reason, examples.height, dtype=pl.String, eager=True)
    else:
        odd = _odd(tables)
        assumed = [target.assumed(example) or None for example in to_examples(tables.keep(odd))] if odd.any() else []
        reasons = pl.repeat(None, examples.height, dtype=pl.String, eager=True)
        reasons = reasons.scatter(odd.arg_true(), assumed) if assumed else reasons
    trained = [] if "trained_tokens" in examples.columns else [pl.lit(None, pl.Int64).alias("trained_tokens")]
    examples = examples.drop("estimate", strict=False).with_columns(reasons.is_null().alias("exact"), *trained)
    counts = reasons.drop_nulls().value_counts().sort(reasons.name or "")
    return Tables(examples, tables.messages), dict(counts.iter_rows())


def _odd(tables: Tables) -> pl.Series:
    """Which examples are more than plain text: those with tools, calls, parts, names or odd keys."""
    odd_messages = tables.messages.filter(
        ~pl.all_horizontal(pl.col("parts", "name", "tool_calls", "reasoning", "extra").is_null())
    )
    return tables.examples.select(
        pl.col("row_id").is_in(odd_messages["row_id"].unique().implode())
        | pl.col("tools").is_not_null()
        | pl.col("extra").is_not_null()
    ).to_series()


def count_tokens(tables: Tables, target: Target) -> pl.Series:
    """Tokens of each example, as a column `tokens`, in the order of `examples`.

    Examples of plain text (all but those with tools, calls, parts, names or odd keys) are counted over the columns;
    the others one by one, by `Target.count_example`. Both ways give the same number.
    """
    messages = tables.messages
    odd = _odd(tables)
    plain = messages if not odd.any() else tables.keep(~odd).messages
    names = plain["role"].drop_nulls().unique(maintain_order=True).to_list()
    roles = dict(zip(names, target.count_texts(names).tokens, strict=True))
    counted = plain.select(
        "row_id",
        pl.Series("tokens", target.count_texts(plain["content"].fill_null("").to_list()).tokens, pl.Int64)
        + pl.col("role").replace_strict(roles, default=0, return_dtype=pl.Int64)
        + target.chat.message,
    )
    totals = counted.group_by("row_id", maintain_order=True).agg(pl.col("tokens").sum() + target.chat.reply)
    if odd.any():
        rare = tables.keep(odd)
        numbers = [target.count_example(example).tokens for example in to_examples(rare)]
        totals = pl.concat([totals, rare.examples.select("row_id", pl.Series("tokens", numbers, pl.Int64))])
    joined = tables.examples.select("row_id").join(totals, on="row_id", how="left", maintain_order="left")
    return joined["tokens"].fill_null(target.chat.reply)


def _truncate(tables: Tables, target: Target, limit: int) -> tuple[Tables, int]:
    """Shorten the last answer of each example that is too long, where that brings it under the limit."""
    too_long = tables.keep(tables.examples["tokens"] > limit)
    last = (
        too_long.messages.with_row_index("position")
        .filter(pl.col("branch") == "prompt")
        .group_by("row_id", maintain_order=True)
        .last()
        .join(too_long.examples.filter(pl.col("format") == "sft").select("row_id", "tokens"), on="row_id")
        .filter((pl.col("role") == "assistant") & pl.col("content").is_not_null() & pl.col("tool_calls").is_null())
    )
    shorter: dict[str, str] = {}
    new_tokens: dict[str, int] = {}
    for row_id, content, tokens in last.select("row_id", "content", "tokens").iter_rows():
        fixed = tokens - target.count_texts([content]).tokens[0]
        text = target.first_tokens(content, limit - fixed)
        if text:
            shorter[row_id] = text
            new_tokens[row_id] = fixed + target.count_texts([text]).tokens[0]
    if not shorter:
        return tables, 0
    turns = last.select("row_id", "turn").with_columns(
        pl.col("row_id").replace_strict(shorter, default=None, return_dtype=pl.String).alias("shorter")
    )
    messages = (
        tables.messages.join(
            turns.with_columns(pl.lit("prompt").alias("branch")),
            on=["row_id", "branch", "turn"],
            how="left",
            maintain_order="left",
        )
        .with_columns(pl.coalesce("shorter", "content").alias("content"))
        .drop("shorter")
    )
    examples = tables.examples.with_columns(
        pl.col("row_id").replace_strict(new_tokens, default=pl.col("tokens"), return_dtype=pl.Int64).alias("tokens")
    )
    return Tables(examples, messages), len(shorter)


def _over_length_error(examples: pl.DataFrame, limit: int) -> CheckFailedError:
    rows = examples.head(SHOWN_ROWS).select("source", "line", "tokens").iter_rows()
    places = ", ".join(f"{source}:{line} ({tokens} tokens)" for source, line, tokens in rows)
    more = f" and {examples.height - SHOWN_ROWS} more" if examples.height > SHOWN_ROWS else ""
    return CheckFailedError(
        f"{examples.height} examples are longer than {limit} tokens: {places}{more}",
        hint="shorten them, or set tokenize.over_length to drop or truncate",
    )
