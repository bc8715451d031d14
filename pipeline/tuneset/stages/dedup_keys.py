"""What dedup needs of each example by itself: the keys by which it is told apart, and how much it is preferred.

Row by row; over all rows these columns alone are looked at (`dedup.py`).
"""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence

import numpy as np
import orjson
import polars as pl

from tuneset.cleaning.folding import fold_all
from tuneset.cleaning.question_folding import fold_questions
from tuneset.example_tables import places, untrained
from tuneset.json_text import held_at
from tuneset.model import Tables
from tuneset.similarity.conversations import Speaker, Talk, prefix_keys, read_talk, turn_keys
from tuneset.similarity.conversations import key as _key
from tuneset.similarity.layout import NO_LAYOUT, layouts
from tuneset.similarity.message_text import text_alone

LENGTH = "length"  # the value of dedup.prefer that is no column
_FIELD = b"\x1f"  # a separator that cleaned text does not contain


def with_keys(tables: Tables) -> Tables:
    """Add to the examples the keys by which they are told apart.

    - `messages_key`: 32 hex digits of all messages and the tools, lower case, white space folded but for how lines are
      indented beside each other, and of which answers are not trained: a row that trains another answer is another one.
    - `prompt_key`: 32 hex digits of what comes before the last assistant message, as `fold_question` folds it, without
      system messages, so that one question under two system prompts counts as the same question.
    - `turn_keys`: the conversation answer by answer, as numbers: its first question with its answer, then what comes
      before each further answer. An example belongs to a longer one whose numbers hold its own last one. Empty where no
      question is answered.
    - `prefix_keys`: the first half of the `messages_key` of each beginning that ends with an answer, the whole left
      out; empty where a part of it is not trained, since such an example stands for no shorter one.
    """
    spoken = _as_text(tables.messages)
    kinds, known = _kinds(spoken)
    heads = [f"{branch}\x1f{role or ''}\x1f".encode() for branch, role in known]
    rest = _rest(spoken)
    messages = _written(spoken, kinds, heads, rest)
    laid_out = _laid_out(spoken, messages)
    where = places(spoken)
    left_out = untrained(spoken)
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
    contents = spoken["content"].gather(asked).fill_null("").to_list()
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
        learned = [str(left_out[row_id]).encode()] if row_id in left_out else []
        prompt = questions[reached : reached + len(talk.asked)]
        reached += len(talk.asked)
        wholes.append(_key([*everything, *learned]))
        prompts.append(_key(prompt or said))
        of_turns = turn_keys(talk, prompt, said)
        turns += of_turns
        turn_counts.append(len(of_turns))
        trained = len(talk.answers) > 1 and form == "sft" and row_id not in left_out
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


def _as_text(messages: pl.DataFrame) -> pl.DataFrame:
    """The messages, with parts that are text and nothing else as their content: they say the same."""
    given = messages["parts"].is_not_null().arg_true()
    texts = [text_alone(orjson.loads(parts)) for parts in messages["parts"].gather(given)]
    alone = [place for place, text in zip(given.to_list(), texts, strict=True) if text is not None]
    if not alone:
        return messages
    found = pl.Series([text for text in texts if text is not None], dtype=pl.String)
    content = messages["content"].clone().scatter(alone, found)
    parts = messages["parts"].clone().scatter(alone, pl.Series([None] * len(alone), dtype=pl.String))
    return messages.with_columns(content, parts)


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
    indented = layouts(messages["content"])
    laid_out = list(written)
    places = np.flatnonzero(indented != NO_LAYOUT)
    for place, number in zip(places.tolist(), indented[places].tolist(), strict=True):
        laid_out[place] += b"%b%d" % (_FIELD, number)
    return laid_out


def _rest(messages: pl.DataFrame) -> dict[int, list[bytes]]:
    """What else makes a message another one than role and content, of those few messages that have more."""
    further = messages.select("parts", "tool_calls", "name", "reasoning", "extra")
    places = further.select(pl.any_horizontal(pl.all().is_not_null())).to_series().arg_true()
    rows = further[places].iter_rows() if len(places) else iter(())
    return {place: [(value or "").encode() for value in row] for place, row in zip(places, rows, strict=True)}


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


def _rating(meta: str | None, column: str) -> float:
    """A raw column as a rank: larger values first, rows without a number last.

    >>> _rating('{"rating": 5}', "rating"), _rating(None, "rating")
    (-5.0, inf)
    """
    value = held_at(orjson.loads(meta), column) if meta else None
    if not isinstance(value, int | float | str):
        return float("inf")
    try:
        return -float(value)
    except ValueError:
        return float("inf")
