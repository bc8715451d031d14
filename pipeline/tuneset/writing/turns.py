"""Conversations as turns that alternate, for formats that take no other order. No format stands here."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from tuneset import export_reasons as reasons
from tuneset.json_text import dumps
from tuneset.writing.conversation import Conversation, LeftOutError, Message
from tuneset.writing.row_files import ExportRow

RESULTS_BETWEEN = "\n</tool_response>\n<tool_response>\n"
"""Between the answers of several tools in one turn. LLaMA-Factory 0.9.5, `data/converter.py`."""


def spoken(whole: Conversation) -> list[ExportRow]:
    """The messages as ShareGPT turns, `from` and `value`, from a system message on strictly in turn.

    Answers of tools that follow each other are one turn. Raises LeftOutError where the order is another, an assistant's
    message both says something and calls a tool, or the answers of tools are not in the order of the calls.
    """
    turns = _turns(whole.messages, "$.input.messages" if whole.method == "dpo" else "$.messages")
    if any(message.calls for message in whole.messages):
        whole.changes.add(reasons.CALL_IDS)
    if any(turn["from"] == "observation" and RESULTS_BETWEEN in turn["value"] for turn in turns):
        whole.changes.add(reasons.NEIGHBOURS_JOINED)
    talk = turns[1:] if turns and turns[0]["from"] == "system" else turns
    for place, turn in enumerate(talk):
        if turn["from"] not in (("human", "observation"), ("gpt", "function_call"))[place % 2]:
            raise LeftOutError(reasons.TURNS_NOT_TAKEN, f"turn {place + 1} is out of turn: {turn['from']}")
    return turns


def spoken_answer(message: Message, path: str) -> ExportRow:
    """One of the assistant's messages as a ShareGPT turn."""
    if not message.calls:
        return {"from": "gpt", "value": message.text}
    if message.content:
        raise LeftOutError(reasons.NO_PLACE, f"{path}: a text and a call in one message")
    calls = [{"name": call.name, "arguments": call.arguments} for call in message.calls]
    return {"from": "function_call", "value": dumps(calls)}


def _turns(messages: Sequence[Message], path: str) -> list[ExportRow]:
    turns: list[ExportRow] = []
    open_calls: list[str] = []
    for tools, run in itertools.groupby(enumerate(messages), lambda one: one[1].role == "tool"):
        here = list(run)
        if tools:
            if [message.call_id for _, message in here] != open_calls:
                raise LeftOutError(
                    reasons.TURNS_NOT_TAKEN, f"{path}[{here[0][0]}]: not every call is answered in its order"
                )
            texts = [message.text for _, message in here]
            if any("tool_response>" in text for text in texts):
                raise LeftOutError(
                    reasons.NO_PLACE, f"{path}[{here[0][0]}].content: a mark that stands between answers"
                )
            turns.append({"from": "observation", "value": RESULTS_BETWEEN.join(texts)})
            open_calls = []
            continue
        for place, message in here:
            if message.role == "assistant":
                turns.append(spoken_answer(message, f"{path}[{place}]"))
                open_calls = [call.id for call in message.calls]
            else:
                turns.append({"from": "system" if message.role == "system" else "human", "value": message.text})
    return turns
