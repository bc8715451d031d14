"""What a template makes of a conversation, in words that need no template engine: it is of an extra."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal

Message = Mapping[str, Any]
Span = tuple[int, int]

REASONING_KEYS = ("reasoning_content", "thinking", "reasoning")
"""Under which names templates and lines have what was thought; the first that is there counts (transformers 5.24)."""


class RenderError(Exception):
    """A template made no text of a conversation.

    Args:
        kind: `raised` where it said so itself, `limit` where it did too much, else `failed`.
        reason: one sentence without values of the row.
    """

    def __init__(self, kind: Literal["raised", "limit", "failed"], reason: str) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason


@dataclasses.dataclass(frozen=True)
class Rendering:
    """What a template made of a conversation. All places are in characters of `text`.

    Args:
        starts: of each message the place where its turn began; None where the template shows no such loop.
        generation: the `generation` blocks; empty where it has none.
    """

    text: str
    starts: list[int | None]
    generation: list[Span]
