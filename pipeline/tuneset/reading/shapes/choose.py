"""Which shape a record has, by the names of its keys and the line format that is wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from tuneset.errors import UsageError
from tuneset.model import Format
from tuneset.params import Mapping
from tuneset.reading.shapes import alpaca, chat, mapped, preference_pair, prompt_completion, sharegpt
from tuneset.reading.shapes.base import Record, Shape, Shaped, others

_KEYS_SHOWN = 12
_KEY_LENGTH_SHOWN = 40  # characters

_ADVISED: dict[Format, str] = {"sft": "supervised", "dpo": "dpo"}  # rft takes nearly anything that has a prompt

Known = tuple[tuple[frozenset[str], Shape], ...]
"""Shapes in the order in which they are tried, each with the keys that a record must have."""


def _shape(name: str, keys: Iterable[str], read: Callable[[Record], Shaped]) -> tuple[frozenset[str], Shape]:
    return frozenset(keys), Shape(name, read)


def _pair(asked: str, answered: str) -> tuple[frozenset[str], Shape]:
    read = partial(prompt_completion.read_pair, asked=asked, answered=answered)
    return _shape(f"{asked}_{answered}", (asked, answered), read)


def _alpaca(answered: str) -> tuple[frozenset[str], Shape]:
    return _shape("alpaca", ("instruction", answered), partial(alpaca.read_alpaca, answered=answered))


def _openai_pair(ending: str) -> tuple[frozenset[str], Shape]:
    keys = ("input", f"preferred_{ending}", f"non_preferred_{ending}")
    return _shape("preference", keys, partial(preference_pair.read_openai_pair, ending=ending))


def _chosen_pair(asked: str | None) -> tuple[frozenset[str], Shape]:
    keys = ("chosen", "rejected", *([asked] if asked else []))
    return _shape("chosen_rejected", keys, partial(preference_pair.read_chosen_pair, asked=asked))


def _prompt_task(asked: str) -> tuple[frozenset[str], Shape]:
    def read(record: Record) -> Shaped:
        prompt = prompt_completion.prompt_of(record, asked)
        return {**(others(record, (asked, "system")) or {}), "messages": prompt}, None

    return _shape(f"{asked}_task", (asked,), read)


_SHARE_GPT = _shape("sharegpt", ("conversations",), sharegpt.read_sharegpt)

SHAPES: dict[Format, Known] = {
    "sft": (
        _shape("chat", ("messages",), chat.read_chat),
        _SHARE_GPT,
        _alpaca("output"),
        _alpaca("response"),
        _pair("prompt", "completion"),
        _pair("prompt", "response"),
        _pair("question", "answer"),
    ),
    "dpo": (
        _openai_pair("output"),
        _openai_pair("completion"),
        _chosen_pair("prompt"),
        _chosen_pair("question"),
        _chosen_pair(None),
    ),
    "rft": (
        _shape("task", ("messages",), chat.read_task),
        _prompt_task("prompt"),
        _prompt_task("question"),
    ),
}


def known_shapes(line_format: Format, mapping: Mapping | None) -> Known:
    """The shapes that records are tried against: the user's own, if one is declared, and then those built in.

    Raises UsageError where the mapping names no column, or where it cannot say what a preference pair needs.
    """
    if mapping is None:
        return SHAPES[line_format]
    keys = mapped.columns(mapping)
    if not keys:
        raise UsageError("ingest.mapping names no column", allowed="`messages`, or `user` and `assistant`")
    if line_format == "dpo":
        raise UsageError(
            "ingest.mapping has no place for the two answers of a preference pair",
            hint="give the raw rows the columns prompt, chosen and rejected",
        )
    read = mapped.read_task if line_format == "rft" else mapped.read_mapped
    return (_shape("mapping", keys, partial(read, mapping=mapping)), *SHAPES[line_format])


def choose(keys: Iterable[str], known: Known) -> Shape | None:
    """The first shape all of whose keys are there, or None.

    >>> choose(("messages", "id"), SHAPES["sft"]).name
    'chat'
    """
    present = frozenset(keys)
    return next((shape for needed, shape in known if needed <= present), None)


def unknown(keys: Iterable[str], line_format: Format) -> str:
    """One sentence on a row of no known shape: the names of its keys, never their values.

    >>> unknown(("foo", "bar"), "sft")
    'no known shape of sft has the keys bar, foo'
    >>> unknown(("prompt", "chosen", "rejected"), "sft")
    'no known shape of sft has the keys chosen, prompt, rejected; they are a shape of dpo (tune.method: dpo)'
    """
    names = sorted(keys)
    if not names:
        return "the row has no keys"
    shown = [_shown(name) for name in names[:_KEYS_SHOWN]] + ["..."][: len(names) > _KEYS_SHOWN]
    fits = [other for other in _ADVISED if other != line_format and choose(names, SHAPES[other])]
    advice = f"; they are a shape of {fits[0]} (tune.method: {_ADVISED[fits[0]]})" if fits else ""
    return f"no known shape of {line_format} has the keys {', '.join(shown)}{advice}"


def _shown(key: str) -> str:
    return "".join(mark if mark.isprintable() else "?" for mark in key[:_KEY_LENGTH_SHOWN])
