"""What holds messages and texts: parts without a type, a message where a list is needed, outputs under a wrong name."""

from __future__ import annotations

import json
from typing import Any

from tuneset.rules.accessors import OUTPUTS, WRONG_OUTPUT_KEYS, Object, all_messages
from tuneset.rules.repairs.repair import Example, Look, Repair
from tuneset.rules.samples import ANSWER, ASK, turn
from tuneset.terms import Format

_TEXT = r'"(?:[^"\\]|\\.)*"'
_PART = (
    rf'\{{"type":"(?:text","text|refusal","refusal)":{_TEXT}\}}'
    rf'|\{{"type":"image_url","image_url":\{{"url":{_TEXT}(?:,"detail":{_TEXT})?\}}\}}'
)
_WELL_FORMED = rf"^\[(?:{_PART})(?:,(?:{_PART}))*\]$"
"""Parts as the protocol has them, their keys in its order; others are looked at one by one."""


def _type_parts(example: Example, line_format: Format) -> bool:
    changed = False
    for _, message in all_messages(example, line_format):
        content = message.get("content")
        if isinstance(content, list):
            typed = [_typed(part) for part in content]
            if typed != content:
                content[:] = typed
                changed = True
    return changed


def _typed(part: Any) -> Any:  # noqa: ANN401  any JSON value
    """A content part with its type.

    >>> _typed({"text": "Hi"}), _typed("Hi"), _typed({"image_url": "https://a.b/c.png"})["image_url"]
    ({'type': 'text', 'text': 'Hi'}, {'type': 'text', 'text': 'Hi'}, {'url': 'https://a.b/c.png'})
    """
    if isinstance(part, str):
        return {"type": "text", "text": part}
    if not isinstance(part, dict):
        return part
    if part.get("type") is None and not {"text", "image_url"} <= part.keys():
        rest = {key: value for key, value in part.items() if key != "type"}
        if isinstance(part.get("text"), str):
            return {"type": "text", **rest}
        if isinstance(part.get("image_url"), dict | str):
            part = {"type": "image_url", **rest}
    if part.get("type") == "image_url" and isinstance(part.get("image_url"), str):
        return {**part, "image_url": {"url": part["image_url"]}}
    return part


PART_WITHOUT_TYPE = Repair(
    "REP014", "part-without-type",
    "A content part gets the type that its key says; a text in a list of parts, or an image's address, is wrapped.",
    "A part with `text` is a text, one with `image_url` an image.",
    ("SHP003", "SHP004", "SHP007", "SHP009"),
    {"messages": [turn("user", [{"text": ASK["content"]}]), ANSWER]},
    {"messages": [turn("user", [{"type": "text", "text": ASK["content"]}]), ANSWER]},
    _type_parts,
    (Look("parts", unless=_WELL_FORMED),),
)  # fmt: skip


def _list_messages(example: Example, line_format: Format) -> bool:
    """Wrap a message that stands where a list of messages is needed."""
    changed = False
    holder = example.get("input") if line_format == "dpo" else example
    places: list[tuple[Object, str]] = [(holder, "messages")] if isinstance(holder, dict) else []
    places += [(example, name) for name in OUTPUTS] if line_format == "dpo" else []
    for where, key in places:
        message = where.get(key)
        if isinstance(message, dict) and "role" in message and "content" in message:
            where[key] = [message]
            changed = True
    return changed


MESSAGE_AS_LIST = Repair(
    "REP015", "message-as-list",
    "A message that stands where a list of messages is needed becomes a list of one.",
    "One message is a conversation of one.",
    ("SHP004", "PRF002"),
    {"messages": ANSWER},
    {"messages": [ANSWER]},
    _list_messages,
)  # fmt: skip


def _rename_outputs(example: Example, line_format: Format) -> bool:
    del line_format
    wrong = [key for key in example if key in WRONG_OUTPUT_KEYS and WRONG_OUTPUT_KEYS[key] not in example]
    if wrong:
        renamed = {WRONG_OUTPUT_KEYS[key] if key in wrong else key: value for key, value in example.items()}
        example.clear()
        example.update(renamed)
    return bool(wrong)


OUTPUT_NAME = Repair(
    "REP016", "output-name",
    "The outputs of a preference pair under the names of the published schema get those that servers take.",
    "The published schema says _completion, the server _output, and both mean the same.",
    ("PRF001",),
    {"input": {"messages": [ASK]}, "preferred_completion": [ANSWER], "non_preferred_completion": [ANSWER]},
    {"input": {"messages": [ASK]}, "preferred_output": [ANSWER], "non_preferred_output": [ANSWER]},
    _rename_outputs,
)  # fmt: skip


_LISTS = ("messages", "tools", "functions")


def _parse_lists(example: Example, line_format: Format) -> bool:
    """Read lists of objects that stand in a line as JSON text."""
    changed = False
    holder = example.get("input") if line_format == "dpo" else example
    places = [(holder, key) for key in _LISTS] if isinstance(holder, dict) else []
    places += [(example, name) for name in OUTPUTS] if line_format == "dpo" else []
    for where, key in places:
        text = where.get(key)
        if isinstance(text, str) and text.lstrip().startswith("["):
            try:
                found = json.loads(text)
            except (ValueError, RecursionError):
                continue
            if isinstance(found, list) and all(isinstance(entry, dict) for entry in found):
                where[key] = found
                changed = True
    return changed


LIST_AS_TEXT = Repair(
    "REP017", "list-as-text",
    "Messages and tools that stand in a line as JSON text are written as the lists that they are.",
    "Tables without nested columns keep lists as text; a list of objects is no text that anybody said.",
    ("SHP004", "PRF002"),
    {"messages": json.dumps([ASK, ANSWER])},
    {"messages": [ASK, ANSWER]},
    _parse_lists,
)  # fmt: skip
