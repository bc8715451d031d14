r"""ToolACE's conversations: functions as a JSON list in the text of `system`, calls in brackets as Python writes them.

`[Market Trends API(trend_type="MARKET_INDEXES", country="us")]` is a call, and a turn of `tool` the list of what calls
gave. They become tools and calls of the chat format, which wants names of letters, digits, `_` and `-`: others get `_`
in the place of what it does not take, the same in tools and calls. Of the system text the list goes, and the rules on
how calls are to be written. Team-ACE/ToolACE, seen 2026-11.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from tuneset.json_text import JsonValue, dumps
from tuneset.reading.shapes.base import ASK, REPLY, Message, Record, Shape, Shaped, ShapeError, json_of, others
from tuneset.reading.shapes.blocks import Call, Given, Text, Turn, messages_from
from tuneset.reading.shapes.companions import tool_of
from tuneset.roles import speaker_role

_LIST = re.compile(r"\[\s*\{\s*\"name\"")
_HOW_TO_CALL = ("Should you decide to return the function call(s).", "MUST be included.")
"""How the rules on calls begin and end."""
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_-]")
_LONGEST_NAME = 64  # of OpenAI's function names
_TYPES = {
    "dict": "object", "float": "number", "double": "number", "int": "integer", "str": "string", "bool": "boolean",
    "list": "array", "tuple": "array",
}  # fmt: skip
_WORDS = {"true": True, "false": False, "null": None, "none": None}
_OPEN, _CLOSE = "([{", ")]}"


def read_toolace(record: Record) -> Shaped:
    """The conversation with its functions as tools. Raises ShapeError on calls that cannot be read."""
    system = record["system"]
    place, end, functions = _functions(system) or (0, 0, [])
    names = sorted((str(function.get("name")) for function in functions), key=len, reverse=True)
    if len({_plain(name) for name in names}) < len(set(names)):
        raise ShapeError("two functions have one name in the letters that the chat format takes", "TOL003")
    around = (_without_how_to_call(system[:place]).rstrip(), _without_how_to_call(system[end:]).lstrip(". \n").rstrip())
    rules = "\n".join(text for text in around if text)
    turns: list[Turn] = [("system", [Text(rules)])] if rules else []
    asked = 0  # how many calls of the turn before are open
    for turn in record["conversations"]:
        role, text = speaker_role(turn.get("from", turn.get("role"))), turn.get("value", turn.get("content"))
        if role is None or type(text) is not str:
            raise ShapeError("conversations: a turn has no speaker that is known, or no text", "CNV001")
        if role == "tool":
            turns.append((role, [Given(None, each) for each in _results(text, asked)]))
            continue
        calls = list(_calls(text, names)) if role == "assistant" else []
        asked = len(calls)
        turns.append((role, [Call(None, _plain(name), given) for name, given in calls] or [Text(text)]))
    example: dict[str, Any] = {"messages": messages_from(turns)}
    if functions:
        example["tools"] = [_tool(function) for function in functions]
    return example, others(record, ("system", "conversations"))


def _functions(system: str) -> tuple[int, int, list[Message]] | None:
    """Where in a system text the list of functions begins and ends, and the functions; None where there is none."""
    begin = _LIST.search(system)
    if begin is None:
        return None
    try:
        found, end = json.JSONDecoder().raw_decode(system, begin.start())
    except (ValueError, RecursionError):
        return None
    fine = type(found) is list and all(type(one) is dict and type(one.get("name")) is str for one in found)
    return (begin.start(), end, found) if fine else None


def _without_how_to_call(system: str) -> str:
    begin = system.find(_HOW_TO_CALL[0])
    end = system.find(_HOW_TO_CALL[1], begin) if begin >= 0 else -1
    return system if end < 0 else system[:begin] + system[end + len(_HOW_TO_CALL[1]) :]


def _plain(name: str) -> str:
    """A name in the letters that the chat format takes.

    >>> _plain("Market Trends API"), _plain("get_weather")
    ('Market_Trends_API', 'get_weather')
    """
    return _NOT_IN_A_NAME.sub("_", name.strip())[:_LONGEST_NAME]


def _tool(function: Message) -> Message:
    """A function as a tool: Python's names of types become those of JSON Schema."""
    plain = {key: held for key, held in _schema(function).items() if key in ("name", "description", "parameters")}
    tool: Message = tool_of({**plain, "name": _plain(function["name"])})
    return tool


def _schema(value: Any) -> Any:  # noqa: ANN401  any JSON value
    """A schema without nulls, with types that JSON Schema knows.

    >>> _schema({"type": "dict", "required": None, "properties": {"type": {"type": "float"}}})
    {'type': 'object', 'properties': {'type': {'type': 'number'}}}
    """
    if type(value) is list:
        return [_schema(one) for one in value]
    if type(value) is not dict:
        return value
    kept = {key: held for key, held in value.items() if held is not None and not (key == "type" and held == "any")}
    return {
        key: _TYPES.get(held, held) if key == "type" and type(held) is str else _schema(held)
        for key, held in kept.items()
    }


def _calls(text: str, names: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The calls in brackets, each with its arguments; none in a text that is something else.

    >>> list(_calls('[a b(x=[1, 2], y="),"), c()]', ["a b", "c"]))
    [('a b', {'x': [1, 2], 'y': '),'}), ('c', {})]
    >>> list(_calls("[1] is a footnote.", ["a"])), list(_calls("[a] or (b)", ["a"]))
    ([], [])
    """
    inner = text.strip()
    if not (inner.startswith("[") and inner.endswith(")]")) or _name_at(inner, 1, names) is None:
        return
    at = 1
    while at < len(inner) - 1:
        name = _name_at(inner, at, names)
        if name is None:
            raise _unread()
        at += len(name) + 1
        end = _closing(inner, at)
        yield name, dict(_argument(one) for one in _split(inner[at:end]))
        at = end + 1
        while at < len(inner) - 1 and inner[at] in ", \n":
            at += 1


def _unread() -> ShapeError:
    return ShapeError("conversations: a call in brackets cannot be read", "TOL005")


def _name_at(text: str, at: int, names: Sequence[str]) -> str | None:
    """The function whose call begins at a place: of those that are known, the longest first."""
    return next((name for name in names if text.startswith(f"{name}(", at)), None)


def _marks(text: str, at: int) -> Iterator[tuple[int, str]]:
    """The places and characters from one on that stand in no text within quotes."""
    quote = ""
    while at < len(text):
        mark = text[at]
        if quote:
            if mark == "\\":
                at += 1
            elif mark == quote:
                quote = ""
        elif mark in "\"'":
            quote = mark
        else:
            yield at, mark
        at += 1


def _closing(text: str, at: int) -> int:
    """Where the bracket closes that stands open before a place."""
    depth = 1
    for place, mark in _marks(text, at):
        depth += (mark in _OPEN) - (mark in _CLOSE)
        if depth == 0:
            return place
    raise _unread()


def _split(text: str) -> Iterator[str]:
    """The arguments, which commas divide."""
    depth = start = 0
    for place, mark in _marks(text, 0):
        depth += (mark in _OPEN) - (mark in _CLOSE)
        if mark == "," and depth == 0:
            yield text[start:place]
            start = place + 1
    if text[start:].strip():
        yield text[start:]


def _argument(text: str) -> tuple[str, JsonValue]:
    """The name and the value of an argument.

    >>> _argument(' day = "today"'), _argument("n=true"), _argument("x=[None, 1.5]")
    (('day', 'today'), ('n', True), ('x', [None, 1.5]))
    """
    name, is_given, value = text.partition("=")
    plain = value.strip()
    if not is_given or not name.strip():
        raise _unread()
    if plain.casefold() in _WORDS:
        return name.strip(), _WORDS[plain.casefold()]
    for read in (json.loads, ast.literal_eval):
        try:
            found = read(plain)
            dumps(found)
        except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
            continue
        return name.strip(), found
    raise _unread()


def _results(text: str, calls: int) -> list[str]:
    """What tools gave, one text a call. Raises ShapeError where the results are fewer or more than the calls."""
    found = json_of(text)
    if calls == 1:
        return [text]
    if type(found) is not list or len(found) != calls:
        raise ShapeError("conversations: what tools gave is not one result a call", "TOL005")
    return [one if type(one) is str else dumps(one) for one in found]


def _fits(record: Record) -> bool:
    """Whether there are functions and a call of one of them; without, the row is ShareGPT's."""
    system, turns = record["system"], record["conversations"]
    if type(system) is not str or type(turns) is not list or any(type(turn) is not dict for turn in turns):
        return False
    found = _functions(system)
    names = [function["name"] for function in found[2]] if found else []
    answers = (turn for turn in turns if speaker_role(turn.get("from", turn.get("role"))) == "assistant")
    texts = [turn.get("value", turn.get("content")) for turn in answers]
    return any(type(text) is str and _begins_call(text, names) for text in texts)


def _begins_call(text: str, names: Sequence[str]) -> bool:
    inner = text.strip()
    return inner.startswith("[") and _name_at(inner, 1, names) is not None


TOOLACE = Shape(
    "toolace",
    "sft",
    frozenset(("system", "conversations")),
    read_toolace,
    raw={
        "system": 'Use these functions:\n[{"name": "Open Hours", "parameters": {"type": "dict", "properties": {}}}]',
        "conversations": [
            {"from": "user", "value": ASK["content"]},
            {"from": "assistant", "value": '[Open Hours(day="today")]'},
            {"from": "tool", "value": '[{"name": "Open Hours", "results": "9 to 5"}]'},
            {"from": "assistant", "value": REPLY["content"]},
        ],
    },
    example={
        "messages": [
            {"role": "system", "content": "Use these functions:"},
            ASK,
            {
                "role": "assistant",
                "tool_calls": [
                    {
                        "id": "call_3_1",
                        "type": "function",
                        "function": {"name": "Open_Hours", "arguments": '{"day":"today"}'},
                    }
                ],
            },
            {"role": "tool", "content": '[{"name": "Open Hours", "results": "9 to 5"}]', "tool_call_id": "call_3_1"},
            REPLY,
        ],
        "tools": [
            {
                "type": "function",
                "function": {"name": "Open_Hours", "parameters": {"type": "object", "properties": {}}},
            }
        ],
    },
    fits=_fits,
)
