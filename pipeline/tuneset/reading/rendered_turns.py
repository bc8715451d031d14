"""Turns that hold the marks of a chat template besides what was said, and the system text that stands among them.

Questions that were made ready for one model (`[INST] ... [/INST]`, `<|im_start|>user`, `### Instruction:`) are kept as
prompts of completions and in the turns of conversations. A trainer would put its own template around them, and the
model would learn the marks as text. They are taken off only where a question and its answer are together all that a
template makes of turns; else they stay, for they may be what a text is about.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import Any

from tuneset.example_tables import Example
from tuneset.reading.shapes.base import Message
from tuneset.reading.shapes.chat_templates import marked_turns
from tuneset.roles import SYSTEM_ROLES

_SYSTEM_APART = re.compile(r"\s*<<SYS>>\n(.*?)\n<</SYS>>\s*\n(.*)", re.DOTALL)
_BEGINS = ("[INST]", "<", "### ", "Below is an instruction")
_ENDS = ("", "<|im_end|>", "<|eot_id|>", "<end_of_turn>", "<|end|>", "</s>")
"""What an answer may lack: some keep the end of it, some leave it to the trainer."""


def begins_with_marks(example: Example) -> bool:
    """Whether a question of an example may stand between marks, told by its first letters.

    >>> begins_with_marks({"messages": [{"role": "user", "content": " [INST] Hi [/INST]"}]})
    True
    >>> begins_with_marks({"messages": [{"role": "user", "content": "Hi"}]})
    False
    """
    for message in example.get("messages", ())[:2]:
        content = message.get("content")
        if type(content) is str and content.lstrip().startswith(_BEGINS):
            return True
    return False


def without_marks(example: Example) -> Example:
    """The example without the marks of a template; the same object where there are none that can be taken off.

    >>> said = [{"role": "user", "content": "<s>[INST] Hi [/INST]"}, {"role": "assistant", "content": " Ho </s>"}]
    >>> without_marks({"messages": said})["messages"]
    [{'role': 'user', 'content': 'Hi'}, {'role': 'assistant', 'content': 'Ho'}]
    """
    messages: Sequence[Message] = example["messages"]
    if not all(set(message) == {"role", "content"} and type(message["content"]) is str for message in messages):
        return example
    given = [message for message in messages[:1] if message["role"] in SYSTEM_ROLES]
    turns = messages[len(given) :]
    if not turns or [turn["role"] for turn in turns] != ["user", "assistant"] * (len(turns) // 2):
        return example
    found = _unmarked(turns) or _system_apart(turns)
    if found is None or (given and found[0]["role"] in SYSTEM_ROLES):
        return example
    return {**example, "messages": [*given, *found]}


def _unmarked(turns: Sequence[Message]) -> list[Message] | None:
    """Each question with its answer taken apart; None where one of them is not all marks and turns."""
    read: list[Message] = []
    for number, (question, answer) in enumerate(zip(turns[::2], turns[1::2], strict=True)):
        found = _pair(question["content"], answer["content"])
        roles = [message["role"] for message in found or ()]
        if found is None or (number and roles != ["user", "assistant"]) or (len(turns) > 2 and len(found) > 3):
            return None
        read += found
    return read


def _pair(question: str, answer: str) -> list[Message] | None:
    r"""The turns that a prompt and its completion are together; the answer is the last of them, and nothing of it more.

    >>> _pair("### Instruction:\nAdd.\n\n### Response:\n", "Two.")
    [{'role': 'user', 'content': 'Add.'}, {'role': 'assistant', 'content': 'Two.'}]
    >>> _pair("<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n", "Ho")[-1]
    {'role': 'assistant', 'content': 'Ho'}
    """
    for joined, end in itertools.product((question + answer, f"{question}\n{answer}"), _ENDS):
        found = marked_turns(joined + end)
        if found is None or len(found) < 2 or found[-1]["role"] != "assistant":
            continue
        said = found[-1]["content"].strip()
        if said and answer.lstrip().startswith(said):
            return [*found[:-1], {**found[-1], "content": said}]
    return None


def _system_apart(turns: Sequence[Message]) -> list[Message] | None:
    r"""The turns with the system text out of the first question, where `<<SYS>>` marks it; no other marks may be there.

    >>> first = {"role": "user", "content": "<<SYS>>\nBe brief.\n<</SYS>>\n\nHi"}
    >>> _system_apart([first, {"role": "assistant", "content": "Ho"}])[:2]
    [{'role': 'system', 'content': 'Be brief.'}, {'role': 'user', 'content': 'Hi'}]
    """
    found = _SYSTEM_APART.fullmatch(turns[0]["content"])
    if found is None or not found[2].strip() or any(_has_marks(text) for text in (found[1], found[2])):
        return None
    first: dict[str, Any] = {"role": "user", "content": found[2].strip()}
    return [{"role": "system", "content": found[1]}, first, *turns[1:]]


def _has_marks(text: str) -> bool:
    return any(mark in text for mark in ("[INST]", "[/INST]", "<<SYS>>", "<</SYS>>"))
