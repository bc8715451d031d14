"""Lines of a chat file -> cases of an evaluation: what a model is asked, and the answer that it is held against.

The reference is the last answer of the assistant that is trained (`weight` is not 0), what stands before it is the
prompt. Of a pair of preferences it is the preferred answer. A line without such an answer in words, or with nothing
before it, makes no case.
"""

from __future__ import annotations

import codecs
import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from tuneset import json_text
from tuneset.artifacts import read_error
from tuneset.errors import InputError

_TOOL_KEYS = ("tools", "functions", "parallel_tool_calls")


@dataclasses.dataclass(frozen=True)
class Case:
    """One question with its reference.

    Args:
        line: the physical line of the file, from 1.
        messages: the prompt.
        tools: what of a request's body says which tools there are.
        reference: the answer of the file.
        item: the line itself with `reference`, as templates of graders see it.
    """

    line: int
    messages: tuple[Mapping[str, Any], ...]
    tools: Mapping[str, Any]
    reference: str
    item: Mapping[str, Any]

    def digest(self, *salt: object) -> str:
        """A hash of prompt, tools and reference, and of what else is given; the same wherever the line stands."""
        content = json_text.dumps([[str(one) for one in salt], list(self.messages), dict(self.tools), self.reference])
        return hashlib.sha256(content.encode("utf-8", "replace")).hexdigest()


def read_cases(path: Path) -> tuple[list[Case], int]:
    """The cases of a file in its order, and how many lines make none. Raises InputError for what is no line of JSON."""
    try:
        content = path.read_bytes().removeprefix(codecs.BOM_UTF8)
    except OSError as error:
        raise read_error(path, error) from error
    cases, left_out = [], 0
    for number, text in enumerate(content.split(b"\n"), start=1):
        if not text.strip():
            continue
        try:
            found = orjson.loads(text)
        except orjson.JSONDecodeError:
            found = None
        if not isinstance(found, dict):
            raise InputError(f"{path}:{number}: is no JSON object", hint=f"see `tuneset check {path}`")
        case = case_of(found, number)
        if case is None:
            left_out += 1
        else:
            cases.append(case)
    return cases, left_out


def case_of(line: Mapping[str, Any], number: int = 1) -> Case | None:
    """The case that a line makes, None where it makes none.

    >>> line = {"messages": [{"role": "user", "content": "2 + 2?"}, {"role": "assistant", "content": "4"}]}
    >>> case_of(line).messages, case_of(line).reference
    (({'role': 'user', 'content': '2 + 2?'},), '4')
    >>> case_of({"messages": line["messages"][1:]})
    """
    held = line.get("input")
    asked: Mapping[str, Any] = held if "preferred_output" in line and isinstance(held, dict) else line
    messages = [*_messages(asked.get("messages")), *_messages(line.get("preferred_output"))]
    for place in range(len(messages) - 1, 0, -1):
        message = messages[place]
        if message.get("role") == "assistant" and message.get("weight") != 0:
            reference = _text(message.get("content"))
            if not reference.strip():
                return None
            prompt = tuple({key: value for key, value in one.items() if key != "weight"} for one in messages[:place])
            tools = {key: asked[key] for key in _TOOL_KEYS if asked.get(key) is not None}
            return Case(number, prompt, tools, reference, {**line, "reference": reference})
    return None


def choose(cases: Sequence[Case], limit: int | None, seed: int) -> list[Case]:
    """At most so many cases, in their order: the smallest hashes, so that a smaller limit takes a part of them.

    Where a line stands, and what other lines there are, does not decide on it.
    """
    if limit is None or limit >= len(cases):
        return list(cases)
    return sorted(sorted(cases, key=lambda case: (case.digest(seed), case.line))[:limit], key=lambda case: case.line)


def _messages(found: object) -> list[Mapping[str, Any]]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _text(content: object) -> str:
    """What a message says in words, of text or of parts.

    >>> _text([{"type": "text", "text": "a"}, {"type": "image_url"}]), _text(None)
    ('a', '')
    """
    if isinstance(content, list):
        return "".join(_text(part.get("text")) for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""
