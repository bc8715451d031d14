"""Words that every room uses: formats, severities, the finding, the reason. No library is loaded for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

Format = Literal["sft", "dpo", "rft", "kto"]
Severity = Literal["error", "warning", "info"]
Outcome = Literal["train", "validation", "test", "dropped"]

METHOD_FORMAT: Mapping[str, Format] = {"supervised": "sft", "dpo": "dpo", "reinforcement": "rft", "kto": "kto"}
"""Which line format each fine-tuning method of the protocol takes."""


class Finding(NamedTuple):
    """One thing that is wrong, and what to do about it.

    Args:
        line: physical line, from 1; 0 where the whole file is meant.
        example: which example of the file, from 1; 0 where none is meant.
        code: the rule's stable code.
        severity: error, warning or info.
        path: JSON path within the line, such as `$.messages[1].weight`; empty where none is meant.
        message: what was found and what is allowed; row values only cut short, and never a secret.
        hint: what to do.
    """

    line: int
    example: int
    code: str
    severity: Severity
    path: str
    message: str
    hint: str


@dataclass(frozen=True)
class Reason:
    """A reason for which a stage drops a row, or the command `export` leaves a line out or changes it.

    `summary` says what, `remedy` what the user can do about it.
    """

    code: str
    name: str
    stage: str
    summary: str
    remedy: str


NO_FILE = "rows"
"""The source that ledgers and findings name for rows that a program held and no file."""
