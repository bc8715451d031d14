"""What is said of a row of no known shape: the names of its keys, never their values, and what to try."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tuneset.json_text import JsonValue
from tuneset.model import Format
from tuneset.reading.shapes.choose import possible_shapes, shapes_of
from tuneset.reading.shapes.mapping_guess import guess, written
from tuneset.unused_columns import shown_key

_KEYS_SHOWN = 12
_ADVISED: dict[Format, str] = {"sft": "supervised", "dpo": "dpo"}  # rft takes nearly anything that has a prompt
_BATCH = "of a batch job stands among other rows: keep the job's requests and answers in files of their own"
_KNOWN_PARTS: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset(("custom_id", "body")), f"a request {_BATCH}"),
    (frozenset(("custom_id", "response")), f"an answer {_BATCH}"),
    (frozenset(("role", "content")), "it is one message: give the rows of a conversation its id as `conversation_id`"),
)


def unknown(record: Mapping[str, JsonValue], line_format: Format) -> str:
    """One sentence on a row of no known shape, with the mapping to try where one is likely.

    >>> unknown({"foo": 1}, "sft")
    'no known shape of sft has the keys foo'
    >>> unknown({"prompt": "?", "chosen": "!", "rejected": "-"}, "sft")
    'no known shape of sft has the keys chosen, prompt, rejected; they are a shape of dpo (tune.method: dpo)'
    >>> unknown({"frage": "Offen?", "antwort": "Ja."}, "sft")
    'no known shape of sft has the keys antwort, frage; try ingest.mapping: {user: frage, assistant: antwort}'
    """
    names = sorted(record)
    if not names:
        return "the row has no keys"
    shown = [shown_key(name) for name in names[:_KEYS_SHOWN]] + ["..."][: len(names) > _KEYS_SHOWN]
    return f"no known shape of {line_format} has the keys {', '.join(shown)}{_advice(record, names, line_format)}"


def _advice(record: Mapping[str, JsonValue], names: Iterable[str], line_format: Format) -> str:
    """What to try, as the end of a sentence."""
    fits = [name for name in _ADVISED if name != line_format and possible_shapes(names, shapes_of(name))]
    if fits:
        return f"; they are a shape of {fits[0]} (tune.method: {_ADVISED[fits[0]]})"
    present = {name.casefold() for name in names}
    for keys, what in _KNOWN_PARTS:
        if keys <= present:
            return f"; {what}"
    if present == {"text"}:
        return "; a plain text has no question and no answer to train on"
    mapping = guess(dict(record), line_format)
    return "" if mapping is None else f"; try ingest.mapping: {written(mapping)}"
