"""dedup: one representative of each group of exact and near duplicates.

Three steps, because only the second needs to see all rows: `with_keys` gives each example its keys, row by row;
`find_exact` and `decide` say over the keys of all examples which are duplicates; `dedup` drops those from a shard. Near
duplicates, over the texts that `near_texts` gives, and conversations that grew are found by `tuneset/similarity/`.
"""

from __future__ import annotations

import fnmatch
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import numpy as np
import orjson
import polars as pl

from tuneset.cleaning.folding import fold_all
from tuneset.cleaning.question_folding import fold_questions
from tuneset.drop_reasons import CONVERSATION_PREFIX, EXACT_DUPLICATE, NEAR_DUPLICATE, REASONS
from tuneset.example_tables import places
from tuneset.model import Format, StageResult, Tables, reject_frame, sentence
from tuneset.params import NearParams
from tuneset.roles import SYSTEM_ROLES
from tuneset.similarity.clusters import connect
from tuneset.similarity.conversations import (
    Chains,
    Speaker,
    Talk,
    prefix_keys,
    read_talk,
    turn_keys,
)
from tuneset.similarity.conversations import key as _key
from tuneset.similarity.message_text import beside, spoken
from tuneset.similarity.minhash import Likeness
from tuneset.similarity.near_duplicates import repeated
from tuneset.similarity.ragged import Hashes, Positions, Texts
from tuneset.similarity.told_apart import layout

KEY_COLUMNS = {"messages": "messages_key", "prompt": "prompt_key"}
LENGTH = "length"  # the value of dedup.prefer that is no column
_FIELD = b"\x1f"  # a separator that cleaned text does not contain
KEYS_SCHEMA = pl.Schema(
    {
        "messages_key": pl.String(),
        "prompt_key": pl.String(),
        "turn_keys": pl.List(pl.UInt64),
        "prefix_keys": pl.List(pl.UInt64),
    }
)
"""What `with_keys` adds to the examples."""

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


# --- row by row --------------------------------------------------------------------------------------------------


def with_keys(tables: Tables) -> Tables:
    """Add to the examples the keys by which they are told apart.

    - `messages_key`: 32 hex digits of all messages and the tools, lower case, white space folded but for how lines are
      indented beside each other.
    - `prompt_key`: 32 hex digits of what comes before the last assistant message, as `fold_question` folds it, without
      system messages, so that one question under two system prompts counts as the same question.
    - `turn_keys`: the conversation answer by answer, as numbers: its first question with its answer, then what comes
      before each further answer. An example belongs to a longer one whose numbers hold its own last one. Empty where no
      question is answered.
    - `prefix_keys`: the first half of the `messages_key` of each beginning that ends with an answer, the whole left
      out; empty where a part of it is not trained, since such an example stands for no shorter one.
    """
    kinds, known = _kinds(tables.messages)
    heads = [f"{branch}\x1f{role or ''}\x1f".encode() for branch, role in known]
    rest = _rest(tables.messages)
    messages = _written(tables.messages, kinds, heads, rest)
    laid_out = _laid_out(tables.messages, messages)
    where = places(tables.messages)
    untrained = set(tables.messages.filter(pl.col("weight") == 0)["row_id"])
    columns = [tables.examples[name].to_list() for name in ("row_id", "format", "tools", "extra")]
    # Shared and flat objects alone, as the garbage collector looks through all others again and again.
    spans = [where.get(row_id, (0, 0)) for row_id in columns[0]]
    known_talks: dict[tuple[str, *tuple[int, ...]], Talk] = {}
    talks: list[Talk] = []
    for form, (start, end) in zip(columns[1], spans, strict=True):
        speakers = (form, *kinds[start:end])
        talk = known_talks.get(speakers)
        if talk is None:
            talk = known_talks[speakers] = read_talk(form, [known[kind] for kind in kinds[start:end]])
        talks.append(talk)
    asked = [start + place for (start, _), talk in zip(spans, talks, strict=True) for place in talk.asked]
    contents = tables.messages["content"].gather(asked).fill_null("").to_list()
    questions = [heads[kinds[place]] + text for place, text in zip(asked, fold_questions(contents), strict=True)]
    if rest:
        questions = [
            _FIELD.join([text, *rest[place]]) if place in rest else text
            for place, text in zip(asked, questions, strict=True)
        ]
    wholes, prompts = [], []
    turns, turn_counts, prefixes, prefix_counts = list[int](), list[int](), list[int](), list[int]()
    reached = 0
    for row_id, form, tools, extra, (start, end), talk in zip(*columns, spans, talks, strict=True):
        # What is said of an unpaired preference, its label, makes it another example.
        beside = f"{tools or ''}\x1f{extra}" if form == "kto" else tools or ""
        said = messages[start:end]
        everything = [beside.encode(), *laid_out[start:end]]
        prompt = questions[reached : reached + len(talk.asked)]
        reached += len(talk.asked)
        wholes.append(_key(everything))
        prompts.append(_key(prompt or said))
        of_turns = turn_keys(talk, prompt, said)
        turns += of_turns
        turn_counts.append(len(of_turns))
        trained = len(talk.answers) > 1 and form == "sft" and row_id not in untrained
        of_beginnings = prefix_keys(talk, everything) if trained else ()
        prefixes += of_beginnings
        prefix_counts.append(len(of_beginnings))
    added = (
        pl.Series("messages_key", wholes, pl.String),
        pl.Series("prompt_key", prompts, pl.String),
        _lists("turn_keys", turns, turn_counts),
        _lists("prefix_keys", prefixes, prefix_counts),
    )
    return Tables(tables.examples.with_columns(added), tables.messages)


def _lists(name: str, numbers: Sequence[int], counts: Sequence[int]) -> pl.Series:
    """A column of lists from all their numbers, one after the other; a list each would take five times as long.

    >>> _lists("keys", [1, 2, 3], [2, 0, 1]).to_list()
    [[1, 2], [], [3]]
    """
    rows = np.arange(len(counts))
    held = pl.DataFrame({"row": np.repeat(rows, np.array(counts, np.int64)), name: np.array(numbers, np.uint64)})
    lists = held.group_by("row", maintain_order=True).agg(name)
    every = pl.DataFrame({"row": rows}).join(lists, on="row", how="left", maintain_order="left")
    return every[name].fill_null([])


def _kinds(messages: pl.DataFrame) -> tuple[list[int], list[Speaker]]:
    """The speaker of each message by number, and the speakers in the order of their numbers."""
    speakers = messages.select("branch", "role")
    known = speakers.unique(maintain_order=True)
    numbered = speakers.join(
        known.with_row_index("number"), on=["branch", "role"], how="left", nulls_equal=True, maintain_order="left"
    )
    return numbered["number"].to_list(), known.rows()


def _written(
    messages: pl.DataFrame, kinds: Sequence[int], heads: Sequence[bytes], rest: Mapping[int, Sequence[bytes]]
) -> list[bytes]:
    """What counts of every message, normalised."""
    written = [heads[kind] + content for kind, content in zip(kinds, fold_all(messages["content"]), strict=True)]
    for place, more in rest.items():
        written[place] = _FIELD.join([written[place], *more])
    return written


def _laid_out(messages: pl.DataFrame, written: Sequence[bytes]) -> list[bytes]:
    """The messages as written, and what their indentation says: two programs can differ in nothing else."""
    contents = messages["content"]
    places = contents.str.contains(r"\n[ \t]").fill_null(value=False).arg_true()
    laid_out = list(written)
    for place, text in zip(places, contents.gather(places), strict=True):
        shape = layout(text)
        laid_out[place] += b"" if shape is None else b"%s%d" % (_FIELD, shape)
    return laid_out


def _rest(messages: pl.DataFrame) -> dict[int, list[bytes]]:
    """What else makes a message another one than role and content, of those few messages that have more."""
    further = messages.select("parts", "tool_calls", "name", "reasoning", "extra")
    places = further.select(pl.any_horizontal(pl.all().is_not_null())).to_series().arg_true()
    rows = further[places].iter_rows() if len(places) else iter(())
    return {place: [(value or "").encode() for value in row] for place, row in zip(places, rows, strict=True)}


NearKey = Literal["messages", "prompt", "answer"]


def near_sides(line_format: Format, near: NearParams) -> tuple[int, ...]:
    """How many units a shingle has of each text by which examples are compared, as `near_pieces` gives them.

    >>> near_sides("sft", NearParams()), near_sides("rft", NearParams())
    ((2, 5), (5,))
    """
    prompt, answer = near.units
    if line_format == "rft":
        return (answer,)  # nothing is compared beside the prompt
    return {"messages": (prompt, answer), "prompt": (prompt,), "answer": (answer,)}[near.key]


def likeness(near: NearParams) -> Likeness:
    """When two examples are near duplicates, and by which signatures of all that they say they are found.

    Signatures are made of no more units in a shingle than any side is compared by, so that few alike pairs are missed:
    of a long prompt with a word changed here and there 0.8 of the twos stay and 0.6 of the fives. Where prompts are
    compared word by word, signatures of two words find them from as far below the threshold as such changes bring them.
    """
    if near.key != "messages":
        return Likeness(near.threshold, near.units[0], near.permutations)
    one = 2 * near.threshold / (1 + near.threshold)  # share of a text's words that the other one has
    reach = one**2 / (2 - one**2) if near.sensitivity == "high" else near.threshold
    return Likeness(near.threshold, min(2, near.n), near.permutations, reach)


def said_pieces(tables: Tables, key: NearKey) -> Texts:
    """What `key` names of each example, in pieces that are its messages: all but system messages, prompt or answer.

    Examples that share little of it are no candidates for near duplicates.
    """
    if key != "messages":
        return next(near_pieces(tables, key))
    return _pieces(tables.examples, _spoken(tables))


def near_pieces(tables: Tables, key: NearKey) -> Iterator[Texts]:
    """Yield the texts by which examples are compared, one a side, in the pieces that are their messages.

    A pair must be alike in each. `messages` gives prompt and answer: one answer to different questions makes no near
    duplicates, and neither do different answers to one question. Answers are the last assistant message of an sft
    example and both outputs of a preference pair; an rft example has none and is compared by its prompt.
    """
    spoken = _spoken(tables)
    if bool((tables.examples["format"] == "rft").all()):
        yield _pieces(tables.examples, spoken)
        return
    output = pl.col("branch") != "prompt"
    last = (pl.col("role") == "assistant") & (pl.col("turn") == pl.col("turn").max().over("row_id", "branch"))
    answer = (output | (last & ~output.any().over("row_id"))).fill_null(value=False)
    parts = {"prompt": ~answer, "answer": answer}
    for part in ("prompt", "answer") if key == "messages" else (key,):
        yield _pieces(tables.examples, spoken.filter(parts[part]), with_tools=part == "prompt")


def _spoken(tables: Tables) -> pl.DataFrame:
    return tables.messages.filter(~pl.col("role").is_in(SYSTEM_ROLES).fill_null(value=False))


def near_texts(tables: Tables, key: NearKey) -> Iterator[pl.Series]:
    """Yield what `near_pieces` gives as one String column a side, the messages of an example one a line."""
    for pieces in near_pieces(tables, key):
        yield joined(pieces)


def joined(texts: Texts) -> pl.Series:
    """Texts in pieces as one String column, the pieces one a line."""
    pieces = texts.pieces.to_list()
    lines = ["\n".join(pieces[start:end]) for start, end in itertools.pairwise(texts.starts.tolist())]
    return pl.Series("text", lines, pl.String)


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


def _pieces(examples: pl.DataFrame, messages: pl.DataFrame, *, with_tools: bool = True) -> Texts:
    """The texts of messages, which are in the order of the examples, and where those of each example begin.

    Beside them stand the images and other parts of these messages, and the tools that the example has.
    """
    runs = messages["row_id"].rle().struct.unnest()
    counts = examples.select("row_id").join(runs, left_on="row_id", right_on="value", how="left", maintain_order="left")
    starts = np.zeros(examples.height + 1, np.int64)
    np.cumsum(counts["len"].fill_null(0).to_numpy(), out=starts[1:])
    return Texts(_texts(messages), starts, _beside(examples, messages, starts, with_tools=with_tools))


def _texts(messages: pl.DataFrame) -> pl.Series:
    """The text of each message; most are their content and nothing else."""
    more = (messages["parts"].is_not_null() | messages["tool_calls"].is_not_null()).arg_true()
    texts = messages["content"].fill_null("").alias("text")
    if not len(more):
        return texts
    said = [
        spoken(content if parts is None else orjson.loads(parts), None if calls is None else orjson.loads(calls))
        for content, parts, calls in messages.select("content", "parts", "tool_calls")[more].iter_rows()
    ]
    return texts.clone().scatter(more, pl.Series(said, dtype=pl.String))


def _beside(examples: pl.DataFrame, messages: pl.DataFrame, starts: Positions, *, with_tools: bool) -> Hashes | None:
    """The number of what stands beside the text of each example, of those few that have more than text."""
    places = messages["parts"].is_not_null().arg_true().to_numpy()
    owners = np.searchsorted(starts, places, side="right") - 1
    contents: dict[int, list[object]] = {}
    for owner, parts in zip(owners.tolist(), messages["parts"].gather(places), strict=True):
        contents.setdefault(owner, []).append(orjson.loads(parts))
    tools = examples["tools"].to_list() if with_tools and examples["tools"].null_count() < examples.height else []
    known = {text: None if text is None else orjson.loads(text) for text in set(tools)}
    given = {owner: known[text] for owner, text in enumerate(tools) if text is not None}
    numbers = np.zeros(examples.height, np.uint64)
    for owner in contents.keys() | given.keys():
        numbers[owner] = beside(contents.get(owner, ()), given.get(owner))
    return numbers if numbers.any() else None


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
