r"""Conversations that were rendered into one text by a chat template: ChatML, Llama, Gemma, Phi, Mistral, `###`.

A text is taken apart only where the template's marks account for every character of it, so that rendering the turns
gives the text again; else it is no conversation that this file knows. Turns that have marks within are not certain.
"""

from __future__ import annotations

import itertools
import re
from functools import partial
from typing import NamedTuple

from tuneset.json_text import JsonValue
from tuneset.reading.shapes.answer_pairs import dialogue_of
from tuneset.reading.shapes.base import ASK, REPLY, Message, Record, Shape, Shaped, others
from tuneset.reading.shapes.transcripts import is_asked_about, transcript_of

_END = r"(?:</s>|<\|endoftext\|>|<\|end_of_text\|>|<eos>|<\|im_end\|>)?\s*"
_ROLES = {
    "system": "system", "developer": "developer", "user": "user", "assistant": "assistant", "model": "assistant",
    "tool": "tool", "ipython": "tool", "human": "user", "gpt": "assistant", "function response": "tool",
    "instruction": "user", "response": "assistant", "input": "user",
}  # fmt: skip


class _Template(NamedTuple):
    """A template whose turns stand one after the other.

    Args:
        begin: what may stand before the turns.
        turn: one turn, with its role and its text as groups.
        marks: what no turn's text may hold.
    """

    begin: str
    turn: str
    marks: tuple[str, ...]


_TURNED = (
    _Template(
        r"\s*",
        r"<\|im_start\|>(system|user|assistant|tool|developer)\n(.*?)<\|im_end\|>\n?",
        ("<|im_start|>", "<|im_end|>"),
    ),
    _Template(
        r"\s*(?:<\|begin_of_text\|>)?",
        r"<\|start_header_id\|>(system|user|assistant|ipython|tool)<\|end_header_id\|>\n\n(.*?)<\|eot_id\|>\n?",
        ("<|start_header_id|>", "<|eot_id|>"),
    ),
    _Template(
        r"\s*(?:<bos>)?",
        r"<start_of_turn>(user|model)\n(.*?)<end_of_turn>\n?",
        ("<start_of_turn>", "<end_of_turn>"),
    ),
    _Template(
        r"\s*(?:<s>)?", r"<\|(system|user|assistant)\|>\n(.*?)<\|end\|>\n?", ("<|user|>", "<|assistant|>", "<|end|>")
    ),
    _Template(r"\s*", r"<\|(system|user|assistant)\|>\n(.*?)</s>\n?", ("<|user|>", "<|assistant|>", "</s>")),
)

_INST = re.compile(r"\s*(?:<s>)?\s*\[INST\](.*?)\[/INST\](.*?)(?:</s>|\Z)", re.DOTALL)
_SYS = re.compile(r"\s*<<SYS>>\n?(.*?)\n?<</SYS>>\s*(.*)", re.DOTALL)
_INST_MARKS = ("[INST]", "[/INST]", "<s>", "</s>", "<<SYS>>", "<</SYS>>")

_HEADED = re.compile(r"(?:\A|\n*)### ?(Human|User|Assistant|GPT|System|Instruction|Input|Response):[ \n]?")
_PREAMBLE = "Below is an instruction"
_SPOKEN = re.compile(r"(?:\A|\n+)(USER|ASSISTANT): ")


def turns_in(text: str) -> list[Message] | None:
    r"""The messages of a rendered conversation, or None where no template accounts for the whole text.

    >>> turns_in("<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHo<|im_end|>\n")
    [{'role': 'user', 'content': 'Hi'}, {'role': 'assistant', 'content': 'Ho'}]
    >>> turns_in("How to write <|im_start|>user") is None
    True
    """
    found = marked_turns(text) or _spoken(text) or transcript_of(text) or dialogue_of(text)
    return found if found and found[-1]["role"] == "assistant" and len(found) > 1 else None


def marked_turns(text: str) -> list[Message] | None:
    r"""The same of templates alone whose marks or headings no person writes by chance, whoever speaks last.

    >>> marked_turns("[INST] Hi [/INST] Ho </s>")
    [{'role': 'user', 'content': 'Hi'}, {'role': 'assistant', 'content': 'Ho'}]
    >>> marked_turns("Human: Hi\nAI: Ho") is None
    True
    """
    for template in _TURNED:
        found = _turned(text, template)
        if found:
            return found
    return _instructed(text) or _headed(text)


def _turned(text: str, template: _Template) -> list[Message] | None:
    if template.marks[0] not in text and template.marks[-1] not in text:
        return None
    begin = re.match(template.begin, text)
    place = begin.end() if begin else 0
    turn = re.compile(template.turn, re.DOTALL)
    messages: list[Message] = []
    while found := turn.match(text, place):
        if any(mark in found[2] for mark in template.marks):
            return None
        messages.append({"role": _ROLES[found[1]], "content": found[2]})
        place = found.end()
    return messages if messages and re.fullmatch(_END, text[place:]) else None


def _instructed(text: str) -> list[Message] | None:
    """Mistral's and Llama 2's template; a system text stands within the first question."""
    messages: list[Message] = []
    place = 0
    while found := _INST.match(text, place):
        asked, answered = found[1], found[2]
        system = _SYS.fullmatch(asked) if not messages else None
        if system:
            messages.append({"role": "system", "content": system[1]})
            asked = system[2]
        if any(mark in part for part in (asked, answered) for mark in _INST_MARKS) or not answered.strip():
            return None
        messages += [{"role": "user", "content": asked.strip()}, {"role": "assistant", "content": answered.strip()}]
        place = found.end()
    return messages if messages and not text[place:].strip() else None


def _headed(text: str) -> list[Message] | None:
    """Turns under headings, `### Human:` and `### Assistant:`, or Alpaca's `### Instruction:` and `### Response:`."""
    before, *rest = _HEADED.split(text)
    names, texts = [name.lower() for name in rest[::2]], [part.strip() for part in rest[1::2]]
    if names in (["instruction", "response"], ["instruction", "input", "response"]):
        if before.strip() and not before.lstrip().startswith(_PREAMBLE):
            return None
        system = [{"role": "system", "content": before.strip()}] if before.strip() else []
        asked = {"role": "user", "content": "\n\n".join(texts[:-1])}
        return [*system, asked, {"role": "assistant", "content": _unended(texts[-1])}]
    if before.strip() or not names or {"instruction", "input", "response"} & set(names):
        return None
    turns = [{"role": _ROLES[name], "content": _unended(said)} for name, said in zip(names, texts, strict=True)]
    return turns if _alternate(turns) else None


def _spoken(text: str) -> list[Message] | None:
    """Glaive's form: `USER:` and `ASSISTANT:` at the begin of a line, each answer ended by `<|endoftext|>`."""
    before, *rest = _SPOKEN.split(text)
    names, texts = rest[::2], [part.strip() for part in rest[1::2]]
    if before.strip() or "FUNCTION RESPONSE:" in text or "<functioncall>" in text:
        return None
    if not all(said.endswith("<|endoftext|>") for name, said in zip(names, texts, strict=True) if name == "ASSISTANT"):
        return None
    turns = [{"role": _ROLES[name.lower()], "content": _unended(said)} for name, said in zip(names, texts, strict=True)]
    return turns if _alternate(turns) else None


def _alternate(turns: list[Message]) -> bool:
    """Whether question and answer follow each other from a question on, after a system text or without one."""
    said = [turn["role"] for turn in turns]
    said = said[1:] if said[:1] == ["system"] else said
    return (
        said[:1] == ["user"] and all(one != other for one, other in itertools.pairwise(said)) and "system" not in said
    )


def _unended(text: str) -> str:
    for end in ("<|endoftext|>", "</s>", "<|end_of_text|>", "<eos>"):
        text = text.removesuffix(end).rstrip()
    return text


def _read(record: Record, column: str) -> Shaped:
    messages = turns_in(record[column])
    assert messages is not None
    rest = others(record, (column,))
    if column == "chat" and rest and type(rest.get("system")) is str:
        rest = {**rest, "system": rest["system"].removeprefix("SYSTEM:").strip()}
    return {"messages": messages}, rest


def _fits(record: Record, column: str) -> bool:
    value: JsonValue = record[column]
    if type(value) is not str or turns_in(value) is None:
        return False
    has_marks = marked_turns(value) or _spoken(value) or (column not in _TALKS and dialogue_of(value))
    return bool(has_marks) or not is_asked_about(record, column)


_TALKS = ("dialogue", "dialog")
"""Columns that sets of summaries have as well."""


def _shape(column: str) -> Shape:
    turns = (("user", ASK["content"]), ("assistant", REPLY["content"]))
    return Shape(
        "chat_template",
        "sft",
        frozenset((column,)),
        partial(_read, column=column),
        raw={column: "".join(f"<|im_start|>{role}\n{said}<|im_end|>\n" for role, said in turns)},
        example={"messages": [ASK, REPLY]},
        fits=partial(_fits, column=column),
    )


CHAT_TEMPLATES = tuple(
    _shape(column) for column in ("text", "chat", "conversation", "formatted_text", "transcript", *_TALKS)
)
