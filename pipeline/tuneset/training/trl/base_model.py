"""The model that is trained: the base from its folder, the adapter of an earlier job, or a new adapter."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel
from transformers import AutoTokenizer, BitsAndBytesConfig

from tuneset.training.trainer import CannotTrainError, TrainingRequest
from tuneset.training.trl.model_class import NotALanguageModelError, load_pretrained
from tuneset.training.trl.plan import TrlPlan
from tuneset.training.trl.rows import Rows

RANK, ALPHA = 16, 32
"""Of an adapter; TRL 1.16.0's guide to PEFT begins with these."""


@dataclasses.dataclass(frozen=True)
class Base:
    """A model in memory.

    Args:
        model: it, with an adapter where it goes on from one.
        tokenizer: its tokenizer.
        adapter: the config of the adapter that is to be made; None where there is one, and where all is trained.
        folder: where the files of its tokenizer lie.
    """

    model: Any
    tokenizer: Any
    adapter: LoraConfig | None
    folder: Path


def load_base(request: TrainingRequest) -> Base:
    """Load what a job begins with.

    Raises CannotTrainError where it goes on from a model of another tuning that this one cannot take up.
    """
    assert request.model_folder is not None
    folder = Path(request.model_folder)
    former = Path(request.base) if request.base else None
    whole = former is not None and (former / "config.json").exists()
    if whole and request.tuning != "full":
        message = (
            "All weights of this model were trained, and this server trains adapters: start it with --tuning full, "
            "or with the model's own files as a base (--base NAME=DIR)."
        )
        raise CannotTrainError("model_not_available", message, "model")
    source = former if former is not None and whole else folder
    model = _load(source, request)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    adapter = None
    if former is not None and not whole:
        model = PeftModel.from_pretrained(model, str(former), is_trainable=request.tuning != "full")
        if request.tuning == "full":
            model = model.merge_and_unload()
    elif request.tuning != "full":
        adapter = LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules="all-linear", task_type="CAUSAL_LM")
    return Base(model, tokenizer, adapter, folder)


def _load(folder: Path, request: TrainingRequest) -> Any:
    """The weights: as they are trained on this machine."""
    on_gpu = torch.cuda.is_available()
    half = torch.bfloat16 if on_gpu and torch.cuda.is_bf16_supported() else torch.float32
    options: dict[str, Any] = {"dtype": torch.float32 if request.tuning == "full" else half}
    if request.tuning == "qlora":
        options["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=half
        )
    try:
        return load_pretrained(folder, **options)
    except NotALanguageModelError as error:
        raise CannotTrainError("model_not_available", f"This model cannot be trained: {error}.", "model") from None


def describe(
    model: Any,
    request: TrainingRequest,
    plan: TrlPlan,
    training: Rows,
    at_once: int,
    validation: Rows | None,
) -> str:
    """What will be done, and with which values for `auto`."""
    trained = sum(values.numel() for values in model.parameters() if values.requires_grad)
    every = sum(values.numel() for values in model.parameters())
    what = {"lora": "an adapter (LoRA)", "qlora": "an adapter (QLoRA, weights of four bits)", "full": "all weights"}
    device = "a GPU" if torch.cuda.is_available() else f"{torch.get_num_threads()} thread(s) of the processor"
    learned = f"of which {training.trained:,} are trained"
    if request.method == "reinforcement":
        learned = f"each answered {plan.answers} times and graded"
    text = (
        f"Training {what[request.tuning]}, {trained:,} of {every:,} parameters, on {len(training):,} examples with "
        f"{training.tokens:,} tokens, {learned}: {plan.n_epochs} epoch(s) of "
        f"{plan.steps_per_epoch} steps, {plan.batch_size} example(s) a step, {at_once} at a time, learning rate "
        f"{plan.learning_rate:g}, seed {request.seed}, on {device}. Losses are nats a token."
    )
    if validation is not None:
        text += (
            f" Validation is measured on all {len(validation):,} examples at the end of an epoch, on some within it."
        )
    return text
