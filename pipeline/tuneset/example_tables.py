"""Canonical examples to tables and back, and to the lines that a provider takes.

A canonical example is the provider's own line as a dict: `{"messages": [...], "tools"?, ...}` for sft and rft,
`{"input": {"messages": [...], "tools"?, ...}, "preferred_output": [...], "non_preferred_output": [...]}` for dpo.
Each direction is the exact inverse of the other but for key order: a value that fits no column is kept in the
`extra` JSON of its row, an absent key stays absent and an explicit null stays null. This file knows no raw shape.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import orjson
import polars as pl

from tuneset.json_text import JsonValue, dump_line, dumps, loads
from tuneset.model import EXAMPLES_SCHEMA, MESSAGES_SCHEMA, Format, Tables, is_plain

Example = dict[str, Any]

_LARGEST_WEIGHT = 2**63 - 1  # the column is Int64
_SPARSE = ("parts", "name", "tool_calls", "tool_call_id", "weight", "reasoning", "extra")
REASONING = "reasoning_content"
"""The key of a message that goes to the column `reasoning`: most servers and trainers write it so (as of 2026-11)."""
_OUTPUTS = ("preferred", "non_preferred")
_BRANCHES = ("prompt", *_OUTPUTS)
_PLAIN_KEYS = 2  # a role and a content


def to_tables(
    examples: Sequence[Example],
    *,
    row_ids: Sequence[str],
    source: str,
    lines: Sequence[int],
    items: Sequence[int],
    line_format: Format,
    metas: Sequence[Mapping[str, Any] | None],
) -> Tables:
    """Put canonical examples of one file into tables, in the order given.

    `row_ids`, `lines`, `items` and `metas` hold one value an example. Every list of messages must be a list of
    dicts; nothing else is asked of an example. Raises TooDeepError where a value is nested too deep to be written.
    """
    branches = _BRANCHES if line_format == "dpo" else _BRANCHES[:1]
    holders = [example["input"] for example in examples] if line_format == "dpo" else examples
    groups = _groups(examples, line_format)
    counts = np.fromiter(map(len, groups), np.int64, len(groups))
    flat = list(itertools.chain.from_iterable(groups))
    roles, contents = [message.get("role") for message in flat], [message.get("content") for message in flat]
    sparse: dict[str, dict[int, Any]] = {name: {} for name in _SPARSE}
    for index, (message, role, content) in enumerate(zip(flat, roles, contents, strict=True)):
        if len(message) == _PLAIN_KEYS and type(role) is str and type(content) is str:
            continue
        _spread(message, index, sparse)
        roles[index] = role if type(role) is str else None
        contents[index] = content if type(content) is str else None
    tools: list[str | None] = [None] * len(examples)
    extras: list[str | None] = [None] * len(examples)
    for index, holder in enumerate(holders):
        if len(holder) > 1:
            found = holder.get("tools")
            rest = {k: v for k, v in holder.items() if k != "messages" and (k != "tools" or type(v) is not list)}
            tools[index] = dumps(found) if type(found) is list else None
            extras[index] = dumps(rest) if rest else None
    ids = pl.Series(row_ids, dtype=pl.String)
    group_of = np.repeat(np.arange(len(groups)), counts)
    return Tables(
        pl.DataFrame(
            {
                "row_id": ids,
                "source": pl.repeat(source, len(examples), dtype=pl.String, eager=True),
                "line": lines,
                "item": items,
                "format": pl.repeat(line_format, len(examples), dtype=pl.String, eager=True),
                "tools": tools,
                "extra": extras,
                "meta": [dumps(meta) if meta else None for meta in metas],
            },
            schema=EXAMPLES_SCHEMA,
        ),
        pl.DataFrame(
            {
                "row_id": ids.gather(group_of // len(branches)),
                "branch": pl.Series(branches, dtype=pl.String).gather(group_of % len(branches)),
                "turn": np.arange(len(flat)) - (np.cumsum(counts) - counts)[group_of],
                "role": roles,
                "content": contents,
                **{name: _column(name, sparse[name], len(flat)) for name in _SPARSE},
            },
            schema=MESSAGES_SCHEMA,
        ),
    )


def _groups(examples: Sequence[Example], line_format: Format) -> list[list[dict[str, Any]]]:
    """The lists of messages of all examples, one after the other: of a pair there are three, as in _BRANCHES."""
    if line_format != "dpo":
        return [example["messages"] for example in examples]
    return [
        messages
        for example in examples
        for messages in (example["input"]["messages"], example["preferred_output"], example["non_preferred_output"])
    ]


def _spread(message: Mapping[str, JsonValue], index: int, sparse: dict[str, dict[int, Any]]) -> None:
    """Put every key of a message but a text role and text content into its column, or into `extra`."""
    extra = {}
    for key, value in message.items():
        kind = type(value)
        if key in ("role", "content") and kind is str:
            continue
        if (key in ("name", "tool_call_id") and kind is str) or (
            key == "weight" and kind is int and -_LARGEST_WEIGHT <= value <= _LARGEST_WEIGHT
        ):
            sparse[key][index] = value
        elif key == REASONING and kind is str:
            sparse["reasoning"][index] = value
        elif key == "content" and kind is list:
            sparse["parts"][index] = dumps(value)
        elif key == "tool_calls" and kind is list:
            sparse["tool_calls"][index] = dumps(value)
        else:
            extra[key] = value
    if extra:
        sparse["extra"][index] = dumps(extra)


def _column(name: str, cells: Mapping[int, Any], height: int) -> pl.Series:
    """A column that is null but for a few cells."""
    dtype = MESSAGES_SCHEMA[name]
    if not cells:
        return pl.repeat(None, height, dtype=dtype, eager=True).alias(name)
    values: list[Any] = [None] * height
    for index, value in cells.items():
        values[index] = value
    return pl.Series(name, values, dtype=dtype)


def to_examples(tables: Tables) -> list[Example]:
    """The canonical examples of the tables, in the order of `tables.examples`.

    The messages of an example stand together and in the order of their turns, as every stage leaves them.
    """
    messages = _messages(tables.messages)
    where = places(tables.messages)
    branches = tables.messages["branch"].to_list() if (tables.examples["format"] == "dpo").any() else []
    nowhere = (0, 0)
    built: list[Example] = []
    columns = (tables.examples[name].to_list() for name in ("row_id", "format", "tools", "extra"))
    for row_id, line_format, tools, extra in zip(*columns, strict=True):
        start, end = where.get(row_id, nowhere)
        example: Example = {}
        if line_format == "dpo":
            by_branch: dict[str, list[Example]] = {"prompt": [], "preferred": [], "non_preferred": []}
            for index in range(start, end):
                by_branch[branches[index]].append(messages[index])
            holder: Example = {"messages": by_branch["prompt"]}
            example = {"input": holder, **{f"{name}_output": by_branch[name] for name in _OUTPUTS}}
        else:
            holder = example
            holder["messages"] = messages[start:end]
        if tools is not None:
            holder["tools"] = loads(tools.encode())
        if extra is not None:
            holder.update(loads(extra.encode()))
        built.append(example)
    return built


def _messages(frame: pl.DataFrame) -> list[Example]:
    """Every message of a frame as the provider writes it, in the frame's order."""
    role, content = frame["role"], frame["content"]
    built: list[Example] = [{"role": r, "content": c} for r, c in zip(role.to_list(), content.to_list(), strict=True)]
    for name in ("role", "content"):
        if frame[name].null_count():
            for index in frame[name].is_null().arg_true().to_list():
                del built[index][name]
    for name in _SPARSE:
        column = frame[name]
        if column.null_count() == frame.height:
            continue
        filled = column.is_not_null().arg_true()
        for index, value in zip(filled.to_list(), column.gather(filled).to_list(), strict=True):
            if name == "extra":
                built[index].update(loads(value.encode()))
            elif name == "parts":
                built[index]["content"] = loads(value.encode())
            elif name == "reasoning":
                built[index][REASONING] = value
            elif name == "tool_calls":
                built[index]["tool_calls"] = loads(value.encode())
            else:
                built[index][name] = value
    return built


def places(messages: pl.DataFrame) -> dict[str, tuple[int, int]]:
    """Where in a frame of messages those of each example stand: row_id -> (first, one past the last)."""
    runs = messages["row_id"].rle()
    ends = runs.struct.field("len").cum_sum()
    starts = ends - runs.struct.field("len")
    spans = zip(starts.to_list(), ends.to_list(), strict=True)
    return dict(zip(runs.struct.field("value").to_list(), spans, strict=True))


def untrained(messages: pl.DataFrame) -> dict[str, tuple[int, ...]]:
    """Which messages of each example have weight 0, by their places from its end; examples without one are left out.

    >>> said = {"row_id": ["a", "a", "b", "c", "c"], "weight": [0, 1, None, None, 0]}
    >>> untrained(pl.DataFrame(said))
    {'a': (2,), 'c': (1,)}
    """
    places_of_zeros = (messages["weight"] == 0).fill_null(value=False).arg_true()
    if not len(places_of_zeros):
        return {}
    where = places(messages)
    found: dict[str, tuple[int, ...]] = {}
    for place, row_id in zip(places_of_zeros.to_list(), messages["row_id"].gather(places_of_zeros), strict=True):
        found[row_id] = (*found.get(row_id, ()), where[row_id][1] - place)
    return found


def render_lines(tables: Tables) -> list[bytes]:
    """Each example as the JSON line that a provider takes, line end included; absent keys are left out.

    Plain conversations, nearly all, are put together from their texts, in two thirds of the time that examples take.
    """
    odd = tables.messages.filter(~is_plain(tables.messages))["row_id"]
    special = tables.examples.select(
        (pl.col("format") == "dpo")
        | pl.col("tools").is_not_null()
        | pl.col("extra").is_not_null()
        | pl.col("row_id").is_in(odd.implode())
    ).to_series()
    others = iter(to_examples(tables.keep(special)) if special.any() else ())
    heads = {role: b'{"role":%b,"content":' % orjson.dumps(role) for role in tables.messages["role"].unique()}
    columns = (tables.messages[name].to_list() for name in ("role", "content"))
    pieces = [heads[role] + orjson.dumps(text) + b"}" for role, text in zip(*columns, strict=True)]
    where = places(tables.messages)
    lines = []
    for row_id, is_special in zip(tables.examples["row_id"].to_list(), special.to_list(), strict=True):
        start, end = where.get(row_id, (0, 0))
        written = b'{"messages":[%b]}\n' % b",".join(pieces[start:end])
        lines.append(dump_line(next(others)) if is_special else written)
    return lines
