"""What a finder may ask about the check that it is part of: format, profile, model, and which rules hold.

How that is decided is the business of `engine/check_context.py`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Protocol

from tuneset.line_schemas import PLAIN_KEYS, LineKeys
from tuneset.profile import Model, Profile
from tuneset.rules.text_rule import TextRules
from tuneset.targets.target import Target
from tuneset.terms import Format, Severity


class ShapeValidator(Protocol):
    """The one method that is used of a compiled JSON Schema."""

    def is_valid(self, instance: object) -> bool:
        """Whether the instance keeps the schema."""


@dataclasses.dataclass(frozen=True)
class Context:
    """Made once a file by `make_context`, then only read.

    Args:
        severity: the severity of each rule that holds, by code; a rule that is off is absent.
        model_name: empty where nobody has named a model; what depends on it is then not judged.
        model: None where none is named, and where the profile does not know it.
        max_tokens: what an example may have; None where no limit is known.
        shape: the compiled schema of the format.
        text: the rules on single texts that hold.
        grader_columns: columns that a grader refers to.
        keys: which keys a line may have beyond the schema's own.
        target: the model whose own files are at hand; None where none is named.
        sequence_length: tokens of a sequence for it; None where no limit is known.
    """

    format: Format
    profile: Profile
    model_name: str
    model: Model | None
    max_tokens: float | None
    severity: Mapping[str, Severity]
    shape: ShapeValidator
    text: TextRules
    grader_columns: tuple[str, ...]
    keys: LineKeys = PLAIN_KEYS
    target: Target | None = None
    sequence_length: int | None = None

    def on(self, code: str) -> bool:
        """Whether a rule holds."""
        return code in self.severity
