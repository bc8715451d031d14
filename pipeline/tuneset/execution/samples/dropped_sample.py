"""A few of the rows that a stage drops, kept with what they say, so that the report can show what a reason means.

Of each reason those with the lowest row ids are kept, which are hashes, so that neither the number of shards nor that
of workers makes a difference. Private data is replaced whatever `clean.redact` says: the report is looked at by more
people than the dataset.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from tuneset.cleaning.private_data.conversation_redaction import redact_conversation
from tuneset.cleaning.private_data.kinds import Rules
from tuneset.cleaning.private_data.suspects import find_suspects
from tuneset.example_tables import Example, to_examples
from tuneset.json_text import dumps
from tuneset.model import REJECTS_SCHEMA, Tables
from tuneset.stages.distributions import calls_of, text_of, told

PART = "dropped"
"""The part of a shard that holds them."""
ROWS_EACH, SHOWN_MESSAGES, SHOWN_CHARACTERS = 3, 6, 280
"""Rows of a reason, messages of a row, characters of a message. Ours, so that the page stays readable."""
_SEARCHED_CHARACTERS = 20 * SHOWN_CHARACTERS
"""So much of a message is searched for private data: what is shown, and what may stand across the cut."""
SCHEMA = pl.Schema([*REJECTS_SCHEMA.items(), ("said", pl.String())])
"""`said` is a JSON list of role and text; null of a row that never was an example."""


def sample(tables: Tables | None, rejects: pl.DataFrame) -> pl.DataFrame:
    """The first ROWS_EACH of `rejects` by reason, as SCHEMA; `tables` are those before they were dropped."""
    if rejects.is_empty():
        return pl.DataFrame(schema=SCHEMA)
    chosen = first_of_each(rejects)
    if tables is None:
        return chosen.select(*REJECTS_SCHEMA, pl.lit(None, pl.String).alias("said"))
    wanted = tables.keep(tables.examples["row_id"].is_in(chosen["row_id"].implode()))
    said = [dumps(one) for one in shown(to_examples(wanted))]
    texts = pl.DataFrame({"row_id": wanted.examples["row_id"], "said": said}, {"row_id": pl.String, "said": pl.String})
    return chosen.join(texts, on="row_id", how="left", maintain_order="left").select(*SCHEMA)


def first_of_each(rows: pl.DataFrame) -> pl.DataFrame:
    """The ROWS_EACH rows with the lowest row ids of each code, by code and row id."""
    return rows.sort("code", "row_id").group_by("code", maintain_order=True).head(ROWS_EACH).select(rows.columns)


def merged(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The samples of several shards as one."""
    return first_of_each(pl.concat([pl.DataFrame(schema=SCHEMA), *frames]))


def shown(examples: Sequence[Example]) -> list[list[list[str]]]:
    """Role and text of the first messages of each, cut, and private data replaced in all of one together.

    >>> shown([{"messages": [{"role": "user", "content": "I am ann@acme.org"}]}])
    [[['user', 'I am <EMAIL_1>']]]
    """
    messages = [told(example).messages for example in examples]
    texts = [[_said(message)[:_SEARCHED_CHARACTERS] for message in some[:SHOWN_MESSAGES]] for some in messages]
    redacted = redact_texts(texts, Rules())
    return [_pairs(some, said) for some, said in zip(messages, redacted, strict=True)]


def _pairs(messages: Sequence[Mapping[str, Any]], texts: Sequence[str]) -> list[list[str]]:
    roles = [str(message.get("role", "")) for message in messages]
    more = len(messages) - SHOWN_MESSAGES
    pairs = [[role, _cut(text)] for role, text in zip(roles, texts, strict=False)]
    return [*pairs, *([["", f"{more:,} more messages"]] if more > 0 else [])]


def redact_texts(conversations: Sequence[Sequence[str]], rules: Rules) -> list[list[str]]:
    """The texts of conversations with private data replaced, each on its own; looked at only where there may be some.

    >>> redact_texts([["ann@acme.org"], ["bo@acme.org", "fine"]], Rules())
    [['<EMAIL_1>'], ['<EMAIL_1>', 'fine']]
    """
    texts = pl.Series([text for some in conversations for text in some], dtype=pl.String)
    groups = iter(find_suspects(texts, rules.optional).to_list())  # once, as each search takes as long as some texts
    found = [[next(groups) for _ in some] for some in conversations]
    return [redact_conversation(some, rules, of_some).texts for some, of_some in zip(conversations, found, strict=True)]


def _said(message: Mapping[str, Any]) -> str:
    """The text of a message, and its calls a line each."""
    calls = [f"{name}({arguments})" for name, arguments in calls_of(message)]
    return "\n".join(filter(None, (text_of(message), *calls)))


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + " ..."
