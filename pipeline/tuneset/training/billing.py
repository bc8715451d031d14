"""How many tokens of a training file are billed."""

from __future__ import annotations

from pathlib import Path

from tuneset.targets.target import Target
from tuneset.training.trainer import TrainingRequest
from tuneset.training.training_file import read_examples


def billable_tokens(request: TrainingRequest) -> int:
    """Tokens of one epoch as they are billed: each example up to the limit of an example."""
    target = Target(request.encoding)
    counts = (target.count_example(example).tokens for example in read_examples(Path(request.training)))
    return sum(min(tokens, request.max_example_tokens) for tokens in counts)
