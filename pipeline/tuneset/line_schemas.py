"""The JSON Schemas of the line formats, with every reference resolved.

The `.schema.json` files are the single source for the shape of a line; this file only loads them.
"""

from __future__ import annotations

import functools
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson

from tuneset.terms import Format

REASONING_KEYS = ("reasoning_content", "reasoning")
"""The keys of an assistant message under which providers that take reasoning take it; the first one is written."""
_ANSWERS = ("assistantMessage", "outputAnswer")


@functools.cache
def schemas_folder() -> Path:
    """The folder of the `.schema.json` files: inside the installed package, or at the top of a checkout.

    >>> sorted(path.name.removesuffix(".schema.json") for path in schemas_folder().glob("*.json"))
    ['dpo', 'grader', 'kto', 'messages', 'rft', 'sft']
    """
    package = Path(str(resources.files("tuneset")))
    inside = package / "schemas"
    return inside if inside.is_dir() else package.parents[1] / "schemas"


@functools.cache
def line_schema(line_format: Format, *, reasoning: bool = False) -> dict[str, Any]:
    """The Draft 2020-12 schema of one line, self-contained; with `reasoning` an assistant's message may have that too.

    References are inlined because Python's validator spends five times as long when it has to follow them.
    """
    schema = read_schema(line_format)
    messages = read_schema("messages")
    if reasoning:
        for name in _ANSWERS:
            messages["$defs"][name]["properties"] |= {key: {"type": "string"} for key in REASONING_KEYS}
    schema["$defs"] = {**schema.get("$defs", {}), "messages": messages}
    resolved: dict[str, Any] = jsonschema_rs.dereference(schema)
    return {key: value for key, value in resolved.items() if key != "$defs"}


def read_schema(name: str) -> dict[str, Any]:
    """One schema file as it stands, such as `grader`."""
    schema: dict[str, Any] = orjson.loads(schemas_folder().joinpath(f"{name}.schema.json").read_bytes())
    return schema
