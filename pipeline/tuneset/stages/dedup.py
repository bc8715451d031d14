"""dedup: one representative of each group of exact and near duplicates.

Three steps, because only the second needs to see all rows: `dedup_keys.with_keys` gives each example its keys, row by
row; `find_exact` and `decide` say over the keys of all examples which are duplicates; `dedup` drops those from a shard.
Near duplicates, over the texts of `near_texts.py`, and conversations that grew are found by `tuneset/similarity/`.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import polars as pl

from tuneset.drop_reasons import CONVERSATION_PREFIX, EXACT_DUPLICATE, NEAR_DUPLICATE, REASONS
from tuneset.model import StageResult, Tables, reject_frame, sentence
from tuneset.similarity.clusters import connect
from tuneset.similarity.conversations import Chains
from tuneset.similarity.near_duplicates import repeated

KEY_COLUMNS = {"messages": "messages_key", "prompt": "prompt_key"}
CODE = pl.Enum([EXACT_DUPLICATE, NEAR_DUPLICATE, CONVERSATION_PREFIX])

DECIDED_SCHEMA = pl.Schema(
    {
        "row": pl.UInt32(),  # rows by their places among all
        "kept": pl.UInt32(),
        "code": CODE,
        "similarity": pl.Float64(),
        "component": pl.UInt32(),
        "conversation": pl.UInt32(),
    }
)
"""DECISIONS_SCHEMA with places instead of row ids, which take several times the memory."""

_COUNTED = {
    EXACT_DUPLICATE: "duplicates.exact",
    NEAR_DUPLICATE: "duplicates.near",
    CONVERSATION_PREFIX: "duplicates.prefix",
}
_MOST_STEPS = 2
"""A row that goes can name a beginning that goes, which names a near duplicate that goes; that one names a kept row."""

DECISIONS_SCHEMA = pl.Schema(
    {
        "row_id": pl.String(),
        "kept_row_id": pl.String(),  # the representative of a row that goes; null for one that stays
        "code": CODE,  # why it goes
        "similarity": pl.Float64(),  # to the representative, of a near duplicate
        "component": pl.String(),  # rows of one component must stay on one side of the split
        "conversation": pl.String(),  # the prompt_key of the row by which the conversation is named
    }
)


# --- over all rows -----------------------------------------------------------------------------------------------


def find_exact(keys: pl.DataFrame, key: Literal["messages", "prompt"]) -> pl.DataFrame:
    """Which examples repeat another one.

    Takes `messages_key` or `prompt_key` of all examples in their order, and `rank` where not the first of a group is
    kept but the one of the lowest rank; gives `row, kept` of the duplicates alone, both places among all examples.
    """
    column = KEY_COLUMNS[key]
    # Half of a hash leaves few that do not repeat; to look over all keys themselves takes several times their memory.
    hashes = (keys[column].hash().to_numpy() >> np.uint64(32)).astype(np.uint32)
    perhaps = keys.with_row_index("row")[repeated(hashes)]
    first = pl.col("row").sort_by("rank").first() if "rank" in keys.columns else pl.col("row").first()
    return (
        perhaps.lazy()
        .filter(pl.col(column).is_duplicated())
        .with_columns(first.over(column).alias("kept"))
        .filter(pl.col("row") != pl.col("kept"))
        .select("row", "kept")
        .collect()
    )


def decide(
    exact: pl.DataFrame,
    groups: pl.DataFrame,
    policy: Literal["drop", "keep_together"],
    found: Chains | None = None,
    prefixes: Literal["longest", "together"] = "longest",
) -> pl.DataFrame:
    """Put exact duplicates, conversations and near duplicates together into DECIDED_SCHEMA, the decided rows alone.

    Takes `find_exact`'s duplicates, the near duplicates as `row, kept, similarity, group`, and the conversations. A row
    that goes names the row that is kept in the end, whatever becomes of the one that it repeats.
    """
    goes = (pl.col("row") != pl.col("kept")) & pl.lit(policy == "drop")
    near = groups.select(
        "row",
        pl.when(goes).then("kept").alias("kept"),
        pl.when(goes).then(pl.lit(NEAR_DUPLICATE)).cast(CODE).alias("code"),
        pl.when(pl.col("row") != pl.col("kept")).then("similarity").alias("similarity"),
        pl.col("group").alias("component"),
        pl.lit(None, pl.UInt32).alias("conversation"),
    )
    repeats = exact.select("row", "kept", pl.lit(EXACT_DUPLICATE).cast(CODE).alias("code")).with_columns(
        pl.lit(None, dtype).alias(name) for name, dtype in list(DECIDED_SCHEMA.items())[3:]
    )
    decided = pl.concat([repeats.cast(DECIDED_SCHEMA), near.cast(DECIDED_SCHEMA)])
    if found is not None and len(found.rows):
        decided = _with_conversations(decided, found, prefixes)
    final = decided.filter(pl.col("kept").is_not_null()).select(pl.col("row").alias("kept"), pl.col("kept").alias("to"))
    for _ in range(_MOST_STEPS):
        decided = (
            decided.join(final, on="kept", how="left", maintain_order="left")
            .with_columns(pl.coalesce("to", "kept").alias("kept"))
            .drop("to")
        )
    return decided.sort("row")


def _with_conversations(decided: pl.DataFrame, found: Chains, prefixes: Literal["longest", "together"]) -> pl.DataFrame:
    """Decisions with those about conversations: which rows go, and which stay on one side."""
    chained = pl.DataFrame(
        {"row": found.rows, "longer": found.kept, "label": found.labels, "root": found.roots},
        dict.fromkeys(("row", "longer", "label", "root"), pl.UInt32),
    )
    goes = pl.col("kept").is_null() & (pl.col("longer") != pl.col("row")) & pl.lit(prefixes == "longest")
    both = decided.join(chained, on="row", how="full", coalesce=True, maintain_order="left_right").with_columns(
        pl.when(goes).then("longer").otherwise("kept").alias("kept"),
        pl.when(goes).then(pl.lit(CONVERSATION_PREFIX)).otherwise("code").cast(CODE).alias("code"),
        pl.col("root").alias("conversation"),
    )
    # Near duplicates of a conversation's rows stay with it.
    joined = both.filter(pl.col("component").is_not_null() | pl.col("label").is_not_null()).select(
        "row", pl.coalesce("component", "row").alias("near"), pl.coalesce("label", "row").alias("talk")
    )
    names = np.unique(np.concatenate([joined[name].to_numpy() for name in joined.columns]))
    row, near, talk = (np.searchsorted(names, joined[name].to_numpy()) for name in joined.columns)
    labels = connect(np.arange(len(names)), np.concatenate([row, row]), np.concatenate([near, talk]))
    named = pl.DataFrame({"row": joined["row"], "joined": names[labels[row]]}, {"row": pl.UInt32, "joined": pl.UInt32})
    return (
        both.join(named, on="row", how="left", maintain_order="left")
        .select(*DECIDED_SCHEMA.names()[:4], pl.col("joined").alias("component"), "conversation")
        .cast(DECIDED_SCHEMA)
    )


# --- shard by shard ----------------------------------------------------------------------------------------------


def dedup(tables: Tables, decisions: pl.DataFrame) -> StageResult:
    """Drop the rows that DECISIONS_SCHEMA gives a representative; add `component` and `conversation` to the others."""
    rows_in = tables.examples.height
    marked = tables.examples.join(decisions, on="row_id", how="left", maintain_order="left")
    goes = marked["kept_row_id"].is_not_null()
    code = pl.col("code").cast(pl.String)
    rejects = reject_frame(
        marked.filter(goes),
        "dedup",
        code,
        pl.when(code == NEAR_DUPLICATE)
        .then(sentence("{} % alike: {}", (pl.col("similarity") * 100).round(1), _summary(NEAR_DUPLICATE)))
        .otherwise(code.replace_strict({name: _summary(name) for name in CODE.categories}, return_dtype=pl.String)),
    )
    kept = Tables(tables.examples.with_columns(marked["component"], marked["conversation"]), tables.messages)
    kept = kept.keep(~goes) if goes.any() else kept
    metrics = {name: int((rejects["code"] == code).sum()) for code, name in _COUNTED.items()}
    return StageResult(kept, rejects, metrics).check_conservation("dedup", rows_in)


def _summary(code: str) -> str:
    return REASONS[code].summary
