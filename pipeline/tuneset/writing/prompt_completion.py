"""The export format `prompt-completion`: what is said before an answer, and the answer, as lists of messages.

A trainer learns the completion alone. A conversation with several answers therefore becomes one row for each answer
that is trained (`weight` is not 0), with all that stands before it as its prompt: the same text is learned from the
same context as in the chat line. What comes after the last of them is learned by neither and is not written. The form
is that of TRL's conversational prompt-completion data
(https://huggingface.co/docs/trl/dataset_formats, 2026-11-20).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tuneset import artifacts
from tuneset.drop_reasons import NO_PLACE, NOTHING_TRAINED, OTHER_FORMAT
from tuneset.json_text import dump_line
from tuneset.writing.exporter import Dataset, Exporter, LineOutcome, one_file_a_side

ROLES = ("system", "developer", "user", "assistant")
"""Roles of a message that is text alone."""


def write_pairs(dataset: Dataset, folder: Path) -> Iterator[LineOutcome]:
    """Write `SIDE.jsonl` for each side, one row `{"prompt": [...], "completion": [...]}` for each trained answer."""
    for side in dataset.sides:
        with artifacts.writing(folder / f"{side}.jsonl") as handle:
            for line in dataset.lines(side):
                refused = refusal(line.example)
                rows = [] if refused else list(pairs(line.example["messages"]))
                for row in rows:
                    handle.write(dump_line(row))
                code, detail = refused or (None if rows else NOTHING_TRAINED, None)
                yield LineOutcome(side, line.number, len(rows), code, detail)


def refusal(example: dict[str, Any]) -> tuple[str, str] | None:
    """Why an example is left out, as a code and what of it has no place in this format; None where all has.

    >>> refusal({"messages": [{"role": "user", "content": "?"}], "tools": []})
    ('EXP002', '$.tools')
    """
    messages = example.get("messages")
    if type(messages) is not list or not all(type(message) is dict for message in messages):
        return OTHER_FORMAT, "no list of messages"
    for key in example:
        if key != "messages":
            return NO_PLACE, f"$.{key if key in _TOLD else '(a key that chat lines do not have)'}"
    for index, message in enumerate(messages):
        if message.get("role") not in ROLES or type(message.get("content")) is not str:
            return NO_PLACE, f"$.messages[{index}]: a message that is not text alone"
        if message.keys() - {"role", "content", "weight"}:
            return NO_PLACE, f"$.messages[{index}]: more than a role, a text and a weight"
    return None


_TOLD = ("tools", "parallel_tool_calls", "functions")
"""Keys of a chat line that may be named; a key that nobody knows may hold anything."""


def pairs(messages: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield a row for each trained answer of a conversation.

    >>> [row["completion"][0]["content"] for row in pairs([
    ...     {"role": "user", "content": "a?"}, {"role": "assistant", "content": "a", "weight": 0},
    ...     {"role": "user", "content": "b?"}, {"role": "assistant", "content": "b"}])]
    ['b']
    """
    said = [{"role": message["role"], "content": message["content"]} for message in messages]
    for index, message in enumerate(messages):
        if message["role"] == "assistant" and message.get("weight") != 0:
            yield {"prompt": said[:index], "completion": [said[index]]}


PROMPT_COMPLETION = Exporter(
    "prompt-completion",
    "a prompt and its completion, as lists of messages: one row for each trained answer",
    one_file_a_side,
    write_pairs,
)
