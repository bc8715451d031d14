"""Columns that belong to an example whatever its shape: system text, tools, context, choices, history, images.

They are taken from the columns that a row's shape has left over. What cannot be placed with certainty stays left over
and is counted as unused: nothing is left out in silence, and nothing is said twice.
"""

from __future__ import annotations

import functools
import re
import string
from collections.abc import Mapping, Sequence
from typing import Any

from tuneset.example_tables import Example
from tuneset.json_text import JsonValue, dumps
from tuneset.reading.shapes.base import Message, Record, Shape, Shaped, json_of
from tuneset.roles import SYSTEM_ROLES

SYSTEM = (
    "system", "system_prompt", "system_message", "sys", "sys_prompt", "system_instruction", "system_instructions",
    "system_text", "systemprompt", "systemmessage",
)  # fmt: skip
CONTEXT = ("context", "contexts", "passage", "passages", "paragraph", "paragraphs", "story")
CHOICES = ("choices", "options", "answer_choices", "answer_options")
HISTORY = "history"
TOOLS = (
    "tools", "functions", "available_tools", "available_functions", "tool_definitions", "function_definitions",
    "tool_schemas", "tools_schema", "tool_list", "function_list",
)  # fmt: skip
IMAGES = ("image", "images")
COMPANIONS = frozenset((*SYSTEM, *CONTEXT, *CHOICES, HISTORY, *TOOLS, *IMAGES))
"""What is taken into an example where it can be placed."""
LETTERED = re.compile(r"(option|choice|opt|op)?[_ ]?([a-h]|[0-9])", re.IGNORECASE)
_FEWEST_CHOICES = 2


def read_row(shape: Shape, record: Record) -> Shaped:
    """The example that a row makes, with what its other columns add to it, and the columns that are left.

    Where the shape is one question and its answer, context, choices and history belong to the question. In rft lines
    every column belongs to the grader, and none is taken. Raises ShapeError as the shape does.
    """
    example, rest = shaped = shape.read(record)
    if not rest or shape.line_format == "rft" or (COMPANIONS.isdisjoint(rest) and not _lettered(rest)):
        return shaped
    left = dict(rest)
    holder = dict(example["input"]) if shape.line_format == "dpo" else dict(example)
    messages = list(holder["messages"])
    if shape.asks and any(message.get("role") == "user" for message in messages):
        messages = _with_history(messages, left)
        messages = _with_context(messages, left)
        messages = _with_choices(messages, left)
    messages = _with_system(messages, left)
    messages = _with_images(messages, left)
    holder["messages"] = messages
    _take_tools(holder, left)
    whole: Example = {**example, "input": holder} if shape.line_format == "dpo" else holder
    return whole, left or None


def _lettered(columns: Mapping[str, Any]) -> list[str]:
    """Columns that are choices in a row, one each, and hold something.

    >>> _lettered({"id": 1, "A": "red", "B": "blue", "C": None}), _lettered({"A": "red", "B": ""})
    (['A', 'B'], [])
    """
    found = [name for name in _lettered_names(tuple(columns)) if type(columns[name]) in (str, int, float)]
    found = [name for name in found if columns[name] != ""]
    return found if len(found) >= _FEWEST_CHOICES else []


@functools.lru_cache(maxsize=4096)
def _lettered_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """The names of choices among some: `A`, `B`, `C`; `option1`, `option2`; `opa`, `opb`.

    >>> _lettered_names(("id", "A", "B")), _lettered_names(("a", "b")), _lettered_names(("A",))
    (('A', 'B'), (), ())
    """
    found: dict[str, list[tuple[str, str]]] = {}
    for name in names:
        parts = LETTERED.fullmatch(name)
        if parts and (parts[1] or name in string.ascii_uppercase):
            found.setdefault((parts[1] or "").casefold(), []).append((parts[2].casefold(), name))
    for marked in found.values():
        row = "".join(mark for mark, _ in marked)
        if len(row) >= _FEWEST_CHOICES and any(
            each.startswith(row) for each in ("abcdefgh", "123456789", "0123456789")
        ):
            return tuple(name for _, name in marked)
    return ()


def _with_system(messages: list[Message], left: Record) -> list[Message]:
    """A system text goes first; one that says what the conversation's own says already is not said again."""
    own = messages[0].get("content") if messages and messages[0].get("role") in SYSTEM_ROLES else None
    for name in SYSTEM:
        if name not in left:
            continue
        text = _text_of_parts(left[name])
        if text is None:
            continue
        if not text.strip() or text == own:
            del left[name]
        elif own is None:
            del left[name]
            own = text
            messages = [{"role": "system", "content": text}, *messages]
    return messages


def _text_of_parts(value: JsonValue) -> str | None:
    """A text, also where it is given as parts, as Bedrock has it; None where it is neither.

    >>> _text_of_parts([{"text": "Be brief."}]), _text_of_parts(7)
    ('Be brief.', None)
    """
    found = "" if value is None else json_of(value)
    if type(found) is str:
        return found
    if type(found) is dict:
        found = [found]
    if type(found) is not list or not all(_is_text_part(part) for part in found):
        return None
    return "\n".join(part["text"] for part in found)


def _is_text_part(part: JsonValue) -> bool:
    return type(part) is dict and type(part.get("text")) is str and part.keys() <= {"text", "type", "cache_control"}


def _with_history(messages: list[Message], left: Record) -> list[Message]:
    """Earlier turns, as pairs or as messages, go before the question."""
    if HISTORY not in left:
        return messages
    found = json_of(left[HISTORY]) or []
    turns: list[Message] = []
    for turn in found if type(found) is list else ():
        if type(turn) is dict and type(turn.get("role")) is str and type(turn.get("content")) is str:
            turns.append({"role": turn["role"], "content": turn["content"]})
        elif type(turn) is list and len(turn) == 2 and all(type(text) is str for text in turn):
            turns += [{"role": "user", "content": turn[0]}, {"role": "assistant", "content": turn[1]}]
        else:
            return messages
    if type(found) is not list:
        return messages
    del left[HISTORY]
    start = _question(messages)
    return [*messages[:start], *turns, *messages[start:]]


def _question(messages: list[Message]) -> int:
    """The place of the last question."""
    return max(place for place, message in enumerate(messages) if message.get("role") == "user")


def _with_context(messages: list[Message], left: Record) -> list[Message]:
    """What the question is about goes above it, unless the conversation holds it already."""
    for name in CONTEXT:
        if name in left and not left[name]:
            del left[name]
        text = _joined(left.get(name))
        if not text:
            continue
        place = _question(messages)
        asked = messages[place].get("content")
        if type(asked) is not str:
            continue
        del left[name]
        if text.strip() not in asked:
            messages = [*messages[:place], {**messages[place], "content": f"{text}\n\n{asked}"}, *messages[place + 1 :]]
    return messages


def _joined(value: JsonValue) -> str:
    r"""A text, or several one below the other; nothing where a value is neither.

    >>> _joined(["Rome.", "Bern."]), _joined("Rome."), _joined({"text": "Rome."})
    ('Rome.\n\nBern.', 'Rome.', '')
    """
    found = json_of(value)
    if type(found) is list and found and all(type(text) is str for text in found):
        return "\n\n".join(found)
    return found if type(found) is str else ""


def _with_choices(messages: list[Message], left: Record) -> list[Message]:
    """The choices go below the question, one a line."""
    for names in (*((name,) for name in CHOICES), tuple(_lettered(left))):
        lines = _choice_lines(left.get(names[0])) if len(names) == 1 else _lettered_lines(left, names)
        place = _question(messages)
        asked = messages[place].get("content")
        if not lines or type(asked) is not str:
            continue
        for name in names:
            del left[name]
        listed = "\n".join(lines)
        if listed not in asked:
            messages = [
                *messages[:place],
                {**messages[place], "content": f"{asked}\n\n{listed}"},
                *messages[place + 1 :],
            ]
    return messages


def _lettered_lines(left: Record, names: Sequence[str]) -> list[str]:
    """Choices that have a column each, with the letters or numbers that these end with."""
    return [f"{name[-1:].upper()}. {left[name]}" for name in names]


def _choice_lines(value: JsonValue) -> list[str]:
    """Choices as lines with their letters; nothing where the value is no list of choices.

    >>> _choice_lines(["red", "blue"]), _choice_lines({"text": ["red"], "label": ["1"]}), _choice_lines({"a": "red"})
    (['A. red', 'B. blue'], ['1. red'], ['a. red'])
    """
    found = json_of(value)
    if type(found) is dict and type(found.get("text")) is list and type(found.get("label")) is list:
        labels, texts = [str(label) for label in found["label"]], found["text"]
    elif type(found) is dict:
        labels, texts = list(found), list(found.values())
    elif type(found) is list:
        labels, texts = list(string.ascii_uppercase[: len(found)]), found
    else:
        return []
    if len(labels) != len(texts) or any(type(text) not in (str, int, float) for text in texts):
        return []
    return [f"{label}. {text}" if str(text) != label else label for label, text in zip(labels, texts, strict=True)]


def _with_images(messages: list[Message], left: Record) -> list[Message]:
    """Images that are given by their address go to the first question; files that lie elsewhere cannot."""
    for name in IMAGES:
        value = json_of(left.get(name))
        given = value if type(value) is list else [value]
        if name in left and value in (None, "", []):
            del left[name]
            continue
        if not all(type(url) is str and url.startswith(("http://", "https://", "data:image/")) for url in given):
            continue
        place = next((n for n, message in enumerate(messages) if message.get("role") == "user"), None)
        if place is None or type(messages[place].get("content")) is not str:
            continue
        del left[name]
        text = messages[place]["content"].replace("<image>", "").strip()
        parts: list[Any] = [{"type": "image_url", "image_url": {"url": url}} for url in given]
        content = [*([{"type": "text", "text": text}] if text else []), *parts]
        messages = [*messages[:place], {**messages[place], "content": content}, *messages[place + 1 :]]
    return messages


def _take_tools(holder: dict[str, Any], left: Record) -> None:
    """Tools go to the example, each wrapped as the chat format wants it."""
    for name in TOOLS:
        if name not in left or "tools" in holder or "functions" in holder:
            continue
        found = json_of(left[name])
        if found in (None, "", []):
            del left[name]
        elif type(found) is list and all(_is_tool(tool) for tool in found):
            del left[name]
            holder["tools"] = [tool_of(tool) for tool in found]


def _is_tool(tool: JsonValue) -> bool:
    return type(tool) is dict and ("function" in tool or "name" in tool or "type" in tool)


def tool_of(tool: JsonValue) -> JsonValue:
    """A tool's definition, wrapped as the chat format wants it where it stands alone."""
    bare = type(tool) is dict and "function" not in tool and "name" in tool
    return {"type": "function", "function": tool} if bare else tool


def arguments_of(call: dict[str, Any]) -> str:
    """A call's arguments, under either name that they have, as the text that the chat format wants.

    >>> arguments_of({"arguments": {"n": 1}}), arguments_of({"parameters": '{"n": 1}'}), arguments_of({})
    ('{"n":1}', '{"n": 1}', '{}')
    """
    value = call.get("arguments", call.get("parameters"))
    if type(value) is str:
        return value
    return dumps({} if value is None else value)
