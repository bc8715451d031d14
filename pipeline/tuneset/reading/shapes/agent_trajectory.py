"""Runs of SWE-agent as published sets have them: `trajectory`, turns of `system`, `user` and `ai` with a `text`.

The system turn keeps its text in `system_prompt`. How a run ended, `exit_status` says, and `target` whether the tests
passed (see `failed_calls`). nebius/SWE-agent-trajectories, seen 2026-11. A trajectory of chat messages is read too.
"""

from __future__ import annotations

from typing import Any

from tuneset.json_text import JsonValue
from tuneset.reading.containers.envelopes import is_conversation
from tuneset.reading.shapes.base import ASK, REPLY, Message, Record, Shape, Shaped, json_of, others
from tuneset.reading.shapes.sharegpt import read_sharegpt
from tuneset.roles import speaker_role


def read_trajectory(record: Record) -> Shaped:
    """The turns as messages."""
    turns = json_of(record["trajectory"])
    if _is_chat(turns):
        messages = read_sharegpt({"conversations": turns})[0]["messages"]
    else:
        messages = [{"role": speaker_role(turn["role"]), "content": _text(turn)} for turn in turns]
    return {"messages": messages}, others(record, ("trajectory",))


def _is_chat(turns: JsonValue) -> bool:
    """Whether turns are chat messages, or ShareGPT's."""
    return is_conversation(turns) and all(
        not turn.keys().isdisjoint(("content", "tool_calls", "from")) for turn in turns
    )


def _text(turn: Message) -> str | None:
    held = (turn.get("text"), turn.get("system_prompt"))
    return next((text for text in held if type(text) is str and text), None)


def _has_texts(turns: JsonValue) -> bool:
    listed: list[Any] = turns if type(turns) is list else []
    fine = all(type(turn) is dict and speaker_role(turn.get("role")) and _text(turn) for turn in listed)
    return bool(listed) and fine


def _fits(record: Record) -> bool:
    turns = json_of(record["trajectory"])
    return _is_chat(turns) or _has_texts(turns)


AGENT_TRAJECTORY = Shape(
    "agent_trajectory",
    "sft",
    frozenset(("trajectory",)),
    read_trajectory,
    raw={
        "instance_id": "a__b-1",
        "exit_status": "submitted",
        "trajectory": [
            {"role": "system", "system_prompt": "Be brief.", "text": None},
            {"role": "user", "system_prompt": None, "text": ASK["content"]},
            {"role": "ai", "system_prompt": None, "text": REPLY["content"]},
        ],
    },
    example={"messages": [{"role": "system", "content": "Be brief."}, ASK, REPLY]},
    fits=_fits,
)
