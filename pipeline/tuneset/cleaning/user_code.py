"""Functions that the user wrote, as `module:function` in params.yaml. The working folder is searched for them first."""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tuneset.errors import UsageError


@contextlib.contextmanager
def working_folder_searched() -> Iterator[None]:
    """Let the user's module find its neighbours, as it is loaded and, where it loads some late, as it is called."""
    usual, here = sys.path, str(Path.cwd())
    sys.path = usual if here in usual else [here, *usual]
    try:
        yield
    finally:
        sys.path = usual


@working_folder_searched()
def load_function(function: str, key: str) -> Callable[..., Any]:
    """Import `module:function`, which the params name under `key`. Raises UsageError where there is no such thing."""
    module_name, colon, name = function.partition(":")
    if not (colon and module_name and name):
        raise UsageError(f"{key}: {function} is no function", allowed="module:function")
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise UsageError(f"{key}: {module_name} cannot be imported: {error}") from None
    found = getattr(module, name, None)
    if not callable(found):
        raise UsageError(f"{key}: {module_name} has no function {name}")
    return found  # type: ignore[no-any-return]
