"""A training with TRL as one writes it by hand, which `training.py` measures; nothing of Tuneset prepares its rows."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from tuneset.training.trainer import TrainingRequest

IGNORED = -100
RATES = {"lora": 2e-4, "qlora": 2e-4, "full": 2e-5}
LOGGED_EVERY = 10
"""TRL's default."""


def train(asked: TrainingRequest, folder: Path) -> dict[str, Any]:
    """Train as asked; when each step ended, losses of LOGGED_EVERY steps each, and the tokens of an epoch."""
    import datasets  # noqa: PLC0415  the process that starts the trainings needs none of these
    import torch  # noqa: PLC0415  libraries of extras
    from peft import LoraConfig  # noqa: PLC0415  libraries of extras
    from transformers import AutoTokenizer, BitsAndBytesConfig, TrainerCallback, set_seed  # noqa: PLC0415  libraries of extras
    from trl import SFTConfig, SFTTrainer  # noqa: PLC0415  libraries of extras

    set_seed(asked.seed)
    on_gpu = torch.cuda.is_available()
    tokenizer: Any = AutoTokenizer.from_pretrained(asked.model_folder)
    with Path(asked.training).open(encoding="utf-8") as handle:
        rows = [tokens(tokenizer, json.loads(line)["messages"], asked.max_example_tokens) for line in handle]
    steps = int(asked.n_epochs) * -(-len(rows) // int(asked.batch_size))
    weights: dict[str, Any] = {"dtype": torch.bfloat16 if on_gpu and asked.tuning != "full" else torch.float32}
    if asked.tuning == "qlora":
        weights["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=torch.bfloat16,
        )
    config = SFTConfig(
        output_dir=str(folder / "out"),
        num_train_epochs=asked.n_epochs,
        per_device_train_batch_size=asked.batch_size,
        learning_rate=RATES[asked.tuning] * float(asked.learning_rate_multiplier),
        lr_scheduler_type="cosine",
        warmup_steps=round(steps * 0.05),
        logging_steps=LOGGED_EVERY,
        save_strategy="epoch",
        seed=asked.seed,
        bf16=on_gpu,
        use_cpu=not on_gpu,
        activation_checkpointing=on_gpu,
        max_length=None,
        report_to="none",
        disable_tqdm=True,
        model_init_kwargs=weights,
    )
    ends: list[float] = []

    class Clock(TrainerCallback):
        def on_step_end(self, *_: object, **__: object) -> None:
            ends.append(time.perf_counter())

    adapter = LoraConfig(r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM")
    trainer: Any = SFTTrainer(
        model=str(asked.model_folder),
        args=config,
        train_dataset=datasets.Dataset.from_list(rows),
        processing_class=tokenizer,
        peft_config=adapter if asked.tuning != "full" else None,
        callbacks=[Clock()],
    )
    trainer.train()
    trainer.save_model(str(folder / "model"))
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    return {
        "ends": ends,
        "losses": losses[: steps // LOGGED_EVERY],
        "averaged": LOGGED_EVERY,
        "tokens": sum(len(row["input_ids"]) for row in rows),
        "trained": sum(label != IGNORED for row in rows for label in row["labels"]),
    }


def tokens(
    tokenizer: Any,  # noqa: ANN401  of transformers
    messages: list[dict[str, str]],
    longest: int,
) -> dict[str, list[int]]:
    """An exchange as tokens; the answer and the mark of its end are learned."""
    prompt = tokenizer.apply_chat_template(messages[:-1], add_generation_prompt=True, tokenize=False)
    text = tokenizer.apply_chat_template(messages, tokenize=False).rstrip("\n")
    start = len(tokenizer(prompt, add_special_tokens=False)["input_ids"])
    ids = tokenizer(text, add_special_tokens=False)["input_ids"][:longest]
    return {"input_ids": ids, "labels": ([IGNORED] * start + ids[start:])[:longest]}
