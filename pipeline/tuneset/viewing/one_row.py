"""One row as a document: its messages with tokens and what is trained, its tools, findings, and other keys.

Made of one line alone. Where the row comes from and what became of it is added by `viewer`.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping
from typing import Any, NamedTuple

from tuneset.cleaning.private_data.detectors import placeholder_pattern
from tuneset.errors import TunesetError
from tuneset.json_text import dumps
from tuneset.rules.engine.check_context import EXAMPLE_FAMILIES, Settings, context_of
from tuneset.rules.engine.line_format import certain_format
from tuneset.rules.passes.example import check_example
from tuneset.rules.registry import BY_CODE
from tuneset.targets.local_models.rendering import RenderError
from tuneset.targets.masks.mask import Mask, mask_example
from tuneset.targets.masks.recipes import find_recipe
from tuneset.targets.target import Target
from tuneset.viewing.texts import messages_of, said

_SHOWN_MESSAGE = (
    "role",
    "content",
    "name",
    "reasoning_content",
    "tool_calls",
    "function_call",
    "tool_call_id",
    "weight",
)
_SHOWN_EXAMPLE = ("messages", "tools", "functions", "input", "preferred_output", "non_preferred_output")
_MOST_FINDINGS = 100


class RowJudge(NamedTuple):
    """By what rows are judged and counted.

    Args:
        settings: of the rules.
        target: the model whose tokens are counted.
    """

    settings: Settings
    target: Target


def document(example: Any, line: bytes, judge: RowJudge) -> dict[str, Any]:  # noqa: ANN401  any JSON value
    """What is shown of a line: `messages, tools, other, findings, placeholders, counted, mask`; its `raw` text else."""
    if not isinstance(example, dict):
        return {"messages": [], "raw": line.decode("utf-8", "replace"), "findings": []}
    holder = example["input"] if isinstance(example.get("input"), dict) else example
    found = [_message(branch, place, message) for branch, place, message in messages_of(example)]
    counted = _count(found, judge.target)
    other = {key: value for key, value in example.items() if key not in _SHOWN_EXAMPLE}
    if holder is not example:
        other |= {f"input.{key}": value for key, value in holder.items() if key not in _SHOWN_EXAMPLE}
    return {
        "messages": found,
        "tools": _listed(holder.get("tools")) or _listed(holder.get("functions")),
        "other": other,
        "findings": findings(example, judge.settings),
        "placeholders": placeholders(example),
        "counted": counted,
        "mask": mask(example, judge.target),
        "raw": None if found else line.decode("utf-8", "replace"),
    }


def _listed(value: Any) -> list[Any]:  # noqa: ANN401  any JSON value
    return value if isinstance(value, list) else []


def _message(branch: str, place: int, message: Mapping[str, Any]) -> dict[str, Any]:
    """A message as it is shown: `trained` says whether it is by its role and weight, where nobody knows better."""
    weight = message.get("weight")
    shown = {key: message[key] for key in _SHOWN_MESSAGE if key in message}
    return {
        **shown,
        "branch": branch,
        "place": place,
        "trained": message.get("role") == "assistant" and weight != 0 and branch != "non_preferred",
        "other": {key: value for key, value in message.items() if key not in _SHOWN_MESSAGE},
    }


def _count(messages: list[dict[str, Any]], target: Target) -> dict[str, Any]:
    """Count the tokens of each message by itself, into the messages; gives all and those that are trained."""
    texts = [
        [said(one), str(one.get("reasoning_content") or ""), *(dumps(call) for call in _listed(one.get("tool_calls")))]
        for one in messages
    ]
    try:
        flat = target.count_texts([text for parts in texts for text in parts])
    except TunesetError:  # its files are not to be had: a row is shown all the same
        return {"all": None, "trained": None, "exact": False, "by": target.encoding}
    place = 0
    for one, parts in zip(messages, texts, strict=True):
        one["tokens"] = sum(flat.tokens[place : place + len(parts)])
        place += len(parts)
    trained = sum(one["tokens"] for one in messages if one["trained"])
    total = sum(one["tokens"] for one in messages)
    return {"all": total, "trained": trained, "exact": flat.precision.exact, "by": target.encoding}


def findings(example: Mapping[str, Any], settings: Settings) -> list[dict[str, Any]]:
    """What rules mind in an example, each with its place among the messages, where it has one."""
    line_format = certain_format(dict(example)) or "sft"
    context = context_of(dataclasses.replace(settings, format=line_format, families=EXAMPLE_FAMILIES | {"EGR"}))
    return [
        {
            "code": one.code,
            "name": BY_CODE[one.code].name,
            "severity": context.severity[one.code],
            "path": one.path,
            "parts": list(one.parts),
            "message": one.message,
            "hint": one.hint,
        }
        for one in check_example(dict(example), context)[:_MOST_FINDINGS]
    ]


def placeholders(example: Mapping[str, Any]) -> dict[str, int]:
    """How many placeholders for private data an example holds, by kind."""
    counted: dict[str, int] = {}
    for found in placeholder_pattern().finditer(dumps(example)):
        kind = found.group().strip("<>").rpartition("_")[0].lower()
        counted[kind] = counted.get(kind, 0) + 1
    return counted


def mask(example: Mapping[str, Any], target: Target) -> dict[str, Any] | None:
    """What the model sees, in segments cut where what is trained begins and ends; None without a template at hand."""
    if target.place is None:
        return None
    try:
        model = target.local_model()
        if not model.has_template:
            return None
        return _segments(mask_example(model, example, find_recipe(target.recipe)), target)
    except RenderError as error:
        return {"error": error.reason, "segments": []}


def _segments(found: Mask, target: Target) -> dict[str, Any]:
    """The text in pieces: kind, role, whether it is trained, and how many tokens begin in it."""
    cuts = sorted({0, len(found.text), *(p for one in found.segments for p in (one.start, one.end)),
                   *(p for span in found.trained for p in span)})  # fmt: skip
    pieces = []
    for start, end in itertools.pairwise(cuts):
        of = next((one for one in found.segments if one.start <= start < one.end), None)
        begun = int(((found.tokens.starts >= start) & (found.tokens.starts < end)).sum())
        pieces.append(
            {
                "text": found.text[start:end],
                "kind": of.kind if of else "template",
                "role": of.role if of else "",
                "trained": any(a <= start < b for a, b in found.trained),
                "tokens": begun,
            }
        )
    return {
        "recipe": target.recipe,
        "tokens": found.count,
        "trained_tokens": found.trained_count,
        "segments": pieces,
        "unstable": found.unstable,
    }
