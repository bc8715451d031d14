"""The JSON Schemas of the line formats, read from the package, with every reference resolved.

The `.schema.json` files are the single source for the shape of a line; this file only loads them.
"""

from __future__ import annotations

import functools
from importlib import resources
from typing import Any

import jsonschema_rs
import orjson

from pipeline.terms import Format


@functools.cache
def line_schema(line_format: Format) -> dict[str, Any]:
    """The Draft 2020-12 schema of one line, self-contained.

    References are inlined because Python's validator spends five times as long when it has to follow them.
    """
    schema = _read(line_format)
    schema["$defs"] = {**schema.get("$defs", {}), "messages": _read("messages")}
    resolved: dict[str, Any] = jsonschema_rs.dereference(schema)
    return {key: value for key, value in resolved.items() if key != "$defs"}


def _read(name: str) -> dict[str, Any]:
    text = resources.files("schemas").joinpath(f"{name}.schema.json").read_bytes()
    schema: dict[str, Any] = orjson.loads(text)
    return schema
