"""The published schema of a document, made strict: a key that no schema names is a fault here, and none for a user."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs

from tuneset.cli.description.documents import schema_of


def strict(schema: Any) -> Any:  # noqa: ANN401  any part of a JSON Schema
    """A schema whose objects with named keys have no others."""
    if isinstance(schema, list):
        return [strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: strict(value) for name, value in schema.items()}
    return inner | {"additionalProperties": False} if isinstance(schema.get("properties"), dict) else inner


def faults(name: str, text: str) -> list[str]:
    """What of a printed document its published schema does not say."""
    validator = jsonschema_rs.validator_for(strict(schema_of(name)))
    return [f"{error.instance_path}: {error.message}"[:300] for error in validator.iter_errors(json.loads(text))]
