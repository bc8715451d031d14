"""Preference rows under other names and in other forms than `chosen` and `rejected` beside a prompt.

The prompt may be a conversation (LLaMA-Factory, ms-swift), an instruction with its input, or any column of
`text_pairs`; an answer a text, a message, a list of one text, `{"messages": [...]}`, or a whole dialogue as one text
with `Human:` and `Assistant:` (HH-RLHF). A row is read only where each part has one of these forms.
"""

from __future__ import annotations

import itertools
import re
from functools import partial

from tuneset.json_text import JsonValue
from tuneset.reading.containers.envelopes import is_conversation, is_message
from tuneset.reading.shapes.alpaca import instruction_of
from tuneset.reading.shapes.base import (
    ASK,
    REPLY,
    WORSE,
    Message,
    Record,
    Shape,
    Shaped,
    ShapeError,
    conversation,
    json_of,
    others,
)
from tuneset.reading.shapes.preference_pair import read_chosen_pair
from tuneset.reading.shapes.sharegpt import read_sharegpt

_ANSWERS = (
    ("chosen", "rejected"),
    ("chosen_response", "rejected_response"),
    ("response", "rejected_response"),
    ("accepted", "rejected"),
    ("preferred", "dispreferred"),
    ("response_j", "response_k"),
    ("preferred_output", "non_preferred_output"),
    ("messages", "rejected_response"),
    ("messages", "rejected_messages"),
)
_PROMPTS = (
    "messages",
    "conversations",
    "conversation",
    "prompt",
    "question",
    "query",
    "instruction",
    "input",
    "problem",
)

_SPOKEN = re.compile(r"(?:\A|\n\n)(Human|Assistant): ?")
_ROLES = {"Human": "user", "Assistant": "assistant"}
_BEGUN: Message = {"role": "assistant", "content": ""}
"""How a dialogue ends whose answer stands in a column of its own."""


def dialogue_of(text: str) -> list[Message] | None:
    r"""The turns of a text that is a dialogue from its first line to its last, as HH-RLHF has it; None for another.

    >>> [turn["role"] for turn in dialogue_of("\n\nHuman: Hi?\n\nAssistant: Hello.") or []]
    ['user', 'assistant']
    >>> dialogue_of("He said\n\nHuman: Hi?") is None
    True
    """
    before, *spoken = _SPOKEN.split(text)
    speakers, texts = spoken[::2], spoken[1::2]
    if before.strip() or not spoken or speakers[0] != "Human":
        return None
    if any(one == other for one, other in itertools.pairwise(speakers)):
        return None
    turns = [(_ROLES[speaker], said.strip()) for speaker, said in zip(speakers, texts, strict=True)]
    return conversation("", turns)


def _messages_of(value: JsonValue) -> list[Message] | None:
    """An answer's messages in any of its forms; None where it has none."""
    found = json_of(value)
    if type(found) is dict and is_conversation(found.get("messages")):
        found = found["messages"]
    if is_message(found):
        found = [found]
    if is_conversation(found):
        turns: list[Message] = read_sharegpt({"conversations": found})[0]["messages"]
        return turns
    if type(value) is list and len(value) == 1:
        value = value[0]
    if type(value) is not str:
        return None
    turns = dialogue_of(value) or []
    return turns if len(turns) > 1 else [{"role": "assistant", "content": value}]


def read_answers(record: Record, better: str, worse: str) -> Shaped:
    """A row with two answers; what both say before their last message is the prompt."""
    chosen, rejected = _messages_of(record[better]), _messages_of(record[worse])
    if chosen is None or rejected is None:
        raise ShapeError(f"{worse if chosen else better} is no text, no message and no conversation")
    if len(rejected) == 1:
        rejected = [*chosen[:-1], *rejected]
    asked = next((name for name in _PROMPTS if name != better and record.get(name)), None)
    if asked is None:
        example, _ = read_chosen_pair({"chosen": chosen, "rejected": rejected}, None)
        return example, others(record, (better, worse))
    prompt = _prompt(record, asked)
    example, _ = read_chosen_pair({"prompt": prompt, "chosen": chosen, "rejected": rejected}, "prompt")
    return example, others(record, (better, worse, asked, *(["input"] if asked == "instruction" else [])))


def _prompt(record: Record, asked: str) -> list[Message]:
    if asked == "instruction":
        return conversation("", [("user", instruction_of(record))])
    messages = _messages_of(record[asked])
    if messages is None:
        raise ShapeError(f"{asked} is no text and no conversation")
    if len(messages) > 1 and messages[-1] == _BEGUN:
        messages = messages[:-1]
    if len(messages) == 1 and messages[0]["role"] == "assistant":
        return [{**messages[0], "role": "user"}]
    return messages


def _fits(record: Record, better: str, worse: str) -> bool:
    """Whether both answers have a form that is known, and there is a prompt."""
    if _is_plain(record, better, worse):
        return False
    answers = [_messages_of(record[better]), _messages_of(record[worse])]
    if None in answers:
        return False
    asked = any(name != better and record.get(name) for name in _PROMPTS)
    return asked or len(answers[0] or []) > 1


def _is_plain(record: Record, better: str, worse: str) -> bool:
    """Whether `preference_pair` reads the row as it stands."""
    if better == "preferred_output":
        return type(json_of(record.get("input"))) is dict
    if better != "chosen" or worse != "rejected":
        return False
    asked = next((name for name in ("prompt", "question") if name in record), None)
    values = [record[name] for name in (asked, better, worse) if name is not None]
    if all(type(value) is str for value in values):
        return asked is not None and not any(dialogue_of(value) for value in values)
    lists = all(type(json_of(value)) is list and is_conversation(json_of(value)) for value in values[-2:])
    return lists and all("role" in turn for value in values[-2:] for turn in json_of(value))


def _shape(better: str, worse: str) -> Shape:
    whole = better == "messages"
    asked = "input" if better == "preferred_output" else "query"
    raw: Record = {better: [ASK, REPLY]} if whole else {asked: ASK["content"], better: REPLY["content"]}
    return Shape(
        "answer_pair",
        "dpo",
        frozenset((better, worse)),
        partial(read_answers, better=better, worse=worse),
        raw={**raw, worse: [ASK, WORSE] if worse.endswith("messages") else WORSE["content"]},
        example={"input": {"messages": [ASK]}, "preferred_output": [REPLY], "non_preferred_output": [WORSE]},
        fits=partial(_fits, better=better, worse=worse),
        asks=not whole,
    )


ANSWER_PAIRS = tuple(_shape(better, worse) for better, worse in _ANSWERS)
