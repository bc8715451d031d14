"""Did it help? Two models answer the same questions, and a grader scores what they say against a file's own answers.

How they are asked, once, is in `asking.py`; what the scores say is in `evaluation/`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tuneset import artifacts, json_text
from tuneset.api.remote.asking import Answer, Answers, Ask
from tuneset.errors import InputError, RemoteError
from tuneset.evaluation import paired, scoring
from tuneset.evaluation.cases import Case
from tuneset.graders.grader import Grade
from tuneset.providers.chat_models import ChatQuestion
from tuneset.targets.tokenizer import find_tokenizer

CAP_FACTOR, LEAST_CAP = 2, 64
"""An answer may have twice the tokens of the longest reference, and this many in any case: a model that was not trained
says more words around a short answer."""
CAP_ENCODING = "o200k_base"
"""By which references are counted; the factor leaves room for a model whose tokens are shorter."""
RESULT, ROWS = "evaluation.json", "evaluation.jsonl"
ANSWERS = "evaluation_answers.jsonl"
BATCHES = "evaluation_batches"
"""The folder of batches whose answers are not there yet."""


def answer_cap(cases: Sequence[Case]) -> int:
    """The most tokens that an answer to these cases needs: twice those of the longest reference, 64 at least."""
    counts = find_tokenizer(CAP_ENCODING).count([case.reference for case in cases])
    return max(LEAST_CAP, CAP_FACTOR * max(counts, default=0))


FurtherFigures = Callable[[Sequence[tuple[Case, Answer, Answer]], Answers], Mapping[str, Any]]
"""Gives further figures of cases with the answers of both models, and keeps what it was told."""


def answer_all(
    ask_all: Ask, identity: str, models: Sequence[str], cases: Sequence[Case], seed: int, max_tokens: int, kept: Answers
) -> dict[str, list[Answer]]:
    """What each model of the endpoint of this `identity` answers to each case, in order. Raises as `ask_all` does.

    A question that the endpoint does not take, such as one that is too long, is a `refused` answer, which is asked
    again in the next run.
    """
    wanted = {model: [case.digest(identity, model, seed, max_tokens) for case in cases] for model in models}
    to_ask = {
        key: ChatQuestion(model, case.messages, case.tools, seed, max_tokens)
        for model, keys in wanted.items()
        for key, case in zip(keys, cases, strict=True)
        if key not in kept
    }
    if to_ask:
        ask_all(to_ask, kept)
    return {model: [_known(kept, key) for key in keys] for model, keys in wanted.items()}


def _known(kept: Answers, key: str) -> Answer:
    answer = kept.get(key)
    assert answer is not None, "it was asked, and is answered or refused"
    return answer


def evaluate(
    ask_all: Ask,
    measure: FurtherFigures,
    *,
    identity: str,
    base: str,
    tuned: str,
    file: Path,
    cases: Sequence[Case],
    left_out: int,
    grader: Mapping[str, Any],
    seed: int,
    max_tokens: int,
    answers: Path,
    folder: Path,
) -> dict[str, Any]:
    """Ask both models, score, and write `evaluation.json` and `evaluation.jsonl` into `folder`; gives the former.

    `ask_all` asks at the endpoint of that `identity`; what `measure` finds is in the document too. Only cases that both
    models have answered count. `answers` is the file of what was answered so far, `left_out` how many lines of `file`
    make no case. Raises InputError where there is no case, and RemoteError, `bad_request` where none was answered by
    both.
    """
    if not cases:
        raise InputError(
            "no line asks for an answer in words",
            allowed="chat lines whose last trained answer of the assistant has text and a prompt before it",
        )
    found = answer_all(ask_all, identity, (base, tuned), cases, seed, max_tokens, kept := Answers(answers))
    both = list(zip(cases, found[base], found[tuned], strict=True))
    rows = [(case, old, new) for case, old, new in both if "refused" not in old and "refused" not in new]
    if not rows:
        reason = next(answer["refused"] for _, *pair in both for answer in pair if "refused" in answer)
        raise RemoteError(f"no question was answered by both models: {reason}", code="bad_request")
    asked = [case for case, _, _ in rows]
    further = measure(rows, kept)
    before = scoring.scores(grader, asked, [(old["text"], old["tool_calls"]) for _, old, _ in rows])
    after = scoring.scores(grader, asked, [(new["text"], new["tool_calls"]) for _, _, new in rows])
    result = paired.compare([grade.score for grade in before], [grade.score for grade in after], seed)
    compared = [
        {
            "line": case.line,
            "prompt": list(case.messages),
            "reference": case.reference,
            **_side("base", old, before[place]),
            **_side("tuned", new, after[place]),
        }
        for place, (case, old, new) in enumerate(rows)
    ]
    artifacts.write_bytes(folder / ROWS, b"".join(json_text.dump_line(row) for row in compared))
    listed = {
        name: [{key: compared[place][key] for key in ("line", "base_score", "tuned_score")} for place in places]
        for name, places in (("largest_wins", result.largest_wins), ("largest_losses", result.largest_losses))
    }
    document = {
        "schema_version": 1,
        "file": str(file),
        "base": base,
        "tuned": tuned,
        "grader": grader["name"],
        "seed": seed,
        "max_tokens": max_tokens,
        "cases": len(rows),
        "left_out": left_out,
        "refused": len(both) - len(rows),
        "grader_errors": sum(grade.error is not None for grade in (*before, *after)),
        **dataclasses.asdict(result),
        **_tokens("base", [row[1] for row in rows]),
        **_tokens("tuned", [row[2] for row in rows]),
        "base_cut_off": sum(old["cut_off"] for _, old, _ in rows),
        "tuned_cut_off": sum(new["cut_off"] for _, _, new in rows),
        **further,
        **listed,
    }
    artifacts.write_json(folder / RESULT, document)
    return document


def _side(name: str, answer: Answer, grade: Grade) -> dict[str, Any]:
    shown = {f"{name}_score": round(grade.score, 6), f"{name}_answer": answer["text"]}
    if answer["tool_calls"]:
        shown[f"{name}_tool_calls"] = answer["tool_calls"]
    return shown if grade.error is None else {**shown, f"{name}_error": grade.error}


def _tokens(name: str, answers: Sequence[Answer]) -> dict[str, int | None]:
    """The tokens of all answers, None where some are not told."""
    return {f"{name}_{kind}": _sum([answer[kind] for answer in answers]) for kind in ("prompt_tokens", "answer_tokens")}


def _sum(numbers: Sequence[int | None]) -> int | None:
    told = [number for number in numbers if number is not None]
    return sum(told) if len(told) == len(numbers) else None
