"""The params of a run that are not the defaults, as key, value and default."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tuneset.json_text import dumps
from tuneset.params import Params

_SHOWN = 120
"""Characters of a value. Ours, so that a list of patterns fits a table."""


def changed(params: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Key, value and default of each param that a run set otherwise, in the order of params.yaml.

    >>> changed({"split": {"validation": 0.2}})
    [('split.validation', '0.2', '0.1')]
    """
    return [(key, _shown(ours), _shown(theirs)) for key, ours, theirs in _differing(params, Params().as_document(), "")]


def _differing(ours: Mapping[str, Any], theirs: Mapping[str, Any], above: str) -> Iterator[tuple[str, Any, Any]]:
    for key, value in ours.items():
        default = theirs.get(key)
        if isinstance(value, dict) and isinstance(default, dict):
            yield from _differing(value, default, f"{above}{key}.")
        elif value != default:
            yield f"{above}{key}", value, default


def _shown(value: Any) -> str:  # noqa: ANN401  any JSON value
    text = value if isinstance(value, str) else dumps(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + " ..."
