"""dedup: one representative of each group of exact and near duplicates.

Three steps, because only the second needs to see all rows: `with_keys` gives each example its keys, row by row;
`find_exact` and `decide` say over the keys of all examples which are duplicates; `dedup` drops those from a shard. Near
duplicates are found by `tuneset/similarity/`, over the texts that `near_texts` gives.
"""

from __future__ import annotations

import fnmatch
import itertools
from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
import orjson
import polars as pl
import xxhash

from tuneset.cleaning.folding import fold_all
from tuneset.drop_reasons import EXACT_DUPLICATE, NEAR_DUPLICATE, REASONS
from tuneset.example_tables import places
from tuneset.model import StageResult, Tables, reject_frame, sentence
from tuneset.similarity.near_duplicates import repeated
from tuneset.similarity.ragged import Texts

KEY_COLUMNS = {"messages": "messages_key", "prompt": "prompt_key"}
LENGTH = "length"  # the value of dedup.prefer that is no column
_FIELD, _MESSAGE = b"\x1f", b"\x1e"  # separators that cleaned text does not contain
_SYSTEM_ROLES = ("system", "developer")

DECIDED_SCHEMA = pl.Schema(
    {
        "row": pl.UInt32,  # rows by their places among all
        "kept": pl.UInt32,
        "similarity": pl.Float64,
        "component": pl.UInt32,
    }
)
"""DECISIONS_SCHEMA with places instead of row ids, which take several times the memory."""

DECISIONS_SCHEMA = pl.Schema(
    {
        "row_id": pl.String,
        "kept_row_id": pl.String,  # the representative of a row that goes; null for one that stays
        "similarity": pl.Float64,  # to the representative; null for an exact duplicate
        "component": pl.String,  # rows of one component must stay on one side of the split
    }
)


# --- row by row --------------------------------------------------------------------------------------------------


def with_keys(tables: Tables) -> Tables:
    """Add `messages_key` and `prompt_key` to the examples: 32 hex digits of the normalised content.

    Normalised means lower case with white space folded. `messages_key` covers all messages and the tools.
    `prompt_key` covers what comes before the last assistant message, without system messages, so that one question
    under two system prompts counts as the same question.
    """
    kinds, known = _kinds(tables.messages)
    messages = _written(tables.messages, kinds, known)
    where = places(tables.messages)
    nowhere = (0, 0)
    asked: dict[tuple[str, *tuple[int, ...]], list[int]] = {}
    messages_keys, prompt_keys = [], []
    columns = (tables.examples[name].to_list() for name in ("row_id", "format", "tools"))
    for row_id, form, tools in zip(*columns, strict=True):
        start, end = where.get(row_id, nowhere)
        everything = messages[start:end]
        talk = (form, *kinds[start:end])
        if talk not in asked:
            asked[talk] = _asked(form, [known[kind] for kind in kinds[start:end]])
        prompt = [everything[place] for place in asked[talk]]
        messages_keys.append(_key([(tools or "").encode(), *everything]))
        prompt_keys.append(_key(prompt or everything))
    return Tables(
        tables.examples.with_columns(
            pl.Series("messages_key", messages_keys, pl.String), pl.Series("prompt_key", prompt_keys, pl.String)
        ),
        tables.messages,
    )


Speaker = tuple[str, str | None]
"""Branch and role of a message."""


def _kinds(messages: pl.DataFrame) -> tuple[list[int], list[Speaker]]:
    """The speaker of each message by number, and the speakers in the order of their numbers."""
    speakers = list(zip(messages["branch"].to_list(), messages["role"].to_list(), strict=True))
    known = list(dict.fromkeys(speakers))
    numbers = {speaker: number for number, speaker in enumerate(known)}
    return [numbers[speaker] for speaker in speakers], known


def _written(messages: pl.DataFrame, kinds: Sequence[int], known: Sequence[Speaker]) -> list[bytes]:
    """What counts of every message, normalised."""
    heads = [f"{branch}\x1f{role or ''}\x1f".encode() for branch, role in known]
    written = [heads[kind] + content for kind, content in zip(kinds, fold_all(messages["content"]), strict=True)]
    for place, rest in _rest(messages).items():
        written[place] = _FIELD.join([written[place], *rest])
    return written


def _asked(form: str, said_by: Sequence[Speaker]) -> list[int]:
    """Which messages of an example are its prompt, by their speakers: not the system's, not the answer.

    >>> _asked("sft", [("prompt", "system"), ("prompt", "user"), ("prompt", "assistant")])
    [1]
    """
    spoken = [place for place, (branch, role) in enumerate(said_by) if branch == "prompt" and role not in _SYSTEM_ROLES]
    # An answer belongs to the prompt only where another answer follows it.
    answers = [number for number, place in enumerate(spoken) if said_by[place][1] == "assistant"]
    return spoken[: answers[-1]] if answers and form == "sft" else spoken


def _rest(messages: pl.DataFrame) -> dict[int, list[bytes]]:
    """What else makes a message another one than role and content, of those few messages that have more."""
    further = messages.select("parts", "tool_calls", "name", "reasoning", "extra")
    places = further.select(pl.any_horizontal(pl.all().is_not_null())).to_series().arg_true()
    rows = further[places].iter_rows() if len(places) else iter(())
    return {place: [(value or "").encode() for value in row] for place, row in zip(places, rows, strict=True)}


NearKey = Literal["messages", "prompt", "answer"]


def near_pieces(tables: Tables, key: NearKey) -> Iterator[Texts]:
    """Yield the texts by which examples are compared, one a side, in the pieces that are their messages.

    A pair must be alike in each. `messages` gives everything but system messages, and the answers by themselves:
    examples that share a long prompt on purpose and answer it differently are no near duplicates. Answers are the last
    assistant message of an sft example and both outputs of a preference pair; an rft example has none and is compared
    by its prompt.
    """
    spoken = tables.messages.filter(~pl.col("role").is_in(_SYSTEM_ROLES).fill_null(value=False))
    text = pl.concat_str("content", "parts", "tool_calls", separator="\n", ignore_nulls=True).alias("text")
    only_asked = bool((tables.examples["format"] == "rft").all())
    if key == "messages" or only_asked:
        yield _pieces(tables.examples, spoken.select("row_id", text))
    if only_asked:
        return
    output = pl.col("branch") != "prompt"
    last = (pl.col("role") == "assistant") & (pl.col("turn") == pl.col("turn").max().over("row_id", "branch"))
    answer = (output | (last & ~output.any().over("row_id"))).fill_null(value=False)
    yield _pieces(tables.examples, spoken.filter(~answer if key == "prompt" else answer).select("row_id", text))


def near_texts(tables: Tables, key: NearKey) -> Iterator[pl.Series]:
    """Yield what `near_pieces` gives as one String column a side, the messages of an example one a line."""
    for pieces, starts in near_pieces(tables, key):
        texts = pieces.to_list()
        joined = ["\n".join(texts[start:end]) for start, end in itertools.pairwise(starts.tolist())]
        yield pl.Series("text", joined, pl.String)


def priorities(tables: Tables, prefer: str | None, prefer_sources: Sequence[str]) -> pl.DataFrame | None:
    """How much each example is preferred among its duplicates: `source_rank, value`, lower first; None for in order.

    `prefer_sources` are patterns of source files, the best first; `prefer` is `length` or a raw column of numbers.
    """
    if prefer is None and not prefer_sources:
        return None
    ranks = []
    for source in tables.examples["source"]:
        matching = (i for i, pattern in enumerate(prefer_sources) if fnmatch.fnmatch(source, pattern))
        ranks.append(next(matching, len(prefer_sources)))
    if prefer is None:
        values = [0.0] * tables.examples.height
    elif prefer == LENGTH:
        sizes = tables.messages.group_by("row_id").agg(pl.col("content").fill_null("").str.len_chars().sum())
        lengths = tables.examples.select("row_id").join(sizes, on="row_id", how="left", maintain_order="left")
        values = [-float(length or 0) for length in lengths["content"]]
    else:
        values = [_rating(meta, prefer) for meta in tables.examples["meta"]]
    return pl.DataFrame({"source_rank": ranks, "value": values}, schema={"source_rank": pl.Int64, "value": pl.Float64})


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


def decide(exact: pl.DataFrame, groups: pl.DataFrame, policy: Literal["drop", "keep_together"]) -> pl.DataFrame:
    """Put exact and near duplicates together into DECIDED_SCHEMA, only the rows about which there is a decision.

    Takes `find_exact`'s duplicates, and the near duplicates as `row, kept, similarity, group`. An exact duplicate of a
    near duplicate names the row that is kept in the end.
    """
    goes = (pl.col("row") != pl.col("kept")) & pl.lit(policy == "drop")
    near = groups.select(
        "row",
        pl.when(goes).then("kept").alias("kept"),
        pl.when(pl.col("row") != pl.col("kept")).then("similarity").alias("similarity"),
        pl.col("group").alias("component"),
    )
    final = near.filter(pl.col("kept").is_not_null()).select(pl.col("row").alias("kept"), pl.col("kept").alias("final"))
    repeats = exact.join(final, on="kept", how="left", maintain_order="left").select(
        "row",
        pl.coalesce("final", "kept").alias("kept"),
        pl.lit(None, pl.Float64).alias("similarity"),
        pl.lit(None, pl.UInt32).alias("component"),
    )
    return pl.concat([repeats.cast(DECIDED_SCHEMA), near.cast(DECIDED_SCHEMA)]).sort("row")


# --- shard by shard ----------------------------------------------------------------------------------------------


def dedup(tables: Tables, decisions: pl.DataFrame) -> StageResult:
    """Drop the rows that DECISIONS_SCHEMA gives a representative; add `component` to the examples that stay."""
    rows_in = tables.examples.height
    marked = tables.examples.join(decisions, on="row_id", how="left", maintain_order="left")
    goes = marked["kept_row_id"].is_not_null()
    near = pl.col("similarity").is_not_null()
    rejects = reject_frame(
        marked.filter(goes),
        "dedup",
        pl.when(near).then(pl.lit(NEAR_DUPLICATE)).otherwise(pl.lit(EXACT_DUPLICATE)),
        pl.when(near)
        .then(sentence("{} % alike: {}", (pl.col("similarity") * 100).round(1), _summary(NEAR_DUPLICATE)))
        .otherwise(pl.lit(_summary(EXACT_DUPLICATE))),
    )
    kept = Tables(tables.examples.with_columns(marked["component"]), tables.messages)
    kept = kept.keep(~goes) if goes.any() else kept
    near_count = int((rejects["code"] == NEAR_DUPLICATE).sum())
    metrics = {"duplicates.exact": rejects.height - near_count, "duplicates.near": near_count}
    return StageResult(kept, rejects, metrics).check_conservation("dedup", rows_in)


def _summary(code: str) -> str:
    return REASONS[code].summary


def _pieces(examples: pl.DataFrame, messages: pl.DataFrame) -> Texts:
    """The `text` of messages, which are in the order of the examples, and where those of each example begin."""
    runs = messages["row_id"].rle().struct.unnest()
    counts = examples.select("row_id").join(runs, left_on="row_id", right_on="value", how="left", maintain_order="left")
    starts = np.zeros(examples.height + 1, np.int64)
    np.cumsum(counts["len"].fill_null(0).to_numpy(), out=starts[1:])
    return Texts(messages["text"], starts)


def _rating(meta: str | None, column: str) -> float:
    """A raw column as a rank: larger values first, rows without a number last.

    >>> _rating('{"rating": 5}', "rating"), _rating(None, "rating")
    (-5.0, inf)
    """
    value = orjson.loads(meta).get(column) if meta else None
    if not isinstance(value, int | float | str):
        return float("inf")
    try:
        return -float(value)
    except ValueError:
        return float("inf")


def _key(texts: list[bytes]) -> str:
    return xxhash.xxh3_128_hexdigest(_MESSAGE.join(texts))
