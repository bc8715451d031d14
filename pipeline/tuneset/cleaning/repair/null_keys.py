"""Keys of messages that exports carry along without a value."""

from __future__ import annotations

import polars as pl

from tuneset.json_text import dumps, loads
from tuneset.model import Tables

# Keys of a chat completion's answer that exports carry along though they say nothing when empty.
RESPONSE_KEYS = frozenset({"annotations", "audio", "function_call", "refusal", "tool_calls", "name", "tool_call_id"})


def without_null_keys(tables: Tables) -> tuple[pl.DataFrame, int]:
    """Remove response keys whose value is null or an empty list; `content: null` says something and stays."""
    messages = tables.messages
    no_calls = (messages["tool_calls"] == "[]").fill_null(value=False)
    if no_calls.any():
        messages = messages.with_columns(pl.when(no_calls).then(None).otherwise("tool_calls").alias("tool_calls"))
    if messages["extra"].null_count() == messages.height:
        return messages, int(no_calls.sum())
    rows = messages["extra"].str.contains(r":(?:null|\[\])").fill_null(value=False).arg_true()
    if rows.is_empty():
        return messages, int(no_calls.sum())
    before = messages["extra"].gather(rows)
    after = []
    for text in before:
        extra = loads(text.encode())
        kept = {k: v for k, v in extra.items() if k not in RESPONSE_KEYS or v not in (None, [])}
        after.append(dumps(kept) if kept else None)
    changed = pl.Series(after, dtype=pl.String)
    lost = no_calls.clone().scatter(rows, before.ne_missing(changed) | no_calls.gather(rows))
    return messages.with_columns(messages["extra"].clone().scatter(rows, changed).alias("extra")), int(lost.sum())
