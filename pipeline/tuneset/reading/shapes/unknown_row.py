"""What is said of a row of no known shape: the names of its keys, never their values, and what to try."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from tuneset import params
from tuneset.model import Format
from tuneset.reading.shapes import mapped
from tuneset.reading.shapes.base import Record, ShapeError
from tuneset.reading.shapes.choose import Known, choose, possible_shapes, shapes_of
from tuneset.reading.shapes.mapping_guess import guess, written
from tuneset.unused_columns import shown_key

_KEYS_SHOWN = 12
_KEY_SETS_REMEMBERED = 4096
_ADVISED: dict[Format, str] = {"sft": "supervised", "dpo": "dpo"}  # rft takes nearly anything that has a prompt
_BATCH = "of a batch job stands among other rows: keep the job's requests and answers in files of their own"
_DISCOURSE = (
    "it is a topic of Discourse; try ingest.mapping: {messages: post_stream.posts, role_key: username, "
    "content_key: cooked, roles: {NAME: user, OTHER: assistant}}, and clean.html: text"
)
_JIRA = (
    "an issue of Jira has its description and its comments apart: make a row of each with the key as "
    "`conversation_id`, and a `role` and a `text`"
)
_KNOWN_PARTS: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset(("custom_id", "body")), f"a request {_BATCH}"),
    (frozenset(("custom_id", "response")), f"an answer {_BATCH}"),
    (
        frozenset(("post_stream",)),
        _DISCOURSE,
    ),
    (
        frozenset(("key", "fields")),
        _JIRA,
    ),
    (
        frozenset(("object", "choices")),
        "it is an answer of an API without its request: keep both in one row, as `request` and `response`",
    ),
    (
        frozenset(("doc_id", "resps")),
        "it is a result of an evaluation, whose answers are a model's: make rows of the questions that it was asked",
    ),
    (frozenset(("role", "content")), "it is one message: give the rows of a conversation its id as `conversation_id`"),
)


class _Advice(NamedTuple):
    """What to try, as the end of a sentence, and whether it would read a row."""

    text: str
    reads: Callable[[Record], bool]


def teller(line_format: Format) -> Callable[[Record], str]:
    """What gives one sentence on a row of no known shape.

    Rows with the same keys mostly get the same advice, which is held to read each of them.
    """
    remembered: dict[tuple[str, ...], tuple[str, _Advice]] = {}

    def told(record: Record) -> str:
        keys = tuple(record)
        found = remembered.get(keys)
        if found is None or not found[1].reads(record):
            if len(remembered) == _KEY_SETS_REMEMBERED:
                remembered.clear()
            found = remembered[keys] = _said(record, line_format), _advice(record, line_format)
        return found[0] + found[1].text

    return told


def unknown(record: Record, line_format: Format) -> str:
    """One sentence on a row of no known shape, with the mapping to try where one is likely and reads it.

    >>> unknown({"foo": 1}, "sft")
    'no known shape of sft has the keys foo'
    >>> unknown({"prompt": "?", "chosen": "!", "rejected": "-"}, "sft")
    'no known shape of sft has the keys chosen, prompt, rejected; they are a shape of dpo (tune.method: dpo)'
    >>> unknown({"frage": "Offen?", "antwort": "Ja."}, "sft")
    'no known shape of sft has the keys antwort, frage; try ingest.mapping: {user: frage, assistant: antwort}'
    """
    return _said(record, line_format) + _advice(record, line_format).text


def _said(record: Record, line_format: Format) -> str:
    names = sorted(record)
    if not names:
        return "the row has no keys"
    shown = [shown_key(name) for name in names[:_KEYS_SHOWN]] + ["..."][: len(names) > _KEYS_SHOWN]
    return f"no known shape of {line_format} has the keys {', '.join(shown)}"


def _advice(record: Record, line_format: Format) -> _Advice:
    if not record:
        return _Advice("", lambda _: True)
    for name, method in _ADVISED.items():
        if name != line_format and _has_shape(record, name):
            text = f"; they are a shape of {name} (tune.method: {method})"
            return _Advice(text, partial(_has_shape, line_format=name))
    present = {name.casefold() for name in record}
    for keys, what in _KNOWN_PARTS:
        if keys <= present:
            return _Advice(f"; {what}", lambda _: True)
    if present == {"text"}:
        return _Advice("; a plain text has no question and no answer to train on", lambda _: True)
    mapping = guess(record, line_format)
    if mapping is None or not _maps(record, mapping, line_format):
        return _Advice("", lambda row: guess(row, line_format) is None)
    if _ends_asked(record, mapping, line_format):
        text = f"; ingest.mapping: {written(mapping)} reads what was asked, and its answer stands elsewhere in the row"
        return _Advice(text, lambda row: _maps(row, mapping, line_format) and _ends_asked(row, mapping, line_format))
    by_place = ", where the first of them is the better one" if mapping.get("chosen", "").endswith(".0") else ""
    text = f"; try ingest.mapping: {written(mapping)}{by_place}"
    return _Advice(text, lambda row: _maps(row, mapping, line_format))


def _has_shape(record: Record, line_format: Format) -> bool:
    return _is_read(record, possible_shapes(record, shapes_of(line_format)))


def _is_read(record: Record, shapes: Known) -> bool:
    """Whether one of the shapes reads a row."""
    shape = choose(record, shapes)
    if shape is None:
        return False
    try:
        shape.read(record)
    except ShapeError:
        return False
    return True


def _ends_asked(record: Record, mapping: dict[str, Any], line_format: Format) -> bool:
    """Whether what a mapping reads of a row is a question without its answer."""
    if line_format != "sft" or "messages" not in mapping:
        return False
    named = {name: value for name, value in mapping.items() if name != "roles"}
    shapes = mapped.shapes(params.Mapping.model_validate(named), line_format, None)
    messages = shapes[0].read(record)[0]["messages"]
    return "roles" not in mapping and bool(messages) and messages[-1].get("role") == "user"


def _maps(record: Record, mapping: dict[str, Any], line_format: Format) -> bool:
    """Whether a mapping reads a row; who the speakers are that it does not know, a person says."""
    named = {name: value for name, value in mapping.items() if name != "roles"}
    return _is_read(record, mapped.shapes(params.Mapping.model_validate(named), line_format, None))
