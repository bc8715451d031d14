"""What the report says of an evaluation: base against fine-tuned model, as `tuneset evaluate` left it.

Texts of questions and answers stand on the page alone, and only those of the largest wins and losses.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tuneset import json_text
from tuneset.reporting.report.blocks import Block, Column, Conversations, ShownConversation, Table, Text
from tuneset.reporting.report.facts import LISTED, RunFacts

_SIDES = ("base", "tuned")
_ROWS = {
    "model": "{}",
    "mean score": "{}_score",
    "tokens of prompts": "{}_prompt_tokens",
    "tokens of answers": "{}_answer_tokens",
    "loss of the references": "{}_loss",
    "answers cut off at their limit": "{}_cut_off",
}
"""By what a row says, the key of a side's value."""


def verdict(low: float, high: float) -> str:
    """What the interval of a gain says.

    >>> verdict(0.1, 0.2), verdict(-0.1, 0.2), verdict(-0.2, -0.1)
    ('it helped', 'no difference is shown', 'it did harm')
    """
    return "it helped" if low > 0 else "it did harm" if high < 0 else "no difference is shown"


def evaluation(known: RunFacts) -> list[Block]:
    """Both models side by side, the gain with its interval, and the largest wins and losses."""
    found = known.evaluation
    if not found:
        return []
    low, high = found["gain_low"], found["gain_high"]
    said = (
        f"Gain {found['gain']:+.4f}, 95 % interval {low:+.4f} to {high:+.4f}: {verdict(low, high)}. "
        f"{found['cases']:,} questions, graded by {found['grader']}: {found['wins']:,} wins, "
        f"{found['losses']:,} losses, {found['ties']:,} ties. Answers have no known price; their tokens are below."
    )
    sides = [(name, *(_shown(found.get(key.format(side))) for side in _SIDES)) for name, key in _ROWS.items()
             if key != "{}_loss" or found.get("base_loss") is not None]  # fmt: skip
    blocks: list[Block] = [
        Text(said, warning=high < 0),
        Table((Column(""), Column("base", True), Column("tuned", True)), sides),
    ]
    listed = [
        (what, f"{one['line']:,}", _shown(one["base_score"]), _shown(one["tuned_score"]))
        for what, key in (("win", "largest_wins"), ("loss", "largest_losses"))
        for one in found[key]
    ]
    heads = (Column("largest"), Column("line", True), Column("base", True), Column("tuned", True))
    blocks += [Table(heads, listed)] if listed else []
    by_line = {row["line"]: row for row in known.answers}
    for title, key in zip(("Largest wins", "Largest losses"), LISTED, strict=True):
        each = [_conversation(by_line[one["line"]]) for one in found[key] if one["line"] in by_line]
        blocks += [Conversations(title, each)] if each else []
    return blocks


def _shown(value: object) -> str:
    """A cell.

    >>> _shown(1234), _shown(0.5), _shown("m"), _shown(None)
    ('1,234', '0.5000', 'm', 'not told')
    """
    if value is None:
        return "not told"
    if isinstance(value, float):
        return f"{value:.4f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _conversation(row: Mapping[str, Any]) -> ShownConversation:
    """The question with the reference and both answers."""
    asked = [(str(one.get("role", "")), _text(one.get("content"))) for one in row["prompt"]]
    answers = [
        (f"{side}, {_shown(row[f'{side}_score'])}", row[f"{side}_answer"] or _text(row.get(f"{side}_tool_calls")))
        for side in _SIDES
    ]
    return ShownConversation(f"line {row['line']:,}", [*asked, ("reference", row["reference"]), *answers])


def _text(content: object) -> str:
    """A content as text: parts and calls as JSON."""
    if content is None:
        return ""
    return content if isinstance(content, str) else json_text.dumps(content)
