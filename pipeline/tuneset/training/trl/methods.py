"""How each method is trained by TRL: which of its trainers is made, what is told of its log, what is measured.

Rows come as tokens; none of TRL's own preparation of data is used.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import datasets
import numpy as np
import pyarrow as pa
import torch
from trl import DPOConfig, DPOTrainer, SFTConfig, SFTTrainer

from tuneset.training.trainer import TrainingRequest
from tuneset.training.trl import reinforcement, unpaired
from tuneset.training.trl.base_model import Base
from tuneset.training.trl.plan import TrlPlan
from tuneset.training.trl.rows import Preferences, Supervised

Made = Any
"""A trainer of TRL's."""


@dataclasses.dataclass(frozen=True)
class TrlMethod:
    """A method.

    Args:
        make: the trainer of a request, plan, base, rows, arguments and callback.
        measure: what a trainer measures on validation rows, by the protocol's names without their side.
        logged: which values of its log are told, and under which names.
        columns: the columns of the result file, each with its name in events.
    """

    make: Callable[[TrainingRequest, TrlPlan, Base, Any, dict[str, Any], Any], Made]
    measure: Callable[[Made, Any], dict[str, float]]
    logged: Mapping[str, str]
    columns: Mapping[str, str]


def dataset(rows: Supervised | Preferences) -> datasets.Dataset:
    """Rows as TRL takes them, without a copy of the tokens where there are many."""
    if isinstance(rows, Preferences):
        return datasets.Dataset.from_list([dict(row) for row in rows.rows])
    starts = pa.array(np.concatenate([[0], rows.ends]), pa.int64())
    columns = [pa.LargeListArray.from_arrays(starts, pa.array(values)) for values in (rows.ids, rows.labels)]
    return datasets.Dataset(pa.Table.from_arrays(columns, ["input_ids", "labels"]))


def _supervised(
    _request: TrainingRequest,
    _plan: TrlPlan,
    base: Base,
    rows: Supervised,
    arguments: dict[str, Any],
    callback: Any,
) -> Made:
    config = SFTConfig(**arguments, max_length=None, dataset_kwargs={"skip_prepare_dataset": True})
    return SFTTrainer(
        model=base.model,
        args=config,
        train_dataset=dataset(rows),
        processing_class=base.tokenizer,
        peft_config=base.adapter,
        callbacks=[callback],
    )


def _measure_supervised(trainer: Made, rows: Supervised) -> dict[str, float]:
    """Loss and accuracy a token, each token counted once."""
    model = trainer.model_wrapped
    was_training = model.training
    model.eval()
    size = trainer.args.per_device_eval_batch_size
    total, right, tokens = 0.0, 0, 0
    with torch.no_grad(), trainer.compute_loss_context_manager():
        for start in range(0, len(rows), size):
            batch = trainer.data_collator([rows[number] for number in range(start, min(start + size, len(rows)))])
            outputs = model(**trainer._prepare_inputs(batch), use_cache=False, fused_lm_head=True)  # noqa: SLF001  its only way to the device
            total -= float(outputs.log_probs.sum())
            right += int(outputs.is_top1.sum())
            tokens += int(outputs.label_mask.sum())
    model.train(was_training)
    return {"loss": total / tokens, "mean_token_accuracy": right / tokens} if tokens else {}


class _Prepared(DPOTrainer):  # type: ignore[misc]  # the library's types are not read
    """DPO of rows that are tokens already."""

    def _prepare_dataset(self, dataset: Any, *_: Any, **__: Any) -> Any:
        return dataset


def _preference(
    _request: TrainingRequest,
    plan: TrlPlan,
    base: Base,
    rows: Preferences,
    arguments: dict[str, Any],
    callback: Any,
) -> Made:
    assert plan.beta is not None
    config = DPOConfig(**arguments, max_length=None, beta=plan.beta)
    return _Prepared(
        model=base.model,
        args=config,
        train_dataset=dataset(rows),
        processing_class=base.tokenizer,
        peft_config=base.adapter,
        callbacks=[callback],
    )


def _measure_preference(trainer: Made, rows: Preferences) -> dict[str, float]:
    """The loss of TRL's own evaluation, and its rewards."""
    found = trainer.evaluate(eval_dataset=dataset(rows))
    named = {"eval_loss": "loss", **{f"eval_{key}": name for key, name in _REWARDS.items()}}
    return {name: float(found[key]) for key, name in named.items() if key in found}


_REWARDS = {"rewards/accuracies": "rewards_accuracy", "rewards/margins": "rewards_margin"}

METHODS: Mapping[str, TrlMethod] = {
    "supervised": TrlMethod(
        _supervised,
        _measure_supervised,
        {"loss": "train_loss", "mean_token_accuracy": "train_mean_token_accuracy"},
        {
            "train_loss": "train_loss",
            "train_accuracy": "train_mean_token_accuracy",
            "valid_loss": "valid_loss",
            "valid_mean_token_accuracy": "valid_mean_token_accuracy",
        },
    ),
    "dpo": TrlMethod(
        _preference,
        _measure_preference,
        {"loss": "train_loss", **{key: f"train_{name}" for key, name in _REWARDS.items()}},
        {
            "train_loss": "train_loss",
            "valid_loss": "valid_loss",
            "train_rewards_accuracy": "train_rewards_accuracy",
            "train_rewards_margin": "train_rewards_margin",
            "valid_rewards_accuracy": "valid_rewards_accuracy",
            "valid_rewards_margin": "valid_rewards_margin",
        },
    ),
    "kto": TrlMethod(unpaired.make, unpaired.measure, unpaired.LOGGED, unpaired.COLUMNS),
    "reinforcement": TrlMethod(reinforcement.make, reinforcement.measure, reinforcement.LOGGED, reinforcement.COLUMNS),
}
"""The methods by their names in the protocol."""
