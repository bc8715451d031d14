"""The parts of a rendered conversation: whose each is, and what: words, reasoning, a call, an end, or the template's.

Segments lie one after the other and are together the whole text. What is trained is not decided here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from tuneset.targets.local_models.rendering import REASONING_KEYS, Message, Span
from tuneset.targets.masks.turns import Located, Turn

Kind = Literal["template", "text", "reasoning", "tool_call", "end"]


class Segment(NamedTuple):
    """A part of the text.

    Args:
        kind: `text` is what a message says, `end` the token that ends an answer, `template` what the template adds.
        role: of the message that it belongs to; "" for what belongs to none.
        message: the number of that message, from 0; None for what belongs to none.
        start: its first character.
        end: the character after its last.
    """

    kind: Kind
    role: str
    message: int | None
    start: int
    end: int


def segments(messages: Sequence[Message], located: Located, ends: Sequence[str]) -> list[Segment]:
    """The segments of a conversation in order; empty ones are left out. `ends` are as `end_span` takes them."""
    found: list[Segment] = []
    place = 0
    for number, (message, turn) in enumerate(zip(messages, located.turns, strict=True)):
        if turn.start is None or turn.body is None or turn.end is None:
            continue
        role = str(message.get("role", ""))
        if turn.start > place:
            found.append(Segment("template", "", None, place, turn.start))
        parts = _answer if role == "assistant" else _other
        cuts = list(parts(message, located.text, turn, ends))
        at = turn.start
        tiles: list[tuple[Kind, int]] = [("template", turn.body), *cuts, ("template", turn.end)]
        for kind, end in tiles:
            if end > at:
                found.append(Segment(kind, role, number, at, end))
                at = end
        place = turn.end
    if place < len(located.text):
        found.append(Segment("template", "", None, place, len(located.text)))
    return found


def end_span(text: str, turn: Turn, ends: Sequence[str]) -> Span:
    """Where the token that ends an answer stands; an empty span at the end of the turn where there is none.

    Args:
        text: the whole text.
        turn: the answer.
        ends: tokens that may end a turn, the likeliest first.
    """
    assert turn.body is not None
    assert turn.end is not None
    stop = turn.body + len(text[turn.body : turn.end].rstrip())
    for token in ends:
        if text.endswith(token, turn.body, stop) and len(token) <= stop - turn.body:
            return stop - len(token), stop
    return turn.end, turn.end


def _answer(message: Message, text: str, turn: Turn, ends: Sequence[str]) -> Iterator[tuple[Kind, int]]:
    """The parts of an answer, each with its end: reasoning, words, calls, the end of the turn."""
    end, after = end_span(text, turn, ends)
    assert turn.body is not None
    at = turn.body
    said = words(message)
    thought = next((str(message[key]).strip() for key in REASONING_KEYS if isinstance(message.get(key), str)), "")
    if not thought and "</think>" in said:
        thought, _, said = said.partition("</think>")
        thought = thought.replace("<think>", "").strip()
    reasoned = text.find(thought, at, end) if thought else -1
    if reasoned >= 0:
        at = reasoned + len(thought)
        place = text.find(said.strip(), at, end) if said.strip() else -1
        closing = text.find("</think>", at, end)
        at = place if place >= 0 else closing + len("</think>") if closing >= 0 else at
        yield "reasoning", at
    place = text.find(said.strip(), at, end) if said.strip() else -1
    calls = bool(message.get("tool_calls") or message.get("function_call"))
    if place >= 0:
        yield "template", place
        at = place + len(said.strip())
        yield "text", at if calls else end
    if calls:
        yield "tool_call", end
    yield "text", end
    if after > end:
        yield "end", after


def _other(message: Message, text: str, turn: Turn, ends: Sequence[str]) -> Iterator[tuple[Kind, int]]:
    """The words of a message of another role."""
    del ends
    assert turn.start is not None
    said = words(message).strip()
    place = text.find(said, turn.start, turn.end) if said else -1
    if place >= 0:
        yield "template", place
        yield "text", place + len(said)


def words(message: Mapping[str, Any]) -> str:
    """The text of a message, its parts one after the other."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "".join(part["text"] for part in parts if isinstance(part, dict) and isinstance(part.get("text"), str))
