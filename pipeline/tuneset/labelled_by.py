"""The column that says which model gave a row its answer.

`tuneset label` writes it beside the messages; it is no part of an example, and goes where other columns of a row go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

COLUMN = "labelled_by"
"""An object: `model`, as the endpoint calls it; `endpoint`, its profile or address; `row`, which row asked."""


def teacher(columns: Mapping[str, Any] | None) -> str | None:
    """The model that gave a row its answer; None where its columns do not say.

    >>> teacher({"labelled_by": {"model": "gpt-4.1", "row": "a.jsonl:1"}}), teacher({"labelled_by": "Ann"})
    ('gpt-4.1', None)
    """
    mark = (columns or {}).get(COLUMN)
    model = mark.get("model") if isinstance(mark, dict) else None
    return model if isinstance(model, str) and model else None


def told(columns: Mapping[str, Any] | None) -> str:
    """Who gave a row its answer, in words; nothing where its columns do not say.

    >>> told({"labelled_by": {"model": "gpt-4.1", "endpoint": "openai", "row": "a.jsonl:1"}})
    'gpt-4.1 at openai, asked for a.jsonl:1'
    """
    model = teacher(columns)
    if model is None or columns is None:
        return ""
    mark = columns[COLUMN]
    return f"{model} at {mark.get('endpoint')}, asked for {mark.get('row')}"
