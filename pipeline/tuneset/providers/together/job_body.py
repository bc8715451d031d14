"""The body of the request that creates a job at Together, and the mark by which the job is found again.

A parameter that means something else there is refused and not translated in silence. Nothing is sent from here.
"""

from __future__ import annotations

import re
from typing import Any

from tuneset.errors import UsageError
from tuneset.providers.jobs.wanted_job import WantedJob

KEY_DIGITS = 16
"""Hex digits of the run key in a suffix, which has at most 40 characters (together 3.1.1)."""
_MARK = re.compile(r"(?:^|-)tn([0-9a-f]{16})-(\d+)$")


def suffix(own: str | None, key: str, attempt: int) -> str:
    """The suffix of a job: the user's own, the run key cut, and the number of the attempt.

    >>> suffix("mine", "0123456789abcdef0123456789abcdef", 2)
    'mine-tn0123456789abcdef-2'
    """
    return f"{own}-tn{key[:KEY_DIGITS]}-{attempt}" if own else f"tn{key[:KEY_DIGITS]}-{attempt}"


def mark_of(found: str | None) -> tuple[str, int] | None:
    """The cut run key and the attempt in a suffix; None where it is not one of ours.

    >>> mark_of("mine-tn0123456789abcdef-2"), mark_of("mine"), mark_of(None)
    (('0123456789abcdef', 2), None, None)
    """
    match = _MARK.search(found or "")
    return (match[1], int(match[2])) if match else None


def job_body(wanted: WantedJob, key: str, attempt: int, wandb_key: str | None) -> dict[str, Any]:
    """The body. Raises UsageError for a parameter that Together takes in another way."""
    tune = wanted.params
    if tune.learning_rate_multiplier != "auto":
        raise UsageError(
            "tune.learning_rate_multiplier: Together takes an absolute learning rate",
            hint="leave it at auto, or set tune.extra_body.learning_rate, such as 1e-5",
        )
    if tune.metadata:
        raise UsageError("tune.metadata: Together keeps none", hint="leave it away")
    method: dict[str, Any] = {"method": "sft", "train_on_inputs": "auto"}
    if tune.method == "dpo":
        method = {"method": "dpo", **({} if tune.beta == "auto" else {"dpo_beta": tune.beta})}
    body: dict[str, Any] = {
        "training_file": wanted.train_id,
        "validation_file": wanted.validation_id,
        "n_evals": 1 if wanted.validation_id else None,  # without one, the validation file is not looked at
        "model": tune.model,
        "n_epochs": None if tune.n_epochs == "auto" else tune.n_epochs,
        "batch_size": "max" if tune.batch_size == "auto" else tune.batch_size,
        "suffix": suffix(tune.suffix, key, attempt),
        "random_seed": tune.seed,
        "training_method": method,
    }
    if tune.wandb is not None:
        own = tune.wandb
        names = {"project_name": own.project, "name": own.name, "entity": own.entity, "key": wandb_key}
        body |= {f"wandb_{name}": value for name, value in names.items()}
    return {name: value for name, value in {**body, **tune.extra_body}.items() if value is not None}
