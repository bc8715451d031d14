"""What the examples of rules are made of: messages, calls, and lines of each format.

Rules and tests share these. Nothing here is looked at by a check.
"""

from __future__ import annotations

from typing import Any

import orjson

from tuneset.rules.rule import Sample


def turn(role: str, content: Any, **more: object) -> dict[str, Any]:  # noqa: ANN401  any JSON
    """A message of a sample.

    >>> turn("user", "Hi", name="ann")
    {'role': 'user', 'content': 'Hi', 'name': 'ann'}
    """
    return {"role": role, "content": content, **more}


ASK = turn("user", "What is the capital of France?")
ANSWER = turn("assistant", "Paris.")
WEATHER_TOOL: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather in a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
TOOL_RESULT: dict[str, Any] = {"role": "tool", "tool_call_id": "call_1", "content": "12 degrees"}
ASK_WEATHER = turn("user", "How warm is it in Paris?")
TELL_WEATHER = turn("assistant", "It is 12 degrees in Paris.")


def call_turn(arguments: Any, name: str = "weather", call_id: str = "call_1") -> dict[str, Any]:  # noqa: ANN401  any JSON
    """An assistant message that calls one tool."""
    function = {"name": name, "arguments": arguments}
    return {"role": "assistant", "tool_calls": [{"id": call_id, "type": "function", "function": function}]}


def chat(*messages: dict[str, Any], **more: object) -> bytes:
    """A chat line of a sample.

    >>> chat(turn("user", "Hi"))
    b'{"messages":[{"role":"user","content":"Hi"}]}'
    """
    return orjson.dumps({"messages": messages, **more})


def tool_chat(*messages: dict[str, Any], tool: dict[str, Any] | None = None) -> bytes:
    """A chat line whose tools are one definition, the weather by default."""
    return chat(*messages, tools=[WEATHER_TOOL if tool is None else tool])


def pair(preferred: Any, non_preferred: Any, **more: Any) -> bytes:  # noqa: ANN401  a sample may be malformed
    """A preference line of a sample."""
    outputs = {"preferred_output": preferred, "non_preferred_output": non_preferred}
    return orjson.dumps({"input": {"messages": [ASK]}, **outputs, **more})


GOOD_CHAT = Sample(chat(ASK, ANSWER))
"""A line that no rule minds."""
GOOD_TOOLS = Sample(tool_chat(ASK_WEATHER, call_turn('{"city": "Paris"}'), TOOL_RESULT, TELL_WEATHER))
"""A line with a tool, its call and its answer that no rule minds."""
GOOD_PAIR = Sample(pair([ANSWER], [turn("assistant", "Lyon.")]))
"""A preference line that no rule minds."""
RFT_MODEL = "o4-mini-2025-04-16"
"""The model of reinforcement samples, which profile azure knows."""
GOOD_PROMPT = Sample(chat(ASK, reference_answer="Paris"), profile="azure", model=RFT_MODEL)
"""A reinforcement line that no rule minds."""
