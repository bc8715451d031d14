"""The JSON Schemas that are published: of what `--output json` prints, of params.yaml, of lines of data."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

import orjson

from tuneset.cli.description import of_params
from tuneset.errors import UsageError
from tuneset.line_schemas import read_schema, schemas_folder

PARAMS = "params"
_SUFFIX = ".schema.json"
_SAME: Mapping[str, str] = {
    "files-import": "files-upload",
    "files-wait": "files-get",
    "jobs-pause": "jobs-cancel",
    "jobs-resume": "jobs-cancel",
    **dict.fromkeys(("clean", "review", "validate", "dedup", "tokenize", "split"), "ingest"),
}
"""Commands whose document is that of another."""


def names() -> list[str]:
    """What `tuneset schema NAME` knows."""
    return sorted({*_files("output"), *_SAME, *_files(""), PARAMS})


def schema_of(name: str) -> dict[str, Any]:
    """The JSON Schema of a document, self-contained. Raises UsageError for a name that there is none of."""
    if name == PARAMS:
        return of_params.document_schema()
    if name in _files(""):
        return read_schema(name)
    file = schemas_folder() / "output" / f"{_SAME.get(name, name)}{_SUFFIX}"
    if name not in names():
        near = difflib.get_close_matches(name, names())
        raise UsageError(
            f"schema {name}: there is none of that name",
            allowed=", ".join(near or names()),
            hint="see `tuneset schema`",
        )
    schema: dict[str, Any] = orjson.loads(file.read_bytes())
    return schema


def _files(folder: str) -> set[str]:
    return {path.name.removesuffix(_SUFFIX) for path in (schemas_folder() / folder).glob(f"*{_SUFFIX}")}
