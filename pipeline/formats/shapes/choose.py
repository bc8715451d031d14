"""Which shape a record has, by the names of its keys and the line format that is wanted."""

from __future__ import annotations

from pipeline.formats.shapes import chat
from pipeline.formats.shapes.base import Shape
from pipeline.model import Format

_KEYS_SHOWN = 12
_KEY_LENGTH_SHOWN = 40  # characters

_SHAPES: dict[Format, list[tuple[frozenset[str], Shape]]] = {
    "sft": [(frozenset({"messages"}), Shape("chat", chat.read_chat))],
    "dpo": [],
    "rft": [(frozenset({"messages"}), Shape("task", chat.read_task))],
}


def choose(keys: tuple[str, ...], line_format: Format) -> Shape | None:
    """The first shape all of whose keys are there, or None.

    >>> choose(("messages", "id"), "sft").name
    'chat'
    """
    present = frozenset(keys)
    return next((shape for needed, shape in _SHAPES[line_format] if needed <= present), None)


def unknown(keys: tuple[str, ...], line_format: Format) -> str:
    """One sentence on a row of no known shape: the names of its keys, never their values.

    >>> unknown(("foo", "bar"), "sft")
    'no known shape of sft has the keys bar, foo'
    """
    shown = [_shown(key) for key in sorted(keys)[:_KEYS_SHOWN]]
    more = ["..."] if len(keys) > _KEYS_SHOWN else []
    if not keys:
        return "the row has no keys"
    return f"no known shape of {line_format} has the keys {', '.join(shown + more)}"


def _shown(key: str) -> str:
    return "".join(mark if mark.isprintable() else "?" for mark in key[:_KEY_LENGTH_SHOWN])
