"""Lines of every kind for tests of exports, made by hypothesis, and what a line says, whoever spells it how.

`said` shares no code with `tuneset.writing`: it is what a round trip is held against.
"""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

Line = dict[str, Any]
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20).filter(lambda t: t.strip() == t)
NAMES = st.from_regex(r"[a-z_]{1,8}", fullmatch=True)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2),
    max_leaves=4,
)
ARGUMENTS = st.dictionaries(NAMES, VALUES, max_size=3)
IMAGE = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}


def tool(name: str) -> Line:
    parameters = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    return {"type": "function", "function": {"name": name, "description": "Tells.", "parameters": parameters}}


@st.composite
def answers(draw: st.DrawFn, *, reasoning: bool, weights: bool) -> Line:
    """The last message of a turn: a text of the assistant's."""
    message: Line = {"role": "assistant", "content": draw(TEXT)}
    if reasoning and draw(st.booleans()):
        message["reasoning_content"] = draw(TEXT)
    if weights and draw(st.booleans()):
        message["weight"] = draw(st.integers(0, 1))
    return message


@st.composite
def conversations(
    draw: st.DrawFn,
    *,
    tools: bool = True,
    images: bool = False,
    reasoning: bool = False,
    weights: bool = False,
    most: int = 3,
) -> Line:
    """A chat line: users and assistants in turn, with calls of tools and their answers between."""
    messages: list[Line] = []
    used: list[str] = []
    if draw(st.booleans()):
        messages.append({"role": draw(st.sampled_from(["system", "developer"])), "content": draw(TEXT)})
    for number in range(draw(st.integers(1, most))):
        asked: Any = draw(TEXT)
        if images and draw(st.booleans()):
            asked = [{"type": "text", "text": asked}, IMAGE]
        elif draw(st.integers(0, 4)) == 0:
            asked = [{"type": "text", "text": asked}]
        messages.append({"role": "user", "content": asked})
        if tools and draw(st.booleans()):
            names = draw(st.lists(NAMES, min_size=1, max_size=2))
            used += [name for name in names if name not in used]
            ids = [f"call_{number}_{place}" for place in range(len(names))]
            calls = [
                {
                    "id": call_id,
                    "type": "function",
                    "function": {"name": name, "arguments": json.dumps(draw(ARGUMENTS), ensure_ascii=False)},
                }
                for call_id, name in zip(ids, names, strict=True)
            ]
            said: Line = {"role": "assistant", "content": None, "tool_calls": calls}
            if draw(st.booleans()):
                del said["content"]
            if weights and draw(st.booleans()):
                said["weight"] = draw(st.integers(0, 1))
            messages.append(said)
            messages += [{"role": "tool", "tool_call_id": call_id, "content": draw(TEXT)} for call_id in ids]
        messages.append(draw(answers(reasoning=reasoning, weights=weights)))
    line: Line = {"messages": messages}
    if used:
        line["tools"] = [tool(name) for name in used]
        if draw(st.booleans()):
            line["parallel_tool_calls"] = draw(st.booleans())
    return line


@st.composite
def preferences(draw: st.DrawFn, *, tools: bool = True, reasoning: bool = False, least: int = 0) -> Line:
    """A preference pair, each answer of at least so many characters."""
    whole = draw(conversations(tools=tools, reasoning=reasoning, most=2))
    asked = {"messages": whole["messages"][:-1], **({"tools": whole["tools"]} if "tools" in whole else {})}
    preferred, other = (text.ljust(least, ".") for text in draw(st.lists(TEXT, min_size=2, max_size=2, unique=True)))
    return {
        "input": asked,
        "preferred_output": [{"role": "assistant", "content": preferred}],
        "non_preferred_output": [{"role": "assistant", "content": other}],
    }


@st.composite
def labelled(draw: st.DrawFn, *, tools: bool = True) -> Line:
    """An unpaired preference."""
    whole = draw(conversations(tools=tools, most=2))
    whole.pop("parallel_tool_calls", None)
    return {**whole, "label": draw(st.booleans())}


@st.composite
def tasks(draw: st.DrawFn) -> Line:
    """A task for reinforcement, with columns of its grader."""
    whole = draw(conversations(tools=False, most=2))
    return {"messages": whole["messages"][:-1], "reference_answer": draw(TEXT), "level": draw(st.integers(0, 9))}


def said(line: Line) -> Line:
    """What a line says: of any method, in the provider's own spelling or in that of templates."""
    if "input" in line:
        asked = _messages(line["input"]["messages"])
        answers_ = {key: _messages(line[key]) for key in ("preferred_output", "non_preferred_output")}
        return {"messages": asked, **answers_, "tools": line["input"].get("tools", [])}
    rest = {key: value for key, value in line.items() if key not in ("messages", "tools", "parallel_tool_calls")}
    return {"messages": _messages(line["messages"]), "tools": line.get("tools", []), **rest}


def _messages(messages: list[Line]) -> list[Line]:
    """Messages without ids: a tool's answer names the place of the call that it answers."""
    places: dict[str, int] = {}
    found = []
    for message in messages:
        calls = []
        for call in message.get("tool_calls") or []:
            places[call["id"]] = len(places)
            arguments = call["function"]["arguments"]
            read = json.loads(arguments) if isinstance(arguments, str) else arguments
            calls.append((call["function"]["name"], read))
        role = {"developer": "system"}.get(message["role"], message["role"])
        one: Line = {"role": role, "content": _content(message.get("content"))}
        if calls:
            one["calls"] = calls
        if role == "tool":
            one["answers"] = places[message["tool_call_id"]]
        if message.get("reasoning_content"):
            one["thought"] = message["reasoning_content"]
        if role == "assistant":
            one["trained"] = message.get("weight") != 0
        found.append(one)
    return found


def _content(content: Any) -> Any:  # noqa: ANN401  text, null or parts
    if content is None:
        return ""
    if isinstance(content, list) and all(part["type"] == "text" for part in content):
        return "\n".join(part["text"] for part in content)
    return content


def up_to(line: Line) -> list[Line]:
    """What the rows say that a line is split into: each ends in an answer that is trained, and learns that alone."""
    whole = said(line)
    rows = []
    for place, message in enumerate(whole["messages"]):
        if message.get("trained"):
            rows.append({**whole, "messages": whole["messages"][: place + 1]})
    return rows
