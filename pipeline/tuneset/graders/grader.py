"""Scores answers by one of the protocol's graders: `string_check`, `text_similarity`, `python`, `score_model`, `multi`.

A grader is the JSON object of a job or an evaluation. What cannot be graded (a column that is not there, a function
that raises, a judge that says no number) scores 0 and says why, as at the protocol's own servers; what is wrong with
the definition itself is found by `definition`. Of what is scored here nothing is kept.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tuneset.graders.formula import FormulaError, calculate
from tuneset.graders.python_source import run_source
from tuneset.graders.score_model import Ask, NoScoreError, question, read_score
from tuneset.graders.templates import MissingValueError, fill
from tuneset.graders.text_similarity import similarity

ASKED_AT_ONCE = 8
"""Questions to a judging model that are open at once."""

Definition = Mapping[str, Any]
Pair = tuple[Mapping[str, Any], Mapping[str, Any]]
"""An answer (`sample_of`) and the row that it belongs to (`item`), as templates and functions see them."""


@dataclasses.dataclass(frozen=True)
class Grade:
    """What a grader says of one answer.

    Args:
        score: the score; 0 where there is an error.
        error: why there is no score; None where there is one. It holds no value of the row.
        parts: of a `multi` grader the grades of its graders by name.
    """

    score: float
    error: str | None = None
    parts: Mapping[str, Grade] = dataclasses.field(default_factory=dict)


def sample_of(text: str, *, tools: Sequence[Any] = (), choices: Sequence[Any] = ()) -> dict[str, Any]:
    """An answer as graders see it: its text, that text as JSON where it is an object or a list, and its calls of tools.

    >>> sample_of('{"a": 1}')["output_json"], "output_json" in sample_of("7")
    ({'a': 1}, False)
    """
    sample: dict[str, Any] = {"output_text": text, "output_tools": list(tools), "choices": list(choices)}
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return sample
    return sample | {"output_json": value} if isinstance(value, dict | list) else sample


def grade_all(definition: Definition, pairs: Sequence[Pair], ask: Ask | None = None) -> list[Grade]:
    """The grades of some answers, in order, by a definition in which `definition_fault` finds nothing.

    >>> grader = {"type": "string_check", "operation": "ilike", "input": "{{sample.output_text}}",
    ...     "reference": "{{item.answer}}"}
    >>> [one.score for one in grade_all(grader, [(sample_of("It is Oslo."), {"answer": "oslo"})])]
    [1.0]

    Args:
        definition: the grader.
        pairs: the answers, each with its row.
        ask: how the model of a `score_model` grader is asked; where it is None, such a grader gives an error.
    """
    if definition["type"] == "multi":
        return _multi(definition, pairs, ask)
    if definition["type"] == "python":
        return [Grade(score, error) for score, error in run_source(definition["source"], pairs)]
    judge: Callable[[Definition, Pair, Ask | None], float] = _SINGLE[definition["type"]]
    if definition["type"] == "score_model":  # the judge's server answers several at once
        with ThreadPoolExecutor(ASKED_AT_ONCE) as pool:
            return list(pool.map(lambda pair: _guarded(judge, definition, pair, ask), pairs))
    return [_guarded(judge, definition, pair, ask) for pair in pairs]


def _guarded(
    judge: Callable[[Definition, Pair, Ask | None], float], definition: Definition, pair: Pair, ask: Ask | None
) -> Grade:
    try:
        return Grade(judge(definition, pair, ask))
    except (MissingValueError, NoScoreError) as error:
        return Grade(0.0, str(error))


def _string_check(definition: Definition, pair: Pair, _ask: Ask | None) -> float:
    found, wanted = (fill(definition[name], *pair) for name in ("input", "reference"))
    return float(_OPERATIONS[definition["operation"]](found, wanted))


_OPERATIONS: Mapping[str, Callable[[str, str], bool]] = {
    "eq": lambda found, wanted: found == wanted,
    "ne": lambda found, wanted: found != wanted,
    "like": lambda found, wanted: wanted in found,
    "ilike": lambda found, wanted: wanted.casefold() in found.casefold(),
}
"""OpenAI's guide to graders (string check), 2026-11-20: `like` asks whether the reference is in the input."""


def _text_similarity(definition: Definition, pair: Pair, _ask: Ask | None) -> float:
    found, wanted = (fill(definition[name], *pair) for name in ("input", "reference"))
    return similarity(definition["evaluation_metric"], found, wanted)


def _score_model(definition: Definition, pair: Pair, ask: Ask | None) -> float:
    if ask is None:
        raise NoScoreError("no server is named that could be asked")
    return read_score(ask(question(definition, *pair)), definition)


_SINGLE: Mapping[str, Callable[[Definition, Pair, Ask | None], float]] = {
    "string_check": _string_check,
    "text_similarity": _text_similarity,
    "score_model": _score_model,
}


def _multi(definition: Definition, pairs: Sequence[Pair], ask: Ask | None) -> list[Grade]:
    by_name = {name: grade_all(one, pairs, ask) for name, one in definition["graders"].items()}
    found = []
    for number in range(len(pairs)):
        parts = {name: grades[number] for name, grades in by_name.items()}
        faulty = next((f"{name}: {part.error}" for name, part in parts.items() if part.error is not None), None)
        try:
            score = 0.0 if faulty else calculate(definition["calculate_output"], {n: p.score for n, p in parts.items()})
        except FormulaError as error:
            score, faulty = 0.0, str(error)
        found.append(Grade(score, faulty, parts))
    return found
