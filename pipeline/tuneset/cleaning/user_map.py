"""A function of the user's own that changes examples, as `clean.map` names it.

It gets one example at a time, as the line that would be written (`{"messages": [...]}` and what else belongs to the
format), and returns the example that takes its place. It must answer from its argument alone, since worker processes
call it in any order. What it returns is cleaned, redacted and checked like any other row.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import polars as pl

from tuneset.cleaning.user_code import load_function, working_folder_searched
from tuneset.errors import UsageError
from tuneset.example_tables import Example, to_examples, to_tables
from tuneset.json_text import TooDeepError, dumps
from tuneset.model import Tables
from tuneset.terms import Format

KEY = "clean.map"


@working_folder_searched()
def map_examples(tables: Tables, function: str) -> tuple[Tables, int]:
    """The tables with each example as the function returns it, and how many it changed.

    Raises UsageError where the function cannot be loaded, fails, or returns no example; it names the line of the row
    and the kind of error, never its text.
    """
    change = load_function(function, KEY)
    places = tables.examples.select("source", "line", "format").rows()
    changed: dict[int, Example] = {}
    for number, (example, (source, line, line_format)) in enumerate(zip(to_examples(tables), places, strict=True)):
        before = dumps(example)
        after = _called(change, example, function, f"{source}:{line}")
        if not _is_example(after, line_format):
            raise UsageError(
                f"{KEY}: {function} returned no example at {source}:{line}",
                allowed="the example that it got, changed: its lists of messages hold objects",
            )
        try:
            if dumps(after) != before:
                changed[number] = after
        except (TooDeepError, TypeError):
            raise UsageError(f"{KEY}: {function} returned what has no form in JSON at {source}:{line}") from None
    return (_replaced(tables, changed), len(changed)) if changed else (tables, 0)


def _called(change: Callable[..., Any], example: Example, function: str, place: str) -> Any:  # noqa: ANN401  what the user's function gives
    try:
        return change(example)
    except Exception as error:  # noqa: BLE001  whatever the user's own code raises is told as their mistake
        raise UsageError(
            f"{KEY}: {function} failed at {place} with {type(error).__name__}",
            hint="call the function by hand with the example of that line",
        ) from None


def _is_example(value: object, line_format: str) -> bool:
    """Whether a value has the lists of messages that a format needs.

    >>> _is_example({"messages": [{"role": "user"}]}, "sft"), _is_example({"messages": "Hi"}, "sft")
    (True, False)
    """
    if not isinstance(value, dict):
        return False
    lists = [value.get("messages")]
    if line_format == "dpo":
        given = value.get("input")
        lists = [given.get("messages") if isinstance(given, dict) else None]
        lists += [value.get("preferred_output"), value.get("non_preferred_output")]
    return all(isinstance(one, list) and all(isinstance(message, dict) for message in one) for one in lists)


def _replaced(tables: Tables, changed: dict[int, Example]) -> Tables:
    """Tables in which some examples, by their place, are others."""
    places = list(changed)
    rows = tables.examples[places]
    new = to_tables(
        list(changed.values()),
        row_ids=rows["row_id"].to_list(),
        source="",
        lines=rows["line"].to_list(),
        items=rows["item"].to_list(),
        line_format=cast("Format", rows["format"][0]),
        metas=[None] * len(places),
    )
    kept = tables.messages.filter(~pl.col("row_id").is_in(rows["row_id"].implode()))
    order = tables.examples.select("row_id").with_row_index("example")
    messages = pl.concat([kept, new.messages]).join(order, on="row_id", how="left", maintain_order="left")
    examples = tables.examples.with_columns(
        tables.examples[name].clone().scatter(places, new.examples[name]).alias(name) for name in ("tools", "extra")
    )
    return Tables(examples, messages.sort("example", maintain_order=True).drop("example"))
