"""Every kind of file in which several records make one conversation: one file each, and one line here."""

from __future__ import annotations

from tuneset.model import Format
from tuneset.reading.grouping.agent_sessions import CLAUDE_CODE, CODEX, CODEX_BARE, CURSOR
from tuneset.reading.grouping.base import Grouping
from tuneset.reading.grouping.exchange_rows import EXCHANGE_ROWS
from tuneset.reading.grouping.history_rows import HISTORY_ROWS
from tuneset.reading.grouping.message_lines import MESSAGE_LINES
from tuneset.reading.grouping.message_rows import MESSAGE_ROWS
from tuneset.reading.grouping.sillytavern import SILLYTAVERN
from tuneset.reading.grouping.teams_messages import TEAMS_MESSAGES
from tuneset.reading.grouping.thread_messages import THREAD_MESSAGES
from tuneset.reading.grouping.tree_messages import TREE_MESSAGES

GROUPINGS: tuple[Grouping, ...] = (
    *(CLAUDE_CODE, CODEX, CODEX_BARE, CURSOR, SILLYTAVERN),
    *(TREE_MESSAGES, TEAMS_MESSAGES, THREAD_MESSAGES, HISTORY_ROWS, MESSAGE_ROWS, EXCHANGE_ROWS, MESSAGE_LINES),
)
"""In the order in which they are tried on the first records of a file."""


def kinds_of(line_format: Format) -> tuple[Grouping, ...]:
    """The kinds that a line format knows: what is said of each answer of an exchange makes other lines of it than sft.

    >>> len(kinds_of("sft")) - len(kinds_of("kto"))
    1
    """
    return GROUPINGS if line_format == "sft" else tuple(kind for kind in GROUPINGS if kind is not EXCHANGE_ROWS)
