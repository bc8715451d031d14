"""Rows of a shape of the user's own, by the columns that `ingest.mapping` in params.yaml names."""

from __future__ import annotations

from tuneset.params import Mapping
from tuneset.reading.shapes.base import (
    Message,
    Record,
    Shaped,
    ShapeError,
    conversation,
    messages_of,
    optional_text,
    others,
    text_of,
)
from tuneset.reading.shapes.sharegpt import SPEAKERS


def columns(mapping: Mapping) -> frozenset[str]:
    """The columns that a record must have for the mapping to fit it.

    >>> sorted(columns(Mapping(user="q", assistant="a", system="s")))
    ['a', 'q']
    """
    named = [mapping.messages] if mapping.messages else [mapping.user, mapping.assistant]
    return frozenset(name for name in named if name)


def read_mapped(record: Record, mapping: Mapping) -> Shaped:
    """The row's messages, or its user's and assistant's text; the system text, if a column is named, goes first."""
    system = optional_text(record, mapping.system) if mapping.system else ""
    used = [name for name in (mapping.messages, mapping.system, mapping.user, mapping.assistant) if name]
    if mapping.messages:
        turns = messages_of(record[mapping.messages], mapping.messages)
        messages = [_message(turn, number, mapping) for number, turn in enumerate(turns, 1)]
        return {"messages": [*conversation(system, []), *messages]}, others(record, used)
    texts = [(role, text_of(record, column)) for role, column in _spoken(mapping)]
    return {"messages": conversation(system, texts)}, others(record, used)


def read_task(record: Record, mapping: Mapping) -> Shaped:
    """An rft row: the assistant's text is no turn but a column for the grader, like every other column."""
    example, rest = read_mapped(record, mapping.model_copy(update={"assistant": None}))
    return {**(rest or {}), **example}, None


def _spoken(mapping: Mapping) -> list[tuple[str, str]]:
    pairs = (("user", mapping.user), ("assistant", mapping.assistant))
    return [(role, column) for role, column in pairs if column]


def _message(turn: Message, number: int, mapping: Mapping) -> Message:
    """A turn with the keys that chat messages have; a role that is in no list stays for `validate` to judge."""
    if mapping.role_key not in turn:
        raise ShapeError(f"{mapping.messages}: message {number} has no key `{mapping.role_key}`", "SHP003")
    speaker = turn[mapping.role_key]
    role = mapping.roles.get(speaker, SPEAKERS.get(speaker, speaker)) if type(speaker) is str else speaker
    rest = {key: value for key, value in turn.items() if key not in (mapping.role_key, mapping.content_key)}
    content = {"content": turn[mapping.content_key]} if mapping.content_key in turn else {}
    return {"role": role, **content, **rest}
