"""The weight of a whole example, by which its loss is multiplied: kept where the provider takes one beside messages.

A weight on a message, which says whether it is trained, is another thing and is not touched here.
"""

from __future__ import annotations

import polars as pl

from tuneset.json_text import JsonValue, dumps, loads
from tuneset.model import Tables

KEY = "weight"


def keep_sample_weight(tables: Tables, *, taken: bool) -> tuple[Tables, int]:
    """Examples of chat with the number of 0 or more that their raw row has as `weight`, and how many have one.

    Nothing changes where the provider has no place for it (`taken`): then it stays a raw column that is never written.
    """
    examples = tables.examples
    if not taken or examples["meta"].null_count() == examples.height:
        return tables, 0
    extras = examples["extra"].to_list()
    count = 0
    columns = (examples[name].to_list() for name in ("format", "meta"))
    for number, (line_format, meta) in enumerate(zip(*columns, strict=True)):
        if line_format != "sft" or meta is None or f'"{KEY}"' not in meta:
            continue
        weight = loads(meta.encode()).get(KEY)
        own = loads(extras[number].encode()) if extras[number] else {}
        if _is_weight(weight) and KEY not in own:
            extras[number] = dumps({**own, KEY: weight})
            count += 1
    if not count:
        return tables, 0
    return Tables(examples.with_columns(pl.Series("extra", extras, pl.String)), tables.messages), count


def _is_weight(value: JsonValue) -> bool:
    """Whether a value can be one.

    >>> [_is_weight(value) for value in (0, 0.5, True, -1, "2", None)]
    [True, True, False, False, False, False]
    """
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
