"""Unpaired preferences by TRL's KTO: good answers become likelier than others, bad ones less likely.

How far a model has moved is measured on answers that belong to other prompts of the same part of a batch (Ethayarajh et
al. 2024). So an order of the rows is drawn once, by the seed, and stays; a file may hold all good answers first.
"""

from __future__ import annotations

from typing import Any

import datasets
import numpy as np
from trl import KTOConfig, KTOTrainer

from tuneset.training.trainer import TrainingRequest
from tuneset.training.trl.base_model import Base
from tuneset.training.trl.plan import TrlPlan
from tuneset.training.trl.rows import Unpaired

_REWARDS = {"rewards/chosen": "reward_good", "rewards/rejected": "reward_bad", "rewards/margins": "rewards_margin"}

LOGGED = {"loss": "train_loss", "kl": "train_kl", **{key: f"train_{name}" for key, name in _REWARDS.items()}}

COLUMNS = {
    "train_loss": "train_loss",
    "valid_loss": "valid_loss",
    "train_kl": "train_kl",
    **{f"{side}_{name}": f"{side}_{name}" for side in ("train", "valid") for name in _REWARDS.values()},
}


class _Prepared(KTOTrainer):  # type: ignore[misc]  # the library's types are not read
    """KTO of rows that are tokens already."""

    def _prepare_dataset(self, dataset: Any, *_: Any, **__: Any) -> Any:
        return dataset


def make(
    request: TrainingRequest, plan: TrlPlan, base: Base, rows: Unpaired, arguments: dict[str, Any], callback: Any
) -> KTOTrainer:
    """The trainer of a job."""
    assert plan.beta is not None
    drawn = np.random.default_rng(request.seed).permutation(len(rows))
    return _Prepared(
        model=base.model,
        args=KTOConfig(**arguments, max_length=None, beta=plan.beta),
        train_dataset=dataset(rows.some(int(one) for one in drawn), arguments["per_device_train_batch_size"]),
        processing_class=base.tokenizer,
        peft_config=base.adapter,
        callbacks=[callback],
    )


def dataset(rows: Unpaired, at_once: int) -> datasets.Dataset:
    """Rows as TRL takes them, each with the answer of the one before it in the same part of a batch."""
    found = []
    for start in range(0, len(rows), at_once):
        part = rows.rows[start : start + at_once]
        others = [part[-1], *part[:-1]]
        found += [
            {**row, "KL_completion_ids": other["completion_ids"]} for row, other in zip(part, others, strict=True)
        ]
    return datasets.Dataset.from_list(found)


def measure(trainer: Any, rows: Unpaired) -> dict[str, float]:
    """The loss of TRL's own evaluation, and its rewards."""
    found = trainer.evaluate(eval_dataset=dataset(rows, trainer.args.per_device_eval_batch_size))
    named = {"eval_loss": "loss", "eval_rewards/chosen": "reward_good", "eval_rewards/rejected": "reward_bad"}
    measured = {name: float(found[key]) for key, name in named.items() if key in found}
    if "reward_good" in measured and "reward_bad" in measured:  # TRL knows it of parts alone that have both
        measured["rewards_margin"] = measured["reward_good"] - measured["reward_bad"]
    return measured
