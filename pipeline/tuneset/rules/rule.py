"""What a rule is: its stable code, what it says and why, and an example of each verdict.

A rule is data. The functions that look for violations are in the file of the rule's family beside this one; tests
run every rule's two samples through the whole of `tuneset check`.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from typing import Any, Literal

import orjson

from tuneset.terms import Format, Severity

FAMILIES: Mapping[str, str] = {
    "FIL": "File and encoding",
    "JSN": "JSON",
    "SHP": "Shape",
    "CNV": "Conversation",
    "TOL": "Tools",
    "VIS": "Vision",
    "PRF": "Preference pairs",
    "RFT": "Reinforcement",
    "TXT": "Text",
    "TOK": "Tokens",
    "DAT": "Dataset",
    "MDL": "Model",
    "EGR": "What must not leave",
}


@dataclasses.dataclass(frozen=True)
class Sample:
    """A whole file that breaks one rule, or keeps it.

    Args:
        data: the file's bytes; a validation file may follow in `validation`.
        line: where the finding is expected in a bad sample; 0 for the whole file.
        path: the JSON path expected in a bad sample.
        format: the format asked for; `auto` by default, as on the command line.
    """

    data: bytes
    line: int = 1
    path: str = ""
    format: Format | Literal["auto"] = "auto"
    profile: str = "openai"
    model: str | None = None
    validation: bytes | None = None
    grader: bytes | None = None
    name: str = "train.jsonl"


@dataclasses.dataclass(frozen=True)
class Rule:
    """One rule of `tuneset check`.

    Args:
        code: stable, three capitals and three digits; the capitals name the family.
        name: in kebab-case, as users write it in params.yaml and on the command line.
        severity: the default; a profile or the user may change it.
        summary: what is wrong, one line.
        why: what comes of it.
        source: where that is known from; `as_of` when it was so.
        fixable: whether `tuneset check --fix` can repair it with certainty.
        optional: whether it is off unless a profile or the user asks for it.
    """

    code: str
    name: str
    severity: Severity
    summary: str
    why: str
    source: str
    as_of: dt.date
    bad: Sample
    good: Sample
    fixable: bool = False
    optional: bool = False

    @property
    def family(self) -> str:
        """The three capitals of the code, a key of FAMILIES."""
        return self.code[:3]


# --- how samples are written ---------------------------------------------------------------------------------------


def message(role: str, content: Any, **more: object) -> dict[str, Any]:  # noqa: ANN401
    """A message of a sample.

    >>> message("user", "Hi", name="ann")
    {'role': 'user', 'content': 'Hi', 'name': 'ann'}
    """
    return {"role": role, "content": content, **more}


ASK = message("user", "What is the capital of France?")
ANSWER = message("assistant", "Paris.")
WEATHER_TOOL: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather in a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
TOOL_RESULT: dict[str, Any] = {"role": "tool", "tool_call_id": "call_1", "content": "12 degrees"}
ASK_WEATHER = message("user", "How warm is it in Paris?")
TELL_WEATHER = message("assistant", "It is 12 degrees in Paris.")


def call(arguments: Any, name: str = "weather", call_id: str = "call_1") -> dict[str, Any]:  # noqa: ANN401
    """An assistant message that calls one tool."""
    function = {"name": name, "arguments": arguments}
    return {"role": "assistant", "tool_calls": [{"id": call_id, "type": "function", "function": function}]}


def chat(*messages: dict[str, Any], **more: object) -> bytes:
    """A chat line of a sample.

    >>> chat(message("user", "Hi"))
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
GOOD_TOOLS = Sample(tool_chat(ASK_WEATHER, call('{"city": "Paris"}'), TOOL_RESULT, TELL_WEATHER))
"""A line with a tool, its call and its answer that no rule minds."""
GOOD_PAIR = Sample(pair([ANSWER], [message("assistant", "Lyon.")]))
"""A preference line that no rule minds."""
RFT_MODEL = "o4-mini-2025-04-16"
"""The model of reinforcement samples, which profile azure knows."""
GOOD_PROMPT = Sample(chat(ASK, reference_answer="Paris"), profile="azure", model=RFT_MODEL)
"""A reinforcement line that no rule minds."""
