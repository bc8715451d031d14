"""tokenize: how many tokens each example has, and what becomes of those that are too long.

How is the target model's business (`tuneset/targets/target.py`). Cost is estimated later, over all examples.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import polars as pl
import xxhash

from tuneset.cleaning.reasoning import ends_in_thought
from tuneset.drop_reasons import OVER_LENGTH
from tuneset.errors import CheckFailedError
from tuneset.example_tables import Example, to_examples, to_tables
from tuneset.json_text import loads
from tuneset.model import StageResult, Tables, no_rejects, reject_frame, sentence
from tuneset.targets.cut_text import cut_at
from tuneset.targets.masks.recipes import RECIPES
from tuneset.targets.masks.single_turns import trained_answers, up_to_answer
from tuneset.targets.target import ExampleCount, Target

SHOWN_ROWS = 5


@dataclasses.dataclass(frozen=True)
class Length:
    """The model, and what holds for this run.

    Args:
        target: the model.
        limit: tokens of an example, or None for no limit.
        over_length: what becomes of one that has more.
        split_unstable: whether a conversation with trained answers that do not stand by their prefix becomes one
            example for each trained answer.
    """

    target: Target
    limit: int | None
    over_length: Literal["drop", "truncate", "error"]
    split_unstable: bool = False


def tokenize(tables: Tables, length: Length) -> StageResult:
    """Add `tokens` to the examples, unless they have been counted already, and apply the over-length policy.

    `truncate` cuts the last assistant message of an sft example; where that cannot be (its prompt alone is too long,
    the answer is a tool call, made of parts, JSON or a thought that would be left open, or it is no sft example) the
    example is dropped. Each of the examples that a conversation is split into has a length of its own; `derived_from`
    and `answer` are then columns of all.
    Raises CheckFailedError with the first places where the policy is `error`.
    """
    rows_in = tables.examples.height
    unstable = 0
    if "tokens" in tables.examples.columns:
        counted = tables.examples["tokens"].to_frame()
    elif length.target.place is None:
        counted = count_tokens(tables, length.target).to_frame("tokens")
    else:
        measured = [length.target.measure(example) for example in to_examples(tables)]
        if length.split_unstable:
            tables, measured = _split(tables, measured, length.target)
        counted, unstable = _columns(measured), sum(one.unstable > 0 for one in measured)
    derived = tables.examples.height - rows_in
    tables = Tables(tables.examples.with_columns(counted), tables.messages)
    tables, estimated = _with_precision(tables, length.target)
    metrics = {"tokens.counted": int(tables.examples["tokens"].sum()), "over_length": 0, "truncated": 0}
    metrics |= {
        **({"unstable": unstable} if unstable else {}),
        **({"derived": derived} if derived else {}),
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
            counted = _columns([length.target.measure(example) for example in to_examples(tables)])
            tables = Tables(tables.examples.with_columns(counted), tables.messages)
        too_long = tables.examples["tokens"] > length.limit
    detail = sentence("{} tokens, the limit is {}", pl.col("tokens"), length.limit)
    rejects = reject_frame(tables.examples.filter(too_long), "tokenize", OVER_LENGTH, detail)
    kept = tables.keep(~too_long) if too_long.any() else tables
    return StageResult(kept, rejects, metrics).check_conservation("tokenize", rows_in, derived)


def _columns(measured: Sequence[ExampleCount]) -> pl.DataFrame:
    """`tokens` of each example with `trained_tokens` and, of an estimate, the reason as `estimate`."""
    columns = {
        "tokens": pl.Series([one.tokens for one in measured], dtype=pl.Int64),
        "trained_tokens": pl.Series([one.trained for one in measured], dtype=pl.Int64),
        "estimate": pl.Series([one.precision.reason or None for one in measured], dtype=pl.String),
    }
    return pl.DataFrame(columns)


def _split(tables: Tables, measured: Sequence[ExampleCount], target: Target) -> tuple[Tables, list[ExampleCount]]:
    """Conversations with unstable answers as one example for each trained answer; others as they are.

    The last of them keeps the row id of the conversation, so that no row is lost; the others are derived from it. All
    keep its place, its keys and its raw columns, by which they stay on one side of the split.
    """
    recipe = RECIPES[target.recipe]
    of: list[int] = []  # of each example that comes out, the number of that which it is made of
    answers: list[int | None] = []
    made: list[ExampleCount] = []
    parts: dict[str, Example] = {}
    columns = zip(tables.examples["row_id"], tables.examples["format"], to_examples(tables), measured, strict=True)
    for number, (row_id, line_format, example, one) in enumerate(columns):
        found = trained_answers(example["messages"], recipe) if one.unstable and line_format == "sft" else [None]
        for answer in found:
            of.append(number)
            answers.append(answer)
            made.append(one)
            if answer is not None:
                part = {**example, "messages": up_to_answer(example["messages"], answer)}
                parts[row_id if answer == found[-1] else derived_id(row_id, answer)] = part
                made[-1] = target.measure(part)
    examples = tables.examples[of].with_columns(pl.Series("answer", answers, pl.Int64))
    last = pl.col("answer").is_null() | (pl.col("answer") == pl.col("answer").max().over("row_id"))
    parents = examples["row_id"].to_list()
    own = [
        row_id if is_last or answer is None else derived_id(row_id, answer)
        for row_id, answer, is_last in zip(parents, answers, examples.select(last).to_series(), strict=True)
    ]
    examples = examples.with_columns(
        pl.Series("row_id", own, pl.String), pl.when(~last).then("row_id").alias("derived_from")
    )
    if not parts:
        return Tables(examples, tables.messages), made
    ids = list(parts)
    nothing: list[Any] = [None] * len(ids)
    turns = to_tables(
        list(parts.values()), row_ids=ids, source=" ", lines=[1] * len(ids), items=[0] * len(ids), line_format="sft",
        metas=nothing,
    ).messages  # fmt: skip
    whole = tables.messages.filter(~pl.col("row_id").is_in(ids))
    order = examples.select("row_id").with_row_index("example")
    messages = pl.concat([whole, turns]).join(order, on="row_id", how="left", maintain_order="left")
    return Tables(examples, messages.sort("example", maintain_order=True).drop("example")), made


def derived_id(row_id: str, answer: int) -> str:
    """The row id of an example that trains one answer of a row's conversation: 16 hex digits."""
    return xxhash.xxh3_64_hexdigest(f"{row_id}\0{answer}".encode())


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
        reasons = pl.repeat(target.chat.assumed or None, examples.height, dtype=pl.String, eager=True)
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
        text = _beginning(content, target, limit - fixed)
        if text and not _broken(content, text):
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


def _beginning(content: str, target: Target, most: int) -> str:
    """The longest beginning of an answer that has at most `most` tokens and ends where a text may end."""
    left = content
    while True:
        counted = target.first_tokens(left, most)
        left = cut_at(content, len(counted))
        if left == counted:
            return left


def _broken(content: str, beginning: str) -> bool:
    """Whether an answer is broken by what is left of it: JSON, or a thought that would never come to an answer.

    >>> _broken('{"a": 1}', '{"a"'), _broken("<think>so</think> 4", "<think>s"), _broken("So it is.", "So it")
    (True, True, False)
    """
    return ends_in_thought(beginning) or (content.lstrip()[:1] in ("{", "[") and _is_json(content))


def _is_json(text: str) -> bool:
    try:
        loads(text.encode())
    except ValueError:
        return False
    return True


def _over_length_error(examples: pl.DataFrame, limit: int) -> CheckFailedError:
    rows = examples.head(SHOWN_ROWS).select("source", "line", "tokens").iter_rows()
    places = ", ".join(f"{source}:{line} ({tokens} tokens)" for source, line, tokens in rows)
    more = f" and {examples.height - SHOWN_ROWS} more" if examples.height > SHOWN_ROWS else ""
    return CheckFailedError(
        f"{examples.height} examples are longer than {limit} tokens: {places}{more}",
        hint="shorten them, or set tokenize.over_length to drop or truncate",
    )
