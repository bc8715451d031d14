"""Epochs and cost of a fine-tuning job, before it is started.

Only arithmetic over counts; what a token costs is in the provider's profile. Validation tokens are not billed
(OpenAI's fine-tuning guide, read 2026-11-20).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Literal

from tuneset.profile import Model, load_profile, profile_names

# The rule for `n_epochs: auto` in OpenAI's cookbook ("Data preparation and analysis for chat model fine-tuning").
TARGET_EPOCHS = 3
MIN_TARGET_EXAMPLES = 100
MAX_TARGET_EXAMPLES = 25_000
MIN_EPOCHS = 1
MAX_EPOCHS = 25


@dataclasses.dataclass(frozen=True)
class Estimate:
    """What a job will be billed. `usd` is null where the price is unknown."""

    epochs: int
    billable_tokens: int
    usd_per_million_tokens: float | None
    usd: float | None


def default_epochs(examples: int) -> int:
    """Epochs that `auto` stands for, by the number of training examples.

    >>> default_epochs(10), default_epochs(1000), default_epochs(20_000)
    (10, 3, 1)
    """
    if examples <= 0:
        return MIN_EPOCHS
    if examples * TARGET_EPOCHS < MIN_TARGET_EXAMPLES:
        return min(MAX_EPOCHS, MIN_TARGET_EXAMPLES // examples)
    if examples * TARGET_EPOCHS > MAX_TARGET_EXAMPLES:
        return max(MIN_EPOCHS, MAX_TARGET_EXAMPLES // examples)
    return TARGET_EPOCHS


def estimate(train_tokens: int, examples: int, n_epochs: int | Literal["auto"], model: Model | None) -> Estimate:
    """What training on `train_tokens` (already capped at the limit per example) for `n_epochs` will cost."""
    epochs = default_epochs(examples) if n_epochs == "auto" else n_epochs
    price = model.training_usd_per_million_tokens.value if model else None
    billable = train_tokens * epochs
    return Estimate(epochs, billable, price, None if price is None else round(billable * price / 1e6, 4))


def compare(train_tokens: int, examples: int, n_epochs: int | Literal["auto"]) -> Mapping[str, float]:
    """USD for the same tokens with every paid model that could be trained when its profile was written.

    The keys are `profile/model`.
    """
    prices: dict[str, float] = {}
    for name in profile_names():
        profile = load_profile(name)
        for model_name, model in profile.models.items():
            usd = estimate(train_tokens, examples, n_epochs, model).usd
            if usd and (model.shutdown is None or model.shutdown > profile.as_of):
                prices[f"{name}/{model_name}"] = usd
    return prices
