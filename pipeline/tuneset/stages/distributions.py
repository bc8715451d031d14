"""How written examples are distributed: messages, roles, tools, lengths of answers, languages. Counts, never a text.

Takes lines of the dataset as dicts and knows nothing of files or of how the rows were made. What may be concluded from
the counts is the business of `shift.py`; how they are drawn, of `tuneset/reporting/`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from tuneset import kept_counts
from tuneset.roles import SYSTEM_ROLES

MOST_NAMES = 50
"""So many tools are named, those with most calls. Ours, so that the document stays small."""
QUANTILES = (5, 25, 50, 75, 95)
REASONING = "reasoning_content"


class Told(NamedTuple):
    """What is said in one example.

    Args:
        messages: of the conversation, in order; of a preference pair the prompt and the preferred answer.
        tools: the tools that it may call.
    """

    messages: Sequence[Mapping[str, Any]]
    tools: Sequence[Any]


def told(example: Mapping[str, Any]) -> Told:
    """The conversation of a line of any format.

    >>> pair = {"input": {"messages": [{"role": "user"}]}, "preferred_output": [{"role": "assistant"}]}
    >>> len(told(pair).messages), told({"messages": [1, {"role": "user"}]}).messages
    (2, [{'role': 'user'}])
    """
    holder = example.get("input") if isinstance(example.get("input"), dict) else example
    assert isinstance(holder, Mapping)
    listed = [*_listed(holder.get("messages")), *_listed(example.get("preferred_output"))]
    return Told([message for message in listed if isinstance(message, dict)], _listed(holder.get("tools")))


def text_of(message: Mapping[str, Any]) -> str:
    r"""What a message says: its text, or the texts of its parts line by line.

    >>> text_of({"content": [{"type": "text", "text": "a"}, {"type": "image_url"}, {"type": "text", "text": "b"}]})
    'a\nb'
    """
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = [part.get("text") for part in _listed(content) if isinstance(part, dict)]
    return "\n".join(part for part in parts if isinstance(part, str))


def calls_of(message: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield name and arguments of each call of a message.

    >>> list(calls_of({"tool_calls": [{"function": {"name": "f", "arguments": "{}"}}, None]}))
    [('f', '{}')]
    """
    for call in _listed(message.get("tool_calls")):
        function = call.get("function") if isinstance(call, dict) else None
        if isinstance(function, dict):
            yield str(function.get("name", "")), str(function.get("arguments", ""))


def distributions(examples: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Counts of some examples.

    `messages` are examples by how many messages they have, `roles` messages by role, `tools` examples that may call one
    and that call one, `tool_names` calls by name, `holding` examples with reasoning, images and a system message,
    `answer_characters` answers by powers of two of their characters and their quantiles. An answer is a message of the
    assistant with text.
    """
    sizes, roles, names, holding = Counter[int](), Counter[str](), Counter[str](), Counter[str]()
    answers: list[int] = []
    for example in examples:
        conversation = told(example)
        sizes[len(conversation.messages)] += 1
        held = {"tools offered"} if conversation.tools else set[str]()
        for message in conversation.messages:
            role = str(message.get("role", ""))
            roles[role] += 1
            said = text_of(message)
            if role == "assistant" and said:
                answers.append(len(said))
            for name, _ in calls_of(message):
                names[name] += 1
                held.add("tools called")
            held |= set(_held(message, role))
        holding.update(held)
    return {
        "messages": {str(size): count for size, count in sorted(sizes.items())},
        "roles": dict(sorted(roles.items())),
        "holding": dict(sorted(holding.items())),
        "tool_names": dict(sorted(names.most_common(MOST_NAMES))),
        "answer_characters": lengths(kept_counts.of_values(pl.Series(answers, dtype=pl.Int64))),
    }


def lengths(counts: pl.DataFrame) -> dict[str, Any]:
    """How lengths are distributed, given `value, examples`: by powers of two, and `quantiles`.

    >>> lengths(kept_counts.of_values(pl.Series([3, 9, 8])))["by_power_of_two"]
    {'2': 1, '8': 2}
    """
    bars = {str(least): examples for least, examples in kept_counts.by_power_of_two(counts).items()}
    return {"by_power_of_two": bars, "quantiles": quantiles(counts)}


def quantiles(counts: pl.DataFrame) -> dict[str, float]:
    """The mean, QUANTILES and the maximum, given `value, examples`; nothing for an empty column.

    >>> quantiles(kept_counts.of_values(pl.Series([1, 2, 3])))["p50"]
    2.0
    """
    if counts.is_empty():
        return {}
    shares = kept_counts.at_shares(counts, [share / 100 for share in QUANTILES])
    found = {f"p{share}": value for share, value in zip(QUANTILES, shares, strict=True)}
    return {"mean": kept_counts.mean(counts), **found, "max": float(counts["value"][-1])}


def _held(message: Mapping[str, Any], role: str) -> Iterator[str]:
    if message.get(REASONING):
        yield "reasoning"
    if role in SYSTEM_ROLES:
        yield "system message"
    if any(isinstance(part, dict) and part.get("type") == "image_url" for part in _listed(message.get("content"))):
        yield "images"


def _listed(value: Any) -> list[Any]:  # noqa: ANN401  any JSON value
    """A value that is a list, or an empty one."""
    return value if isinstance(value, list) else []
