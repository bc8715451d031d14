"""What a trainer is: a function that trains one job and tells how far it is; and the registry of trainers.

A trainer runs in a process of its own (`run`), in a folder of its own (docs/training.md). It knows nothing of the
endpoint, and the endpoint nothing of what is inside it.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias, cast

from tuneset.errors import UsageError
from tuneset.training.progress import Record

MAX_BATCH = 256
"""Examples a step. OpenAI API specification (FineTuneSupervisedHyperparameters), 2026-08-21."""


Method: TypeAlias = Literal["supervised", "dpo", "reinforcement", "kto"]
"""`kto`, unpaired preferences, is in no provider's protocol; models at hand are trained by it."""

GRADER_KEY_VARIABLE = "TUNESET_GRADER_API_KEY"

Tuning: TypeAlias = Literal["lora", "qlora", "full"]
"""An adapter beside the weights, the same beside weights of four bits each, or the weights themselves."""


@dataclass(frozen=True)
class TrainingRequest:
    """One job as its trainer sees it; both files were found valid.

    Args:
        trainer: the address of the trainer, `module:function`.
        method: what the lines of both files are for.
        training: the training file.
        validation: the validation file, or None.
        n_epochs: passes over the training file.
        batch_size: examples a step.
        learning_rate_multiplier: factor on the trainer's own learning rate.
        seed: where everything drawn by chance comes from.
        encoding: the name of the tokenizer by which tokens are billed.
        max_example_tokens: so many tokens of an example are billed at most.
        beta: how strictly preferences are followed; for `dpo` and `kto`.
        base: the checkpoint of an earlier job that this one goes on from, a file or a folder; None for the base model.
        model_folder: the folder of the base model, where the trainer begins with one.
        tuning: what of that model is trained, see `Tuning`.
        merged: whether an adapter is merged into its base too, as whole weights that can be downloaded.
        gguf: whether the whole weights are converted to a GGUF file too.
        grader: the grader of a `reinforcement` job.
        grader_url: the address at which it asks its models; the key is in GRADER_KEY_VARIABLE.
        reasoning_effort: of reinforcement, as the next three; models at hand have no such thing.
        compute_multiplier: factor on how many answers are tried for a prompt.
        eval_interval: steps between two measurements of the validation file.
        eval_samples: answers to each of its prompts.
        patience: epochs that may end without a better validation before the training does; None to do all epochs.

    What may be `auto` is decided by the trainer.
    """

    trainer: str
    method: Method
    training: str
    validation: str | None
    n_epochs: int | Literal["auto"]
    batch_size: int | Literal["auto"]
    learning_rate_multiplier: float | Literal["auto"]
    seed: int
    encoding: str
    max_example_tokens: int
    beta: float | Literal["auto"] = "auto"
    base: str | None = None
    model_folder: str | None = None
    tuning: Tuning = "lora"
    merged: bool = False
    gguf: bool = False
    grader: Mapping[str, Any] | None = None
    grader_url: str | None = None
    reasoning_effort: str = "default"
    compute_multiplier: float | Literal["auto"] = "auto"
    eval_interval: int | Literal["auto"] = "auto"
    eval_samples: int | Literal["auto"] = "auto"
    patience: int | None = None


class Trainer(Protocol):
    """Trains a model for one job."""

    def __call__(self, request: TrainingRequest, folder: Path, /) -> Iterator[Record]:
        """Train, and yield what happens; each record is on the disk before the next one is asked for.

        The first record is Planned, or Resumed where the folder holds a training that was paused. The last one is
        Done, Failed, or Paused where the file `pause` has appeared in the folder. Raises CannotTrainError where the
        job's owner can act on the reason; any TunesetError fails the job too.
        """


class CannotTrainError(Exception):
    """The job fails for a reason that its owner can act on. `param` is the field of the request that is at fault."""

    def __init__(self, code: str, message: str, param: str | None) -> None:
        super().__init__(message)
        self.code = code
        self.param = param


TRAINERS = {
    "tiny": "tuneset.training.tiny.tiny_trainer:train",
    "torch": "tuneset.training.torch.torch_trainer:train",
    "trl": "tuneset.training.trl.trl_trainer:train",
}
"""The address `module:function` of each trainer, by the name that a model's entry in a profile gives it (`trainer`).

Addresses and not functions, because a trainer is loaded in its own process alone.
"""


def trainer_address(name: str | None) -> str:
    """The address of a registered trainer. Raises UsageError where the profile names none, or one that is unknown.

    >>> trainer_address("tiny")
    'tuneset.training.tiny.tiny_trainer:train'
    """
    if name is None or name not in TRAINERS:
        found = "the profile names no trainer for this model" if name is None else f"unknown trainer {name}"
        raise UsageError(found, allowed=", ".join(sorted(TRAINERS)))
    return TRAINERS[name]


LIBRARIES: dict[str, tuple[str, ...]] = {
    "torch": ("torch",),
    "trl": ("torch", "transformers", "trl", "peft", "datasets", "jinja2", "tokenizers"),
}
"""What a trainer imports beyond Tuneset's own dependencies; the extra that installs it has the trainer's name."""


def missing_libraries(name: str | None, *more: str) -> list[str]:
    """What is not installed of what a trainer imports, or of `more`.

    >>> missing_libraries("tiny")
    []
    """
    wanted = (*LIBRARIES.get(name or "", ()), *more)
    return [library for library in wanted if importlib.util.find_spec(library) is None]


def require_libraries(name: str, *more: str) -> None:
    """Raise UsageError with the name of the extra where something is not installed that a trainer needs."""
    missing = missing_libraries(name, *more)
    if missing:
        extra = "qlora" if missing == [*more] else name
        raise UsageError(
            f"the trainer {name} needs what is not installed: {', '.join(missing)}",
            hint=f"install Tuneset with the extra {extra}, or add them: pip install {' '.join(missing)}",
        )


ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)


def trainer_environment(name: str | None) -> Mapping[str, str]:
    """What the environment of a trainer's process has beside this one's.

    Threads that share a tiny model wait for each other longer than they compute; others keep all of them, and fetch
    nothing from anywhere.
    """
    return ONE_THREAD if name == "tiny" else {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}


def first_device() -> str:
    """The GPU on which a job is trained where none is named: of those that this process may see the first."""
    return os.environ.get("CUDA_VISIBLE_DEVICES", "0").partition(",")[0]


def load_trainer(address: str) -> Trainer:
    """Import the trainer at an address."""
    module, _, function = address.partition(":")
    return cast("Trainer", getattr(importlib.import_module(module), function))
