"""What jsonschema finds wrong with a value, in the order in which it says so; the words are the families' business."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def schema_errors(validator: Any, instance: Any) -> Iterator[Any]:  # noqa: ANN401  jsonschema ships no types
    """Yield the errors of a compiled schema; of `required` one for each object, whatever number of keys it misses.

    jsonschema raises one for each missing key, and none says which key it means but in its message.

    >>> import jsonschema
    >>> compiled = jsonschema.Draft202012Validator({"required": ["a", "b"], "minProperties": 1})
    >>> [error.validator for error in schema_errors(compiled, {})]
    ['required', 'minProperties']
    """
    told: set[tuple[object, ...]] = set()
    for error in validator.iter_errors(instance):
        if error.validator == "required":
            place = (tuple(error.absolute_path), tuple(error.absolute_schema_path))
            if place in told:
                continue
            told.add(place)
        yield error
