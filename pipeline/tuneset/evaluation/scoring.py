"""Which grader scores the answers of an evaluation, and the scores that it gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tuneset.artifacts import read_json
from tuneset.errors import InputError
from tuneset.evaluation.cases import Case
from tuneset.graders.definition import definition_fault
from tuneset.graders.grader import Grade, grade_all, sample_of

_COMPARED = {"input": "{{sample.output_text}}", "reference": "{{item.reference}}"}
BY_NAME: Mapping[str, Mapping[str, Any]] = {
    "text_similarity": {
        "type": "text_similarity", "name": "text_similarity", "evaluation_metric": "rouge_l", **_COMPARED
    },
    "string_check": {"type": "string_check", "name": "string_check", "operation": "eq", **_COMPARED},
}  # fmt: skip
"""Graders that need no file: how much of the reference is said in its order (ROUGE-L), or all of it, sign by sign."""


def find_grader(name: str) -> Mapping[str, Any]:
    """The grader of a name, or of a JSON file in the protocol's form; its templates see the line as `item`.

    Raises InputError where the file holds none that can be used; a judging model cannot be asked here.
    """
    if name in BY_NAME:
        return BY_NAME[name]
    if not Path(name).is_file():
        raise InputError(f"{name}: is no grader", allowed=f"{' or '.join(BY_NAME)}, or a JSON file that holds one")
    found = read_json(Path(name))
    if (fault := definition_fault(found, judged=False)) is not None:
        raise InputError(f"{name}: {fault}", hint="see the protocol's guide to graders")
    definition: Mapping[str, Any] = found
    return definition


def scores(
    grader: Mapping[str, Any], cases: Sequence[Case], answers: Sequence[tuple[str, Sequence[Any]]]
) -> list[Grade]:
    """The grades of some answers (text and calls of tools), in order."""
    pairs = [(sample_of(text, tools=calls), case.item) for case, (text, calls) in zip(cases, answers, strict=True)]
    return grade_all(grader, pairs)
