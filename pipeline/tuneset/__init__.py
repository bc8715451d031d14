"""Tuneset: compiles raw conversations into fine-tuning datasets and takes them through a fine-tuning job.

The names in `__all__` are the public interface (docs/api.md); they are loaded when they are first asked for, so that
importing the package, and with it every command, stays fast.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # for type checkers and editors; `__getattr__` loads them
    from tuneset.api.check import Report, check
    from tuneset.api.explain import Explanation, explain
    from tuneset.api.prepare import Prepared, prepare
    from tuneset.api.remote.remote import AsyncRemote, Remote, remote, remote_async
    from tuneset.api.tokens import TokenReport, tokens
    from tuneset.errors import CheckFailedError, InputError, RemoteError, TunesetError, UsageError

__version__ = "0.1.0"

__all__ = [
    "AsyncRemote",
    "CheckFailedError",
    "Explanation",
    "InputError",
    "Prepared",
    "Remote",
    "RemoteError",
    "Report",
    "TokenReport",
    "TunesetError",
    "UsageError",
    "__version__",
    "check",
    "explain",
    "prepare",
    "remote",
    "remote_async",
    "tokens",
]

_HOMES = {
    "tuneset.api.check": ("Report", "check"),
    "tuneset.api.explain": ("Explanation", "explain"),
    "tuneset.api.prepare": ("Prepared", "prepare"),
    "tuneset.api.remote.remote": ("AsyncRemote", "Remote", "remote", "remote_async"),
    "tuneset.api.tokens": ("TokenReport", "tokens"),
    "tuneset.errors": ("CheckFailedError", "InputError", "RemoteError", "TunesetError", "UsageError"),
}


def __getattr__(name: str) -> object:
    """Load a public name from the file that it is in."""
    home = next((module for module, names in _HOMES.items() if name in names), None)
    if home is None:
        raise AttributeError(f"module 'tuneset' has no attribute {name!r}")
    return getattr(importlib.import_module(home), name)


def __dir__() -> list[str]:
    """The public names, loaded or not, beside those that are there."""
    return sorted({*globals(), *__all__})
