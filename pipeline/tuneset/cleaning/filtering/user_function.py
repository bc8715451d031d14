"""A filter that the user wrote: `module:function`, called with the messages of one example at a time.

The function gets a list of dicts with `role`, `content` (text or parts), `name`, `tool_calls` and `tool_call_id`,
keys without a value left out, and returns True to keep the example. It must answer from its argument alone, since
worker processes call it in any order. The working folder is searched for the module first.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import polars as pl

from tuneset.cleaning.filtering.base import Filter, Judged, Verdict
from tuneset.cleaning.user_code import load_function, working_folder_searched
from tuneset.errors import UsageError
from tuneset.params import FilterParams

_JSON_COLUMNS = ("parts", "tool_calls")


@working_folder_searched()
def judge_examples(examples: pl.DataFrame, messages: pl.DataFrame, function: str) -> pl.Series:
    """The `row_id`s of the examples that the function does not want to keep.

    Raises UsageError where the function cannot be loaded, fails, or answers with something else than a bool; it names
    the line of the example and the kind of error, never its text.
    """
    keep = load_function(function, "clean.filters.function")
    wanted = messages.filter(pl.col("row_id").is_in(examples["row_id"].implode()))
    groups = {row_id: frame for (row_id,), frame in wanted.partition_by("row_id", as_dict=True).items()}
    refused = []
    for row_id, source, line in examples.select("row_id", "source", "line").iter_rows():
        example = _messages(groups[row_id]) if row_id in groups else []
        try:
            answer = keep(example)
        except Exception as error:  # noqa: BLE001  whatever the user's own code raises is told as their mistake
            raise UsageError(
                f"clean.filters.function: {function} failed at {source}:{line} with {type(error).__name__}",
                hint="call the function by hand with the messages of that line",
            ) from None
        if not isinstance(answer, bool):
            raise UsageError(
                f"clean.filters.function: {function} returned {type(answer).__name__} at {source}:{line}",
                allowed="True to keep the example, False to drop it",
            )
        if not answer:
            refused.append(row_id)
    return pl.Series(refused, dtype=pl.String)


def _messages(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """The messages of one example as the function gets them."""
    names = ("role", "content", "parts", "name", "tool_calls", "tool_call_id")
    built = []
    for row in frame.select(names).iter_rows(named=True):
        message = {
            key: json.loads(text) if key in _JSON_COLUMNS else text for key, text in row.items() if text is not None
        }
        if "parts" in message:
            message["content"] = message.pop("parts")
        built.append(message)
    return built


def _judge(judged: Judged, params: FilterParams) -> Iterator[Verdict]:
    """Only the examples that nothing else dropped are shown to the function."""
    assert params.function is not None
    examples = judged.tables.examples
    refused = judge_examples(examples.filter(judged.open), judged.tables.messages, params.function)
    yield examples["row_id"].is_in(refused.implode()), pl.lit(f"{params.function} said no")


USER_FUNCTION = Filter("CLN012", lambda p: p.function is not None, _judge)
