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


@functools.cache
def schemas_folder() -> Path:
    """The folder of the `.schema.json` files: inside the installed package, or at the top of a checkout.

    >>> sorted(path.name.removesuffix(".schema.json") for path in schemas_folder().glob("*.json"))
    ['dpo', 'grader', 'messages', 'rft', 'sft']
    """
    package = Path(str(resources.files("tuneset")))
    inside = package / "schemas"
    return inside if inside.is_dir() else package.parents[1] / "schemas"


@functools.cache
def line_schema(line_format: Format) -> dict[str, Any]:
    """The Draft 2020-12 schema of one line, self-contained.

    References are inlined because Python's validator spends five times as long when it has to follow them.
    """
    schema = read_schema(line_format)
    schema["$defs"] = {**schema.get("$defs", {}), "messages": read_schema("messages")}
    resolved: dict[str, Any] = jsonschema_rs.dereference(schema)
    return {key: value for key, value in resolved.items() if key != "$defs"}


def read_schema(name: str) -> dict[str, Any]:
    """One schema file as it stands, such as `grader`."""
    schema: dict[str, Any] = orjson.loads(schemas_folder().joinpath(f"{name}.schema.json").read_bytes())
    return schema
