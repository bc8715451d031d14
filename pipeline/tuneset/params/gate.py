"""The section `gate`: thresholds that stop a run."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from tuneset.params.section import Rate, Section, Share

RATES = (
    "default", "drop_rate", "dropped", "duplicates", "findings", "private_data", "tokens", "untrained_share",
)  # fmt: skip
"""What the name of a rate begins with, up to its first dot (`execution/comparison/rates.py`)."""


def _of_rates(tolerances: dict[str, float]) -> dict[str, float]:
    """Raises ValueError for a tolerance of something that is no rate."""
    for name in tolerances:
        if name.partition(".")[0] not in RATES:
            raise ValueError(f"{name} is no rate; rates: {', '.join(RATES)}")
    return tolerances


class GateParams(Section):
    """Thresholds; null switches a gate off. `min_examples` counts training and validation together."""

    max_drop_rate: Annotated[float, Field(ge=0, le=1)] | None = 0.5
    min_examples: Annotated[int, Field(ge=0)] | None = 10
    min_validation_examples: Annotated[int, Field(ge=0)] | None = 1
    max_validation_overlap: Annotated[float, Field(ge=0, le=1)] | None = 0.0
    max_near_overlap: Annotated[float, Field(ge=0, le=1)] | None = 0.001  # finding them is 99.9 % complete
    max_prefix_overlap: Share | None = 0.0
    max_pair_overlap: Share | None = 0.01  # short pairs that other talks share by chance are hardly ever so many
    max_answer_overlap: Share | None = None
    max_near_prompt_overlap: Share | None = None
    max_near_answer_overlap: Share | None = None
    max_words_overlap: Share | None = None
    max_characters_overlap: Share | None = None
    require_exact_tokens: bool = False
    min_trained_share: Share | None = None  # of the tokens for training; needs target.model
    max_truncated_answers: Annotated[int, Field(ge=0)] | None = None  # by tokenize.over_length or sequence_length
    max_cost_usd: Annotated[float, Field(ge=0)] | None = None
    baseline: str | None = None  # a file of `tuneset baseline`, a folder, or rev:NAME of git
    baseline_tolerance: Annotated[dict[str, Rate], AfterValidator(_of_rates)] = {}
