"""Prompts as Google AI Studio saves them: `chunkedPrompt`, whose chunks have a role and a text.

What was thought is a chunk of its own, and the instruction stands beside them all. A chunk that is a file, code that
was run or anything else than a text is told: what it held is not in the file. Source: files of AI Studio (as of
2026-11).
"""

from __future__ import annotations

from typing import Any

from tuneset.json_text import JsonValue
from tuneset.reading.shapes.base import ASK, REPLY, Record, Shape, Shaped, ShapeError, json_of, others
from tuneset.reading.shapes.blocks import Block, Stopped, Text, Thought, Turn, messages_from, objects, text_in
from tuneset.roles import speaker_role

_COLUMN, _SYSTEM = "chunkedPrompt", "systemInstruction"


def read_prompt(record: Record) -> Shaped:
    """The chunks in order; those of one side that follow each other are one turn."""
    turns: list[Turn] = []
    for chunk in objects(json_of(record[_COLUMN]).get("chunks"), f"{_COLUMN}.chunks"):
        role, blocks = _turn(chunk)
        if turns and turns[-1][0] == role == "assistant":
            turns[-1][1].extend(blocks)
        else:
            turns.append((role, blocks))
    system = _instruction(record.get(_SYSTEM))
    if system.strip():
        turns = [("system", [Text(system)]), *turns]
    return {"messages": messages_from(turns)}, others(record, (_COLUMN, _SYSTEM))


def _turn(chunk: dict[str, Any]) -> Turn:
    role, text = speaker_role(chunk.get("role")), chunk.get("text")
    if role is None:
        raise ShapeError(f"{_COLUMN}: a chunk has no role that is known", "CNV001")
    if type(text) is not str:
        raise ShapeError(f"{_COLUMN}: a chunk is no text, such as a file or code that was run")
    blocks: list[Block] = [Thought(text) if chunk.get("isThought") else Text(text)]
    is_cut = chunk.get("finishReason", "STOP") != "STOP" or bool(chunk.get("errorMessage"))
    return role, [*blocks, Stopped()] if is_cut else blocks


def _instruction(value: JsonValue) -> str:
    """The instruction: a text, an object with one, or parts.

    >>> [_instruction(each) for each in ("Be brief.", {"text": "Be brief."}, {"parts": [{"text": "Be brief."}]}, {})]
    ['Be brief.', 'Be brief.', 'Be brief.', '']
    """
    if type(value) is dict:
        value = value.get("text") or value.get("parts") or ""
    return text_in(value) if value else ""


def _fits(record: Record) -> bool:
    held = json_of(record[_COLUMN])
    return type(held) is dict and type(held.get("chunks")) is list


AI_STUDIO = Shape(
    "ai_studio",
    "sft",
    frozenset((_COLUMN,)),
    read_prompt,
    raw={
        "runSettings": {"model": "models/small"},
        "systemInstruction": {},
        "chunkedPrompt": {
            "chunks": [{"text": ASK["content"], "role": "user"}, {"text": REPLY["content"], "role": "model"}]
        },
    },
    example={"messages": [ASK, REPLY]},
    fits=_fits,
)
