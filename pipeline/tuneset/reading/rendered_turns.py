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
from tuneset.reading.shapes.transcripts import begins, transcript_of
from tuneset.roles import SYSTEM_ROLES

_PAIR = ("preferred_output", "non_preferred_output")
_ANY_ANSWER = "Yes."
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
    holder = example if "messages" in example else example.get("input")
    messages = holder.get("messages") if type(holder) is dict else None
    if type(messages) is not list or not all(type(message) is dict for message in messages):
        return False
    for message in messages[:2]:
        content = message.get("content")
        if type(content) is str and (content.lstrip().startswith(_BEGINS) or begins(content)):
            return True
    return False


def without_marks(example: Example) -> Example:
    """The example without the marks of a template; the same object where there are none that can be taken off.

    For an example that `begins_with_marks`: a conversation, a pair with its two answers, or a question alone.

    >>> said = [{"role": "user", "content": "<s>[INST] Hi [/INST]"}, {"role": "assistant", "content": " Ho </s>"}]
    >>> without_marks({"messages": said})["messages"]
    [{'role': 'user', 'content': 'Hi'}, {'role': 'assistant', 'content': 'Ho'}]
    """
    if "preferred_output" in example:
        return _pair_without(example)
    messages: Sequence[Message] = example["messages"]
    if messages[-1].get("role") == "user":
        return _task_without(example)
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


def _pair_without(example: Example) -> Example:
    """The same of a pair: both answers have to give one conversation with the question.

    >>> answers = [[{"role": "assistant", "content": text}] for text in ("Ho </s>", "No")]
    >>> asked = {"messages": [{"role": "user", "content": "<s>[INST] Hi [/INST]"}]}
    >>> found = without_marks({"input": asked, **dict(zip(_PAIR, answers, strict=True))})
    >>> found["input"]["messages"][0]["content"], [found[side][0]["content"] for side in _PAIR]
    ('Hi', ['Ho', 'No'])
    """
    asked, answers = example["input"]["messages"], [example[side] for side in _PAIR]
    if any(type(answer) is not list or len(answer) != 1 or type(answer[0]) is not dict for answer in answers):
        return example
    wholes = [without_marks({"messages": [*asked, *answer]})["messages"] for answer in answers]
    if wholes[0][:-1] != wholes[1][:-1] or wholes[0][:-1] == asked:
        return example
    held = {**example["input"], "messages": wholes[0][:-1]}
    return {**example, "input": held, **{side: whole[-1:] for side, whole in zip(_PAIR, wholes, strict=True)}}


def _task_without(example: Example) -> Example:
    """The same of a question that ends where its answer would begin, held to any answer.

    >>> without_marks({"messages": [{"role": "user", "content": "<s>[INST] Hi [/INST]"}], "answer": "Ho"})
    {'messages': [{'role': 'user', 'content': 'Hi'}], 'answer': 'Ho'}
    """
    messages = [*example["messages"], {"role": "assistant", "content": _ANY_ANSWER}]
    found = without_marks({"messages": messages})["messages"]
    changed = found[-1]["content"] == _ANY_ANSWER and found != messages
    return {**example, "messages": found[:-1]} if changed else example


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
        found = marked_turns(joined + end) or transcript_of(joined + end, questions=False)
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
