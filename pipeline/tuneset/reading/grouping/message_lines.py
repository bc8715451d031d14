"""One message a line and nothing that names its conversation: the file is one, as a list of messages is.

A system message that follows an answer begins another one, as logs of several conversations have it.
"""

from __future__ import annotations

from collections.abc import Sequence

from tuneset.reading.containers.envelopes import is_message
from tuneset.reading.grouping.base import Grouping, Record
from tuneset.roles import speaker_role

_KEYS = frozenset(
    (
        *("role", "content", "name", "tool_calls", "tool_call_id", "function_call", "refusal", "weight"),
        *("reasoning_content", "reasoning", "thinking", "id", "ts", "timestamp", "date", "time", "created_at", "model"),
    )
)
"""Keys of messages, and of how they were kept; a line with another key may say something else."""


def _fits(record: Record) -> bool:
    return is_message(record) and record.keys() <= _KEYS and speaker_role(record.get("role")) is not None


def _begins(before: Record, record: Record) -> bool:
    return speaker_role(record.get("role")) == "system" and speaker_role(before.get("role")) == "assistant"


def _whole(records: Sequence[Record]) -> Record:
    return {"messages": list(records)}


MESSAGE_LINES = Grouping(
    "message_lines",
    _fits,
    lambda record: "" if _fits(record) else None,
    _whole,
    raw=({"role": "user", "content": "Is it open?"}, {"role": "assistant", "content": "Yes."}),
    begins=_begins,
)
