"""Where the messages, texts and images of an example are, whatever its format and however broken it is.

Every function passes over what has not the expected type; the shape rules have said so already.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tuneset.terms import Format

Step = tuple[str | int, ...]
Object = dict[str, Any]

PROMPTS: dict[Format, Step] = {
    "sft": ("messages",),
    "dpo": ("input", "messages"),
    "rft": ("messages",),
    "kto": ("messages",),
}
"""Where the conversation of each format is."""
OUTPUTS = ("preferred_output", "non_preferred_output")
WRONG_OUTPUT_KEYS = {f"{name.removesuffix('output')}completion": name for name in OUTPUTS}
"""The names that the published schema gives the outputs, and those that the server takes."""


def objects_at(example: Any, path: Step) -> list[tuple[Step, Object]]:  # noqa: ANN401  any JSON value
    """The objects of the array at `path`, with their paths.

    >>> objects_at({"messages": [{"role": "user"}, 7]}, ("messages",))
    [(('messages', 0), {'role': 'user'})]
    """
    found = example
    for part in path:
        found = found.get(part) if isinstance(found, dict) else None
    if not isinstance(found, list):
        return []
    return [((*path, index), entry) for index, entry in enumerate(found) if isinstance(entry, dict)]


def conversation(example: Object, line_format: Format) -> list[tuple[Step, Object]]:
    """The messages of the conversation; in preference lines those of the input."""
    return objects_at(example, PROMPTS[line_format])


def all_messages(example: Object, line_format: Format) -> list[tuple[Step, Object]]:
    """The messages of the conversation and, in preference lines, of both outputs."""
    messages = conversation(example, line_format)
    if line_format == "dpo":
        messages += [entry for branch in OUTPUTS for entry in objects_at(example, (branch,))]
    return messages


def texts(path: Step, message: Object) -> Iterator[tuple[Step, str]]:
    """Every text of a message: content, parts, refusal.

    >>> list(texts(("messages", 0), {"content": [{"type": "text", "text": "Hi"}]}))
    [(('messages', 0, 'content', 0, 'text'), 'Hi')]
    """
    content = message.get("content")
    if isinstance(content, str):
        yield (*path, "content"), content
    for place, part in objects_at(message, ("content",)):
        for key in ("text", "refusal"):
            if isinstance(part.get(key), str):
                yield (*path, *place, key), part[key]
    if isinstance(message.get("refusal"), str):
        yield (*path, "refusal"), message["refusal"]


def calls(path: Step, message: Object) -> Iterator[tuple[Step, Object, Object]]:
    """Every tool call of a message with its function: (path of the call, call, function)."""
    for place, call in objects_at(message, ("tool_calls",)):
        function = call.get("function")
        if isinstance(function, dict):
            yield (*path, *place), call, function


def images(path: Step, message: Object) -> Iterator[tuple[Step, str]]:
    """Every image of a message: (path of its URL, URL)."""
    for place, part in objects_at(message, ("content",)):
        image = part.get("image_url")
        if part.get("type") == "image_url" and isinstance(image, dict) and isinstance(image.get("url"), str):
            yield (*path, *place, "image_url", "url"), image["url"]


def tool_definitions(example: Object, line_format: Format) -> list[tuple[Step, Object]]:
    """The function definitions of an example, from `tools` and the deprecated `functions`, with their paths."""
    holder = (*PROMPTS[line_format][:-1], "tools")
    tools = objects_at(example, holder)
    functions = [
        ((*path, "function"), tool["function"]) for path, tool in tools if isinstance(tool.get("function"), dict)
    ]
    return functions + objects_at(example, ("functions",))
