"""The one form in which every export format takes a line: what it says, however its provider spells that.

Arguments of calls are objects, a content is text or a list of parts and never null, a tool's answer knows the name of
its tool, an assistant's message says whether it is trained. What of the line had to be spelled otherwise for that is
noted with a code of `drop_reasons.py`. Formats take from here and write; nothing is written here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

from tuneset import export_reasons as reasons
from tuneset.example_tables import REASONING
from tuneset.json_text import dumps, loads
from tuneset.terms import Format

CHAT_KEYS = frozenset({"messages", "tools", "parallel_tool_calls", "functions", "function_call"})
"""Keys of a supervised line; any other belongs to a grader (OpenAI API specification of 2025-05-20)."""
PAIR_KEYS = frozenset({"input", "preferred_output", "non_preferred_output"})
"""Keys of a preference pair. The same source."""
_MESSAGE_KEYS = frozenset({
    "role", "content", "name", "weight", "tool_calls", "tool_call_id", "function_call", "refusal", "audio", REASONING,
    "reasoning",
})  # fmt: skip
_ROLES = frozenset({"system", "user", "assistant", "tool"})
Part = dict[str, Any]


class LeftOutError(Exception):
    """A line that a format cannot take, with a code of `drop_reasons.py` and what of it, without any value."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclasses.dataclass(frozen=True)
class Call:
    """A call of a tool, its arguments as an object."""

    id: str
    name: str
    arguments: dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Message:
    """One message.

    Args:
        role: system, user, assistant or tool.
        content: its text, or parts of the types `text` and `image_url`, of which one at least is an image.
        calls: the tools that it calls.
        call_id: of a tool's answer, the call that it answers.
        name: of a tool's answer, the tool; else who speaks, where the line says it.
        reasoning: what was thought before it was said.
        trained: whether a model learns to say it; so of the assistant alone.
    """

    role: str
    content: str | list[Part] = ""
    calls: tuple[Call, ...] = ()
    call_id: str | None = None
    name: str | None = None
    reasoning: str | None = None
    trained: bool = False

    @property
    def text(self) -> str:
        """The content as text. Raises LeftOutError where it has an image, which there is no place for."""
        if not isinstance(self.content, str):
            raise LeftOutError(reasons.NO_PLACE, f"an image in a message of the role {self.role}")
        return self.content


@dataclasses.dataclass
class Conversation:
    """One line.

    Args:
        method: which format of line it is.
        messages: the conversation; of a preference pair its prompt.
        tools: the definitions of tools, each `{"type": "function", "function": {...}}`.
        chosen: the answer that is preferred, of a preference pair.
        rejected: the other one.
        label: whether the last answer is good, of an unpaired preference.
        columns: what belongs to the grader of a task.
        changes: codes of what is spelled otherwise than in the line.
    """

    method: Format
    messages: list[Message]
    tools: list[dict[str, Any]]
    chosen: Message | None = None
    rejected: Message | None = None
    label: bool | None = None
    columns: dict[str, Any] = dataclasses.field(default_factory=dict)
    changes: set[str] = dataclasses.field(default_factory=set)

    def said(self) -> Iterator[tuple[str, Message]]:
        """Every message with its place in the line as a JSON path."""
        if self.method != "dpo":
            yield from ((f"$.messages[{place}]", message) for place, message in enumerate(self.messages))
            return
        yield from ((f"$.input.messages[{place}]", message) for place, message in enumerate(self.messages))
        if self.chosen is not None and self.rejected is not None:
            yield "$.preferred_output[0]", self.chosen
            yield "$.non_preferred_output[0]", self.rejected


def method_of(example: dict[str, Any]) -> Format | None:
    """The format of a line, from what it has; None where it has neither messages nor a preference pair.

    >>> ask, reply = {"role": "user"}, {"role": "assistant"}
    >>> method_of({"messages": [ask, reply]}), method_of({"messages": [ask]}), method_of({"text": "?"})
    ('sft', 'rft', None)
    """
    if isinstance(example.get("input"), dict) and "preferred_output" in example:
        return "dpo"
    messages = example.get("messages")
    if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages):
        return None
    answered = bool(messages) and messages[-1].get("role") == "assistant"
    others = example.keys() - CHAT_KEYS
    if answered and others == {"label"} and isinstance(example["label"], bool):
        return "kto"
    if others or (messages and not any(message.get("role") == "assistant" for message in messages)):
        return "rft"
    return "sft"


def conversation(example: dict[str, Any]) -> Conversation:
    """A line in the one form. Raises LeftOutError where it says what no form is known for."""
    method = method_of(example)
    if method is None:
        raise LeftOutError(reasons.OTHER_FORMAT, "neither a list of messages nor a preference pair")
    holder = example["input"] if method == "dpo" else example
    asked = "$.input" if method == "dpo" else "$"
    found = holder.get("messages")
    if not isinstance(found, list) or not all(isinstance(message, dict) for message in found):
        raise LeftOutError(reasons.OTHER_FORMAT, f"{asked}.messages is no list of messages")
    reader = _Reader()
    whole = Conversation(method, [], reader.tools(holder, asked), changes=reader.changes)
    whole.messages = [reader.message(message, f"{asked}.messages[{place}]") for place, message in enumerate(found)]
    if holder.keys() & {"parallel_tool_calls", "function_call"}:
        reader.changes.add(reasons.SETTING_LEFT)
    if method == "dpo":
        if example.keys() - PAIR_KEYS or holder.keys() - CHAT_KEYS:
            reader.changes.add(reasons.KEYS_LEFT)
        whole.chosen = reader.answer(example, "preferred_output")
        whole.rejected = reader.answer(example, "non_preferred_output")
    elif method == "kto":
        whole.label = example["label"]
    elif method == "rft":
        whole.columns = {key: value for key, value in example.items() if key not in CHAT_KEYS}
    return whole


class _Reader:
    """Reads the messages of one line in their order, and keeps which calls are open."""

    def __init__(self) -> None:
        self.changes: set[str] = set()
        self._names: dict[str, str] = {}
        self._legacy: list[str] = []

    def message(self, message: dict[str, Any], path: str) -> Message:
        role = self._role(message, path)
        for key in message.keys() - _MESSAGE_KEYS:
            raise LeftOutError(
                reasons.NO_PLACE, f"{path}: a key that chat messages do not have ({len(key)} characters)"
            )
        for key in ("refusal", "audio"):
            if message.get(key) is not None:
                raise LeftOutError(reasons.NO_PLACE, f"{path}.{key}")
        assistant = role == "assistant"
        calls = tuple(self._calls(message, path)) if assistant else ()
        thought = _thought(message, path) if assistant else None
        said = Message(role, self._content(message, path), calls, reasoning=thought)
        if role == "tool":
            return self._tool_answer(said, message, path)
        name = message.get("name")
        if assistant and not said.content and not calls and message.get("content") is None:
            raise LeftOutError(reasons.NO_PLACE, f"{path}: says nothing")
        if assistant and message.get("weight") not in (None, 0, 1):
            raise LeftOutError(reasons.NO_PLACE, f"{path}.weight: is neither 0 nor 1")
        trained = assistant and message.get("weight") != 0
        return dataclasses.replace(said, name=name if isinstance(name, str) else None, trained=trained)

    def answer(self, example: dict[str, Any], key: str) -> Message:
        given = example.get(key)
        if not isinstance(given, list) or len(given) != 1 or not isinstance(given[0], dict):
            raise LeftOutError(reasons.OTHER_FORMAT, f"$.{key} is no list of one message")
        if given[0].get("role") != "assistant":
            raise LeftOutError(reasons.OTHER_FORMAT, f"$.{key}[0] is not the assistant's")
        kept = dict(self._names)
        answer = self.message(given[0], f"$.{key}[0]")
        self._names = kept
        return dataclasses.replace(answer, trained=True)

    def tools(self, holder: dict[str, Any], path: str) -> list[dict[str, Any]]:
        found = holder.get("tools")
        given = list(found) if isinstance(found, list) else []
        if isinstance(holder.get("functions"), list):
            self.changes.add(reasons.LEGACY_CALLS)
            given += [{"type": "function", "function": function} for function in holder["functions"]]
        for place, tool in enumerate(given):
            function = tool.get("function") if isinstance(tool, dict) else None
            if not isinstance(function, dict) or not isinstance(function.get("name"), str):
                raise LeftOutError(reasons.NO_PLACE, f"{path}.tools[{place}]: is no function with a name")
        return given

    def _role(self, message: dict[str, Any], path: str) -> str:
        role = message.get("role")
        if role == "developer":
            self.changes.add(reasons.DEVELOPER_ROLE)
            return "system"
        if role == "function":
            self.changes.add(reasons.LEGACY_CALLS)
            return "tool"
        if role not in _ROLES:
            raise LeftOutError(reasons.NO_PLACE, f"{path}.role: is none that chat messages have")
        return str(role)

    def _content(self, message: dict[str, Any], path: str) -> str | list[Part]:
        content = message.get("content")
        if content is None:
            self.changes.add(reasons.EMPTY_CONTENT)
            return ""
        if isinstance(content, str):
            return content
        if not isinstance(content, list):
            raise LeftOutError(reasons.NO_PLACE, f"{path}.content: is neither text nor parts")
        texts: list[str] = []
        for place, part in enumerate(content):
            kind = part.get("type") if isinstance(part, dict) else None
            if kind == "text" and isinstance(part.get("text"), str):
                texts.append(part["text"])
            elif kind != "image_url" or not isinstance(_image(part), str):
                raise LeftOutError(reasons.NO_PLACE, f"{path}.content[{place}]: is neither text nor an image")
        if len(texts) < len(content):
            return content
        self.changes.add(reasons.PARTS_JOINED)
        return "\n".join(texts)

    def _calls(self, message: dict[str, Any], path: str) -> Iterator[Call]:
        calls = message.get("tool_calls") or []
        legacy = message.get("function_call")
        if isinstance(legacy, dict):
            self.changes.add(reasons.LEGACY_CALLS)
            made = f"call_{path.rpartition('[')[2].rstrip(']')}"
            self._legacy.append(made)
            calls = [*calls, {"id": made, "type": "function", "function": legacy}]
        for place, call in enumerate(calls):
            where = f"{path}.tool_calls[{place}]"
            function = call.get("function") if isinstance(call, dict) else None
            if not isinstance(function, dict) or not isinstance(function.get("name"), str):
                raise LeftOutError(reasons.NO_PLACE, f"{where}: is no call of a function with a name")
            given = call.get("id")
            call_id = given if isinstance(given, str) else f"call_{len(self._names) + 1}"
            self._names[call_id] = function["name"]
            yield Call(call_id, function["name"], self._arguments(function.get("arguments"), where))

    def _arguments(self, value: Any, where: str) -> dict[str, Any]:  # noqa: ANN401  any JSON value
        found = value
        if isinstance(value, str):
            self.changes.add(reasons.ARGUMENTS_READ)
            try:
                found = loads(value.encode()) if value.strip() else {}
            except ValueError:
                found = None
        if not isinstance(found, dict):
            raise LeftOutError(reasons.NO_PLACE, f"{where}.function.arguments: are no JSON object")
        return found

    def _tool_answer(self, said: Message, message: dict[str, Any], path: str) -> Message:
        call_id = message.get("tool_call_id")
        if message.get("role") == "function":
            call_id = self._legacy.pop(0) if self._legacy else None
        if not isinstance(call_id, str) or call_id not in self._names:
            raise LeftOutError(reasons.NO_PLACE, f"{path}: answers no call that was made before it")
        if not isinstance(message.get("name"), str):
            self.changes.add(reasons.TOOL_NAMED)
        return dataclasses.replace(said, call_id=call_id, name=self._names[call_id])


def _image(part: Part) -> Any:  # noqa: ANN401  whatever stands there
    found = part.get("image_url")
    return found.get("url") if isinstance(found, dict) else None


def _thought(message: dict[str, Any], path: str) -> str | None:
    """What was thought before an answer, under either of the names that a line may have.

    Raises LeftOutError where it is no text, or both names say something and not the same.
    """
    found: str | None = None
    for key in (REASONING, "reasoning"):
        thought = message.get(key)
        if thought is not None and not isinstance(thought, str):
            raise LeftOutError(reasons.NO_PLACE, f"{path}.{key}: is no text")
        if thought and found and thought != found:
            raise LeftOutError(reasons.NO_PLACE, f"{path}.{key}: says something else than {REASONING}")
        found = found or thought or None
    return found


def image_urls(message: Message) -> list[str]:
    """The addresses of a message's images."""
    parts = message.content if isinstance(message.content, list) else []
    return [str(_image(part)) for part in parts if part["type"] == "image_url"]


def tools_text(tools: Sequence[dict[str, Any]]) -> str:
    """Definitions of tools as JSON text, which no table can fill with the keys of other rows."""
    return dumps(list(tools))
