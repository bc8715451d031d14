"""Every key of params.yaml with its default, what it may be and what it is for, as data.

Types and limits are those by which params are checked; the words are the comments of the file that `tuneset init`
writes, where a key has none those on its section.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any

from tuneset.params import Params

_KEY = re.compile(r"( *)([a-z_]+):(?:\s.*?)??(?:\s#\s(.*))?$")
_INDENT = 2


def described() -> list[dict[str, Any]]:
    """All keys as `--set` takes them, in the order of params.yaml; `schema` is a JSON Schema of the value."""
    schema = document_schema()
    return list(_keys(schema, schema.get("$defs", {}), Params().as_document(), ""))


@functools.cache
def document_schema() -> dict[str, Any]:
    """The JSON Schema of params.yaml."""
    schema = Params.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "params.yaml"}


def _keys(
    section: Mapping[str, Any], definitions: Mapping[str, Any], defaults: Mapping[str, Any], above: str
) -> Iterator[dict[str, Any]]:
    for name, own in section["properties"].items():
        key = f"{above}{name}"
        below = definitions.get(own.get("$ref", "").rpartition("/")[2])
        if below is not None and "properties" in below and isinstance(defaults[name], dict):
            yield from _keys(below, definitions, defaults[name], f"{key}.")
            continue
        words = _words().get(key) or _words().get(above[:-1]) or " ".join(section.get("description", "").split())
        told = {word: value for word, value in _inlined(own, definitions).items() if word not in ("title", "default")}
        yield {"key": key, "help": words, "default": defaults[name], "schema": told}


def _inlined(schema: Any, definitions: Mapping[str, Any]) -> Any:  # noqa: ANN401  any part of a JSON Schema
    """A part of a schema with what it refers to in its place.

    >>> _inlined({"anyOf": [{"$ref": "#/$defs/A"}, {"type": "null"}]}, {"A": {"type": "string"}})
    {'anyOf': [{'type': 'string'}, {'type': 'null'}]}
    """
    if isinstance(schema, list):
        return [_inlined(one, definitions) for one in schema]
    if not isinstance(schema, dict):
        return schema
    own = {name: value for name, value in schema.items() if name != "$ref"}
    target = definitions[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else {}
    return {name: _inlined(value, definitions) for name, value in (target | own).items()}


@functools.cache
def _words() -> Mapping[str, str]:
    """The comment of each key and section in the template of `tuneset init`."""
    template = resources.files("tuneset.templates").joinpath("params.template.yaml")
    return comments(template.read_text(encoding="utf-8"))


def comments(text: str) -> dict[str, str]:
    r"""The comments behind the keys of a YAML file in blocks of two blanks.

    >>> comments("split:\n  validation: 0.1 # a share\n  salt: tuneset\nworkers: null # processes\n")
    {'split.validation': 'a share', 'workers': 'processes'}
    """
    found, path = {}, [""]
    for line in text.splitlines():
        match = _KEY.match(line)
        if match is None:
            continue
        path = [*path[: len(match[1]) // _INDENT], match[2]]
        if match[3]:
            found[".".join(path)] = match[3]
    return found
