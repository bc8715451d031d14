"""A config or a card's head as YAML."""

from __future__ import annotations

from typing import Any

import yaml


def yaml_text(settings: dict[str, Any]) -> str:
    """The settings, their keys in the order given.

    >>> print(yaml_text({"b": 1e-4, "a": [1]}), end="")
    b: 0.0001
    a:
    - 1
    """
    return yaml.safe_dump(settings, sort_keys=False, allow_unicode=True)
