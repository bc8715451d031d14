"""How many tokens of a training file are billed."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from tuneset.targets.target import Target
from tuneset.training.trainer import TrainingRequest
from tuneset.training.training_file import read_examples


def billable_tokens(request: TrainingRequest, trained: Collection[int]) -> int:
    """Tokens of one epoch as they are billed: each line that is trained, up to the limit of an example.

    `trained` are the numbers of these lines among those that are not blank, from 0.
    """
    target = Target(request.encoding)
    lines = enumerate(read_examples(Path(request.training)))
    counts = (target.count_example(line).tokens for number, line in lines if number in trained)
    return sum(min(tokens, request.max_example_tokens) for tokens in counts)
