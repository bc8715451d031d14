"""The texts by which examples are compared for near duplicates, side by side, and when they count as alike.

What of them is alike is found by `tuneset/similarity/`, and decided on in `dedup.py`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Literal

import numpy as np
import orjson
import polars as pl
import xxhash

from tuneset.example_tables import untrained
from tuneset.model import Format, Tables
from tuneset.params import NearParams
from tuneset.roles import SYSTEM_ROLES
from tuneset.similarity.message_text import beside, spoken
from tuneset.similarity.minhash import Likeness
from tuneset.similarity.ragged import Hashes, Positions, Texts

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


def system_pieces(tables: Tables) -> Texts:
    """The system messages of each example; they are never compared, but what they say may tell two examples apart."""
    return _pieces(tables.examples, tables.messages.filter(_IS_SYSTEM), with_tools=False)


def left_out_answers(tables: Tables) -> Hashes | None:
    """A number for which answers of each example are not trained, 0 where all are; None where all of all are."""
    found = untrained(tables.messages)
    if not found:
        return None
    numbers = [
        xxhash.xxh3_64_intdigest(str(found[one]).encode()) if one in found else 0 for one in tables.examples["row_id"]
    ]
    return np.array(numbers, np.uint64)


_IS_SYSTEM = pl.col("role").is_in(SYSTEM_ROLES).fill_null(value=False)


def _spoken(tables: Tables) -> pl.DataFrame:
    return tables.messages.filter(~_IS_SYSTEM)


def near_texts(tables: Tables, key: NearKey) -> Iterator[pl.Series]:
    """Yield what `near_pieces` gives as one String column a side, the messages of an example one a line."""
    for pieces in near_pieces(tables, key):
        yield joined(pieces)


def joined(texts: Texts) -> pl.Series:
    """Texts in pieces as one String column, the pieces one a line."""
    pieces = texts.pieces.to_list()
    lines = ["\n".join(pieces[start:end]) for start, end in itertools.pairwise(texts.starts.tolist())]
    return pl.Series("text", lines, pl.String)


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
