"""The section `dedup`: exact and near duplicates, conversations that grew, evaluation files."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from tuneset.params.section import OffWord, Section


class NearParams(Section):
    """When two examples are near duplicates, and what becomes of them.

    `key` is what is compared: `messages` (prompts and answers, each by themselves, system messages left out), `prompt`
    or `answer`; text that many rows share is left out of it. With `keep_together` they stay, on one side of the split.
    A high `sensitivity` compares fewer words in a row, so that short texts of which one word differs, typos and
    sentences in another order are found too, and some rows that ask for different things.
    """

    enabled: bool = True
    sensitivity: Literal["normal", "high"] = "normal"
    key: Literal["messages", "prompt", "answer"] = "messages"
    threshold: Annotated[float, Field(gt=0, le=1)] = 0.8
    n: Annotated[int, Field(ge=1, le=50)] = 5
    permutations: Annotated[int, Field(ge=16, le=1024)] = 128
    policy: Literal["drop", "keep_together"] = "drop"

    @property
    def units(self) -> tuple[int, int]:
        """Units in a shingle of prompts and of answers.

        Prompts that are compared beside answers have fewer, because they are short: of twenty words with one changed
        two in a row leave 0.81, five 0.6.
        """
        few = min(2, self.n)
        if self.sensitivity == "high":
            return (1, few) if self.key == "messages" else (few, few)
        return (few, self.n) if self.key == "messages" else (self.n, self.n)


class EvaluationParams(Section):
    """Evaluation material that training data must not hold, and from which share of a text on it does.

    `files` are paths of files and of indices; `benchmarks` are names of indices, in packages or in the
    folders `indices`.
    """

    files: list[str] = []
    benchmarks: list[str] = []
    indices: list[str] = ["data/indices"]
    n: Annotated[int, Field(ge=1, le=50)] = 8
    question_share: Annotated[float, Field(gt=0, le=1)] = 0.5
    answer_share: Annotated[float, Field(gt=0, le=1)] = 0.5


class DedupParams(Section):
    """What makes two examples duplicates of each other, and which of them is kept.

    Kept is the first, unless `prefer_sources` (patterns such as `*/curated.jsonl`, best first) or `prefer` (`length` or
    a raw column whose larger value is better, such as `rating`) says otherwise. Of rows whose whole conversation is the
    beginning of another's `prefixes` keeps the `longest` alone, or all `together` on one side of the split; `off` does
    not look for them.
    """

    key: Literal["messages", "prompt"] = "messages"
    prefixes: Annotated[Literal["longest", "together", "off"], OffWord] = "longest"
    near: NearParams = NearParams()
    prefer: str | None = None
    prefer_sources: list[str] = []
    evaluation: EvaluationParams = EvaluationParams()
    warn_share: Annotated[float, Field(ge=0, le=1)] = 0.3
