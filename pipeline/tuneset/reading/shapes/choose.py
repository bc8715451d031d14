"""Which shape a record has, by the names of its keys and the line format that is wanted."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from tuneset.json_text import JsonValue
from tuneset.model import Format
from tuneset.params import Mappings
from tuneset.reading.containers.base import Takes
from tuneset.reading.containers.envelopes import holds_rows
from tuneset.reading.grouping.teams_messages import TEAMS_MESSAGES
from tuneset.reading.grouping.tree_messages import TREE_MESSAGES
from tuneset.reading.shapes import mapped, registry
from tuneset.reading.shapes.anthropic import ANTHROPIC
from tuneset.reading.shapes.assistants_thread import ASSISTANTS_THREAD
from tuneset.reading.shapes.base import Record, Shape, json_of
from tuneset.reading.shapes.bedrock import BEDROCK
from tuneset.reading.shapes.column_lists import COLUMN_LISTS
from tuneset.reading.shapes.folded_columns import BESIDE, folded, renamed
from tuneset.reading.shapes.gemini_cli import GEMINI_CLI
from tuneset.reading.shapes.haystack import HAYSTACK
from tuneset.reading.shapes.inbox_messages import INBOX_MESSAGES
from tuneset.reading.shapes.labelled import labelled
from tuneset.reading.shapes.langchain import LANGCHAIN
from tuneset.reading.shapes.llama_index import LLAMA_INDEX
from tuneset.reading.shapes.lm_studio import LM_STUDIO
from tuneset.reading.shapes.logged_call import is_unanswered
from tuneset.reading.shapes.messenger_export import MESSENGER
from tuneset.reading.shapes.pydantic_ai import PYDANTIC_AI
from tuneset.reading.shapes.semantic_kernel import SEMANTIC_KERNEL
from tuneset.reading.shapes.semantic_kernel_net import SEMANTIC_KERNEL_NET
from tuneset.reading.shapes.turns import TURNS, said_in
from tuneset.reading.shapes.vercel_ai import VERCEL_AI
from tuneset.reading.verdict_places import REVIEW, REVIEWED_BY

_KEY_SETS_REMEMBERED = 4096
_MESSAGES = ("messages", "conversations")
_DIALECTS = (
    *(*VERCEL_AI, *PYDANTIC_AI, *HAYSTACK, *SEMANTIC_KERNEL, *SEMANTIC_KERNEL_NET, *GEMINI_CLI, LM_STUDIO),
    *(*LANGCHAIN, *LLAMA_INDEX, *ASSISTANTS_THREAD, *COLUMN_LISTS, *INBOX_MESSAGES),
)
_OF_OTHERS = tuple(shape for shape in _DIALECTS if shape.keys == {"messages"})
"""Shapes that no row has whose messages are all of a role and a text."""
_OF_BLOCKS = (
    *_OF_OTHERS,
    *(shape for shape in (MESSENGER, *TURNS, ANTHROPIC, BEDROCK) if shape.keys == {"messages"}),
)
"""The same, unless its tools say so."""
_SAY_MORE = ("parts", "toolInvocations", "experimental_attachments", "blocks", "additional_kwargs")
"""Keys of messages that may say more than the text beside them."""
_PLAIN_KEYS = 2  # a role and a content
_LISTED_MESSAGES = (TREE_MESSAGES, TEAMS_MESSAGES)
"""Messages that services give in pages, and that say themselves to which conversation they belong."""

KnownShapes = tuple[Shape, ...]
"""Shapes of one line format, in the order in which they are tried."""


def shapes_of(line_format: Format, classes: Collection[str] = ()) -> KnownShapes:
    """The built-in shapes of a line format; `classes` are columns whose numbers are no labels."""
    if line_format == "kto":
        return tuple(labelled(shape, classes) for shape in shapes_of("sft"))
    return tuple(shape for shape in registry.SHAPES if shape.line_format == line_format)


def known_shapes(
    line_format: Format, mappings: Mappings, source: str | None = None, classes: Collection[str] = ()
) -> KnownShapes:
    """The shapes that the records of a file are tried against: the user's own, and then those built in.

    `classes` are columns whose numbers are no labels in the file. Raises UsageError where a mapping names no column, or
    not what the line format needs.
    """
    own = mapped.shapes(mappings, line_format, source)
    if line_format == "kto":
        own = tuple(labelled(shape, classes) for shape in own)
    return (*own, *shapes_of(line_format, classes))


def taker(mappings: Mappings, line_format: Format = "sft", source: str | None = None) -> Takes:
    """What says whether an object is a row: of a mapping's shape, or of a built-in one.

    Shapes of other line formats count too, so that a row of another format is told as one row; but not those of rft,
    which ask for little more than a prompt, where another format is wanted.

    >>> taker(None)({"question": "?", "answer": "!"}), taker(None)({"data": [], "page": 1})
    (True, False)
    """
    own = mapped.shapes(mappings, line_format, source)
    shape_of = chooser(
        (*own, *(shape for shape in registry.SHAPES if shape.line_format in ("sft", "dpo", line_format)))
    )

    def takes(record: Record) -> bool:
        messages = record.get("messages")
        if type(messages) is list and messages and "conversations" not in record:
            first = messages[0]
            if type(first) is dict and "role" in first:
                return True  # a chat at least, whatever else it may be
        shape = shape_of(record)
        if shape is None:
            return any(kind.fits(record) for kind in _LISTED_MESSAGES) or is_unanswered(record)
        if shape.keys.isdisjoint(_MESSAGES) or shape in COLUMN_LISTS:
            return True
        return shape in own or not _is_envelope(record, shape)

    def _is_envelope(record: Record, shape: Shape) -> bool:
        """Whether the column by which a row has its shape holds whole rows or no messages, as an envelope may."""
        for column in _MESSAGES:
            if column not in shape.keys:
                continue
            value = json_of(record[column])
            if said_in(value, column) is not None:
                return False
            if type(value) is not list or not value or type(value[0]) is not dict:
                return True
            first = value[0]
            if "role" not in first and "from" not in first and (takes(first) or holds_rows(first, takes)):
                return True
        return False

    return takes


def chooser(known: KnownShapes) -> Callable[[Record], Shape | None]:
    """What gives the shape that a record has; what its keys tell is found out once for each set of keys.

    >>> shape_of = chooser(shapes_of("sft"))
    >>> shape_of({"question": "?", "answer": "!"}).name, shape_of({"page": 1})
    ('question_answer', None)
    """
    remembered: dict[tuple[str, ...], tuple[KnownShapes, KnownShapes, Shape | None]] = {}

    def shape_of(record: Record) -> Shape | None:
        keys = tuple(record)
        found = remembered.get(keys)
        if found is None:
            if len(remembered) == _KEY_SETS_REMEMBERED:
                remembered.clear()
            among = possible_shapes(keys, known)
            plain = tuple(shape for shape in among if shape not in _OF_OTHERS)
            found = remembered[keys] = among, plain, _of_plain_chat(keys, among)
        among, plain, of_plain_chat = found
        if among and among[0].fits is None:
            return among[0]
        if "messages" in record and _is_plain(record["messages"]):
            return choose(record, plain) if of_plain_chat is None else of_plain_chat
        return choose(record, among)

    return shape_of


def _of_plain_chat(keys: Collection[str], among: KnownShapes) -> Shape | None:
    """The shape that rows with these keys have wherever their messages are plain; None where more decides."""
    if "messages" not in keys or "tools" in keys:
        return None
    first = next((shape for shape in among if shape not in _OF_BLOCKS), None)
    return first if first is not None and first.fits is None else None


def _is_plain(messages: JsonValue) -> bool:
    """Whether a value is a list of messages that all have a role and a text, the usual case.

    >>> _is_plain([{"role": "user", "content": "?"}]), _is_plain([{"role": "user", "content": []}]), _is_plain("[]")
    (True, False, False)
    """
    if type(messages) is not list or not messages:
        return False
    for message in messages:
        if type(message) is not dict or "role" not in message or type(message.get("content")) is not str:
            return False
        if len(message) > _PLAIN_KEYS and not message.keys().isdisjoint(_SAY_MORE):
            return False
    return True


def possible_shapes(keys: Iterable[str], known: KnownShapes) -> KnownShapes:
    """The shapes all of whose keys are there, if need be in other capitals; those are told to read them so.

    >>> [shape.name for shape in possible_shapes(("Problem", "ANSWER", "id"), shapes_of("sft"))]
    ['problem_answer']
    """
    present = frozenset(keys)
    if not present.isdisjoint(REVIEWED_BY):
        present -= {REVIEW}  # what a reviewer decided is no answer to learn
    names = folded(present, frozenset().union(*(shape.keys for shape in known)))
    if not names:
        return tuple(shape for shape in known if shape.keys <= present)
    plain = frozenset(names.get(name, name) for name in present)
    return tuple(_called_plainly(shape, names) for shape in known if shape.keys <= plain)


def _called_plainly(shape: Shape, names: dict[str, str]) -> Shape:
    """The shape for rows that write its columns, and those beside them, otherwise; a mapping names columns itself."""
    own = {name: called for name, called in names.items() if called in shape.keys or called in BESIDE}
    return renamed(shape, own) if own and shape.keys else shape


def choose(record: Record, among: KnownShapes) -> Shape | None:
    """The first of the possible shapes for a record's keys that the record fits, or None."""
    for shape in among:
        if shape.fits is None or shape.fits(record):
            return shape
    return None
