"""The section `ingest`: where raw data lies, how it is read, and mappings for shapes that are not known."""

from __future__ import annotations

import codecs
from typing import Annotated, Literal

from pydantic import AfterValidator, Discriminator, Tag
from pydantic_core import PydanticCustomError

from tuneset.params.section import Section


class FixedText(Section):
    """A text that is the same in all examples."""

    text: str


class Mapping(Section):
    r"""Which columns of raw files hold what, where the shape is none that Tuneset knows.

    Either `messages` names a column with chat messages, or `user` and `assistant` say where their texts come from: a
    column, a path into one (`meta.question`), a template of them (`"{context}\n\n{question}"`), or a fixed text
    (`{text: ...}`). Preference pairs have `chosen` and `rejected` in place of `assistant`. `files` are patterns of the
    files that are read so, such as `*/tickets.jsonl`; without one all are.
    """

    files: list[str] = []
    messages: str | None = None
    system: str | FixedText | None = None
    user: str | FixedText | None = None
    assistant: str | FixedText | None = None
    chosen: str | FixedText | None = None
    rejected: str | FixedText | None = None
    tools: str | None = None
    role_key: str = "role"
    content_key: str = "content"
    roles: dict[str, str] = {}


def _one_or_list(value: object) -> str:
    return "list" if isinstance(value, list) else "one"


Mappings = (
    Annotated[
        Annotated[Mapping, Tag("one")] | Annotated[list[Mapping], Tag("list")],
        Discriminator(_one_or_list),
    ]
    | None
)
"""One mapping for all files, or a list of which the first that fits a row reads it."""


def _text_encoding(name: str) -> str:
    """The name of an encoding as Python has it, or `auto`.

    >>> _text_encoding("UTF8"), _text_encoding("auto")
    ('utf-8', 'auto')
    """
    if name == "auto":
        return name
    try:
        b"a".decode(name, "ignore")  # fails for codecs of other things than text
        return codecs.lookup(name).name
    except (LookupError, UnicodeError):
        raise PydanticCustomError("unknown_encoding", "auto, or the name of a text encoding such as cp1252") from None


MarkKind = Literal["moderated", "redacted", "held_out"]


class IngestParams(Section):
    """Where raw data lies and how it is read.

    A column with text that belongs to no example is counted and warned of, refused (`error`), or only counted (`keep`).
    `encoding` is that of text files that are not UTF-8: without it they are refused, `auto` takes the likeliest, and
    `utf-8` rejects their lines. Files that cannot be read stop the run, or are left out with a line in the ledger.
    `drop_marked` leaves out rows that say that moderation flagged them, that private data was taken out of them, or
    that they are of their dataset's validation or test (`split: test`).
    """

    paths: list[str] = ["data/raw"]
    mapping: Mappings = None
    system: str | None = None  # system message for examples that have none
    labelled_bad: Literal["drop", "keep"] = (
        "drop"  # what says that its answer is bad or not whole, or not the better one
    )
    drop_marked: list[MarkKind] = []
    columns: Literal["warn", "error", "keep"] = "warn"  # columns with text that no example says
    encoding: Annotated[str, AfterValidator(_text_encoding)] | None = None
    unreadable: Literal["error", "skip"] = "error"
